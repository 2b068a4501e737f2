/**
 * Ids on their way to the library or back. It keeps none after a call, so all calls share one buffer.
 *
 * @module
 */

import type { Id } from "../../port/engine.ts";

/** No handles: what most messages bring. */
export const NO_HANDLES: Id[] = [];

/** What the last call of {@linkcode ids} returned. */
export let scratch: Float64Array = new Float64Array(64);

/** Room for `length` ids, with these in it. */
export function ids(
  length: number,
  first: readonly Id[] = NO_HANDLES,
  second: readonly Id[] = NO_HANDLES,
): Float64Array {
  if (scratch.length < length) scratch = new Float64Array(length * 2);
  scratch.set(first, 0);
  scratch.set(second, first.length);
  return scratch;
}
