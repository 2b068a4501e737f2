/**
 * `demo [DIR]`: Workers index the text files of a folder over the bus, and the same count without the bus checks them.
 *
 * This file is the command: its options and what it prints. The work is in `demo/`.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type EngineName, engineReport, Peer } from "../../mod.ts";
import { countFile, Tally } from "./demo/count.ts";
import { listFiles } from "./demo/files.ts";
import { crossesIsolates, type JobReport, runJob } from "./demo/job.ts";
import { bar, bold, complain, counted, dim, elapsed, grouped, print, ProgressBar, table } from "./screen.ts";
import { beforeEnd } from "./interrupt.ts";
import { UsageError } from "./usage.ts";

/** What `demo --help` prints. */
export const help: string = `Usage: demo [DIR] [--workers N]

Indexes all text files under DIR: lines, bytes and the most frequent words. Workers do it over the bus: each is handed
a peer of its own and one handle, files are handed out by messages, counts come back as messages, one atomic multicast
ends the job, and release notifications tell when each Worker is gone. Then one thread counts the same without the bus.

Options:
  DIR          the folder; by default this project, or where there is none the current folder
  --workers N  how many workers, 1 to 64; by default one for each core, at least 2 and at most 4
  -h, --help   this text

Exit codes: 0 both counts are the same, 1 they differ or the workers failed, 2 wrong usage.

Environment:
  BUS1_ENGINE  the engine: "kernel", "native", or "typescript", on which the workers are peers of one isolate
  NO_COLOR, FORCE_COLOR, BUS1_DEVICE, BUS1_LIBRARY: see "help doctor"

Examples:
  deno run -A jsr:@bus1/bus1/cli demo .                         # the current folder
  deno run -A jsr:@bus1/bus1/cli demo --workers 8 src           # another one, by more workers
  BUS1_ENGINE=typescript deno run -A jsr:@bus1/bus1/cli demo .  # without the native library
`;

const TOP_WORDS = 12;

/** Runs the command; answers the exit code: 0 if both counts are the same. */
export async function run(args: string[]): Promise<number> {
  const { folder, workers } = options(args);
  const files = await listFiles(folder).catch((error) => {
    throw new UsageError(`demo: cannot read the folder ${folder}: ${error.code ?? error.message}`);
  });

  using boss = Peer.open();
  printHeading(folder, files.length, boss.engine, workers);
  const bar = new ProgressBar(files.length, "file");
  let job: JobReport;
  using _interrupted = beforeEnd(() => bar.clear());
  try {
    job = await runJob(boss, folder, files, workers, { progress: (done) => bar.show(done) });
  } finally {
    bar.clear();
  }
  printJob(job);

  const start = performance.now();
  const plain = new Tally();
  for (const file of files) plain.add(await countFile(folder, file));
  const same = plain.equals(job.tally);
  const time = elapsed(performance.now() - start);
  print(`One thread without the bus: ${time}, ${same ? bold("the same result") : "ANOTHER RESULT"}.`);
  if (!same) complain(`demo: the two counts differ; did something write to ${folder} meanwhile?`);
  return same ? 0 : 1;
}

function options(args: string[]): { folder: string; workers: number } {
  const { values, positionals } = parseArgs({
    args,
    options: { workers: { type: "string" } },
    allowPositionals: true,
  });
  if (positionals.length > 1) throw new UsageError(`demo: one folder at a time, not ${positionals.length}`);
  const workers = Number(values.workers ?? Math.min(Math.max(availableParallelism(), 2), 4));
  if (!Number.isInteger(workers) || workers < 1 || workers > 64) {
    throw new UsageError(`demo: --workers must be a number from 1 to 64, not ${values.workers}`);
  }
  return { folder: resolve(positionals[0] ?? defaultFolder()), workers };
}

function defaultFolder(): string {
  const project = new URL("../../", import.meta.url);
  return project.protocol === "file:" ? fileURLToPath(project) : ".";
}

function printHeading(folder: string, files: number, engine: EngineName, workers: number): void {
  const report = engineReport();
  const { reason } = report.find(({ chosen }) => chosen)!;
  const others = report.filter(({ chosen }) => !chosen);
  const rows = [
    ["folder", `${folder}, ${counted(files, "file")}`],
    ["engine", `${bold(engine)}: ${reason}`],
    ...others.map(({ engine, reason }) => ["", dim(`${engine}: ${reason}`)]),
    ["workers", staff(engine, workers)],
    ["runtime", navigator.userAgent.replace("/", " ")],
  ];
  print(bold("bus1 demo: the words of a folder, counted over the bus\n"));
  for (const [name, value] of rows) print(`  ${name.padEnd(8)} ${value}`);
  print();
}

function staff(engine: EngineName, workers: number): string {
  if (crossesIsolates(engine)) return `${counted(workers, "Worker")}, each with a peer that was handed over to it`;
  return `${counted(workers, "peer")} in this isolate, as no peer of the ${engine} engine can move to a Worker`;
}

function printJob({ tally, workers, messages, duration, farewell }: JobReport): void {
  print(table([
    ["worker", "files", "bytes"],
    ...workers.map(({ files, bytes }, i) => [String(i + 1), grouped(files), grouped(bytes)]),
  ]));
  workers.forEach(({ failure }, i) => failure && print(`  worker ${i + 1} was gone before the end: ${failure}`));

  const top = tally.top(TOP_WORDS);
  if (top.length > 0) {
    const longest = Math.max(...top.map(([word]) => word.length));
    const most = top[0][1];
    print(dim("\n  most frequent words"));
    for (const [word, times] of top) {
      print(`  ${word.padEnd(longest)}  ${grouped(times).padStart(grouped(most).length)}  ${bar(times, most)}`);
    }
  }

  const skipped = [...tally.skipped].map(([reason, files]) => `, ${grouped(files)} ${reason}`).join("");
  const parts = [counted(tally.files, "text file"), counted(tally.lines, "line"), counted(tally.bytes, "byte")];
  print(`\n${bold(`${parts.join(", ")}, ${counted(tally.words.size, "word")}`)}${skipped}.`);
  const rate = grouped(messages / duration * 1000);
  print(
    `${counted(messages, "message")} in ${elapsed(duration)}: ${rate} messages per second.`,
  );
  print(`One multicast ended the job; the last worker was gone ${elapsed(farewell)} later.`);
}
