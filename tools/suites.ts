/**
 * The suites of the test runner: what each runs, and how its result is counted. Their order is that of a whole run.
 *
 * @module
 */

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
  silentInNodejs,
} from "./counting.ts";
import { makeJavaScript } from "./javascript.ts";
import { filesIn } from "./test_folders.ts";
import { installPackages, root, tool, ToolError, zigBuild } from "./toolchain.ts";

/** One line of a test run. */
export interface Suite {
  name: string;
  /** What it shows. */
  about: string;
  /** Minutes after which it counts as hanging; they include compiling. */
  limit: number;
  /** The folder in which it runs, below the root of the repository. */
  folder?: string;
  /** Additions to its environment. */
  env?: Record<string, string>;
  /** Whether it needs the native library: the package's own, or files that only Zig can make. */
  needs?: "library" | "zig";
  /** Returns the command to run; it may install something first. */
  command(): Promise<string[]>;
  /** Returns why it cannot run here, if the system lacks something. */
  missing?(): Promise<string | null>;
  /** Counts the result. */
  count(ran: Ran): Counts | Promise<Counts>;
}

/** How a suite ended. */
export interface Ran extends Ending {
  /** Its output. */
  text: string;
}

/** The suites that run test files, and so can be narrowed to some of them. */
const FILE_SUITES = ["deno", "bun", "node", "kernel-deno", "kernel-bun", "kernel-node", "arm64-bun"];

/** Whether a suite of this name runs test files. */
export function runsFiles(name: string): boolean {
  return FILE_SUITES.includes(name);
}

/** The suites of `task test quick`, which take less than a minute on two cores. Without Zig its suites are left out. */
export function quickSuites(scratch: string, files: readonly string[], hasZig: boolean): Suite[] {
  const quick = filesIn(files, "isQuick");
  const names = ["library", "lint", "check", ...hasZig ? ["fmt", "abi", "zig"] : [], "deno"];
  const chosen = allSuites(scratch, quick).filter(({ name }) => names.includes(name));
  return hasZig ? chosen : [gate("fmt", "TypeScript is formatted", "fmt-typescript", "--check"), ...chosen];
}

/**
 * All suites, those that run test files on these files.
 *
 * @param scratch A folder for reports and the like.
 */
export function allSuites(scratch: string, files: readonly string[]): Suite[] {
  const runners = testRunners(scratch);
  const inNodejs = filesIn(files, "inNodejs"), onKernel = filesIn(files, "onKernel");
  const onArm64 = files.filter((file) => file.startsWith("test/rules/") || file.startsWith("test/workers/"));
  return [
    gate("library", "the native library, from the package or by Zig", "library"),
    {
      ...zigSuite("build", "the native library, and programs to run", "install", countGate),
      limit: 15,
      command: () => zigBuild("install", "programs"),
    },
    gate("fmt", "TypeScript and Zig are formatted", "fmt", "--check"),
    gate("lint", "the linter finds nothing", "lint"),
    gate("check", "types hold, in Deno and in Bun", "check"),
    {
      ...runners.deno("builds", ["test/package/builds/check.ts"]),
      about: "what the package carries, for each system",
      needs: undefined,
    },
    zigSuite("abi", "src/port/abi.ts is what the Zig source says", "check-abi", countGate),
    program("embedded", "src/library/builds is what the sources make", "tools/builds.ts", "--check"),
    program("publish", "the package can be published", "tools/publish.ts", "check"),
    zigSuite("zig", "Zig tests", "test", countZigTests),
    zigSuite("tsan", "Zig tests under the thread sanitizer", "test-tsan", countZigTests),
    fuzzSuite(),
    zigSuite("c", "a C program against b1.h and the library", "c-test", countGate),
    zigSuite("explore", "interleavings of the library's threads", "explore", countZigTests),
    zigSuite("canaries", "planted faults, which the explorer finds", "canaries", countZigTests),
    {
      ...runners.deno("model", ["test/model/check.ts"]),
      about: "a model of the protocol, checked by Spin",
      needs: undefined,
    },
    runners.deno("deno", files),
    runners.bun("bun", files),
    runners.nodejs("node", inNodejs),
    onEmulatedDevice(runners.deno("kernel-deno", onKernel)),
    onEmulatedDevice(runners.bun("kernel-bun", onKernel)),
    onEmulatedDevice(runners.nodejs("kernel-node", filesIn(inNodejs, "onKernel"))),
    {
      ...zigSuite("arm64", "Zig tests and the C program, emulated", "test", countZigTests),
      missing: whyNotArm64,
      command: arm64ZigTests,
    },
    onEmulatedArm64(runners.bun("arm64-bun", onArm64)),
    gate("reference", "the doc comments become pages", "docs"),
    docSuite(scratch, "docs", "the examples in the doc comments", documentedFiles),
    onEmulatedDevice(docSuite(scratch, "kdocs", "those of the uapi, on an emulated device", () => filesOf("src/uapi"))),
    {
      ...program("bench", "the benchmarks still run", "bench/run.ts", "--quick"),
      needs: "zig",
    },
  ];
}

/** A program of the tools that must succeed. */
function program(name: string, about: string, ...args: string[]): Suite {
  const command = [Deno.execPath(), "run", "--allow-all", ...args];
  return { name, about, limit: 5, command: () => Promise.resolve(command), count: countGate };
}

/** A command of tasks.ts that must succeed. */
function gate(name: string, about: string, ...args: string[]): Suite {
  return program(name, about, "tools/tasks.ts", ...args);
}

function zigSuite(name: string, about: string, step: string, count: Suite["count"]): Suite {
  return { name, about, limit: 10, folder: "native", command: () => zigBuild(step, "--summary", "all"), count };
}

/** New inputs for each fuzz target, from a new seed: 30,000, which take a minute. */
function fuzzSuite(): Suite {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0];
  return {
    ...zigSuite("fuzz", `new inputs for the fuzz targets, seed ${seed}`, "fuzz", countGate),
    limit: 15,
    command: () => zigBuild("fuzz", "--summary", "all", "--fuzz=30K", `--seed=${seed}`),
    count: (ran) => judged(countFuzz(ran.text), ran),
  };
}

type FileSuite = (name: string, files: readonly string[]) => Suite;

/** Makes a suite of test files, for each runtime. */
function testRunners(scratch: string): Record<"deno" | "bun" | "nodejs", FileSuite> {
  const javaScript = once(async () => {
    await makeJavaScript(`${scratch}/javascript`);
    return `${scratch}/javascript`;
  });
  const suite = (
    command: (files: readonly string[], report: string) => Promise<string[]>,
    silent = silentFiles,
  ): FileSuite =>
  (name, files) => {
    const report = `${scratch}/${name}.xml`;
    return {
      name,
      about: files.length === 1 ? files[0] : `${files.length} test files`,
      limit: 15,
      needs: filesIn(files, "needsZig").length > 0 ? "zig" : "library",
      command: () => {
        if (files.length === 0) throw new ToolError("none of these files is for this suite");
        return command(files, report);
      },
      count: async (ran) => {
        const xml = await Deno.readTextFile(report).catch(() => "");
        return judged(countJunit(xml), ran, silent(files, ran.text, xml));
      },
    };
  };
  return {
    deno: suite(async (files, report) => {
      await installPackages(); // the tests use some
      return [...await tool("deno"), "test", "--allow-all", "--no-check", `--junit-path=${report}`, ...files];
    }),
    bun: suite(async (files, report) => [
      ...[...await tool("bun"), "test", "--reporter=junit", `--reporter-outfile=${report}`],
      ...files.map((file) => `./${file}`),
    ]),
    nodejs: suite(async (files, report) => {
      const tree = await javaScript();
      return [
        ...["node", `--import=file://${tree}/test/support/web_worker.js`, "--test", "--test-concurrency=1"],
        ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
        ...["--test-reporter=junit", `--test-reporter-destination=${report}`],
        ...files.map((file) => `${tree}/${file.replace(/\.ts$/, ".js")}`),
      ];
    }, silentInNodejs),
  };
}

/** The same suite on the kernel engine, under `cli run`. */
function onEmulatedDevice(suite: Suite): Suite {
  const run = [Deno.execPath(), "run", "--allow-all", "src/cli/main.ts", "run", "--"];
  return {
    ...suite,
    env: { BUS1_TEST_ENGINES: "kernel" },
    command: async () => [...run, ...await suite.command()],
  };
}

/** The same suite of Bun in Bun for arm64, with the library for arm64. */
function onEmulatedArm64(suite: Suite): Suite {
  return {
    ...suite,
    about: `${suite.about}, emulated`,
    env: ARM64_ENVIRONMENT,
    missing: whyNotArm64,
    command: async () => {
      const [, ...args] = await suite.command();
      return [...await arm64BunCommand(), ...args];
    },
  };
}

/** The examples in doc comments, run by Deno. */
function docSuite(scratch: string, name: string, about: string, files: () => Promise<string[]>): Suite {
  const report = `${scratch}/${name}.xml`;
  return {
    name,
    about,
    limit: 5,
    needs: "library",
    command: async () => [
      ...[...await tool("deno"), "test", "--doc", "--allow-all", "--no-check", `--junit-path=${report}`],
      ...await files(),
    ],
    count: async (ran) => judged(countJunit(await Deno.readTextFile(report).catch(() => "")), ran),
  };
}

/** Lists the files with examples for users, without those of the uapi, which need a device. */
async function documentedFiles(): Promise<string[]> {
  const folders = ["port", "peer", "engines", "graph", "adapters"].map((name) => filesOf(`src/${name}`));
  return ["mod.ts", "src/facade.ts", "src/typescript.ts", ...(await Promise.all(folders)).flat()];
}

/** The TypeScript files in a folder and below it. */
async function filesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${root}/${folder}`)) {
    if (isDirectory) found.push(...await filesOf(`${folder}/${name}`));
    else if (name.endsWith(".ts")) found.push(`${folder}/${name}`);
  }
  return found.sort();
}

function countGate(ran: Ran): Counts {
  return judged(countOne(ran), ran);
}

function countZigTests(ran: Ran): Counts {
  return judged(countZig(ran.text), ran);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}
