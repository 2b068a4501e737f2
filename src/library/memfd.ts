/**
 * Memory that is a file, for where a build cannot be unpacked to a disk: `memfd_create`, sealed, so that nobody can change
 * it after it was filled.
 *
 * Each has a name of its own, by which a mapping is known to be that memory's and no other's (instance.ts). What is not
 * sealed is not taken: its maker may not have lived to fill it.
 *
 * @module
 */

import { bytesOf, type Placed, type Prepared } from "./cache.ts";
import { cString, type Libc, readText } from "./libc.ts";
import type { Runtime } from "./runtimes/runtime.ts";

/** What the kernel's names of such files begin with. */
export const MEMORY = "/memfd:";

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
/** Since Linux 6.3 the kernel wants to hear whether a program is to be started from it; before, it knew neither flag. */
const MFD_NOEXEC_SEAL = 8;
const MFD_EXEC = 0x10;

const F_ADD_SEALS = 1033;
const F_GET_SEALS = 1034;
/** Against further seals, shrinking, growing and writing. */
const ALL_SEALS = 1 | 2 | 4 | 8;

/** A build as a file in memory, as `dlopen` and `execve` can be told of it; or why it cannot be one. */
export function inMemory(runtime: Runtime, libc: Libc, prepared: Prepared): Placed {
  const { build } = prepared;
  const made = findMemory(libc, (name) => name.startsWith(`${MEMORY}${build.name}.`));
  if (made !== null) return made; // of a thread that has ended, and with it the mapping
  const found = bytesOf(runtime, prepared);
  if ("reason" in found) return found;
  // The kernel allows names of 249 bytes.
  const name = cString(`${build.name}.${crypto.randomUUID()}`);
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  let fd = libc.memfd_create(name, flags | (build.isProgram ? MFD_EXEC : MFD_NOEXEC_SEAL));
  if (fd < 0) fd = libc.memfd_create(name, flags);
  if (fd < 0) return { reason: "the kernel gives no memory file (memfd_create)" };
  if (fill(libc, fd, found.bytes) && libc.fcntl(fd, F_ADD_SEALS, ALL_SEALS) === 0) return { path: pathOf(fd) };
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
 * The path by which a descriptor is opened. glibc takes a path that it has opened before for the same library, without a
 * look at the file. So it is spelled as nobody else would spell it: somebody else's library may have had that number.
 */
function pathOf(fd: number): string {
  return `/proc/self/fd/.//${fd}`;
}

/** Looks through our descriptors for such a file of that name, filled and sealed; `name` is the kernel's for it. */
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
