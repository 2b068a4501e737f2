/**
 * The C library of Linux, for operations that the runtimes lack: files in memory, a lock, and the descriptors and mappings
 * of this process, which Deno shows only with all permissions. Node.js cannot call it.
 *
 * @module
 */

import type { Functions, Runtime, Symbols } from "./runtimes/runtime.ts";

const LIBC = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "i32" },
  flock: { parameters: ["i32", "i32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  geteuid: { parameters: [], result: "u32" },
} as const satisfies Symbols;

export const O_RDONLY = 0;
export const O_CLOEXEC = 0o2000000;

/** The functions of the C library that are used here. */
export type Libc = Functions<typeof LIBC>;

/** The file names of glibc and musl. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  "linux-x64": ["libc.so.6", "libc.musl-x86_64.so.1"],
  "linux-arm64": ["libc.so.6", "libc.musl-aarch64.so.1"],
};

let opened: Libc | { reason: string } | undefined;

/** Opens the C library, once for each isolate. */
export function openLibc(runtime: Runtime): Libc | { reason: string } {
  return opened ??= open(runtime);
}

function open(runtime: Runtime): Libc | { reason: string } {
  const names = NAMES[runtime.machine];
  if (names === undefined) return { reason: "this is not Linux" };
  const refusal = runtime.refusal();
  if (refusal !== null) return { reason: refusal };
  for (const name of names) {
    try {
      return runtime.open(name, LIBC);
    } catch {
      // try the other one
    }
  }
  return { reason: "the C library cannot be called" };
}

/** Returns a text with a NUL at its end. */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/** Reads a file of `/proc`; returns an empty text if it cannot be opened. */
export function readText(libc: Libc, path: string): string {
  const fd = libc.open(cString(path), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  let text = "";
  const decoder = new TextDecoder();
  const part = new Uint8Array(1 << 16);
  for (;;) {
    const length = libc.read(fd, part, part.length);
    if (length <= 0) break;
    text += decoder.decode(part.subarray(0, length), { stream: true });
  }
  libc.close(fd);
  return text;
}
