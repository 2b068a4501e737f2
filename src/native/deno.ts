/**
 * Deno: the only file that names `Deno.dlopen`.
 *
 * @module
 */

import type { Functions, Runtime, Symbols } from "./runtime.ts";
import { watchByNet } from "./socket.ts";

interface DenoNamespace {
  dlopen<S extends Symbols>(path: string, symbols: S): { symbols: Functions<S> };
  permissions: { querySync(descriptor: { name: "ffi"; path: string }): { state: string } };
}

/** The runtime, if it is this one. */
export function deno(): Runtime | null {
  const { Deno } = globalThis as unknown as { Deno?: DenoNamespace };
  if (Deno?.dlopen === undefined) return null;
  return {
    refusal(path) {
      if (Deno.permissions.querySync({ name: "ffi", path }).state === "granted") return null;
      return `FFI is not permitted: run Deno with --allow-ffi, or --allow-ffi=${path}`;
    },
    open: (path, symbols) => Deno.dlopen(path, symbols).symbols,
    watch: watchByNet,
  };
}
