/**
 * The test runner: runs every suite, in Zig, C, Deno, Bun and Node.js, and closes with `N passed, N failed`.
 *
 * ```sh
 * deno task test                      # everything
 * deno task test zig tsan             # these suites
 * deno task test conformance/ids      # the test files with this in their path, in Deno, Bun and Node.js
 * deno task test bun waiting          # the same, in Bun only
 * deno task test kernel-deno waiting  # the same, in Deno on the kernel engine
 * ```
 *
 * Rules:
 * - It installs what the suites need; nothing else has to be done on a fresh clone.
 * - A suite that crashes, hangs, cannot start or runs no test has failed (`counting.ts`), and the others still run;
 *   only without the library nothing more is tried.
 * - Successes take one line, failures are shown. A skipped test is named.
 *
 * @module
 */

import { environment, installPackages, root, tool, ToolError, zigBuild } from "./toolchain.ts";
import { ARM64_ENVIRONMENT, arm64BunCommand, arm64ZigTests, whyNotArm64 } from "./arm64.ts";
import {
  countFuzz,
  countJunit,
  countOne,
  type Counts,
  countZig,
  type Ending,
  judged,
  silentFiles,
  silentInNode,
} from "./counting.ts";
import { makeJavaScript } from "./javascript.ts";

interface Suite {
  name: string;
  /** What it shows. */
  about: string;
  /** Minutes after which it counts as hanging; they include compiling. */
  limit: number;
  /** Where it runs: the root of the repository, or this folder in it. */
  folder?: string;
  /** What it needs in its environment. */
  env?: Record<string, string>;
  command(): Promise<string[]>;
  /** Why it cannot run here, if that is for want of something of the system. */
  missing?(): Promise<string | null>;
  /** Judges how it went. */
  count(ran: Ran): Counts | Promise<Counts>;
}

interface Ran extends Ending {
  /** What it printed. */
  text: string;
}

/** How many lines of a failed suite's output are shown: the last ones, without those of passed tests. */
const SHOWN_LINES = 500;

/** A line that tells of a test that passed. */
const PASSED = /^\(pass\) | \.\.\. ok \(|^✔ /;

const scratch = await Deno.makeTempDir({ prefix: "bus1-test-" });

/** Stops the suite that is running. */
let stopRunning = () => {};

function allSuites(files: string[], onEngines: string[]): Suite[] {
  return [
    {
      name: "build",
      about: "the native library, and programs to run",
      limit: 15,
      folder: "native",
      command: () => zigBuild("install", "programs"),
      count: countGate,
    },
    gate("fmt", "TypeScript and Zig are formatted", "fmt", "--check"),
    gate("lint", "the linter finds nothing", "deno", "lint"),
    gate("check", "types hold, in Deno and in Bun", "check"),
    {
      ...fileSuite("builds", ["test/package/builds/check.ts"], denoTest),
      about: "what the package carries, for each system",
    },
    zigSuite("abi", "src/port/abi.ts is what the Zig source says", "check-abi", countGate),
    gate("embedded", "src/library/builds is what the sources make", "deno", "run", "-A", "tools/builds.ts", "--check"),
    gate("publish", "the package can be published", "deno", "run", "-A", "tools/publish.ts", "check"),
    zigSuite("zig", "Zig tests", "test", countZigTests),
    zigSuite("tsan", "Zig tests under the thread sanitizer", "test-tsan", countZigTests),
    fuzzSuite(),
    zigSuite("c", "a C program against b1.h and the library", "c-test", countGate),
    zigSuite("explore", "interleavings of the library's threads", "explore", countZigTests),
    zigSuite("canaries", "planted faults, which the explorer finds", "canaries", countZigTests),
    { ...fileSuite("model", ["test/model/check.ts"], denoTest), about: "a model of the protocol, checked by Spin" },
    fileSuite("deno", files, denoTest),
    fileSuite("bun", files, bunTest),
    fileSuite("node", forNode(files), nodeTest, silentInNode),
    kernelSuite("kernel-deno", onEngines, denoTest),
    kernelSuite("kernel-bun", onEngines, bunTest),
    kernelSuite("kernel-node", forNode(onEngines), nodeTest, silentInNode),
    {
      ...zigSuite("arm64", "Zig tests and the C program, emulated", "test", countZigTests),
      missing: whyNotArm64,
      command: arm64ZigTests,
    },
    arm64BunSuite(files.filter((file) => /^test\/(rules|workers)\//.test(file))),
    gate("reference", "the doc comments become pages", "docs"),
    docSuite(
      "docs",
      "the examples in the doc comments",
      async () => [
        ...["mod.ts", "src/typescript.ts"],
        ...(await Promise.all(["src", "src/port", "src/peer", "src/engines", "src/graph", "src/adapters"].map(filesOf)))
          .flat(),
      ],
    ),
    docSuite(
      "kdocs",
      "those of the uapi, on an emulated device",
      () => filesOf("src/uapi"),
      "src/cli/main.ts",
      "run",
    ),
    {
      name: "bench",
      about: "the benchmarks still run",
      limit: 5,
      command: () => Promise.resolve([Deno.execPath(), "run", "--allow-all", "bench/run.ts", "--quick"]),
      count: countGate,
    },
  ];
}

/** A command of `tools/toolchain.ts` that must succeed. */
function gate(name: string, about: string, ...args: string[]): Suite {
  const command = [Deno.execPath(), "run", "--allow-all", "tools/toolchain.ts", ...args];
  return { name, about, limit: 5, command: () => Promise.resolve(command), count: countGate };
}

function zigSuite(name: string, about: string, step: string, count: Suite["count"]): Suite {
  return { name, about, limit: 10, folder: "native", command: () => zigBuild(step, "--summary", "all"), count };
}

/** So many new inputs for each fuzz target: a minute. They are others each time; the seed tells which. */
function fuzzSuite(): Suite {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0];
  return {
    name: "fuzz",
    about: `new inputs for the fuzz targets, seed ${seed}`,
    limit: 15,
    folder: "native",
    command: () => zigBuild("fuzz", "--summary", "all", "--fuzz=30K", `--seed=${seed}`),
    count: (ran) => judged(countFuzz(ran.text), ran),
  };
}

/** The command that runs test files and writes a report. */
type FileTest = (files: readonly string[], report: string) => Promise<string[]>;

const denoTest: FileTest = async (files, report) => {
  await installPackages(); // the tests use some
  return [...await tool("deno"), "test", "--allow-all", "--no-check", `--junit-path=${report}`, ...files];
};

const bunTest: FileTest = async (files, report) => [
  ...[...await tool("bun"), "test", "--reporter=junit", `--reporter-outfile=${report}`],
  ...files.map((file) => `./${file}`),
];

/** What is about the command line, the tools of this repository, or packages that are tried in Deno and Bun alone. */
const NOT_FOR_NODE = /^test\/(adapters|cli|docs|package|playground|processes|tidy|tools)\//;

const forNode = (files: string[]) => files.filter((file) => !NOT_FOR_NODE.test(file));

/** What Node.js runs, once it is asked for. */
let javaScript: Promise<void> | undefined;

const nodeTest: FileTest = async (files, report) => {
  if (files.length === 0) throw new ToolError("none of these files is for Node.js");
  const tree = `${scratch}/javascript`;
  await (javaScript ??= makeJavaScript(tree));
  return [
    ...["node", `--import=file://${tree}/test/support/web_worker.js`, "--test", "--test-concurrency=1"],
    ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
    ...["--test-reporter=junit", `--test-reporter-destination=${report}`],
    ...files.map((file) => `${tree}/${file.replace(/\.ts$/, ".js")}`),
  ];
};

function fileSuite(name: string, files: string[], command: FileTest, silent = silentFiles): Suite {
  const report = `${scratch}/${name}.xml`;
  return {
    name,
    about: files.length === 1 ? files[0] : `${files.length} test files`,
    limit: 15,
    command: () => command(files, report),
    count: async (ran) => {
      const xml = await Deno.readTextFile(report).catch(() => "");
      return judged(countJunit(xml), ran, silent(files, ran.text, xml));
    },
  };
}

/** The same on the kernel engine, on an emulated device. */
function kernelSuite(name: string, files: string[], command: FileTest, silent = silentFiles): Suite {
  const onDevice: FileTest = async (files, report) => {
    if (files.length === 0) throw new ToolError("none of these files uses an engine");
    return [Deno.execPath(), "run", "--allow-all", "src/cli/main.ts", "run", "--", ...await command(files, report)];
  };
  return { ...fileSuite(name, files, onDevice, silent), env: { BUS1_TEST_ENGINES: "kernel" } };
}

/** Bun for arm64 with the library for arm64. */
function arm64BunSuite(files: string[]): Suite {
  const emulated: FileTest = async (files, report) => {
    if (files.length === 0) throw new ToolError("none of these files is about conformance or Workers");
    const [, ...args] = await bunTest(files, report);
    return [...await arm64BunCommand(), ...args];
  };
  const suite = fileSuite("arm64-bun", files, emulated);
  return { ...suite, about: `${suite.about}, emulated`, missing: whyNotArm64, env: ARM64_ENVIRONMENT };
}

/** The examples of files, run by Deno, or by a program of ours that runs Deno. */
function docSuite(name: string, about: string, files: () => Promise<string[]>, ...runner: string[]): Suite {
  const report = `${scratch}/${name}.xml`;
  return {
    name,
    about,
    limit: 5,
    command: async () => [
      ...(runner.length > 0 ? [Deno.execPath(), "run", "--allow-all", ...runner] : []),
      ...[...await tool("deno"), "test", "--doc", "--allow-all", "--no-check", `--junit-path=${report}`],
      ...await files(),
    ],
    count: async (ran) => judged(countJunit(await Deno.readTextFile(report).catch(() => "")), ran),
  };
}

function countGate(ran: Ran): Counts {
  return judged(countOne(ran), ran);
}

function countZigTests(ran: Ran): Counts {
  return judged(countZig(ran.text), ran);
}

/** The TypeScript files in a folder; not those in folders of it, which users do not read. */
async function filesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(`${root}/${folder}`)) {
    if (name.endsWith(".ts")) found.push(`${folder}/${name}`);
  }
  return found.sort();
}

async function testFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(`${root}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...await testFiles(path));
    else if (path.endsWith("_test.ts")) found.push(path);
  }
  return found.sort();
}

/** Those of the test files that use an engine, whichever it is, or a device. */
async function usingEngines(files: string[]): Promise<string[]> {
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(`${root}/${file}`)));
  // These are names of the harness; "engines" is also a key of what some functions answer.
  return files.filter((_, i) => /\b(engineTest|deviceTest)\b|(?<!\.)\bengines\b(?!:)/.test(texts[i]));
}

/** The suites that the arguments ask for; the library is built before those that may load it. */
async function chosenSuites(args: string[]): Promise<Suite[]> {
  const files = await testFiles("test");
  const suites = allSuites(files, await usingEngines(files));
  const names = args.filter((arg) => suites.some(({ name }) => name === arg));
  const words = args.filter((arg) => !names.includes(arg));
  if (args.length === 0) return suites;
  const inFiles = (name: string) => /^(kernel-)?(deno|bun|node)$|^arm64-bun$/.test(name);

  const chosenFiles = words.length === 0 ? files : files.filter((file) => words.some((word) => file.includes(word)));
  if (chosenFiles.length === 0) {
    const known = suites.map(({ name }) => name).join(", ");
    throw new ToolError(`no test file has ${words.join(" or ")} in its path, and the suites are ${known}`);
  }
  if (words.length > 0 && !names.some(inFiles)) {
    names.push("deno", "bun", ...forNode(chosenFiles).length > 0 ? ["node"] : []);
  }
  if (names.some((name) => inFiles(name) || ["docs", "kdocs", "bench"].includes(name))) names.push("build");
  return allSuites(chosenFiles, await usingEngines(chosenFiles)).filter(({ name }) => names.includes(name));
}

/** Runs one suite to its end or its limit, in a process group of its own, so that nothing of it stays behind. */
async function runSuite(suite: Suite, [file, ...args]: string[]): Promise<Ran> {
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

/** Runs a suite and prints what it came to. */
async function report(suite: Suite): Promise<Counts> {
  const missing = await suite.missing?.();
  if (missing) {
    print(`${suite.name.padEnd(11)} skipped: ${missing}\n`);
    return { passed: 0, failed: 0, skipped: [`${suite.name}: ${missing}`], problems: [] };
  }
  const start = performance.now();
  let ran: Ran;
  try {
    const command = await suite.command(); // may install something, and say so
    print(`${suite.name.padEnd(11)} ${suite.about.padEnd(42)} `);
    ran = await runSuite(suite, command);
  } catch (error) {
    ran = { success: false, late: false, text: error instanceof ToolError ? error.message : String(error) };
  }
  const counts = await suite.count(ran);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  print(`${summary(counts)} (${seconds} s)\n`);
  for (const name of counts.skipped) print(`       skipped: ${name}\n`);
  for (const figure of counts.figures ?? []) print(`       ${figure}\n`);
  if (counts.failed > 0) {
    const lines = ran.text.trimEnd().split("\n").filter((line) => !PASSED.test(line));
    if (lines.length > SHOWN_LINES) print(`... ${lines.length - SHOWN_LINES} lines before these\n`);
    print(lines.slice(-SHOWN_LINES).join("\n") + "\n");
    for (const problem of counts.problems) print(`${suite.name}: ${problem}\n`);
  }
  return counts;
}

function summary({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

async function main(args: string[]): Promise<number> {
  const total: Counts = { passed: 0, failed: 0, skipped: [], problems: [] };
  for (const suite of await chosenSuites(args)) {
    const counts = await report(suite);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped.push(...counts.skipped);
    if (suite.name === "build" && counts.failed > 0) break;
  }
  print(`\n${summary(total)}\n`);
  return total.failed > 0 ? 1 : 0;
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
