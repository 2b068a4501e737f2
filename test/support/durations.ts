/**
 * How long a random test goes on, from which seed, and what it came to: some seconds from any seed, unless `task soak`
 * says otherwise.
 *
 * @module
 */

import process from "node:process";
import { anySeed } from "./random.ts";

/** What a test came to: numbers, which `task soak` adds up, or words. */
export type Figures = Record<string, number | string>;

/** Returns the seconds that a test takes: the usual ones, or those in `BUS1_TEST_SECONDS`. */
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

const MARK = "figures of ";

/** Prints what a test came to. */
export function printFigures(name: string, figures: Figures): void {
  console.log(`${MARK}${name}: ${JSON.stringify(figures)}`);
}

/** Reads a line that {@linkcode printFigures} has printed; other lines have none. */
export function parseFigures(line: string): [name: string, figures: Figures][] {
  const [name, json] = line.startsWith(MARK) ? line.slice(MARK.length).split(/: (?=\{)/) : [];
  return name && json ? [[name, JSON.parse(json)]] : [];
}
