/**
 * The C program that does the same ioctls. See ioctls.c.
 *
 * @module
 */

import { bun } from "../../src/library/runtimes/bun.ts";
import { deno } from "../../src/library/runtimes/deno.ts";
import type { Functions } from "../../src/library/runtimes/runtime.ts";

const SYMBOLS = {
  ioctls_open: { parameters: [], result: "i32" },
  ioctls_alone: { parameters: ["u32"], result: "f64" },
  ioctls_ask: { parameters: ["u32"], result: "f64" },
  ioctls_answer: { parameters: ["u32"], result: "i32" },
} as const;

/** The functions of the library that `run.ts` makes from ioctls.c. */
export type Ioctls = Functions<typeof SYMBOLS>;

/** Where `run.ts` puts that library. */
export const IOCTLS_LIBRARY: URL = new URL("../../native/zig-out/lib/libioctls.so", import.meta.url);

/** Opens the library. */
export function openIoctls(): Ioctls {
  return (bun() ?? deno())!.open(decodeURIComponent(IOCTLS_LIBRARY.pathname), SYMBOLS);
}

/** What a function of the library answered, which must be no errno. */
export function worked(answer: number): number {
  if (answer < 0) throw new Error(`the C program failed: errno ${-answer}`);
  return answer;
}
