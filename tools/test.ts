/**
 * The test runner: runs suites in Zig, C, Deno, Bun and Node.js, and closes with the time of each and `N passed, N failed`.
 *
 * ```sh
 * deno task test                      # all suites
 * deno task test quick                # the suites and tests that find most faults in a minute
 * deno task test zig tsan             # these suites
 * deno task test rules/ids            # the test files with this in their path, in Deno, Bun and Node.js
 * deno task test bun waiting          # the same, in Bun only
 * deno task test kernel-deno waiting  # the same, in Deno on the kernel engine
 * ```
 *
 * Rules:
 * - It installs what the suites need; a fresh clone needs no other step. Tests that need no more than the native library use
 *   the one in the package, if it was made from these sources and no other was built: then Zig is not needed.
 * - A suite that crashes, hangs, cannot start or runs no test has failed (counting.ts), and the others still run. Only without
 *   the native library no further suite is tried.
 * - Successes take one line, failures are shown. A skipped test is named.
 *
 * @module
 */

import { print, type Result, runSuite, stopRunning, summary } from "./run_suite.ts";
import { allSuites, quickSuites, runsFiles, type Suite } from "./suites.ts";
import { filesIn, testFiles } from "./test_folders.ts";
import { hasZig, ToolError } from "./toolchain.ts";

/** The suites that only prepare others. */
const PREPARE = ["library", "build"];

const scratch = await Deno.makeTempDir({ prefix: "bus1-test-" });

/** Returns the suites that the arguments name. */
async function chosenSuites(args: string[]): Promise<Suite[]> {
  const files = await testFiles();
  const all = allSuites(scratch, files);
  if (args.length === 0) return all.filter(({ name }) => name !== "library");
  if (args.join() === "quick") return quickSuites(scratch, files, await hasZig());

  const names = args.filter((arg) => all.some(({ name }) => name === arg));
  const words = args.filter((arg) => !names.includes(arg));
  const chosen = words.length === 0 ? files : files.filter((file) => words.some((word) => file.includes(word)));
  if (chosen.length === 0) {
    const known = ["quick", ...all.map(({ name }) => name)].join(", ");
    throw new ToolError(`no test file has ${words.join(" or ")} in its path, and the suites are ${known}`);
  }
  if (words.length > 0 && !names.some(runsFiles)) {
    names.push("deno", "bun", ...filesIn(chosen, "inNodejs").length > 0 ? ["node"] : []);
  }
  const suites = allSuites(scratch, chosen);
  const needs = suites.filter(({ name }) => names.includes(name)).map(({ needs }) => needs);
  if (needs.includes("zig")) names.push("build");
  else if (needs.includes("library")) names.push("library");
  return suites.filter(({ name }) => names.includes(name));
}

async function main(args: string[]): Promise<number> {
  const results: Result[] = [];
  for (const suite of await chosenSuites(args)) {
    const result = await runSuite(suite);
    results.push(result);
    if (PREPARE.includes(suite.name) && result.failed > 0) break;
  }
  if (results.length > 1) printTimes(results);
  const total = { passed: 0, failed: 0, skipped: [] as string[] };
  for (const { passed, failed, skipped } of results) {
    total.passed += passed;
    total.failed += failed;
    total.skipped.push(...skipped);
  }
  print(`\n${summary(total)}\n`);
  return total.failed > 0 ? 1 : 0;
}

/** Prints the seconds that the suites took, the longest first. */
function printTimes(results: Result[]): void {
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  print(`\n${seconds.toFixed(1).padStart(7)} s  all suites\n`);
  for (const { name, seconds } of results.toSorted((a, b) => b.seconds - a.seconds)) {
    print(`${seconds.toFixed(1).padStart(7)} s  ${name}\n`);
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    stopRunning();
    Deno.removeSync(scratch, { recursive: true });
    Deno.exit(130);
  });
}

let exitCode = 2;
try {
  exitCode = await main(Deno.args);
} catch (error) {
  if (!(error instanceof ToolError)) throw error;
  console.error(`test: ${error.message}`);
} finally {
  await Deno.remove(scratch, { recursive: true });
}
Deno.exit(exitCode);
