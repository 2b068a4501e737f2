/**
 * Random numbers that come again with their seed. No test runner is imported, so that Workers have them too.
 *
 * @module
 */

/** Pseudo-random whole numbers from 0 up to `below`, the same for the same seed. */
export type Random = (below: number) => number;

/** Starts a sequence (mulberry32). */
export function random(seed: number): Random {
  let state = seed | 0;
  return (below) => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed);
    return ((mixed ^ mixed >>> 14) >>> 0) % below;
  };
}

/** Returns a random seed. */
export function anySeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}
