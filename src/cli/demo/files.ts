/**
 * The files that the demo indexes: all under a folder, except in folders that tools make. Links are not followed, so the
 * walk ends.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** The names of folders that are not entered. */
const NOT_ENTERED = new Set([
  ".git",
  ".hg",
  ".svn",
  "node_modules",
  ".toolchain",
  ".zig-cache",
  "zig-cache",
  "zig-out",
]);

/**
 * Lists the files under `folder`, as paths from there, sorted.
 *
 * @throws {Error} if `folder` itself cannot be read. Folders below it that cannot be read are left out.
 */
export async function listFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  const pending = [""];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    let entries;
    try {
      entries = await readdir(join(folder, at), { withFileTypes: true });
    } catch (error) {
      if (at === "") throw error;
      continue;
    }
    for (const entry of entries) {
      const path = join(at, entry.name);
      if (entry.isFile()) files.push(path);
      else if (entry.isDirectory() && !NOT_ENTERED.has(entry.name)) pending.push(path);
    }
  }
  return files.sort();
}
