/**
 * Bun: the only file that names `bun:ffi`.
 *
 * Sockets made from a descriptor by `node:net` never wake in Bun; those of `Bun.connect` do.
 *
 * @module
 */

import { SYMBOLS } from "../abi.ts";
import { builtinModule, type Library, type Runtime, type Watched } from "./runtime.ts";

interface Ffi {
  dlopen(path: string, symbols: Record<string, { args: string[]; returns: string }>): { symbols: Library };
}

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
  return {
    refusal: () => null,
    open(path) {
      const { dlopen } = builtinModule<Ffi>("bun:ffi");
      const symbols = Object.entries(SYMBOLS).map(([name, { parameters, result }]) => {
        const args = parameters.map((type) => type === "buffer" ? "ptr" : type);
        return [name, { args, returns: result }] as const;
      });
      return dlopen(path, Object.fromEntries(symbols)).symbols;
    },
    watch(fd, data) {
      let socket: Watched | undefined;
      let wanted = false;
      const apply = () => wanted ? socket?.ref() : socket?.unref();
      const open = (opened: Watched) => {
        socket = opened;
        apply();
      };
      Bun.connect({ fd, socket: { open, data } });
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
