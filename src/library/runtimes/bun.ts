/**
 * Bun: the only file that names `bun:ffi`.
 *
 * The wake socket is opened by `Bun.connect`: a socket that `node:net` makes from a descriptor never becomes readable in Bun.
 *
 * @module
 */

import { nodejsFiles } from "./filesystem.ts";
import { builtinModule } from "./builtin_module.ts";
import { type Functions, machineOf, type Runtime, type Symbols, type Watched } from "./runtime.ts";

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
  CryptoHasher: new (algorithm: "sha256") => {
    update(bytes: Uint8Array): void;
    digest(encoding: "hex"): string;
  };
  connect(options: {
    fd: number;
    socket: { open(socket: Watched): void; data(): void };
  }): Promise<Watched>;
}

/** Returns the runtime if it is Bun. */
export function bun(): Runtime | null {
  const { Bun } = globalThis as unknown as { Bun?: BunNamespace };
  if (Bun === undefined) return null;
  const { process } = globalThis as unknown as { process: Process };
  return {
    machine: machineOf(process.platform, process.arch),
    files: nodejsFiles(),
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
      // In a microtask: `connect` runs pending callbacks before it returns, and one of them may call `watch` again.
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
    // `node:crypto` would take Bun several milliseconds to load.
    sha256(bytes) {
      const hasher = new Bun.CryptoHasher("sha256");
      hasher.update(bytes);
      return hasher.digest("hex");
    },
  };
}
