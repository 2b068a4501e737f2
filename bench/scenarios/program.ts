/**
 * Runs one scenario in the runtime that runs this: `program.ts SCENARIO [--quick] [--rounds=N]`. The last line that it
 * prints is the findings, as JSON. `run.ts` starts it.
 *
 * @module
 */

import process from "node:process";
import { effort } from "../../src/scenarios/measure.ts";
import { SCENARIOS } from "./list.ts";

/** The rounds of a run for which nothing else is said. */
const ROUNDS = 21;

const [name = "", ...options] = process.argv.slice(2);
const { run } = await SCENARIOS[name].load();
const rounds = options.find((option) => option.startsWith("--rounds="))?.slice("--rounds=".length);
const findings = await run(effort(options.includes("--quick"), Number(rounds ?? ROUNDS)));
console.log(JSON.stringify(findings));
// A scenario may have left Workers and peers that would keep the process alive.
process.exit(0);
