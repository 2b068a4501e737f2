/**
 * One instance of the library in a process, whichever of its threads opens it, and in whatever way.
 *
 * The library is the bus of its process: were it loaded twice, there would be two buses, and a peer that is handed over
 * would not be found on the other one. Isolates share nothing but the process, and they need not be alike: one may have
 * the right to use the cache, and another one not; one may have another HOME. So on Linux whoever opens the library
 *
 * 1. takes a lock that all threads of the process know and no other process has a use for: `flock` of the folder
 *    `/proc/self`, which is another one in each process;
 * 2. looks in `/proc/self/maps` whether a build of that name, which has the hash in it, is mapped, and takes that one;
 * 3. or else unpacks it, into the cache or into memory, and has it mapped *before* the lock is given back.
 *
 * So there are never two who find nothing. Where the C library cannot be called, in Node.js and where Deno permits FFI for the
 * cache alone, there is no lock; then the cache is the only way, and all who come to the same path open the same file.
 *
 * An instance is never given back: it, and the descriptor of its memory, last as long as the process.
 *
 * @module
 */

import type { Build } from "./builds.ts";
import { inCache, type Placed, type Prepared } from "./cache.ts";
import { cString, type Libc, O_CLOEXEC, O_RDONLY, openLibc, readText } from "./libc.ts";
import { findMemory, inMemory, MEMORY } from "./memfd.ts";
import type { Runtime } from "./runtimes/runtime.ts";

/** What is mapped in this process. */
const MAPS = "/proc/self/maps";

const LOCK_EX = 2;
const LOCK_NB = 4;

/** How long a thread waits for another one to open the library. It takes milliseconds. */
const PATIENCE = 10_000;

/** Opens what is at a path, or says why it cannot. */
export type Open<T extends object> = (path: string) => T | { reason: string };

/**
 * Opens the one instance: the one that is mapped, or else one from the cache, or else one from memory.
 *
 * @param open Opens what is at a path, and so has it mapped.
 */
export function openInstance<T extends object>(
  runtime: Runtime,
  prepared: Prepared,
  open: Open<T>,
): T | { reason: string } {
  const libc = openLibc(runtime);
  const folder = "reason" in libc ? -1 : libc.open(cString("/proc/self"), O_RDONLY | O_CLOEXEC);
  if ("reason" in libc || folder < 0) {
    const mapped = findMapped(mapsOf(runtime), prepared.build);
    const fromFile = openPlaced(mapped ?? inCache(runtime, prepared), open);
    if (!("reason" in fromFile)) return fromFile;
    const why = "reason" in libc ? libc.reason : "there is no /proc";
    return { reason: `from the cache: ${fromFile.reason}; from memory: ${why}` };
  }
  let mapped: Placed | null;
  try {
    if (!lock(libc, folder)) return { reason: "another thread of this process began to open it, and did not end" };
    mapped = findMapped(readText(libc, MAPS), prepared.build, libc);
    if (mapped === null) return openFirst(runtime, libc, prepared, open);
  } finally {
    libc.close(folder);
  }
  // Even if it is unmapped meanwhile, since its threads have ended, whoever comes later finds the same file.
  return openPlaced(mapped, open);
}

/** Opens it where it is not mapped yet. */
function openFirst<T extends object>(
  runtime: Runtime,
  libc: Libc,
  prepared: Prepared,
  open: Open<T>,
): T | { reason: string } {
  const fromFile = openPlaced(inCache(runtime, prepared), open);
  if (!("reason" in fromFile)) return fromFile;
  const fromMemory = openPlaced(inMemory(runtime, libc, prepared), open);
  if (!("reason" in fromMemory)) return fromMemory;
  return { reason: `from the cache: ${fromFile.reason}; from memory: ${fromMemory.reason}` };
}

function openPlaced<T extends object>(placed: Placed, open: Open<T>): T | { reason: string } {
  return "path" in placed ? open(placed.path) : placed;
}

/** Takes the lock, which is given back when the descriptor is closed; `false` if there is no hope. */
function lock(libc: Libc, folder: number): boolean {
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + PATIENCE;
  // A thread that is terminated while it holds the lock never gives it back: so this must not block for ever.
  while (libc.flock(folder, LOCK_EX | LOCK_NB) < 0) {
    if (performance.now() > end) return false;
    Atomics.wait(nobody, 0, 0, 1);
  }
  return true;
}

/** Where the instance is that is mapped, if one is that can be reached, according to the kernel's list. */
function findMapped(maps: string, build: Build, libc?: Libc): Placed | null {
  const names = libc === undefined ? [`/${build.name}`] : [`/${build.name}`, `${MEMORY}${build.name}.`];
  const line = maps.split("\n").find((line) => names.some((name) => line.includes(name)));
  if (line === undefined) return null;
  const path = line.slice(line.indexOf("/"));
  // A file may have been deleted meanwhile. To who has it open its path is enough.
  if (libc === undefined || !path.startsWith(MEMORY)) return { path: path.replace(/ \(deleted\)$/, "") };
  return findMemory(libc, (name) => name === path) ?? { reason: "its memory is mapped, but its descriptor was closed" };
}

/** The list, without the C library; nothing, if it may not be read. */
function mapsOf({ files }: Runtime): string {
  try {
    return files.refusal("read", MAPS) === null ? new TextDecoder().decode(files.read(MAPS)) : "";
  } catch { // Deno permits this one only to those who may do everything
    return "";
  }
}
