/**
 * The types of scenarios, and of their findings.
 *
 * @module
 */

import type { Effort } from "../../src/scenarios/measure.ts";

/** Measures one subject. */
export type Scenario = (effort: Effort) => Promise<Findings>;

/** The findings of a scenario. They cross a process boundary as JSON. */
export interface Findings {
  results: Result[];
  curves?: Curve[];
}

/** One line of the table. */
export interface Result {
  what: string;
  unit: Unit;
  /** The medians, of time or size: less is better. */
  bus1: number;
  rival?: { name: string; figure: number };
  floor?: number;
  /** The median of the rounds' ratios: of rates if the target says `atLeast`, else of times or sizes. */
  ratio?: number;
  target?: Target;
}

export type Unit = "ns" | "µs" | "ms" | "bytes";

/** A bound that the project wants to keep. */
export interface Target {
  /** The value that is bound: bus1's own figure, or the ratio. */
  of: "figure" | "ratio";
  atMost?: number;
  atLeast?: number;
}

/** One line of a plot. */
export interface Curve {
  /** The name of the plot in plots.ts. */
  plot: string;
  name: string;
  points: [x: number, y: number][];
}

/** Returns the value for the runtime that runs this. */
export function inThisRuntime(values: { deno: number; bun: number }): number {
  return "Deno" in globalThis ? values.deno : values.bun;
}
