/**
 * The long runs: what `task test` does for seconds, for minutes, from seeds that nobody has tried. Each runs in Deno and
 * in Bun, prints its seed and its figures, and fails with what it found.
 *
 * ```sh
 * deno task soak                 # all of it, half an hour
 * deno task soak 120             # two hours
 * deno task soak 10 histories    # those with this word in their names
 * ```
 *
 * Rule: a run takes the time that it is given; {@linkcode RUNS} is the place to add one.
 *
 * @module
 */

import { environment, installPackages, root, tool, zigBuild } from "../native/toolchain.ts";
import { anySeed } from "./random.ts";

/** One long run. */
interface LongRun {
  name: string;
  /** What it shows. */
  about: string;
  /** Its part of the time, against the others'. */
  share: number;
  /** What is run, one after the other, if there are so many seconds for all of it. */
  commands(seconds: number, seed: number): Promise<Command[]>;
}

interface Command {
  args: string[];
  env?: Record<string, string>;
}

const RUNS: LongRun[] = [
  {
    name: "histories",
    about: "random runs of Workers keep the rules of order, without faults and with",
    share: 6,
    // Two kinds of runs, on two engines, in two runtimes.
    commands: (seconds, seed) => files(["test/history/recorded_test.ts"], seed, { BUS1_TEST_SECONDS: seconds / 8 }),
  },
  {
    name: "checker",
    about: "the checker of histories agrees with a machine",
    share: 2,
    // A round takes half a minute.
    commands: (seconds, seed) => files(["test/history/mutated_test.ts"], seed, { BUS1_TEST_TIMES: seconds / 60 }),
  },
  {
    name: "wakes",
    about: "no wake is lost while peers move",
    share: 1,
    commands: (seconds, seed) => files(["test/workers/wake_test.ts"], seed, { BUS1_TEST_SECONDS: seconds / 4 }),
  },
  {
    name: "cycles",
    about: "peers and Workers that come and go leave nothing behind",
    share: 1,
    // A round takes twelve seconds.
    commands: (seconds, seed) => files(["test/cycles_test.ts"], seed, { BUS1_TEST_TIMES: seconds / 24 }),
  },
];

/** Test files, in Deno and in Bun, with numbers in their environment. */
async function files(paths: string[], seed: number, numbers: Record<string, number>): Promise<Command[]> {
  const env: Record<string, string> = { BUS1_TEST_SEED: String(seed) };
  for (const [name, number] of Object.entries(numbers)) env[name] = String(Math.max(1, Math.round(number)));
  return [
    { args: [...await tool("deno"), "test", "--allow-all", "--no-check", ...paths], env },
    { args: [...await tool("bun"), "test", ...paths.map((path) => `./${path}`)], env },
  ];
}

/** Runs a command on this terminal. */
async function run({ args: [file, ...args], env }: Command, folder: string = root): Promise<boolean> {
  const options = { args, cwd: folder, env: { ...environment(), ...env, NO_COLOR: "1" } };
  return (await new Deno.Command(file, options).spawn().status).success;
}

const [minutes = 30, ...words] = Deno.args.map((arg, i) => i === 0 && Number(arg) > 0 ? Number(arg) : arg);
const wanted = (typeof minutes === "number" ? words : [minutes, ...words]).map(String);
const seconds = 60 * (typeof minutes === "number" ? minutes : 30);

const chosen = RUNS.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
if (chosen.length === 0) {
  console.error(
    `no long run has ${wanted.join(" or ")} in its name; there are ${RUNS.map(({ name }) => name).join(", ")}`,
  );
  Deno.exit(2);
}
await installPackages();
if (!await run({ args: await zigBuild() }, `${root}/native`)) Deno.exit(1);

const shares = chosen.reduce((sum, { share }) => sum + share, 0);
const results: string[] = [];
let failed = 0;
for (const { name, about, share, commands } of chosen) {
  const seed = anySeed();
  const own = seconds * share / shares;
  console.log(`\n== ${name}: ${about}; ${Math.round(own)} s from seed ${seed}`);
  const begin = performance.now();
  let isGood = true;
  for (const command of await commands(own, seed)) isGood = await run(command) && isGood;
  if (!isGood) failed++;
  const took = Math.round((performance.now() - begin) / 1000);
  results.push(`${isGood ? "passed" : "FAILED"}  ${name.padEnd(12)} ${took} s from seed ${seed}`);
}
console.log(`\n${results.join("\n")}\n${chosen.length - failed} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);
