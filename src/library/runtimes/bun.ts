/**
 * Bun: the only file that names `bun:ffi`.
 *
 * Sockets made from a descriptor by `node:net` never wake in Bun; those of `Bun.connect` do.
 *
 * @module
 */

import { nodeFiles } from "../filesystem.ts";
import { builtinModule, type Functions, machineOf, type Runtime, type Symbols, type Watched } from "./runtime.ts";

interface Ffi {
  dlopen<S extends Symbols>(
    path: string,
    symbols: Record<string, { args: string[]; returns: string }>,
  ): { symbols: Functions<S> };
}

interface Process {
  platform: string;
  arch: string;
}

const TYPES = { u32: "u32", usize: "u64", i32: "i32", f64: "f64", void: "void", buffer: "ptr" };

interface BunNamespace {
  connect(options: {
    fd: number;
    socket: { open(socket: Watched): void; data(): void };
  }): Promise<Watched>;
}

/** The runtime, if it is this one. */
export function bun(): Runtime | null {
  const { Bun } = globalThis as unknown as { Bun?: BunNamespace };
  if (Bun === undefined) return null;
  const { process } = globalThis as unknown as { process: Process };
  return {
    machine: machineOf(process.platform, process.arch),
    files: nodeFiles(),
    refusal: () => null,
    open<S extends Symbols>(path: string, symbols: S) {
      const { dlopen } = builtinModule<Ffi>("bun:ffi");
      const described = Object.entries(symbols).map(([name, { parameters, result }]) => {
        return [name, { args: parameters.map((type) => TYPES[type]), returns: TYPES[result] }] as const;
      });
      return dlopen<S>(path, Object.fromEntries(described)).symbols;
    },
    watch(fd, data) {
      let socket: Watched | undefined;
      let wanted = false;
      const apply = () => wanted ? socket?.ref() : socket?.unref();
      const open = (opened: Watched) => {
        socket = opened;
        apply();
      };
      // Not at once: before `connect` returns Bun runs what can be run, and that may ask for a socket, too.
      queueMicrotask(() => Bun.connect({ fd, socket: { open, data } }));
      return {
        ref() {
          wanted = true;
          apply();
        },
        unref() {
          wanted = false;
          apply();
        },
      };
    },
  };
}
