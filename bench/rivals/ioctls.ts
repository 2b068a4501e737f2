/**
 * The functions of the C program that makes the same ioctls as the kernel engine. See ioctls.c.
 *
 * @module
 */

import type { Functions } from "../../src/library/runtimes/runtime.ts";
import { openLibrary } from "./open_library.ts";

const SYMBOLS = {
  ioctls_open: { parameters: [], result: "i32" },
  ioctls_alone: { parameters: ["u32"], result: "f64" },
  ioctls_ask: { parameters: ["u32"], result: "f64" },
  ioctls_reply: { parameters: ["u32"], result: "i32" },
} as const;

/** The functions of the library that `run.ts` makes from ioctls.c. */
type Ioctls = Functions<typeof SYMBOLS>;

/** The URL of that library. */
export const IOCTLS_LIBRARY: URL = new URL("../../native/zig-out/lib/libioctls.so", import.meta.url);

export function openIoctls(): Ioctls {
  return openLibrary(IOCTLS_LIBRARY, SYMBOLS);
}

/** Returns the result of one of these functions. Throws if it is an errno. */
export function worked(result: number): number {
  if (result < 0) throw new Error(`the C program failed: errno ${-result}`);
  return result;
}
