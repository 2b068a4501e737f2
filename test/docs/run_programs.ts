/**
 * Runs programs of a page, one after the other in one process, and prints after each how it ended: `run_programs.ts FILE...`.
 *
 * @module
 */

import process from "node:process";
import { pathToFileURL } from "node:url";
import { liveCounts } from "@bus1/bus1";
import { MARK } from "./result_mark.ts";

for (const file of process.argv.slice(2)) {
  let failure = "";
  try {
    await import(pathToFileURL(file).href);
    failure = await leftBehind();
  } catch (error) {
    failure = error instanceof Error ? error.stack ?? error.message : String(error);
  }
  console.log(MARK + JSON.stringify(failure));
}
process.exit(); // a program may leave timers behind

/** Says what a program has left behind; empty if nothing. */
async function leftBehind(): Promise<string> {
  for (let tries = 0;; tries++) {
    const counts = liveCounts();
    if (Object.values(counts).every((count) => count === 0)) return "";
    if (tries === 100) return `it leaves behind ${JSON.stringify(counts)}`;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
