/**
 * The floor: the least that a message between two threads can cost if both call native code. See floor.zig.
 *
 * @module
 */

import type { Functions } from "../../src/library/runtimes/runtime.ts";
import { openLibrary } from "./open_library.ts";

const SYMBOLS = {
  floor_push: { parameters: ["u32", "buffer"], result: "u32" },
  floor_pop: { parameters: ["u32", "buffer", "u32"], result: "u32" },
  floor_now: { parameters: [], result: "f64" },
  floor_wait: { parameters: ["u32"], result: "void" },
} as const;

/** The URL of the library that `run.ts` makes from floor.zig. */
export const FLOOR_LIBRARY: URL = new URL("../../native/zig-out/lib/libfloor.so", import.meta.url);

/** The functions of that library. Their first argument is the number of a ring, 0 or 1. */
type Floor = Functions<typeof SYMBOLS>;

export function openFloor(): Floor {
  return openLibrary(FLOOR_LIBRARY, SYMBOLS);
}
