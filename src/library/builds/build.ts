/**
 * A native build that travels in the package. The generated modules builds/libraries.ts and builds/supervisors.ts
 * (`deno task builds`) hold them all.
 *
 * Nothing is fetched: the modules are imported statically, so a program that installs, caches, bundles or compiles the
 * package has them. They are imported synchronously too: no module awaits at its top level, so `require()` works and no
 * message to a Worker is lost.
 *
 * The text of a module costs every isolate memory, also where it is not decoded. Hence its form:
 *
 * - All its files are compressed as one, since they resemble each other: together they are an eighth smaller.
 * - Brotli makes them a fifth smaller than gzip.
 * - The text is behind a function, so that the runtime only scans it, and in lines of 16 KB, since it scans each literal into a
 *   buffer. It is decoded when the library is neither mapped in this process nor in the cache.
 *
 * @module
 */

import { builtinModule } from "../runtimes/builtin_module.ts";
import type { Runtime } from "../runtimes/runtime.ts";

/** One file of a generated module. */
export interface Build {
  /** The file below `native/zig-out/builds`: `linux-x64/libbus1.so`. */
  readonly file: string;
  /** The file's name outside of the package, which contains the hash. */
  readonly name: string;
  /** The SHA-256 of the file's bytes, in hexadecimal. */
  readonly sha256: string;
  /** Whether it is a program, and not a library. */
  readonly isProgram: boolean;
  /** Where the file begins in the decompressed bytes. */
  readonly start: number;
  /** The file's length in bytes. */
  readonly length: number;
  /** Returns the files of the module one after the other, compressed with brotli, as base64. */
  packed(): string;
}

interface Zlib {
  brotliDecompressSync(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
}

/** Decodes a build and verifies its hash: a damaged copy of the package must not be executed. */
export function unpack(runtime: Pick<Runtime, "sha256">, build: Build): Uint8Array<ArrayBuffer> | { reason: string } {
  try {
    const bytes = decompress(fromBase64(build.packed())).subarray(build.start, build.start + build.length);
    const found = runtime.sha256(bytes);
    if (found === build.sha256) return bytes;
    throw new Error(`its SHA-256 is ${found}, and must be ${build.sha256}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { reason: `${build.file} in this copy of the package is damaged: ${why}` };
  }
}

function decompress(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return builtinModule<Zlib>("node:zlib").brotliDecompressSync(bytes);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  if (fromBase64 !== undefined) return fromBase64.call(Uint8Array, text);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)); // Node.js before 25, and slow
}
