/**
 * Runs every scenario in Deno and in Bun, each in a process of its own, and prints one table, which is Markdown.
 *
 * ```sh
 * deno task bench                 # everything, a few minutes; leave the machine alone meanwhile
 * deno task bench one_way memory  # these scenarios
 * deno task bench --quick         # a smoke run: does it all still run?
 * ```
 *
 * The exit code says whether everything ran, not whether it was fast.
 *
 * @module
 */

import { cpus, loadavg, release, totalmem } from "node:os";
import { environment, root, tool, ToolError } from "../native/toolchain.ts";
import { FLOOR_LIBRARY } from "./floor.ts";
import { IOCTLS_LIBRARY } from "./ioctls.ts";
import type { Result, Target, Unit } from "./measure.ts";

const SCENARIOS = ["one_way", "round_trip", "one_isolate", "handles", "memory", "ending", "kernel"];

/** How each runtime starts a program: the Deno that runs this, and the pinned Bun. */
const RUNTIMES: Record<string, () => Promise<string[]>> = {
  deno: () => Promise.resolve([Deno.execPath(), "run", "--allow-all"]),
  bun: () => tool("bun"),
};

/** Minutes after which a scenario counts as hanging. */
const LIMIT = 5;

interface Row extends Result {
  runtime: string;
}

/** The scenarios that need a device get an emulated one. */
const ON_DEVICE = ["kernel"];

/** Builds what bus1 is held against. */
async function buildFloors(): Promise<void> {
  const zig = await tool("zig");
  const [floor, ioctls] = [FLOOR_LIBRARY, IOCTLS_LIBRARY].map((url) => decodeURIComponent(url.pathname));
  const options = ["-dynamic", "-O", "ReleaseFast", `-femit-bin=${floor}`];
  await output([...zig, "build-lib", ...options, `${root}/bench/floor.zig`]);
  const flags = ["-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", `-I${root}/native/include`, "-o", ioctls];
  await output([...zig, "cc", ...flags, `${root}/bench/ioctls.c`]);
}

/** What a command prints; it must succeed. */
async function output([file, ...args]: string[]): Promise<string> {
  const child = new Deno.Command(file, {
    args,
    cwd: root,
    env: { ...environment(), NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT * 60_000);
  const { success, code, signal, stdout } = await child.output();
  clearTimeout(timer);
  if (!success) throw new ToolError(`${file} ${args.join(" ")}: ${signal ?? `exit code ${code}`}`);
  return new TextDecoder().decode(stdout).trimEnd();
}

async function measure(scenario: string, runtime: string, quick: boolean): Promise<Row[]> {
  const onDevice = [Deno.execPath(), "run", "--allow-all", "src/cli/main.ts", "run", "--"];
  const text = await output([
    ...(ON_DEVICE.includes(scenario) ? onDevice : []),
    ...await RUNTIMES[runtime](),
    "bench/program.ts",
    scenario,
    ...(quick ? ["--quick"] : []),
  ]);
  const results = JSON.parse(text.split("\n").at(-1)!) as Result[];
  return results.map((result) => ({ ...result, runtime }));
}

/** Three digits, or whole. */
function inUnit(figure: number | undefined, unit: Unit): string {
  return figure === undefined ? "" : `${Number(figure.toPrecision(3)).toLocaleString("en")} ${unit}`;
}

function met({ bus1, ratio, target }: Result): boolean | undefined {
  if (target === undefined) return undefined;
  const { of, atMost = Infinity, atLeast = 0 } = target;
  const value = of === "ratio" ? ratio! : bus1;
  return value <= atMost && value >= atLeast;
}

function inWords({ of, atMost, atLeast }: Target, unit: Unit): string {
  const bound = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost.toLocaleString("en")}`;
  return of === "ratio" ? bound : `${bound} ${unit}`;
}

/** One line of the table; `judged`: whether it says if the target was met. */
function cells(row: Row, judged: boolean): string[] {
  const { what, runtime, unit, bus1, rival, floor, ratio, target } = row;
  const verdict = met(row);
  return [
    what,
    runtime,
    inUnit(bus1, unit),
    rival === undefined ? "" : `${rival.name} ${inUnit(rival.figure, unit)}`,
    inUnit(floor, unit),
    ratio === undefined ? "" : ratio.toFixed(2),
    target === undefined ? "" : inWords(target, unit),
    verdict === undefined || !judged ? "" : verdict ? "met" : "**not met**",
  ];
}

const HEAD = ["scenario", "runtime", "bus1", "beside it", "FFI floor", "ratio", "target", ""];

function table(rows: string[][]): string {
  const widths = HEAD.map((_, column) => Math.max(3, ...[HEAD, ...rows].map((row) => row[column].length)));
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  return [line(HEAD), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** Where and what the figures are of. */
async function origin(loadBefore: number): Promise<string> {
  const command = async (...args: string[]) => await output(args).catch(() => "unknown");
  const commit = await command("git", "describe", "--always", "--dirty", "--abbrev=12");
  const [zig, bun] = [await tool("zig"), await tool("bun")];
  const [{ model }] = cpus();
  return [
    `- Machine: ${cpus().length} × ${model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
    `- Versions: Deno ${Deno.version.deno}, Bun ${await command(...bun, "--version")}, ` +
    `Zig ${await command(...zig, "version")}; commit ${commit}, ${new Date().toISOString().slice(0, 10)}`,
    `- Load average of the last minute: ${loadBefore.toFixed(2)} before, ${loadavg()[0].toFixed(2)} after`,
  ].join("\n");
}

async function main(args: string[]): Promise<number> {
  const quick = args.includes("--quick");
  const names = args.filter((arg) => arg !== "--quick");
  const unknown = names.filter((name) => !SCENARIOS.includes(name));
  if (unknown.length > 0) throw new ToolError(`no scenario ${unknown.join(", ")}; there are ${SCENARIOS.join(", ")}`);

  const loadBefore = loadavg()[0];
  if (!quick && loadBefore > 0.5) {
    console.error(`The machine is busy (load average ${loadBefore.toFixed(2)}): the figures will say little.`);
  }
  await buildFloors();
  const rows: Row[] = [];
  let failures = 0;
  for (const scenario of names.length > 0 ? names : SCENARIOS) {
    for (const runtime of Object.keys(RUNTIMES)) {
      console.error(`${scenario} in ${runtime} ...`);
      try {
        rows.push(...await measure(scenario, runtime, quick));
      } catch (error) {
        failures++;
        console.error(`${scenario} in ${runtime}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  console.log(table(rows.map((row) => cells(row, !quick))));
  console.log(`\n${await origin(loadBefore)}`);
  if (quick) console.log("\nA smoke run: the figures mean nothing.");
  if (failures > 0) console.error(`\n${failures} did not run to their end.`);
  return failures > 0 ? 1 : 0;
}

try {
  Deno.exit(await main(Deno.args));
} catch (error) {
  if (!(error instanceof ToolError)) throw error;
  console.error(`bench: ${error.message}`);
  Deno.exit(1);
}
