/**
 * Opens a native library of the benchmarks, in the runtime that runs this.
 *
 * @module
 */

import { bun } from "../../src/library/runtimes/bun.ts";
import { deno } from "../../src/library/runtimes/deno.ts";
import type { Functions, Symbols } from "../../src/library/runtimes/runtime.ts";

export function openLibrary<S extends Symbols>(library: URL, symbols: S): Functions<S> {
  const runtime = bun() ?? deno();
  if (runtime === null) throw new Error("the benchmarks need Deno or Bun");
  return runtime.open(decodeURIComponent(library.pathname), symbols);
}
