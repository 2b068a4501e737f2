/**
 * A buffer for ids on their way to the library or back. The library keeps no buffer after a call, so all calls share one.
 *
 * @module
 */

import type { Id } from "../../port/engine.ts";

/** No handles: what most messages bring. */
export const NO_HANDLES: Id[] = [];

let buffer: Float64Array = new Float64Array(64);

/** Returns the buffer, with room for `length` ids and with these in it. */
export function ids(
  length: number,
  first: readonly Id[] = NO_HANDLES,
  second: readonly Id[] = NO_HANDLES,
): Float64Array {
  if (buffer.length < length) buffer = new Float64Array(length * 2);
  buffer.set(first, 0);
  buffer.set(second, first.length);
  return buffer;
}

/** Returns an id that the last call wrote into the buffer; 0, which is never an id, if there is none. */
export function idAt(index: number): Id {
  return buffer[index] ?? 0;
}
