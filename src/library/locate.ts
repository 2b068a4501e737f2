/**
 * Where this code runs, and where the library comes from: from `BUS1_LIBRARY`; or, in a working copy of the project, from
 * what `zig build` has made there; or from the package itself.
 *
 * @module
 */

import { environmentVariable } from "../port/environment.ts";
import { bun } from "./runtimes/bun.ts";
import { cacheFolder } from "./cache.ts";
import { deno } from "./runtimes/deno.ts";
import { node } from "./runtimes/nodejs.ts";
import type { Runtime } from "./runtimes/runtime.ts";

/** The runtime; `null` if it is none that could call native code. */
export const runtime: Runtime | null = bun() ?? deno() ?? node();

/** A file that `zig build` makes in a working copy, and whether it is there, as far as that may be known. */
export interface BuiltFile {
  readonly path: string;
  readonly isThere: boolean | undefined;
}

/** What `zig build` makes; `null` if this is no working copy. `name` is below zig-out. */
export function builtFile(runtime: Runtime, name: string): BuiltFile | null {
  let url;
  try {
    url = new URL(`../../native/zig-out/${name}`, import.meta.url);
  } catch { // a bundle that does not know where it is
    return null;
  }
  if (url.protocol !== "file:") return null;
  const path = decodeURIComponent(url.pathname);
  if (runtime.files.refusal("read", path) !== null) return { path, isThere: undefined };
  return runtime.files.look(path) === null ? null : { path, isThere: true };
}

/** The library that `zig build` makes. */
export function builtLibrary(runtime: Runtime): BuiltFile | null {
  return builtFile(runtime, `lib/libbus1${runtime.machine.startsWith("macos") ? ".dylib" : ".so"}`);
}

/** Whether the package's own library may be what serves here. */
export function mayUseOwn(runtime: Runtime): boolean {
  if (environmentVariable("BUS1_LIBRARY") !== undefined || builtLibrary(runtime)?.isThere) return false;
  if (runtime.refusal() === null) return true;
  const folder = cacheFolder(runtime.machine);
  return "path" in folder && runtime.refusal(folder.path) === null;
}
