/**
 * The private cache: the folder of this user into which builds are unpacked, once for each user and version.
 *
 * Rules:
 * - Only a file with exactly the bytes that the package has is ever used, and they are looked at each time (`prepare`).
 *   Nobody else can change them afterwards: the folder is ours, and nobody but us can write in it. A folder of which that is
 *   not true is not used, and neither is one that is a symbolic link.
 * - A file appears whole: it is written aside, under a name of its own, and linked to its name. Of several processes or
 *   threads that do so at the same moment one succeeds, and the others find its file. So all that open the path get one
 *   and the same file, which is what makes the library one instance in all threads of a process (instance.ts).
 * - A file is replaced only if its bytes are wrong. Nobody has opened such a one, unless it was damaged later; then its
 *   users keep what they have: who opens the same path again in their process gets the same library again.
 *
 * @module
 */

import { environmentVariable } from "../port/environment.ts";
import type { Build } from "./builds.ts";
import { openLibc } from "./libc.ts";
import { sha256 } from "./unpack.ts";
import type { Runtime } from "./runtimes/runtime.ts";

/** What others must not have in a folder of ours: the right to write. */
const OTHERS_WRITE = 0o022;
/** In such a folder only the owner of an entry, or of the folder, can take it away: as in `/tmp`. */
const STICKY = 0o1000;

/** A build that can be put where it is opened from without waiting for anything. */
export interface Prepared {
  readonly build: Build;
  /** Its bytes, or the version of the file in the cache that has been found to have them. */
  readonly content: Uint8Array<ArrayBuffer> | { readonly version: string };
}

/** Where something is, or why it is nowhere. */
export type Placed = { path: string } | { reason: string };

/** The folder, whether it exists or not; or why there can be none. */
export function cacheFolder(machine: string): { path: string } | { reason: string } {
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

/** Makes a build ready: finds it in the cache, or else loads its bytes. */
export async function prepare(
  runtime: Runtime,
  build: Build | { reason: string },
): Promise<Prepared | { reason: string }> {
  if ("reason" in build) return build;
  const version = await findVersion(runtime, build).catch(() => null);
  if (version !== null) return { build, content: { version } };
  const bytes = await build.load();
  return "reason" in bytes ? bytes : { build, content: bytes };
}

/** The version of the file in the cache, if it is there and is right. */
async function findVersion(runtime: Runtime, build: Build): Promise<string | null> {
  const folder = cacheFolder(runtime.machine);
  if ("reason" in folder || wrongWith(runtime, folder.path) !== null) return null;
  const { files } = runtime;
  const path = `${folder.path}/${build.name}`;
  const version = versionOf(runtime, path, build);
  return version !== null && await sha256(files.read(path)) === build.sha256 ? version : null;
}

/** The path of a build in the cache, where it now is; or why it cannot be there. */
export function inCache(runtime: Runtime, { build, content }: Prepared): Placed {
  const folder = cacheFolder(runtime.machine);
  if ("reason" in folder) return folder;
  const path = `${folder.path}/${build.name}`;
  try {
    if (content instanceof Uint8Array) return unpacked(runtime, folder.path, build, content);
    if (versionOf(runtime, path, build) === content.version) return { path };
    return { reason: `${path} was changed since this program began to run; another start mends it` };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Its bytes, wherever they are. */
export function bytesOf(runtime: Runtime, prepared: Prepared): { bytes: Uint8Array } | { reason: string } {
  if (prepared.content instanceof Uint8Array) return { bytes: prepared.content };
  const placed = inCache(runtime, prepared);
  return "path" in placed ? { bytes: runtime.files.read(placed.path) } : placed;
}

function unpacked(runtime: Runtime, folder: string, build: Build, bytes: Uint8Array): Placed {
  const { files } = runtime;
  const mayNotWrite = files.refusal("write", folder);
  if (files.refusal("read", folder) === null && files.look(folder) === null) {
    if (mayNotWrite !== null) return { reason: mayNotWrite };
    files.createFolder(folder);
  }
  const wrong = wrongWith(runtime, folder);
  if (wrong !== null) return { reason: wrong };
  const path = `${folder}/${build.name}`;
  const isRight = () => versionOf(runtime, path, build) !== null && equal(files.read(path), bytes);
  if (isRight()) return { path };
  if (mayNotWrite !== null) return { reason: mayNotWrite };
  const isThere = files.look(path) !== null;
  const aside = `${folder}/.${build.name}.${crypto.randomUUID()}`;
  let failure = `${path} is not what was written to it`;
  try {
    files.create(aside, bytes, build.isProgram ? 0o700 : 0o600);
    if (isThere) files.rename(aside, path);
    else files.link(aside, path);
  } catch (error) { // the disk is full, say; or somebody was faster
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    if (files.look(aside) !== null) files.remove(aside);
  }
  return isRight() ? { path } : { reason: failure };
}

/** Why the folder is not to be used, if there is a reason. */
function wrongWith(runtime: Runtime, folder: string): string | null {
  const { files } = runtime;
  const mayNot = files.refusal("read", folder);
  if (mayNot !== null) return mayNot;
  const entry = files.look(folder);
  if (entry?.kind !== "folder") return `${folder} is no folder`;
  const user = userOf(runtime);
  if (user === null) return `whether ${folder} is ours cannot be known: Deno would need --allow-sys=uid`;
  if (entry.user !== user) return `${folder} belongs to another user`;
  if (entry.mode & OTHERS_WRITE) return `others can write in ${folder}: chmod 700 would help`;
  // Who can write in the folder above could put another one in its place. It may be a link: what it leads to counts.
  const above = files.refusal("read", parentOf(folder)) === null ? files.look(`${parentOf(folder)}/.`) : null;
  if (above && above.mode & OTHERS_WRITE && !(above.mode & STICKY)) return `others can write in ${parentOf(folder)}`;
  return null;
}

/** Who we are; `null` if that may not be known. */
function userOf(runtime: Runtime): number | null {
  const user = runtime.files.user();
  if (user !== null) return user;
  const libc = openLibc(runtime);
  return "reason" in libc ? null : libc.geteuid();
}

/** The version of a file that could be the build, as far as can be seen without reading it. */
function versionOf(runtime: Runtime, path: string, { isProgram }: Build): string | null {
  const entry = runtime.files.look(path);
  if (entry?.kind !== "file" || entry.user !== userOf(runtime) || entry.mode & OTHERS_WRITE) return null;
  return isProgram && !(entry.mode & 0o100) ? null : entry.version;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
