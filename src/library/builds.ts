/**
 * The native builds that travel in the package: generated modules (`deno task builds`), each loaded only when it is needed.
 * Nothing is ever fetched: the specifiers are literal, so that whoever installs the package, caches it or compiles it into
 * a program has them all.
 *
 * They are compressed with gzip, since all runtimes can undo that without loading anything: brotli would save 15 percent,
 * and take Deno several times as long.
 *
 * @module
 */

import { HASHES } from "./builds/hashes.ts";
import { type PackedBuild, sha256, unpack } from "./unpack.ts";

/** A build that is in the package. */
export interface Build {
  /** A file name that says what is in it: its hash is part of it. */
  readonly name: string;
  /** The SHA-256 of the file's bytes, in hexadecimal. */
  readonly sha256: string;
  /** Whether it is a program, and not a library. */
  readonly isProgram: boolean;
  /** Answers the file's bytes, which have that hash, or why there are none. */
  load(): Promise<Uint8Array<ArrayBuffer> | { reason: string }>;
}

type Modules = Readonly<Record<string, { file: keyof typeof HASHES; load: () => Promise<PackedBuild> }>>;

const LIBRARIES: Modules = {
  "linux-x64": { file: "linux-x64/libbus1.so", load: () => import("./builds/linux_x64.ts") },
  "linux-arm64": { file: "linux-arm64/libbus1.so", load: () => import("./builds/linux_arm64.ts") },
  "macos-x64": { file: "macos-x64/libbus1.dylib", load: () => import("./builds/macos_x64.ts") },
  "macos-arm64": { file: "macos-arm64/libbus1.dylib", load: () => import("./builds/macos_arm64.ts") },
};

const SUPERVISORS: Modules = {
  "linux-x64": { file: "linux-x64/bus1-supervisor", load: () => import("./builds/linux_x64_supervisor.ts") },
  "linux-arm64": { file: "linux-arm64/bus1-supervisor", load: () => import("./builds/linux_arm64_supervisor.ts") },
};

/** The library for a machine, or why there is none. */
export function libraryFor(machine: string): Build | { reason: string } {
  return find(LIBRARIES, machine, false);
}

/** The supervisor of `cli run` for a machine, or why there is none. */
export function supervisorFor(machine: string): Build | { reason: string } {
  return find(SUPERVISORS, machine, true);
}

function find(modules: Modules, machine: string, isProgram: boolean): Build | { reason: string } {
  if (!Object.hasOwn(modules, machine)) {
    return { reason: `the package has no native build for ${machine}, only for ${Object.keys(modules).join(", ")}` };
  }
  const { file, load } = modules[machine]!;
  const sha256 = HASHES[file];
  const name = file.replace(/^.*\/([^.]*)/, `$1-${sha256}`);
  return { name, sha256, isProgram, load: () => unpackedAndVerified(file, load) };
}

/** A copy of the package may be damaged, and that must not keep a program from being loaded. */
async function unpackedAndVerified(
  file: keyof typeof HASHES,
  load: () => Promise<PackedBuild>,
): Promise<Uint8Array<ArrayBuffer> | { reason: string }> {
  try {
    const bytes = await unpack((await load()).packed);
    const found = await sha256(bytes);
    if (found === HASHES[file]) return bytes;
    throw new Error(`its SHA-256 is ${found}, and must be ${HASHES[file]}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { reason: `${file} in this copy of the package is damaged: ${why}` };
  }
}
