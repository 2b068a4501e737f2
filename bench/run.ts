/**
 * Runs every scenario in Deno and in Bun, each in a process of its own. Prints one table, in Markdown, and draws two charts.
 *
 * ```sh
 * deno task bench                 # all scenarios, some minutes; leave the machine idle meanwhile
 * deno task bench one_way memory  # these scenarios
 * deno task bench --rounds=5      # less exact
 * deno task bench --quick         # a smoke run: does everything still run?
 * ```
 *
 * A whole run puts its charts into `bench/charts`, any other run into `native/zig-out/bench`. The exit code says whether
 * everything ran, not whether it was fast.
 *
 * @module
 */

import { cpus, loadavg, release, totalmem } from "node:os";
import { environment, root, run, tool, ToolError, zigBuild } from "../tools/toolchain.ts";
import { growth, type Of, rivals } from "./charts/plots.ts";
import { FLOOR_LIBRARY } from "./rivals/floor.ts";
import { IOCTLS_LIBRARY } from "./rivals/ioctls.ts";
import { SCENARIOS } from "./scenarios/list.ts";
import type { Curve, Findings, Result, Target, Unit } from "./scenarios/scenario.ts";

/** Gives a program one CPU. */
const ONE_CPU = ["taskset", "--cpu-list", "0"];

/** Gives a program a device. */
const ON_DEVICE = [Deno.execPath(), "run", "--allow-all", "src/cli/main.ts", "run", "--"];

/** The command that starts a program in each runtime: in the Deno that runs this, and in the pinned Bun. */
const RUNTIMES: Record<string, () => Promise<string[]>> = {
  deno: () => Promise.resolve([Deno.execPath(), "run", "--allow-all"]),
  bun: () => tool("bun"),
};

/** The minutes after which a scenario counts as hanging, and is killed. */
const LIMIT = 5;

/** A figure within 10 % of its target meets it. */
const NEAR = 1.1;

type Row = Of<Result>;

/** The findings of all scenarios. */
interface Found {
  results: Row[];
  curves: Of<Curve>[];
}

/** Builds the programs and libraries that only the benchmarks need. */
async function buildTools(): Promise<void> {
  if (await run(await zigBuild("core-bench"), `${root}/native`) !== 0) throw new ToolError("core-bench does not build");
  const zig = await tool("zig");
  const [floor, ioctls] = [FLOOR_LIBRARY, IOCTLS_LIBRARY].map((url) => decodeURIComponent(url.pathname));
  const options = ["-dynamic", "-O", "ReleaseFast", `-femit-bin=${floor}`];
  await output([...zig, "build-lib", ...options, `${root}/bench/rivals/floor.zig`]);
  const flags = ["-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", `-I${root}/native/include`, "-o", ioctls];
  await output([...zig, "cc", ...flags, `${root}/bench/rivals/ioctls.c`]);
}

/** Runs a command, which must succeed. Returns what it prints. */
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

async function measure(scenario: string, runtime: string, options: string[], into: Found): Promise<void> {
  const { oneCpu, onDevice } = SCENARIOS[scenario];
  const prefix = oneCpu ? ONE_CPU : onDevice ? ON_DEVICE : [];
  const text = await output([
    ...prefix,
    ...await RUNTIMES[runtime](),
    "bench/scenarios/program.ts",
    scenario,
    ...options,
  ]);
  const { results, curves = [] } = JSON.parse(text.split("\n").at(-1)!) as Findings;
  const of = { runtime: SCENARIOS[scenario].alone ? "–" : runtime };
  into.results.push(...results.map((result) => ({ ...result, ...of })));
  into.curves.push(...curves.map((curve) => ({ ...curve, ...of })));
}

/** Returns the reason why a scenario cannot be measured here; `null` if it can. */
async function whyNot(scenario: string): Promise<string | null> {
  if (!SCENARIOS[scenario].oneCpu) return null;
  const works = await output([...ONE_CPU, "true"]).then(() => true, () => false);
  return works ? null : `${ONE_CPU.join(" ")} does not work here`;
}

/** Returns a figure with three digits, or as a whole number. */
function inUnit(figure: number | undefined, unit: Unit): string {
  return figure === undefined ? "" : `${Number(figure.toPrecision(3)).toLocaleString("en")} ${unit}`;
}

function met({ bus1, ratio, target }: Result): boolean | undefined {
  if (target === undefined) return undefined;
  const { of, atMost = Infinity, atLeast = 0 } = target;
  const value = of === "ratio" ? ratio! : bus1;
  return value <= atMost * NEAR && value >= atLeast / NEAR;
}

function inWords({ of, atMost, atLeast }: Target, unit: Unit): string {
  const bound = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost.toLocaleString("en")}`;
  return of === "ratio" ? bound : `${bound} ${unit}`;
}

/** Returns one line of the table. `judged`: whether it says if the target was met. */
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

/** Returns what the figures depend on: the machine, the versions, the load. */
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

async function draw(found: Found, folder: string): Promise<void> {
  const charts = { rivals: rivals(found.results), growth: growth(found.curves, found.results) };
  for (const [name, picture] of Object.entries(charts)) {
    if (picture === null) continue;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/${name}.svg`, picture);
    console.error(`drawn: ${folder}/${name}.svg`);
  }
}

async function main(args: string[]): Promise<number> {
  const options = args.filter((arg) => arg.startsWith("--"));
  const names = args.filter((arg) => !arg.startsWith("--"));
  const wrong = options.find((option) => option !== "--quick" && !/^--rounds=[1-9]\d*$/.test(option));
  if (wrong !== undefined) throw new ToolError(`there is no option ${wrong}; there are --quick and --rounds=N`);
  const unknown = names.filter((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown.length > 0) {
    throw new ToolError(`there is no scenario ${unknown.join(", ")}; there are ${Object.keys(SCENARIOS).join(", ")}`);
  }
  const quick = options.includes("--quick");

  const loadBefore = loadavg()[0];
  if (!quick && loadBefore > 0.5) {
    console.error(`The machine is busy (load average ${loadBefore.toFixed(2)}): its figures mean little.`);
  }
  await buildTools();
  const found: Found = { results: [], curves: [] };
  let failures = 0;
  for (const scenario of names.length > 0 ? names : Object.keys(SCENARIOS)) {
    const reason = await whyNot(scenario);
    if (reason !== null) {
      console.error(`${scenario} skipped: ${reason}`);
      continue;
    }
    for (const runtime of SCENARIOS[scenario].alone ? ["deno"] : Object.keys(RUNTIMES)) {
      console.error(`${scenario} in ${runtime} ...`);
      try {
        await measure(scenario, runtime, options, found);
      } catch (error) {
        failures++;
        console.error(`${scenario} in ${runtime}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  const whole = args.length === 0 && failures === 0;
  await draw(found, whole ? `${root}/bench/charts` : `${root}/native/zig-out/bench`);
  console.log(table(found.results.map((row) => cells(row, !quick))));
  console.log(`\n${await origin(loadBefore)}`);
  if (quick) console.log("\nA smoke run: the figures mean nothing.");
  if (failures > 0) console.error(`\n${failures} failed.`);
  return failures > 0 ? 1 : 0;
}

try {
  Deno.exit(await main(Deno.args));
} catch (error) {
  if (!(error instanceof ToolError)) throw error;
  console.error(`bench: ${error.message}`);
  Deno.exit(1);
}
