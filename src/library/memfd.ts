/**
 * A build as a file in memory, where it cannot be unpacked to a disk: `memfd_create`, sealed, so that nothing can change it
 * after it was filled.
 *
 * Each such file has a unique name, which identifies its mapping in the kernel's list (single_instance.ts). A file that is
 * not sealed is not used: the thread that made it may have ended before it was filled.
 *
 * @module
 */

import { type Build, unpack } from "./builds/build.ts";
import type { Placed } from "./cache.ts";
import { cString, type Libc, readText } from "./libc.ts";
import type { Runtime } from "./runtimes/runtime.ts";

/** The beginning of the kernel's names for such files. */
export const MEMORY = "/memfd:";

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
/** Since Linux 6.3 one of these two should say whether the file may be executed; older kernels know neither flag. */
const MFD_NOEXEC_SEAL = 8;
const MFD_EXEC = 0x10;

const F_ADD_SEALS = 1033;
const F_GET_SEALS = 1034;
/** Seals against further seals, shrinking, growing and writing. */
const ALL_SEALS = 1 | 2 | 4 | 8;

/** Puts a build into memory, and returns a path for `dlopen` and `execve`. */
export function inMemory(runtime: Runtime, libc: Libc, build: Build): Placed {
  const made = findMemory(libc, (name) => name.startsWith(`${MEMORY}${build.name}.`));
  if (made !== null) return made; // by a thread that has ended, and its mapping with it
  const bytes = unpack(runtime, build);
  if ("reason" in bytes) return bytes;
  // The kernel allows names of 249 bytes.
  const name = cString(`${build.name}.${crypto.randomUUID()}`);
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  let fd = libc.memfd_create(name, flags | (build.isProgram ? MFD_EXEC : MFD_NOEXEC_SEAL));
  if (fd < 0) fd = libc.memfd_create(name, flags);
  if (fd < 0) return { reason: "the kernel refuses a memory file (memfd_create)" };
  if (fill(libc, fd, bytes) && libc.fcntl(fd, F_ADD_SEALS, ALL_SEALS) === 0) return { path: pathOf(fd) };
  libc.close(fd);
  return { reason: "the memory file cannot be filled" };
}

function fill(libc: Libc, fd: number, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length;) {
    const written = libc.write(fd, bytes.subarray(at), bytes.length - at);
    if (written <= 0) return false;
    at += written;
  }
  return true;
}

/**
 * Returns the path that opens a descriptor. glibc identifies a library by its path, without a look at the file: if another
 * library was opened from a descriptor of that number before, the plain path would return that one. Hence the unusual
 * spelling.
 */
function pathOf(fd: number): string {
  return `/proc/self/fd/.//${fd}`;
}

/** Searches the descriptors of this process for a sealed memory file; `isIt` receives the kernel's names. */
export function findMemory(libc: Libc, isIt: (name: string) => boolean): { path: string } | null {
  const slots = Number(/^FDSize:\s*(\d+)/m.exec(readText(libc, "/proc/self/status"))?.[1] ?? 0);
  const link = new Uint8Array(512);
  for (let fd = 0; fd < slots; fd++) {
    const length = libc.readlink(cString(`/proc/self/fd/${fd}`), link, link.length);
    if (length <= 0 || !isIt(new TextDecoder().decode(link.subarray(0, length)))) continue;
    if ((libc.fcntl(fd, F_GET_SEALS, 0) & ALL_SEALS) === ALL_SEALS) return { path: pathOf(fd) };
  }
  return null;
}
