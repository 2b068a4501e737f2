/**
 * How tests run the command line: in the runtime that runs them, in a process of its own, and if need be on a terminal,
 * with a closed output, or in Deno with certain permissions only.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assertFalse } from "@std/assert";
import { isDeno } from "./harness.ts";

/** The folder of the project. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** The file of the command line. */
export const MAIN: string = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** How this runtime runs the command line. */
export const CLI: readonly string[] = [process.execPath, ...(isDeno ? ["run", "-A", "--no-check"] : []), MAIN];

/** Runs its arguments on a terminal of their own; Python, which we need anyway, has what it takes. */
export const ON_TERMINAL: readonly string[] = [
  "python3",
  "-c",
  "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))",
];

/** Runs its arguments with an output that is not read any more. */
export const UNREAD: readonly string[] = [
  "python3",
  "-c",
  "import os, subprocess, sys; r, w = os.pipe(); os.close(r); sys.exit(subprocess.call(sys.argv[1:], stdout=w))",
];

/** How a program ended. */
export interface Ended {
  /** `null` if it was killed. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface ExecuteOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** Milliseconds after which it is killed. */
  timeout?: number;
  /** Called with the process when it has printed something. */
  printed?: (child: ChildProcess) => void;
}

/** The environment, without what changes something: tests say that themselves. */
function neutral(): Record<string, string> {
  const env: Record<string, string> = { TERM: "xterm" };
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(BUS1_.*|NO_COLOR|FORCE_COLOR|DENO_NO_PROMPT|TERM)$/.test(name)) env[name] = value!;
  }
  return env;
}

/** Runs a program to its end. */
export async function execute(command: readonly string[], options: ExecuteOptions = {}): Promise<Ended> {
  const { env, cwd, timeout = 60_000, printed } = options;
  const child = spawn(command[0], command.slice(1), {
    env: { ...neutral(), ...env },
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    timeout,
    killSignal: "SIGKILL",
  });
  const ended: Ended = { code: null, stdout: "", stderr: "" };
  child.stdout.on("data", (part) => {
    ended.stdout += part;
    printed?.(child);
  });
  child.stderr.on("data", (part) => ended.stderr += part);
  ended.code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  // In no case is a stack shown.
  assertFalse(/^ +at /m.test(ended.stdout + ended.stderr), ended.stdout + ended.stderr);
  return ended;
}

/** Runs the command line. */
export function cli(args: readonly string[], options?: ExecuteOptions): Promise<Ended> {
  return execute([...CLI, ...args], options);
}

/**
 * Starts Deno, on a terminal on which that is typed, if it is not `null`. Not with `node:child_process`, which gives a Deno
 * without permissions all of them.
 */
export async function startDeno(args: string[], typed: string | null): Promise<Ended & { killed: boolean }> {
  const isTerminal = typed !== null;
  const env = { ...neutral(), NO_COLOR: "1" };
  const stdin = isTerminal ? "piped" : "null";
  const [program, ...rest] = [...(isTerminal ? ON_TERMINAL : []), Deno.execPath(), ...args];
  const child = new Deno.Command(
    program,
    {
      ...{ args: rest, cwd: ROOT, env, clearEnv: true },
      ...{ stdin, stdout: "piped", stderr: "piped" },
    } as const,
  ).spawn();
  // The terminal is open while its input is. A prompt forgets earlier input, so the input is typed again and again.
  const input = isTerminal ? child.stdin.getWriter() : null;
  const typing = setInterval(() => input?.write(new TextEncoder().encode(typed ?? "")).catch(() => {}), 100);
  let killed = false;
  const timer = setTimeout(() => {
    killed = true;
    child.kill("SIGKILL");
  }, 30_000);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  clearInterval(typing);
  await input?.close().catch(() => {});
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replaceAll("\r\n", "\n");
  return { code, stdout: text(stdout), stderr: text(stderr), killed };
}

/** The same with an input that is closed, and on a terminal: nothing is asked, and it ends by itself. */
export async function unasked(args: string[]): Promise<Ended[]> {
  const outcomes = [];
  for (const typed of [null, ""]) {
    const { killed, ...ended } = await startDeno(args, typed);
    const all = ended.stdout + ended.stderr;
    assertFalse(/requests|Allow\?/.test(all), all);
    assertFalse(killed, all);
    outcomes.push(ended);
  }
  return outcomes;
}
