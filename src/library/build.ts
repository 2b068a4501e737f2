/**
 * A native build that travels in the package: each generated module in builds/ (`deno task builds`) holds one.
 *
 * Nothing is fetched: the modules are imported statically, so a program that installs, caches, bundles or compiles the
 * package has them all. They are imported synchronously too: no module awaits at its top level, so `require()` works and no
 * message to a Worker is lost.
 *
 * A build is text: compressed with brotli, which is a fifth smaller here than gzip, as base64. The text is behind a function,
 * so that the engine only scans it. It is decoded when the library is neither mapped in this process nor in the cache.
 *
 * @module
 */

import { builtinModule } from "./runtimes/builtin_module.ts";
import type { Runtime } from "./runtimes/runtime.ts";

/** A build, as its module holds it. */
export interface Build {
  /** The file below `native/zig-out/builds`: `linux-x64/libbus1.so`. */
  readonly file: string;
  /** The file's name outside of the package, which contains the hash. */
  readonly name: string;
  /** The SHA-256 of the file's bytes, in hexadecimal. */
  readonly sha256: string;
  /** Whether it is a program, and not a library. */
  readonly isProgram: boolean;
  /** Returns the file's bytes, compressed with brotli, as base64. */
  packed(): string;
}

interface Zlib {
  brotliDecompressSync(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
}

/** Decodes a build and verifies its hash: a damaged copy of the package must not be executed. */
export function unpack(runtime: Runtime, build: Build): Uint8Array<ArrayBuffer> | { reason: string } {
  try {
    const bytes = decompress(fromBase64(build.packed()));
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
