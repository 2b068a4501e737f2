/**
 * One instance of the library in a process, whichever of its threads opens it, and from whichever place.
 *
 * The library is the bus of its process. If it were loaded twice, there would be two buses, and a peer that moves from one
 * isolate to another would not be found. Isolates share nothing but the process, and may differ: in the right to use the
 * cache, or in their HOME. So on Linux an isolate that opens the library
 *
 * 1. takes a lock that all threads of the process share, and no other process uses: `flock` of the folder `/proc/self`,
 *    which is a different folder in each process;
 * 2. searches `/proc/self/maps` for a build of that name, which contains the hash, and uses it if it is mapped;
 * 3. or else unpacks it, into the cache or into memory, and maps it *before* it releases the lock.
 *
 * So two threads never both find nothing. Node.js cannot call the C library, and neither can Deno with FFI for the cache
 * alone: there the lock is missing and the cache is the only place, and all threads that open its path get one file.
 *
 * An instance is never closed: it, and the descriptor of its memory, live as long as the process.
 *
 * @module
 */

import type { Build } from "./builds/build.ts";
import { inCache, type Placed } from "./cache.ts";
import { cString, type Libc, O_CLOEXEC, O_RDONLY, openLibc, readText } from "./libc.ts";
import { findMemory, inMemory, MEMORY } from "./memfd.ts";
import type { Runtime } from "./runtimes/runtime.ts";

/** The kernel's list of the mappings in this process. */
const MAPS = "/proc/self/maps";

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Milliseconds that a thread waits for another one to open the library, which takes some ten. */
const LOCK_TIMEOUT = 10_000;

/** Opens the library at a path, or says why it cannot. */
export type Open<T extends object> = (path: string) => T | { reason: string };

/**
 * Opens the one instance: the mapped one, or else one from the cache, or else one from memory.
 *
 * @param open Opens the library at a path, which maps it.
 */
export function openInstance<T extends object>(
  runtime: Runtime,
  build: Build,
  open: Open<T>,
): T | { reason: string } {
  const libc = openLibc(runtime);
  const folder = "reason" in libc ? -1 : libc.open(cString("/proc/self"), O_RDONLY | O_CLOEXEC);
  if ("reason" in libc || folder < 0) {
    const mapped = findMapped(mapsOf(runtime), build);
    const fromFile = openPlaced(mapped ?? inCache(runtime, build), open);
    if (!("reason" in fromFile)) return fromFile;
    const why = "reason" in libc ? libc.reason : "/proc does not exist";
    return { reason: `from the cache: ${fromFile.reason}; from memory: ${why}` };
  }
  let mapped: Placed | null;
  try {
    if (!lock(libc, folder)) return { reason: "another thread of this process began to open it, and did not end" };
    mapped = findMapped(readText(libc, MAPS), build, libc);
    if (mapped === null) return openFirst(runtime, libc, build, open);
  } finally {
    libc.close(folder);
  }
  // If its threads end now, and it is unmapped, a later isolate still finds the same file.
  return openPlaced(mapped, open);
}

/** Opens the library, which is not mapped yet. */
function openFirst<T extends object>(
  runtime: Runtime,
  libc: Libc,
  build: Build,
  open: Open<T>,
): T | { reason: string } {
  const fromFile = openPlaced(inCache(runtime, build), open);
  if (!("reason" in fromFile)) return fromFile;
  const fromMemory = openPlaced(inMemory(runtime, libc, build), open);
  if (!("reason" in fromMemory)) return fromMemory;
  return { reason: `from the cache: ${fromFile.reason}; from memory: ${fromMemory.reason}` };
}

function openPlaced<T extends object>(placed: Placed, open: Open<T>): T | { reason: string } {
  return "path" in placed ? open(placed.path) : placed;
}

/** Takes the lock, which is released when the descriptor is closed; returns `false` after the timeout. */
function lock(libc: Libc, folder: number): boolean {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + LOCK_TIMEOUT;
  // A thread that is terminated while it holds the lock never releases it, so this must not block forever.
  while (libc.flock(folder, LOCK_EX | LOCK_NB) < 0) {
    if (performance.now() > end) return false;
    Atomics.wait(pause, 0, 0, 1);
  }
  return true;
}

/** Finds the mapped instance in the kernel's list; returns `null` if none is mapped. */
function findMapped(maps: string, build: Build, libc?: Libc): Placed | null {
  const names = libc === undefined ? [`/${build.name}`] : [`/${build.name}`, `${MEMORY}${build.name}.`];
  const line = maps.split("\n").find((line) => names.some((name) => line.includes(name)));
  if (line === undefined) return null;
  const path = line.slice(line.indexOf("/"));
  // The file may have been deleted. Its path still opens the library in a process that has it open.
  if (libc === undefined || !path.startsWith(MEMORY)) return { path: path.replace(/ \(deleted\)$/, "") };
  return findMemory(libc, (name) => name === path) ?? { reason: "its memory is mapped, but its descriptor was closed" };
}

/** Reads the list without the C library; returns an empty text if that is not permitted. */
function mapsOf({ files }: Runtime): string {
  try {
    return files.refusal("read", MAPS) === null ? new TextDecoder().decode(files.read(MAPS)) : "";
  } catch { // Deno requires all permissions for this file
    return "";
  }
}
