/**
 * `demo [DIR]`: Workers index the text files of a folder over the bus, and the same count without the bus checks the result.
 * Then bus1 is compared with `postMessage`.
 *
 * This file is the command: its options and its output. The work is in `demo/`.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type EngineName, engineReport, Peer } from "../../mod.ts";
import { compareHere, compareWorkers } from "./demo/comparison.ts";
import { countFile, Tally } from "./demo/count.ts";
import { listFiles } from "./demo/files.ts";
import { type JobReport, runJob } from "./demo/job.ts";
import { comparisonInWords, jobInWords } from "./demo/report.ts";
import { beforeEnd } from "./support/interrupt.ts";
import { bold, complain, counted, dim, elapsed, print, ProgressBar } from "./support/screen.ts";
import { UsageError } from "./support/usage.ts";
import { crossesIsolates } from "./support/workers.ts";

/** The text that `demo --help` prints. */
export const help: string = `Usage: demo [DIR] [--workers N]

Indexes all text files under DIR: lines, bytes and the most frequent words. Workers do it over the bus:
- each Worker gets a peer of its own, and one handle to report through;
- messages hand out the files, and the counts come back as messages;
- one atomic multicast ends the job, and a release notification reports the end of each Worker.
Then one thread counts the same without the bus, and both results must be equal. At the end, bus1 and postMessage carry as many
messages as they can from one Worker to another.

Options:
  DIR          the folder; by default this project, or the current folder if the project is not in the file system
  --workers N  the number of workers, 1 to 64; by default one for each core, at least 2 and at most 4
  -h, --help   this text

Exit codes: 0 both counts are equal, 1 they differ or the workers failed, 2 wrong usage.

Environment:
  BUS1_ENGINE  the engine: "kernel", "native", or "typescript", on which the workers are peers of one isolate
  NO_COLOR, FORCE_COLOR, BUS1_DEVICE, BUS1_LIBRARY: see "help doctor"

Examples:
  deno run -A jsr:@bus1/bus1/cli demo .                         # the current folder
  deno run -A jsr:@bus1/bus1/cli demo --workers 8 src           # another folder, by more workers
  BUS1_ENGINE=typescript deno run -A jsr:@bus1/bus1/cli demo .  # without the native library
`;

/** Runs the command. Returns the exit code: 0 if both counts are equal. */
export async function run(args: string[]): Promise<number> {
  const { folder, workers } = options(args);
  const files = await listFiles(folder).catch((error) => {
    throw new UsageError(`demo: cannot read the folder ${folder}: ${error.code ?? error.message}`);
  });

  using boss = Peer.open();
  printHeading(folder, files.length, boss.engine, workers);
  const job = await runWithProgress(boss, folder, files, workers);
  print(jobInWords(job));
  const same = await checkPlainly(folder, files, job.tally);
  await printComparison(boss.engine);
  return same ? 0 : 1;
}

function options(args: string[]): { folder: string; workers: number } {
  const { values, positionals } = parseArgs({
    args,
    options: { workers: { type: "string" } },
    allowPositionals: true,
  });
  const [folder = defaultFolder(), ...others] = positionals;
  if (others.length > 0) throw new UsageError(`demo: one folder at a time, not ${positionals.length}`);
  const workers = Number(values.workers ?? Math.min(Math.max(availableParallelism(), 2), 4));
  if (!Number.isInteger(workers) || workers < 1 || workers > 64) {
    throw new UsageError(`demo: --workers must be a number from 1 to 64, not ${values.workers}`);
  }
  return { folder: resolve(folder), workers };
}

function defaultFolder(): string {
  const project = new URL("../../", import.meta.url);
  return project.protocol === "file:" ? fileURLToPath(project) : ".";
}

function printHeading(folder: string, files: number, engine: EngineName, workers: number): void {
  const report = engineReport();
  const chosen = report.find(({ chosen }) => chosen);
  const others = report.filter(({ chosen }) => !chosen);
  const rows: [name: string, value: string][] = [
    ["folder", `${folder}, ${counted(files, "file")}`],
    ["engine", `${bold(engine)}: ${chosen?.reason}`],
    ...others.map(({ engine, reason }): [string, string] => ["", dim(`${engine}: ${reason}`)]),
    ["workers", workersInWords(engine, workers)],
    ["runtime", navigator.userAgent.replace("/", " ")],
  ];
  print(bold("bus1 demo: the words of a folder, counted over the bus\n"));
  for (const [name, value] of rows) print(`  ${name.padEnd(8)} ${value}`);
  print();
}

function workersInWords(engine: EngineName, workers: number): string {
  if (crossesIsolates(engine)) return `${counted(workers, "Worker")}, each with a peer that moved to it`;
  return `${counted(workers, "peer")} in this isolate, because peers of the ${engine} engine cannot move to a Worker`;
}

async function runWithProgress(boss: Peer, folder: string, files: string[], workers: number): Promise<JobReport> {
  const bar = new ProgressBar(files.length, "file");
  using _cleanup = beforeEnd(() => bar.clear());
  try {
    return await runJob(boss, folder, files, workers, { progress: (done) => bar.show(done) });
  } finally {
    bar.clear();
  }
}

/** Counts the files in this thread, and prints whether the result is the same. Returns that. */
async function checkPlainly(folder: string, files: readonly string[], tally: Tally): Promise<boolean> {
  const start = performance.now();
  const plain = new Tally();
  for (const file of files) plain.add(await countFile(folder, file));
  const same = plain.equals(tally);
  const time = elapsed(performance.now() - start);
  print(`One thread without the bus: ${time}, ${same ? bold("the same result") : "ANOTHER RESULT"}.`);
  if (!same) complain(`demo: the two counts differ; did a program write to ${folder} meanwhile?`);
  return same;
}

async function printComparison(engine: EngineName): Promise<void> {
  print();
  if (engine === "kernel") {
    print(
      "Not compared with postMessage: on the kernel engine each message takes system calls. It is for peers in other",
    );
    print('processes, which postMessage cannot reach. "bench" compares the native engine.');
    return;
  }
  print(comparisonInWords(engine === "native" ? await compareWorkers() : await compareHere(engine), engine));
}
