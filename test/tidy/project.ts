/**
 * The files of the project, for the tests of this folder.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { listFiles } from "../../src/cli/demo/files.ts";

/** A file: its path from the root of the repository, and its text. */
export type File = readonly [path: string, text: string];

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Returns every text file that belongs to the project: what git lists, or without git, what no tool has made. */
export async function readProject(): Promise<File[]> {
  const project: File[] = [];
  for (const path of await projectFiles()) {
    const bytes = await readFile(join(root, path)).catch(() => undefined); // deleted, but git still lists it
    if (bytes && !bytes.includes(0)) project.push([path, bytes.toString()]);
  }
  return project;
}

async function projectFiles(): Promise<string[]> {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const listed = await promisify(execFile)("git", args, { cwd: root }).catch(() => undefined);
  return listed ? listed.stdout.split("\0").filter((path) => path !== "") : await listFiles(root);
}
