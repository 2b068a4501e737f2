/**
 * The harness of the tests: `test` for all runtimes, `engineTest`, which runs on each engine and then checks for leaks, and the
 * few words in which tests describe messages (words.ts).
 *
 * Rules:
 * - A test that hangs fails: each has a time limit.
 * - A test that leaks fails: after it the live counts are what they were before.
 * - Time decides nothing else: a test waits for what must happen, and excludes what must not happen by an order that the bus
 *   guarantees.
 *
 * `BUS1_TEST_ENGINES=typescript` narrows the engines down while developing.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, fail } from "@std/assert";
import { BusError, liveCounts } from "@bus1/bus1";
import { ERRNO } from "../../src/port/abi.ts";
import type { EngineName, LiveCounts } from "../../src/port/engine.ts";
import { open } from "./words.ts";

export * from "./words.ts";

export const isDeno: boolean = "Deno" in globalThis;
export const isNode: boolean = !isDeno && !("Bun" in globalThis);
export const runtimeName: string = isDeno ? "Deno" : isNode ? "Node.js" : "Bun";

/** The engines that are tested. */
export const engines: readonly EngineName[] = (process.env.BUS1_TEST_ENGINES ?? "native,typescript")
  .split(",").map((name) => name.trim() as EngineName);

export interface TestOptions {
  /** Milliseconds after which the test fails. */
  timeout?: number;
  /** Why the test cannot run here; it is then reported as skipped. */
  skip?: string | false;
  /** The engines to run on; all by default. */
  only?: EngineName | readonly EngineName[];
  /** What the test needs and the kernel engine cannot do: then the test is not registered for that engine. */
  notOnKernel?: string;
  /** Why the test belongs to another suite's run: then it is not registered in this one. */
  elsewhere?: string | false;
}

/** What the kernel's interface lacks a command for: see {@linkcode TestOptions.notOnKernel}. */
export const MIXED = "the uapi has no transaction of several kinds or of different messages";

/** What the kernel's interface does not show: see {@linkcode TestOptions.notOnKernel}. */
export const UNCOUNTED = "the kernel does not tell what is in flight";

type Register = (name: string, run: () => Promise<void>, timeout: number, skipped: boolean) => void;

const register: Register = await (async () => {
  if (isDeno) {
    const sanitizeNothing = { sanitizeOps: false, sanitizeResources: false };
    return (name, fn, _timeout, ignore) => Deno.test({ name, fn, ignore, ...sanitizeNothing });
  }
  // The harness measures the time limit itself; the runtime's own limit comes later.
  if (isNode) {
    const { test } = await import("node:test");
    return (name, fn, timeout, skip) => void test(name, { timeout: timeout + 10_000, skip }, fn);
  }
  const specifier = "bun:test"; // a variable, so that Deno does not look for it
  const bun = await import(specifier);
  return (name, fn, timeout, skipped) => (skipped ? bun.test.skip : bun.test)(name, fn, timeout + 10_000);
})();

/** Registers a test with the runtime that is running. */
export function test(name: string, run: () => void | Promise<void>, options: TestOptions = {}): void {
  const { timeout = 20_000, skip = false } = options;
  if (options.elsewhere) return;
  const title = skip ? `${name} # skipped: ${skip}` : name;
  register(title, () => within(timeout, name, run()), timeout, skip !== false);
}

/** Registers a test once for each engine; `run` must leave nothing behind on it. */
export function engineTest(
  name: string,
  run: (engine: EngineName) => void | Promise<void>,
  options: TestOptions = {},
): void {
  for (const engine of engines) {
    if (options.only && ![options.only].flat().includes(engine)) continue;
    if (engine === "kernel" && options.notOnKernel) continue;
    test(`${name} [${engine}]`, async () => {
      open(engine).close(); // an engine that was never opened counts nothing
      const before = liveCounts();
      await run(engine);
      await settled(before);
    }, options);
  }
}

/** Resolves as `promise` does, or rejects after `ms` milliseconds. */
export async function within<T>(ms: number, what: string, promise: T | Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not done after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until `condition` holds; fails if it does not in 5 s. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > end) fail(`not after 5 s: ${what}`);
    await sleep(2);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function settled(expected: LiveCounts): Promise<void> {
  const end = performance.now() + 5_000;
  const same = () => JSON.stringify(liveCounts()) === JSON.stringify(expected);
  while (!same() && performance.now() < end) await sleep(2);
  assertEquals(liveCounts(), expected, "live counts after the test");
}

/** What `call` throws: a `BusError` with this code, and the name, errno and message that belong to it. */
export function throws(code: keyof typeof ERRNO, call: () => unknown): BusError {
  try {
    call();
  } catch (error) {
    return isBusError(code, error);
  }
  fail(`${code} expected, nothing thrown`);
}

/** What `promise` rejects with: a `BusError` with this code, and the name, errno and message that belong to it. */
export async function rejects(code: keyof typeof ERRNO, promise: Promise<unknown>): Promise<BusError> {
  const [outcome] = await Promise.allSettled([promise]);
  if (outcome.status === "rejected") return isBusError(code, outcome.reason);
  fail(`${code} expected, nothing rejected`);
}

function isBusError(code: keyof typeof ERRNO, error: unknown): BusError {
  if (!(error instanceof BusError)) throw error;
  assertEquals(error.code, code, error.message);
  assertEquals(error.errno, ERRNO[code]);
  assertEquals(error.name, "BusError");
  assert(error.message.startsWith(`${code}: `), error.message);
  return error;
}

/** What `call` throws is a `TypeError`. */
export function throwsTypeError(call: () => unknown): TypeError {
  try {
    call();
  } catch (error) {
    if (error instanceof TypeError) return error;
    throw error;
  }
  return fail("TypeError expected, nothing thrown");
}

/** Makes `call`, which must fail, and checks that the engine holds what it held before. */
export function failsWithoutTrace(code: keyof typeof ERRNO, call: () => unknown): void {
  const before = liveCounts();
  throws(code, call);
  assertEquals(liveCounts(), before, "live counts after a failed call");
}

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Whether it was killed because it did not end by itself in time. */
  killed: boolean;
}

/** Runs a program of `test/programs` in the runtime that is running. */
export function run(program: string, env: Record<string, string> = {}, timeout = 15_000): Promise<Ran> {
  return start(commandOf(program), env, timeout).ended;
}

/** The same, on a device of its own: `options` are those of `cli run`. The process is the device's supervisor. */
export function startOnDevice(
  options: string[],
  program: string,
  env: Record<string, string> = {},
  timeout = 15_000,
): { supervisor: ChildProcess; ended: Promise<Ran> } {
  const command = [...commandOf("../../src/cli/main.ts"), "run", ...options];
  const { child: supervisor, ended } = start([...command, "--", ...commandOf(program)], env, timeout);
  return { supervisor, ended };
}

function commandOf(program: string): string[] {
  const path = fileURLToPath(new URL(`../programs/${program}`, import.meta.url));
  if (isNode) {
    const web = new URL("./web_worker.js", import.meta.url).href;
    return [process.execPath, "--expose-gc", `--import=${web}`, path.replace(/\.ts$/, ".js")];
  }
  return [...runtime, ...(isDeno ? ["run", "-A", "--no-check", "--v8-flags=--expose-gc"] : ["run"]), path];
}

/** What starts the runtime that is running; that of another machine is emulated, see arm64.ts. */
const runtime = [...(process.env.BUS1_TEST_EMULATOR?.split(" ") ?? []), process.execPath];

function start(
  [file, ...args]: string[],
  env: Record<string, string>,
  timeout: number,
): { child: ChildProcess; ended: Promise<Ran> } {
  const child = spawn(file, args, {
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ran: Ran = { code: null, stdout: "", stderr: "", killed: false };
  child.stdout.on("data", (chunk) => ran.stdout += chunk);
  child.stderr.on("data", (chunk) => ran.stderr += chunk);
  const timer = setTimeout(() => ran.killed = child.kill("SIGKILL"), timeout);
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ ...ran, code });
    });
  });
  return { child, ended };
}
