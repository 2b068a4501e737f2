/**
 * Rounds and their statistics.
 *
 * Contenders take turns, round after round, in the same threads of the same process, and a comparison is the median of the
 * rounds' ratios. So whatever slows the machine for a while slows both sides of a ratio.
 *
 * @module
 */

/** The size of a measurement. */
export interface Effort {
  /** A smoke run: each pass is small and the figures mean nothing. */
  quick: boolean;
  /** The number of rounds that count. */
  rounds: number;
  /** The number of rounds before those, in which the runtime compiles. */
  warmUp: number;
}

/** Returns the effort of a smoke run, or of a run with this number of rounds. */
export function effort(quick: boolean, rounds: number): Effort {
  return quick ? { quick, rounds: 2, warmUp: 0 } : { quick, rounds, warmUp: 4 };
}

/** Lets the contenders take turns. Returns the figures of each, by its name, in the order of the rounds. */
export async function interleave<Name extends string>(
  { rounds, warmUp }: Pick<Effort, "rounds" | "warmUp">,
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

/** Returns nanoseconds by a clock that all threads share; its steps are a quarter of a microsecond. */
export function now(): number {
  return (performance.timeOrigin + performance.now()) * 1e6;
}

/** Returns the middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const last = values.length - 1;
  return (ranked(values, Math.floor(last / 2)) + ranked(values, Math.ceil(last / 2))) / 2;
}

/** Returns the values between which the middle half of all values is. */
export function quartiles(values: readonly number[]): [low: number, high: number] {
  const quarter = (values.length - 1) >> 2;
  return [ranked(values, quarter), ranked(values, values.length - 1 - quarter)];
}

/** Returns the median of `a / b`, round by round. */
export function medianRatio(a: readonly number[], b: readonly number[]): number {
  return median(a.map((figure, round) => figure / (b[round] ?? NaN)));
}

/** Returns the value at an index of the sorted values; NaN if there is none. */
function ranked(values: readonly number[], index: number): number {
  return values.toSorted((a, b) => a - b)[index] ?? NaN;
}
