/**
 * The files that `zig build` makes in a working copy of the project.
 *
 * @module
 */

import type { Runtime } from "./runtimes/runtime.ts";

/** A file that `zig build` makes. */
export interface BuiltFile {
  readonly path: string;
  /** `undefined` if it may not be known whether the file exists. */
  readonly isThere: true | undefined;
}

/** Finds a file below `native/zig-out`; `null` if it does not exist or this is not a working copy. */
export function builtFile(runtime: Runtime, name: string): BuiltFile | null {
  let url;
  try {
    url = new URL(`../../native/zig-out/${name}`, import.meta.url);
  } catch { // a bundle in which `import.meta.url` is undefined
    return null;
  }
  if (url.protocol !== "file:") return null;
  const path = decodeURIComponent(url.pathname);
  if (runtime.files.refusal("read", path) !== null) return { path, isThere: undefined };
  return runtime.files.look(path) === null ? null : { path, isThere: true };
}
