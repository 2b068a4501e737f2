/**
 * The floor: what two threads that call native code can do at best. See floor.zig.
 *
 * @module
 */

import { bun } from "../library/runtimes/bun.ts";
import { deno } from "../library/runtimes/deno.ts";
import type { Functions } from "../library/runtimes/runtime.ts";

const SYMBOLS = {
  floor_push: { parameters: ["u32", "buffer"], result: "u32" },
  floor_pop: { parameters: ["u32", "buffer", "u32"], result: "u32" },
  floor_now: { parameters: [], result: "f64" },
  floor_wait: { parameters: ["u32"], result: "void" },
} as const;

/** The functions of the library that `run.ts` makes from floor.zig. */
export type Floor = Functions<typeof SYMBOLS>;

/** Where `run.ts` puts that library. */
export const FLOOR_LIBRARY: URL = new URL("../../native/zig-out/lib/libfloor.so", import.meta.url);

/** Opens the library. */
export function openFloor(): Floor {
  return (bun() ?? deno())!.open(decodeURIComponent(FLOOR_LIBRARY.pathname), SYMBOLS);
}
