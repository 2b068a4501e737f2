/**
 * Runs one scenario in the runtime that runs this: `program.ts SCENARIO [--quick] [--rounds=N]`. The findings are the last line that
 * it prints, as JSON. `run.ts` runs it.
 *
 * @module
 */

import process from "node:process";
import { effort, type Scenario } from "../../src/scenarios/measure.ts";

/** What `cli bench` runs, too. */
const SHARED = new Set(["one_way", "round_trip", "sizes", "one_isolate"]);

const [name, ...options] = process.argv.slice(2);
const { run } = await import(`${SHARED.has(name) ? "../../src/scenarios" : "."}/${name}.ts`) as { run: Scenario };
const rounds = options.find((option) => option.startsWith("--rounds="))?.slice("--rounds=".length);
const findings = await run(effort(options.includes("--quick"), rounds === undefined ? undefined : Number(rounds)));
console.log(JSON.stringify(findings));
// Whatever a scenario has left running does not matter any more.
process.exit(0);
