/**
 * Deno: the only file that names `Deno.dlopen`.
 *
 * Deno's own sockets cannot be made from a descriptor; those of `node:net` can, and need no permission of their own.
 *
 * @module
 */

import { builtinModule, type Functions, type Runtime, type Symbols, type Watched } from "./runtime.ts";

interface DenoNamespace {
  dlopen<S extends Symbols>(path: string, symbols: S): { symbols: Functions<S> };
  permissions: { querySync(descriptor: { name: "ffi"; path: string }): { state: string } };
}

interface Socket extends Watched {
  on(event: "data" | "error", listener: () => void): Socket;
}

interface Net {
  Socket: new (options: { fd: number; readable: true; writable: false }) => Socket;
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
    watch(fd, readable) {
      const { Socket } = builtinModule<Net>("node:net");
      const socket = new Socket({ fd, readable: true, writable: false });
      socket.on("data", readable).on("error", () => {});
      socket.unref();
      return socket;
    },
  };
}
