/**
 * The private cache: the folder of this user into which builds are unpacked, once for each user and version.
 *
 * Rules:
 * - A file is used only if it has exactly the bytes in the package: its hash is checked each time. No other user can change
 *   it afterwards, since only this user can write in the folder. A folder that others can write in, or that is a symbolic
 *   link, is not used.
 * - A file appears whole: it is written under a unique name and then linked to its own name. If several processes or
 *   threads do so at the same moment, one succeeds and the others find its file. So all that open the path open the same
 *   file, which makes the library one instance in all threads of a process (single_instance.ts).
 * - A file is replaced only if its bytes are wrong. Such a file was never opened unless it was damaged later. In that case
 *   the processes that have it open keep their mapping: opening the same path again returns the same library.
 *
 * @module
 */

import { environmentVariable } from "../port/environment.ts";
import { type Build, unpack } from "./builds/build.ts";
import { openLibc } from "./libc.ts";
import type { Runtime } from "./runtimes/runtime.ts";

/** The right to write that the group and others must not have for our folder. */
const OTHERS_WRITE = 0o022;
/** In a folder with this bit, as `/tmp`, an entry can be removed only by its owner and by the folder's. */
const STICKY = 0o1000;

/** Where a file is, or why it could not be put anywhere. */
export type Placed = { path: string } | { reason: string };

/** Returns the path of the cache, whether it exists or not; or why there can be none. */
export function cacheFolder(machine: string): Placed {
  const home = environmentVariable("HOME");
  if (machine.startsWith("macos")) {
    return home?.startsWith("/") ? { path: `${home}/Library/Caches/bus1` } : { reason: "HOME is not known" };
  }
  const caches = environmentVariable("XDG_CACHE_HOME");
  if (caches?.startsWith("/")) return { path: `${caches}/bus1` };
  return home?.startsWith("/")
    ? { path: `${home}/.cache/bus1` }
    : { reason: "neither XDG_CACHE_HOME nor HOME is known" };
}

/** Returns the path of a build in the cache, where it is put first if it is missing or damaged. */
export function inCache(runtime: Runtime, build: Build): Placed {
  const folder = cacheFolder(runtime.machine);
  if ("reason" in folder) return folder;
  try {
    return inFolder(runtime, folder.path, build);
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

function inFolder(runtime: Runtime, folder: string, build: Build): Placed {
  const { files } = runtime;
  const mayNotWrite = files.refusal("write", folder);
  if (files.refusal("read", folder) === null && files.look(folder) === null) {
    if (mayNotWrite !== null) return { reason: mayNotWrite };
    files.createFolder(folder);
  }
  const wrong = wrongWith(runtime, folder);
  if (wrong !== null) return { reason: wrong };
  const path = `${folder}/${build.name}`;
  if (isRight(runtime, path, build)) return { path };
  return mayNotWrite === null ? written(runtime, folder, path, build) : { reason: mayNotWrite };
}

/** Writes a build to a path in the cache. */
function written(runtime: Runtime, folder: string, path: string, build: Build): Placed {
  const { files } = runtime;
  const bytes = unpack(runtime, build);
  if ("reason" in bytes) return bytes;
  const isThere = files.look(path) !== null;
  const aside = `${folder}/.${build.name}.${crypto.randomUUID()}`;
  let failure = `${path} is not what was written to it`;
  try {
    files.create(aside, bytes, build.isProgram ? 0o700 : 0o600);
    if (isThere) files.rename(aside, path);
    else files.link(aside, path);
  } catch (error) { // for example, the disk is full, or another process was faster
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    if (files.look(aside) !== null) files.remove(aside);
  }
  return isRight(runtime, path, build) ? { path } : { reason: failure };
}

/** Whether a path holds exactly this build, and only this user can change it. */
function isRight(runtime: Runtime, path: string, { isProgram, sha256 }: Build): boolean {
  const entry = runtime.files.look(path);
  if (entry?.kind !== "file" || entry.user !== userOf(runtime) || entry.mode & OTHERS_WRITE) return false;
  if (isProgram && !(entry.mode & 0o100)) return false;
  return runtime.sha256(runtime.files.read(path)) === sha256;
}

/** Returns why the folder must not be used, or `null`. */
function wrongWith(runtime: Runtime, folder: string): string | null {
  const { files } = runtime;
  const mayNot = files.refusal("read", folder);
  if (mayNot !== null) return mayNot;
  const entry = files.look(folder);
  if (entry?.kind !== "folder") return `${folder} is not a folder`;
  const user = userOf(runtime);
  if (user === null) return `the owner of ${folder} cannot be checked: Deno would need --allow-sys=uid`;
  if (entry.user !== user) return `${folder} belongs to another user`;
  if (entry.mode & OTHERS_WRITE) return `other users can write in ${folder}: chmod 700 would help`;
  // A user that can write in the parent folder could replace ours. The parent may be a link: its target counts.
  const parent = folder.slice(0, folder.lastIndexOf("/"));
  const above = files.refusal("read", parent) === null ? files.look(`${parent}/.`) : null;
  if (above && above.mode & OTHERS_WRITE && !(above.mode & STICKY)) return `other users can write in ${parent}`;
  return null;
}

/** Returns the user id of this process; `null` if that is not permitted. */
function userOf(runtime: Runtime): number | null {
  const user = runtime.files.user();
  if (user !== null) return user;
  const libc = openLibc(runtime);
  return "reason" in libc ? null : libc.geteuid();
}
