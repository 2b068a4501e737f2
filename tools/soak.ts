/**
 * The long runs: the random tests that `task test` runs for seconds, for minutes and from new seeds. It prints the seed and the
 * figures of each run, and fails if one of them finds a fault.
 *
 * ```sh
 * deno task soak                             # all of it, half an hour
 * deno task soak --minutes 120 --seed 17     # two hours, from this seed
 * deno task soak --minutes 10 histories      # the runs with this word in their names
 * ```
 *
 * Rules:
 * - A run takes its share of the time; compiling is not counted. A new run is added to {@linkcode RUNS}.
 * - Test files run in Deno and in Bun, on the engines of a process and under `cli run` on the kernel engine.
 *
 * @module
 */

import { environment, installPackages, root, tool, ToolError, zigBuild } from "./toolchain.ts";
import { countFuzz } from "./counting.ts";
import { anySeed } from "../test/support/random.ts";
import { type Figures, parseFigures } from "../test/support/durations.ts";

/** One long run. */
interface LongRun {
  name: string;
  /** What it shows. */
  about: string;
  /** Its share of the time, relative to the other runs. */
  share: number;
  /** Returns the commands to run one after the other, which together take this number of seconds. */
  commands(seconds: number, seed: number): Promise<Command[]>;
}

interface Command {
  args: string[];
  folder?: string;
  env?: Record<string, string>;
  /** Reads from its output whether it found no fault, and its figures; by default its exit code decides. */
  judge?(text: string): { isGood: boolean; figures: string[] };
}

const RUNS: LongRun[] = [
  {
    name: "histories",
    about: "random runs of Workers keep the rules of order, without faults and with",
    share: 6,
    // Two kinds of runs on each engine.
    commands: (seconds, seed) => files("test/workers/histories_test.ts", seed, { SECONDS: seconds / PLACES / 2 }),
  },
  {
    name: "checker",
    about: "the checker of histories agrees with a machine, and finds planted faults",
    share: 2,
    commands: (seconds, seed) => files("test/history/mutated_test.ts", seed, { TIMES: seconds / 2 / 8 }, false),
  },
  {
    name: "wakes",
    about: "no wake is lost while peers move",
    share: 1,
    commands: (seconds, seed) => files("test/workers/wake_test.ts", seed, { SECONDS: seconds / PLACES }),
  },
  {
    name: "deaths",
    about: "Workers terminated at random moments",
    share: 1,
    commands: (seconds, seed) => files("test/workers/death_test.ts", seed, { TIMES: seconds / 4 / 6 }),
  },
  {
    name: "cycles",
    about: "peers and Workers that come and go leave nothing behind",
    share: 2,
    commands: (seconds, seed) => files("test/processes/cycles_test.ts", seed, { TIMES: seconds / 60 }),
  },
  {
    name: "explorer",
    about: "interleavings of the queue and the commit protocol, at random",
    share: 3,
    commands: (seconds, seed) =>
      zig(judgeExplorer, "explore", "--", "--seconds", whole(seconds), "--seed", String(seed)),
  },
  {
    name: "fuzzer",
    about: "new inputs for the fuzz targets",
    share: 3,
    // A thousand of each target in little more than a second. It succeeds whatever it finds.
    commands: (seconds, seed) =>
      zig(judgeFuzz, "fuzz", "--summary", "all", `--fuzz=${whole(seconds)}K`, `--seed=${seed}`),
  },
];

/** How often a test of the engines runs: on three engines, in two runtimes. */
const PLACES = 6;

/** Runs a test file in Deno and in Bun, with numbers in its environment; also under `cli run` if it uses an engine. */
async function files(
  path: string,
  seed: number,
  numbers: Record<string, number>,
  usesEngines: boolean = true,
): Promise<Command[]> {
  const env: Record<string, string> = { BUS1_TEST_SEED: String(seed) };
  for (const [name, number] of Object.entries(numbers)) env[`BUS1_TEST_${name}`] = whole(number);
  const onDevice = [Deno.execPath(), "run", "--allow-all", "--no-check", "src/cli/main.ts", "run", "--"];
  return [
    [...await tool("deno"), "test", "--allow-all", "--no-check", path],
    [...await tool("bun"), "test", `./${path}`],
  ].flatMap((args) => [
    { args, env },
    ...usesEngines ? [{ args: [...onDevice, ...args], env: { ...env, BUS1_TEST_ENGINES: "kernel" } }] : [],
  ]);
}

async function zig(judge: Command["judge"], ...args: string[]): Promise<Command[]> {
  return [{ args: await zigBuild(...args), folder: "native", judge }];
}

function judgeExplorer(text: string): { isGood: boolean; figures: string[] } {
  const runs = [...text.matchAll(/^passed .* (\d+) from seed/gm)].map(([, runs]) => Number(runs));
  return { isGood: true, figures: [`${runs.length} scenarios, ${runs.reduce((sum, each) => sum + each, 0)} runs`] };
}

function judgeFuzz(text: string): { isGood: boolean; figures: string[] } {
  const { passed, failed, figures = [] } = countFuzz(text);
  return { isGood: failed === 0 && passed > 0, figures };
}

function whole(number: number): string {
  return String(Math.max(1, Math.round(number)));
}

/** Runs a command, shows its output, and adds up the figures in it. */
async function run(
  { args: [file, ...args], folder = "", env, judge }: Command,
  sums: Map<string, Figures>,
  details: string[],
): Promise<boolean> {
  const child = new Deno.Command(file, {
    args,
    cwd: `${root}/${folder}`,
    env: { ...environment(), ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: judge ? "piped" : "inherit",
  }).spawn();
  const errors = judge ? read(child.stderr) : Promise.resolve("");
  const text = await read(child.stdout);
  for (const [name, figures] of text.split("\n").flatMap(parseFigures)) {
    const sum = sums.get(name) ?? {};
    sums.set(name, sum);
    for (const [key, value] of Object.entries(figures)) {
      sum[key] = typeof value === "number" ? value + Number(sum[key] ?? 0) : value;
    }
  }
  const { success } = await child.status;
  if (judge === undefined) return success;
  const { isGood, figures } = judge(await errors);
  details.push(...figures);
  return success && isGood;
}

/** Reads a stream to its end, and shows it. */
async function read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    await Deno.stdout.write(new TextEncoder().encode(part));
    text += part;
  }
  return text;
}

/** Reads the arguments: minutes, a seed, and words in the names of the chosen runs. */
function parse(args: string[]): { minutes: number; seed: number; words: string[] } {
  const parsed = { minutes: 30, seed: anySeed(), words: [] as string[] };
  for (let i = 0; i < args.length; i++) {
    if (args[i] !== "--minutes" && args[i] !== "--seed") {
      parsed.words.push(args[i]);
      continue;
    }
    const number = Number(args[i + 1]);
    if (!(number >= 0) || args[i + 1] === "") throw new ToolError(`${args[i]} needs a number`);
    if (args[i] === "--seed") parsed.seed = Math.floor(number) % 2 ** 31;
    else parsed.minutes = number;
    i++;
  }
  return parsed;
}

async function main(args: string[]): Promise<number> {
  const { minutes, seed, words } = parse(args);
  const chosen = RUNS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  if (chosen.length === 0) {
    const known = RUNS.map(({ name }) => name).join(", ");
    throw new ToolError(`no long run has ${words.join(" or ")} in its name; there are ${known}`);
  }
  await installPackages();
  if (!await run({ args: await zigBuild("install", "programs"), folder: "native" }, new Map(), [])) return 1;

  const shares = chosen.reduce((sum, { share }) => sum + share, 0);
  const results: string[] = [];
  let failed = 0;
  for (const { name, about, share, commands } of chosen) {
    const seconds = 60 * minutes * share / shares;
    console.log(`\n== ${name}: ${about}; ${Math.round(seconds)} s from seed ${seed}`);
    const begin = performance.now();
    const sums = new Map<string, Figures>();
    const lines: string[] = [];
    let isGood = true;
    for (const command of await commands(seconds, seed)) isGood = await run(command, sums, lines) && isGood;
    if (!isGood) failed++;
    const took = Math.round((performance.now() - begin) / 1000);
    results.push(`${isGood ? "no fault" : "FAULTS  "}  ${name}, ${took} s: ${about}`);
    for (const [what, figures] of sums) {
      const details = Object.entries(figures).map(([key, value]) => `${value} ${key}`).join(", ");
      results.push(`            ${what}: ${details}`);
    }
    results.push(...lines.map((line) => `            ${line}`));
  }
  console.log(`\nseed ${seed}\n${results.join("\n")}\n${chosen.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

try {
  Deno.exit(await main(Deno.args));
} catch (error) {
  if (!(error instanceof ToolError)) throw error;
  console.error(`soak: ${error.message}`);
  Deno.exit(2);
}
