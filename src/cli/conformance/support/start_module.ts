/**
 * Starts a module of this program in its own process, in the same runtime.
 *
 * @module
 */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import process from "node:process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

/** A process, with its output and its errors as streams. */
export type ModuleProcess = ChildProcessByStdio<null, Readable, Readable>;

/** How a process is started, beside its module and arguments. */
export interface StartOptions {
  /** Its environment; by default that of this process. */
  env?: Record<string, string | undefined>;
  /** Whether it leads its own process group. */
  detached?: boolean;
}

/** Starts a process that runs the module at `url` with these arguments. */
export function startModule(url: string, args: readonly string[], options: StartOptions = {}): ModuleProcess {
  const file = url.startsWith("file:") ? fileURLToPath(url) : url;
  const run = "Deno" in globalThis ? ["run", "--quiet", "--allow-all", file] : [file];
  return spawn(process.execPath, [...run, ...args], { ...options, stdio: ["ignore", "pipe", "pipe"] });
}

/** Returns the line that names the error, of everything that a runtime wrote before it ended. */
export function errorLine(text: string): string {
  const lines = text.trim().split("\n");
  return lines.find((line) => /^\w*error\b/i.test(line)) ?? lines[0] ?? "";
}
