/**
 * How long a random test goes on, and from which seed: some seconds from any seed, unless `task soak` says otherwise.
 *
 * @module
 */

import process from "node:process";
import { anySeed } from "./random.ts";

/** The seconds of a test that usually takes so many: `BUS1_TEST_SECONDS` gives it others. */
export function secondsOf(usual: number): number {
  return Number(process.env.BUS1_TEST_SECONDS || usual);
}

/** How often something is done that is usually done so often: `BUS1_TEST_TIMES` multiplies it. */
export function timesOf(usual: number): number {
  return usual * Number(process.env.BUS1_TEST_TIMES || 1);
}

/** The first seed; `BUS1_TEST_SEED` names it. */
export function firstSeed(): number {
  return Number(process.env.BUS1_TEST_SEED || anySeed());
}
