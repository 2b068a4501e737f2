/**
 * Deno: the only file that names `Deno.dlopen`.
 *
 * @module
 */

import { type DenoFiles, denoFiles } from "./filesystem.ts";
import { sha256 } from "./crypto_hash.ts";
import { watchByNet } from "./net_socket.ts";
import { type Functions, machineOf, type Runtime, type Symbols } from "./runtime.ts";

interface DenoNamespace extends DenoFiles {
  dlopen<S extends Symbols>(path: string, symbols: S): { symbols: Functions<S> };
  build: { os: string; arch: string };
}

/** Returns the runtime if it is Deno. */
export function deno(): Runtime | null {
  const { Deno } = globalThis as unknown as { Deno?: DenoNamespace };
  if (Deno?.dlopen === undefined) return null;
  return {
    machine: machineOf(Deno.build.os, Deno.build.arch),
    files: denoFiles(Deno),
    refusal(path) {
      if (Deno.permissions.querySync({ name: "ffi", path }).state === "granted") return null;
      return `FFI is not permitted: run Deno with --allow-ffi${path === undefined ? "" : `, or --allow-ffi=${path}`}`;
    },
    open: (path, symbols) => Deno.dlopen(path, symbols).symbols,
    watch: watchByNet,
    sha256,
  };
}
