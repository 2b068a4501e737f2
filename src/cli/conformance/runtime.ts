/**
 * Starting a module of this program in a process of its own, in the same runtime.
 *
 * @module
 */

import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Starts `node URL ARGS`, as it is called in the runtime that is running. */
export function start(url: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const file = url.startsWith("file:") ? fileURLToPath(url) : url;
  const run = "Deno" in globalThis ? ["run", "--quiet", "--allow-all", file] : [file];
  return spawn(process.execPath, [...run, ...args], options);
}

/** The line that says what was wrong, of what a runtime has written before it gave up. */
export function complaintOf(text: string): string {
  const lines = text.trim().split("\n");
  return lines.find((line) => /^\w*error\b/i.test(line)) ?? lines[0]!;
}
