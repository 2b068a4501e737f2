/**
 * What the native engine needs of the runtime: to call C, and to hear of a socket in the event loop.
 *
 * @module
 */

import type { SYMBOLS } from "../abi.ts";

interface Values {
  u32: number;
  i32: number;
  f64: number;
  void: void;
  buffer: Uint8Array | Uint32Array | Float64Array;
}

type Parameters<P extends readonly (keyof Values)[]> = { -readonly [I in keyof P]: Values[P[I]] };

/** The library's functions, typed by what was generated from it. */
export type Library = {
  readonly [Name in keyof typeof SYMBOLS]: (
    ...parameters: Parameters<(typeof SYMBOLS)[Name]["parameters"]>
  ) => Values[(typeof SYMBOLS)[Name]["result"]];
};

/** A socket in the event loop. It keeps the process alive only between `ref` and `unref`. */
export interface Watched {
  ref(): void;
  unref(): void;
}

/** One runtime's way to do it. */
export interface Runtime {
  /** Why the library at `path` may not be opened, and what would help; `null` if it may. Never asks the user. */
  refusal(path: string): string | null;
  /** Opens the library. Throws if it cannot. */
  open(path: string): Library;
  /** Takes over a socket and calls `readable` when bytes have come. */
  watch(socket: number, readable: () => void): Watched;
}

/** A module of the runtime itself, without an import that a browser would stumble over. */
export function builtinModule<Module>(name: string): Module {
  return (globalThis as unknown as { process: { getBuiltinModule(name: string): Module } })
    .process.getBuiltinModule(name);
}

/**
 * Loads the library a second time, as a Node-API module: so it hears of the end of this isolate. Answers the number of
 * the isolate's port; `undefined` if there are too many.
 */
export function register(path: string): number | undefined {
  const module: { exports: unknown } = { exports: {} };
  (globalThis as unknown as { process: { dlopen(module: object, path: string): void } }).process.dlopen(module, path);
  return typeof module.exports === "number" ? module.exports : undefined;
}
