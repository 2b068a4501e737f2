/**
 * `bench`: this machine's figures, bus1 beside postMessage and others.
 *
 * This file is the command: its options and its output. The contests are in `bench/`.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type EngineName, engineReport } from "../../mod.ts";
import { effort } from "../scenarios/measure.ts";
import { environmentVariable } from "../port/environment.ts";
import { betweenWorkers, hold, type Outcome, roundsOf, withinIsolate } from "./bench/contests.ts";
import { picture, tableOf } from "./bench/report.ts";
import { beforeEnd } from "./support/interrupt.ts";
import { inWords, load, processors, runtimeVersion, system } from "./support/machine.ts";
import { complain, counted, print, ProgressBar } from "./support/screen.ts";
import { UsageError } from "./support/usage.ts";
import { VERSION } from "./support/version.ts";
import { workerRefusal } from "./support/workers.ts";

const ROUNDS = 11;

/** The text that `bench --help` prints. */
export const help: string = `Usage: bench [--quick | --rounds N] [--json] [--svg FILE]

Measures bus1's native engine beside postMessage through a MessageChannel, BroadcastChannel, and a ring in a SharedArrayBuffer:
- one way and round trips between two Workers, with messages of 64 B and 64 KiB;
- send and receive within one isolate, where the TypeScript engine takes part too.
All take turns, round after round, in the same threads, so whatever slows the machine for a while slows them all. It takes up
to half a minute; leave the machine idle meanwhile. If the native engine does not work, or no Worker can be started, bench
says so and measures the rest, within one isolate.

Each line has the median of the rounds, and the quartiles: half of the rounds lie between them. The last figure says how many
times as fast as postMessage it is, by the median of the ratios within each round. bench/README.md in the repository says what
each way does.

Options:
  --rounds N  the number of rounds that count, 1 to 1000; by default ${ROUNDS}, after 4 in which the runtime compiles
  --quick     a smoke run: does everything run? Its figures mean nothing
  --json      one JSON object, with the figure of every round
  --svg FILE  also draw the medians
  -h, --help  this text

JSON: "version"; "runtime" {name, version}; "system" {os, kernel, arch}; "processors"; "load"; "date"; "quick"; "rounds";
"notes" [text]; "contests" [{key, title, unit, standings: [{name, bus1, median, low, high, times, figures}]}].

Exit codes: 0 everything was measured, 1 something failed, 2 wrong usage.

Environment:
  BUS1_ENGINE  "typescript": measure as if the native engine did not work
  NO_COLOR, FORCE_COLOR, BUS1_LIBRARY: see "help doctor"

Examples:
  deno run -A jsr:@bus1/bus1/cli bench
  deno run -A jsr:@bus1/bus1/cli bench --rounds 3 --svg bus1.svg              # faster, less exact, and a picture
  deno run -A jsr:@bus1/bus1/cli bench --quick --json                         # does it run?
  BUS1_ENGINE=typescript deno run -A jsr:@bus1/bus1/cli bench --rounds 5      # without the native library
`;

/** Runs the command. Returns the exit code. */
export async function run(args: string[]): Promise<number> {
  const { quick, rounds, json, svg } = options(args);
  const wanted = effort(quick, rounds);
  const { engines, workers, notes } = whatWorks();
  const contests = [...workers ? betweenWorkers(wanted) : [], ...withinIsolate(wanted, engines)];

  const about = {
    version: VERSION,
    runtime: runtimeVersion(),
    system: system(),
    processors: processors(),
    load: load(),
    date: new Date().toISOString(),
    quick,
    rounds: wanted.rounds,
    notes,
  };
  if (about.load !== null && about.load > 0.5 && !quick) {
    notes.push(`the machine is busy (load average ${about.load.toFixed(2)}): its figures mean little`);
  }
  const words = `bus1 ${VERSION}, ${inWords(about.runtime, about.system)}`;
  if (!json) {
    print(`${words}${about.processors === null ? "" : `, ${about.processors}`}: ${counted(wanted.rounds, "round")}`);
    for (const note of notes) print(`Note: ${note}.`);
  }

  const bar = new ProgressBar(contests.length * roundsOf(wanted), "round");
  using _cleanup = beforeEnd(() => bar.clear());
  const outcomes: Outcome[] = [];
  let done = 0;
  for (const contest of contests) {
    let outcome: Outcome;
    try {
      outcome = await hold(contest, wanted, () => bar.show(done++));
    } finally {
      bar.clear();
    }
    outcomes.push(outcome);
    if (!json) print(`\n${tableOf(outcome)}`);
  }
  if (svg !== undefined) {
    await writeFile(svg, picture(outcomes, words));
    if (!json) print(`\nDrawn: ${svg}`);
  }
  if (json) print(JSON.stringify({ ...about, contests: outcomes }, null, 2));
  else if (quick) complain("\nA smoke run: the figures mean nothing.");
  return 0;
}

function options(args: string[]): { quick: boolean; rounds: number; json: boolean; svg: string | undefined } {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean" },
      rounds: { type: "string" },
      json: { type: "boolean" },
      svg: { type: "string" },
    },
  });
  const { quick = false, json = false, svg } = values;
  if (quick && values.rounds !== undefined) throw new UsageError("bench: --quick or --rounds, not both");
  const rounds = Number(values.rounds ?? ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 1000) {
    throw new UsageError(`bench: --rounds must be a number from 1 to 1000, not ${values.rounds}`);
  }
  if (svg === "") throw new UsageError("bench: --svg needs the name of a file");
  return { quick, rounds, json, svg };
}

/** Returns the engines that can be measured within one isolate, whether two Workers can be measured, and notes about both. */
function whatWorks(): { engines: EngineName[]; workers: boolean; notes: string[] } {
  if (environmentVariable("BUS1_ENGINE") === "typescript") {
    const note = "BUS1_ENGINE asks for the TypeScript engine, which works within one isolate only";
    return { engines: ["typescript"], workers: false, notes: [note] };
  }
  const report = engineReport();
  const native = report.find(({ engine }) => engine === "native");
  if (!native?.available) {
    const note = `the native engine does not work here, so all is within one isolate: ${native?.reason}`;
    return { engines: ["typescript"], workers: false, notes: [note] };
  }
  const refusal = workerRefusal();
  const notes = refusal === null ? [] : [`no Workers, so all is within one isolate: ${refusal}`];
  if (report.some(({ engine, chosen }) => chosen && engine === "kernel")) {
    notes.push("programs take the kernel engine here, but this measures the native engine");
  }
  return { engines: ["native", "typescript"], workers: refusal === null, notes };
}
