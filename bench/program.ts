/**
 * Runs one scenario in the runtime that runs this: `program.ts SCENARIO [--quick]`. The results are the last line that
 * it prints, as JSON. `run.ts` runs it.
 *
 * @module
 */

import process from "node:process";
import { effort, type Scenario } from "./measure.ts";

const [name, ...options] = process.argv.slice(2);
const { run } = await import(`./${name}.ts`) as { run: Scenario };
console.log(JSON.stringify(await run(effort(options.includes("--quick")))));
// Whatever a scenario has left running does not matter any more.
process.exit(0);
