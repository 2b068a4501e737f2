/**
 * What the native engine needs of the runtime: to call C, and to hear of a socket in the event loop.
 *
 * @module
 */

import type { SYMBOLS } from "../../port/abi.ts";
import type { Files } from "../filesystem.ts";

interface Values {
  u32: number;
  usize: number;
  i32: number;
  f64: number;
  void: void;
  buffer: Uint8Array | Uint32Array | Float64Array;
}

type Parameters<P extends readonly (keyof Values)[]> = { -readonly [I in keyof P]: Values[P[I]] };

/** What a library exports. */
export type Symbols = Readonly<
  Record<string, { readonly parameters: readonly (keyof Values)[]; readonly result: keyof Values }>
>;

/** The functions of a library, typed by what it exports. */
export type Functions<S extends Symbols> = {
  readonly [Name in keyof S]: (...parameters: Parameters<S[Name]["parameters"]>) => Values[S[Name]["result"]];
};

/** Our library's functions, typed by what was generated from it. */
export type Library = Functions<typeof SYMBOLS>;

/** A socket in the event loop. It keeps the process alive only between `ref` and `unref`. */
export interface Watched {
  ref(): void;
  unref(): void;
}

/** One runtime's way to do it. */
export interface Runtime {
  /** The machine, as the package names its builds: `linux-x64`. */
  readonly machine: string;
  /** The file system, as far as it may be used. */
  readonly files: Files;
  /**
   * Why the library at `path`, or whatever library, may not be opened, and what would help; `null` if it may. Never asks
   * the user.
   */
  refusal(path?: string): string | null;
  /** Opens a library. Throws if it cannot. */
  open<S extends Symbols>(path: string, symbols: S): Functions<S>;
  /** Takes over a socket and calls `readable` when bytes have come. */
  watch(socket: number, readable: () => void): Watched;
}

/** The name of a machine, from what runtimes call its system and its processor. */
export function machineOf(system: string, processor: string): string {
  const names: Record<string, string> = { darwin: "macos", x86_64: "x64", aarch64: "arm64" };
  return [system, processor].map((name) => names[name] ?? name).join("-");
}

/** A module of the runtime itself, without an import that a browser would stumble over. */
export function builtinModule<Module>(name: string): Module {
  return (globalThis as unknown as { process: { getBuiltinModule(name: string): Module } })
    .process.getBuiltinModule(name);
}
