/**
 * Runs one suite, and prints its result: a success takes one line, and of a failure the output is shown.
 *
 * @module
 */

import type { Counts } from "./counting.ts";
import type { Ran, Suite } from "./suites.ts";
import { environment, root, ToolError } from "./toolchain.ts";

/** The result of a suite. */
export interface Result extends Counts {
  name: string;
  seconds: number;
}

/** How many lines of a failed suite's output are shown: the last ones, without those of passed tests. */
const SHOWN_LINES = 500;

/** A line about a test that passed. */
const PASSED = /^\(pass\) | \.\.\. ok \(|^✔ /;

/** Stops the suite that is running; no-op if none is. */
export let stopRunning: () => void = () => {};

/** Runs a suite and prints its result. */
export async function runSuite(suite: Suite): Promise<Result> {
  const { name } = suite;
  const missing = await suite.missing?.();
  if (missing) {
    print(`${name.padEnd(11)} skipped: ${missing}\n`);
    return { name, seconds: 0, passed: 0, failed: 0, skipped: [`${name}: ${missing}`], problems: [] };
  }
  const start = performance.now();
  let ran: Ran;
  try {
    const command = await suite.command(); // may install something, and say so
    print(`${name.padEnd(11)} ${suite.about.padEnd(42)} `);
    ran = await runCommand(suite, command);
  } catch (error) {
    ran = { success: false, late: false, text: error instanceof ToolError ? error.message : String(error) };
  }
  const result = { name, seconds: (performance.now() - start) / 1000, ...await suite.count(ran) };
  print(`${summary(result)} (${result.seconds.toFixed(1)} s)\n`);
  for (const skipped of result.skipped) print(`       skipped: ${skipped}\n`);
  for (const figure of result.figures ?? []) print(`       ${figure}\n`);
  if (result.failed > 0) showFailure(ran, result);
  return result;
}

/** Runs a command to its end or its limit, in a process group of its own, so that no process of it remains. */
async function runCommand(suite: Suite, [file, ...args]: string[]): Promise<Ran> {
  const child = new Deno.Command(file, {
    args,
    cwd: suite.folder ? `${root}/${suite.folder}` : root,
    env: { ...environment(), NO_COLOR: "1", ...suite.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  stopRunning = () => Deno.kill(-child.pid, "SIGKILL");

  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stopRunning();
  }, suite.limit * 60_000);

  // One text, in the order in which the two streams came.
  let text = "";
  const collect = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) text += part;
  };
  const [status] = await Promise.all([child.status, collect(child.stdout), collect(child.stderr)]);
  clearTimeout(timer);
  stopRunning = () => {};
  return { success: status.success, late, text };
}

function showFailure(ran: Ran, { name, problems }: Result): void {
  const lines = ran.text.trimEnd().split("\n").filter((line) => !PASSED.test(line));
  if (lines.length > SHOWN_LINES) print(`... ${lines.length - SHOWN_LINES} lines before these\n`);
  print(lines.slice(-SHOWN_LINES).join("\n") + "\n");
  for (const problem of problems) print(`${name}: ${problem}\n`);
}

/** Returns the counts in words. */
export function summary({ passed, failed, skipped }: Pick<Counts, "passed" | "failed" | "skipped">): string {
  return `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`;
}

/** Prints a text without a line end. */
export function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
