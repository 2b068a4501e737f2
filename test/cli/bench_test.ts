/** `bench`: the contests, with the native engine and without, and the reports. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { quartiles } from "../../src/scenarios/measure.ts";
import type { Outcome } from "../../src/cli/bench/contests.ts";
import { help } from "../../src/cli/bench.ts";
import { VERSION } from "../../src/cli/support/version.ts";
import { CLI, cli, execute, MAIN, startDeno } from "../support/command.ts";
import { isDeno, test } from "../support/harness.ts";

interface Found {
  version: string;
  runtime: { name: string };
  processors: string | null;
  load: number | null;
  quick: boolean;
  rounds: number;
  notes: string[];
  contests: Outcome[];
}

async function found(args: string[], env: Record<string, string> = {}): Promise<Found> {
  const { code, stdout, stderr } = await cli(["bench", "--json", ...args], { env });
  assertEquals([code, stderr], [0, ""]);
  return JSON.parse(stdout);
}

const WITHIN = ["one-isolate-64", "one-isolate-64k"];
const BETWEEN = ["one-way-64", "round-trip-64", "round-trip-64-later", "one-way-64k", "round-trip-64k"];

/** Checks what every outcome must have, whatever its figures are. */
function check({ quick, rounds, contests }: Found): void {
  assertEquals([quick, rounds], [true, 2]);
  for (const { key, unit, standings } of contests) {
    assert(["ns", "µs"].includes(unit));
    const names = standings.map(({ name }) => name);
    assertEquals(new Set(names).size, names.length);
    assert(names.includes("postMessage") && standings.some(({ bus1 }) => bus1), `${key}: ${names}`);
    for (const { name, bus1, median, low, high, times, figures } of standings) {
      assertEquals(bus1, name.startsWith("bus1: "));
      assertEquals(figures.length, rounds);
      assert(figures.every((figure) => figure > 0), `${key}, ${name}: ${figures}`);
      assertEquals([low, high], quartiles(figures));
      assert(low <= median && median <= high);
      assertEquals(times === null, name === "postMessage");
    }
  }
}

test("bench: between two Workers beside all rivals, and within one isolate", async () => {
  const all = await found(["--quick"]);
  check(all);
  const documented = help.slice(help.indexOf("JSON: "), help.indexOf("Exit codes: "));
  const { contests: [{ standings: [standing], ...contest }], ...about } = all;
  for (const part of [about, contest, standing, all.runtime]) {
    for (const key of Object.keys(part)) assertMatch(documented, new RegExp(`\\b${key}\\b`));
  }
  assertEquals(all.contests.map(({ key }) => key), [...BETWEEN, ...WITHIN]);
  assertEquals([all.version, all.runtime.name, all.notes], [VERSION, isDeno ? "deno" : "bun", []]);
  const names = (key: string) => all.contests.find((contest) => contest.key === key)!.standings.map(({ name }) => name);
  for (const key of ["one-way-64", "round-trip-64"]) {
    for (const rival of ["postMessage", "BroadcastChannel", "SharedArrayBuffer ring"]) {
      assert(names(key).includes(rival), `${rival} in ${key}`);
    }
  }
  for (const key of ["one-way-64k", "round-trip-64k"]) {
    for (const rival of ["postMessage", "postMessage, transferred", "BroadcastChannel"]) {
      assert(names(key).includes(rival), `${rival} in ${key}`);
    }
  }
});

test("bench: without the native engine it says so, and measures the TypeScript engine", async () => {
  const settings: Record<string, string>[] = [{ BUS1_ENGINE: "typescript" }, { BUS1_LIBRARY: "/no/such/library.so" }];
  for (const env of settings) {
    const some = await found(["--quick"], env);
    check(some);
    assertEquals(some.contests.map(({ key }) => key), WITHIN);
    assertEquals(some.contests[0].standings.map(({ name }) => name), ["bus1: typescript engine", "postMessage"]);
    assertEquals(some.notes.length, 1);
    assertMatch(
      some.notes[0],
      /^BUS1_ENGINE asks for|^the native engine does not work here, .*library\.so cannot be opened/,
    );
  }
});

test("bench: on a device it says that it does not measure that", async () => {
  const { code, stdout } = await execute([...CLI, "run", "--", ...CLI, "bench", "--quick", "--json"]);
  assertEquals(code, 0);
  const all: Found = JSON.parse(stdout);
  check(all);
  assertEquals(all.notes, ["programs take the kernel engine here, but this measures the native engine"]);
});

test("bench: for people, and as a picture", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bus1-bench-"));
  try {
    const svg = join(folder, "bench.svg");
    const { code, stdout, stderr } = await cli(["bench", "--quick", "--svg", svg]);
    assertEquals([code, stderr], [0, "\nA smoke run: the figures mean nothing.\n"]);
    assertStringIncludes(stdout, `bus1 ${VERSION}, ${isDeno ? "Deno" : "Bun"} `);
    assertMatch(stdout, /\n {2}bus1: receiveSync +[\d.,]+ µs +[\d.,]+ – [\d.,]+ +[\d.]+\n/);
    assertStringIncludes(stdout, `\nDrawn: ${svg}\n`);
    const picture = await readFile(svg, "utf8");
    assertMatch(picture, /^<svg xmlns=.*\n<title>Less is better\. bus1 /);
    for (const title of ["One way, 64 B", "Round trip, 64 KiB"]) assertStringIncludes(picture, `>${title}</text>`);
    assertEquals(
      picture.match(/<rect class="f[01]"/g)!.length,
      stdout.match(/^ {2}\S.*–/gm)!.length,
      "a bar for each line",
    );
    const nowhere = await cli(["bench", "--quick", "--svg", join(folder, "no", "such", "folder.svg")]);
    assertEquals(nowhere.code, 1);
    assertMatch(nowhere.stderr, /bus1: .*ENOENT|os error 2/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("bench: with few permissions it measures what it can, and asks for none", async () => {
  const settings: [flags: string[], contests: string[], notes: RegExp][] = [
    [[], WITHIN, /^the native engine does not work here.* FFI is not permitted/],
    [["--allow-ffi"], WITHIN, /^no Workers.*--allow-read=/],
    [["--allow-ffi", "--allow-read"], [...BETWEEN, ...WITHIN], /^$/],
  ];
  for (const [flags, contests, notes] of settings) {
    const { code, stdout, stderr, killed } = await startDeno(
      ["run", "--no-check", ...flags, MAIN, "bench", "--quick", "--json"],
      "",
    );
    assertEquals([code, killed], [0, false], stdout + stderr);
    const some: Found = JSON.parse(stdout.slice(stdout.indexOf("{\n"))); // after the progress bar
    check(some);
    assertEquals(some.contests.map(({ key }) => key), contests);
    assertEquals([some.processors, some.load], [null, null]);
    assertMatch(some.notes.join("\n"), notes);
  }
}, { elsewhere: !isDeno && "Bun has no permissions", timeout: 60_000 });

test("bench: quartiles", () => {
  assertEquals(quartiles([5]), [5, 5]);
  assertEquals(quartiles([2, 1]), [1, 2]);
  assertEquals(quartiles([5, 1, 4, 2, 3]), [2, 4]);
  assertEquals(quartiles(Array.from({ length: 101 }, (_, i) => 100 - i)), [25, 75]);
});
