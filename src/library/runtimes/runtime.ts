/**
 * What the native engine needs from the runtime: calls of C functions, a socket in the event loop, files and a hash.
 *
 * @module
 */

import type { SYMBOLS } from "../../port/abi.ts";
import type { Files } from "./filesystem.ts";

interface Values {
  u32: number;
  usize: number;
  i32: number;
  f64: number;
  void: void;
  buffer: Uint8Array | Uint32Array | Float64Array;
}

type Parameters<P extends readonly (keyof Values)[]> = { -readonly [I in keyof P]: Values[P[I]] };

/** The functions that a library exports. */
export type Symbols = Readonly<
  Record<string, { readonly parameters: readonly (keyof Values)[]; readonly result: keyof Values }>
>;

/** The functions of a library, callable. */
export type Functions<S extends Symbols> = {
  readonly [Name in keyof S]: (...parameters: Parameters<S[Name]["parameters"]>) => Values[S[Name]["result"]];
};

/** The functions of libbus1, typed by the generated symbols. */
export type Library = Functions<typeof SYMBOLS>;

/** A socket in the event loop. It keeps the process alive only between `ref` and `unref`. */
export interface Watched {
  ref(): void;
  unref(): void;
}

/** One runtime. */
export interface Runtime {
  /** The machine, as the package names its builds: `linux-x64`. */
  readonly machine: string;
  /** The file system, as far as permissions allow. */
  readonly files: Files;
  /**
   * Returns `null` if the library at `path` may be opened (without `path`: any library), else the reason and the remedy.
   * Never prompts the user for a permission.
   */
  refusal(path?: string): string | null;
  /** Opens a library. Throws on failure. */
  open<S extends Symbols>(path: string, symbols: S): Functions<S>;
  /** Takes ownership of a socket and calls `readable` when bytes have arrived. */
  watch(socket: number, readable: () => void): Watched;
  /** Returns the SHA-256 of bytes, in hexadecimal. */
  sha256(bytes: Uint8Array): string;
}

/** Returns the name of a machine, from the runtime's words for the system and the processor. */
export function machineOf(system: string, processor: string): string {
  const names: Record<string, string> = { darwin: "macos", x86_64: "x64", aarch64: "arm64" };
  return [system, processor].map((name) => names[name] ?? name).join("-");
}
