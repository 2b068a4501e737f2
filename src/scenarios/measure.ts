/**
 * How things are measured here, and what comes out.
 *
 * Contenders take turns, round after round, in the same threads of the same process; what is judged is the median of
 * the rounds' ratios. So whatever slows the machine for a while slows both sides of a ratio.
 *
 * @module
 */

/** How much is done. */
export interface Effort {
  /** A smoke run: everything once or twice, and nothing is judged. */
  quick: boolean;
  /** Rounds that count. */
  rounds: number;
  /** Rounds before those, in which the runtime compiles. */
  warmUp: number;
}

/** All of it, or a few seconds' worth; `rounds`: not as many as usual. */
export function effort(quick: boolean, rounds: number = 21): Effort {
  return quick ? { quick, rounds: 2, warmUp: 0 } : { quick, rounds, warmUp: 4 };
}

/** What figures are in. */
export type Unit = "ns" | "µs" | "ms" | "bytes";

/** What was asked for. */
export interface Target {
  /** What it is about: bus1's own figure, or the ratio. */
  of: "figure" | "ratio";
  atMost?: number;
  atLeast?: number;
}

/** One line of the table. */
export interface Result {
  /** What was measured. */
  what: string;
  unit: Unit;
  /** The medians, of time or size: less is better. */
  bus1: number;
  rival?: { name: string; figure: number };
  floor?: number;
  /** The median of the rounds' ratios: of the rates where the target is a least one, else of the times or sizes. */
  ratio?: number;
  target?: Target;
}

/** One line of a plot. */
export interface Curve {
  /** Of which plot: its name in plots.ts. */
  plot: string;
  /** What it is of. */
  name: string;
  points: [x: number, y: number][];
}

/** What comes out of a scenario. */
export interface Findings {
  results: Result[];
  curves?: Curve[];
}

/** What a file of a scenario exports. */
export type Scenario = (effort: Effort) => Promise<Findings>;

/** What is asked for in the runtime that runs this. */
export function inThisRuntime(targets: { deno: number; bun: number }): number {
  return "Deno" in globalThis ? targets.deno : targets.bun;
}

/** Lets the contenders take turns. Answers the figures of each, by its name, in the order of the rounds. */
export async function interleave<Name extends string>(
  { rounds, warmUp }: Effort,
  contenders: Record<Name, () => number | Promise<number>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contenders) as Name[];
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const figure = await contenders[name]();
      if (round >= 0) figures[name].push(figure);
    }
  }
  return figures;
}

/** Nanoseconds by a clock that all threads share, which goes by a quarter of a microsecond. */
export function now(): number {
  return (performance.timeOrigin + performance.now()) * 1e6;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Between these is the middle half of the values. */
export function quartiles(values: readonly number[]): [low: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const quarter = (sorted.length - 1) >> 2;
  return [sorted[quarter], sorted[sorted.length - 1 - quarter]];
}

/** The median of `a / b`, round by round. */
export function medianRatio(a: readonly number[], b: readonly number[]): number {
  return median(a.map((figure, round) => figure / b[round]));
}
