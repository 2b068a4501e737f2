/**
 * `cli conformance`: on a device that keeps the contract every point passes, and with the device faults of the kernel RFC
 * exactly the points that name a fault fail. No device crashes the runner.
 */

import { readFile } from "node:fs/promises";
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { GROUPS } from "../../src/cli/conformance/points/groups.ts";
import { type Outcome, runPoints } from "../../src/cli/conformance/runner.ts";
import { FAULTS, type Group, type Point } from "../../src/cli/conformance/support/point.ts";
import { CLI, cli, type Ended } from "../support/command.ts";
import { test } from "../support/harness.ts";

const POINTS = GROUPS.flatMap(({ points }) => points);

/** Runs `conformance` on an emulated device. */
function onDevice(args: string[], quirks: string[] = []): Promise<Ended> {
  return cli(["run", ...quirks, "--", ...CLI, "conformance", ...args]);
}

interface JsonReport {
  device: string;
  passed: number;
  failed: number;
  skipped: number;
  points: {
    number: number;
    title: string;
    section: number;
    fault: string | null;
    result: string;
    detail: string | null;
  }[];
}

/** Returns what the pattern captures in the lines of a file of this repository. */
async function lines(path: string, pattern: RegExp): Promise<string[]> {
  const text = await readFile(new URL(`../../${path}`, import.meta.url), "utf8");
  return text.split("\n").flatMap((line) => pattern.exec(line)?.[1] ?? []);
}

function numbers(points: readonly { number: number }[]): number[] {
  return points.map(({ number }) => number);
}

test("conformance: each point has a unique number and title, and cites a section and at most one fault", async () => {
  assertEquals(new Set(numbers(POINTS)).size, POINTS.length);
  assertEquals(numbers(POINTS), numbers(POINTS).sort((a, b) => a - b), "in order");
  assertEquals(new Set(POINTS.map(({ title }) => title)).size, POINTS.length, "titles");
  const sections = await lines("docs/specification.md", /^## (\d+)\. /);
  const documented = await lines("docs/device_faults.md", /^\| (F\d+) \|/);
  GROUPS.forEach(({ name, points }, i) => {
    for (const { number, section, fault } of points) {
      assertEquals(Math.floor(number / 100), i + 1, `${number} is in the group ${name}`);
      assert(sections.includes(String(section)), `${number} cites section ${section}`);
      assert(fault === undefined || documented.includes(fault), `${number} cites fault ${fault}`);
    }
  });
  const faults = new Set(POINTS.map(({ fault }) => fault).filter((fault) => fault !== undefined));
  assertEquals([...faults].sort(), [...FAULTS.keys()].sort(), "each fault is found by a point");
  for (const { fault, dangerous } of POINTS) assertEquals(dangerous, fault === "F5");
});

test("conformance: a device that keeps the contract passes every point", async () => {
  const { code, stdout, stderr } = await onDevice(["--json", "--dangerous"]);
  const { device, passed, failed, skipped, points }: JsonReport = JSON.parse(stdout);
  assertEquals(points.filter(({ result }) => result !== "passed"), []);
  assertEquals({ device, passed, failed, skipped }, {
    device: "/dev/bus1",
    passed: POINTS.length,
    failed: 0,
    skipped: 0,
  });
  assertEquals(numbers(points), numbers(POINTS));
  assertEquals([code, stderr], [0, ""]);
}, { timeout: 60_000 });

test("conformance: on the device of the kernel RFC exactly the points that name a fault fail", async () => {
  const { code, stdout, stderr } = await onDevice(["--json"], ["--quirks", "rfc"]);
  const { points, passed, failed, skipped }: JsonReport = JSON.parse(stdout);
  const results = (wanted: string) => numbers(points.filter(({ result }) => result === wanted));
  const predicted = POINTS.filter(({ fault, dangerous }) => fault && !dangerous);
  assertEquals(results("failed"), numbers(predicted));
  assertEquals(results("skipped"), numbers(POINTS.filter(({ dangerous }) => dangerous)));
  assertEquals([passed + failed + skipped, failed], [POINTS.length, predicted.length]);
  for (const { result, detail } of points) assertEquals(result === "passed", detail === null);
  assertEquals([code, stderr], [1, ""]);
}, { timeout: 60_000 });

test("conformance: the runner survives the points that kill", async () => {
  const { code, stdout } = await onDevice(["--json", "--dangerous", "--group", "send"], ["--quirks", "rfc"]);
  const { points }: JsonReport = JSON.parse(stdout);
  const expected = GROUPS.filter(({ name }) => name === "send").flatMap(({ points }) => points);
  assertEquals(numbers(points.filter(({ result }) => result === "failed")), numbers(expected.filter((p) => p.fault)));
  const deaths = points.filter(({ detail }) => detail === "killed by SIGKILL");
  assertEquals(numbers(deaths), numbers(expected.filter(({ dangerous }) => dangerous)));
  assertEquals(code, 1);
}, { timeout: 60_000 });

test("conformance: the TAP output is well-formed", async () => {
  const { code, stdout } = await onDevice(["--tap", "--group", "send", "--group", "poll"], ["--quirks", "rfc"]);
  const lines = stdout.trimEnd().split("\n");
  const expected = GROUPS.filter(({ name }) => name === "send" || name === "poll").flatMap(({ points }) => points);
  assertEquals(lines.slice(0, 2), ["TAP version 14", `1..${expected.length}`]);
  const results = lines.filter((line) => /^(not )?ok /.test(line));
  assertEquals(results.length, expected.length);
  expected.forEach(({ number, title, fault, dangerous }, i) => {
    const directive = dangerous ? " # SKIP " : "";
    const start = `${fault && !dangerous ? "not ok" : "ok"} ${i + 1} - ${number} ${title}${directive}`;
    const line = results[i] ?? "";
    assertEquals(line.slice(0, start.length), start);
    assertEquals(line.length > start.length, dangerous);
  });
  // Each failure is followed by a block of YAML, and the output contains nothing else.
  const blocks = stdout.match(
    /^not ok .*\n {2}---\n {2}detail: ".+"\n {2}contract: "specification, section \d"\n {2}fault: "F\d+"\n {2}\.\.\.$/gm,
  );
  assertEquals(blocks?.length, expected.filter(({ fault, dangerous }) => fault && !dangerous).length);
  assertEquals(lines.length, 2 + results.length + 5 * (blocks?.length ?? 0));
  assertEquals(code, 1);
}, { timeout: 60_000 });

test("conformance: the table shows results, failures and a summary", async () => {
  const { code, stdout } = await onDevice(["--group", "send"], ["--quirks", "rfc"]);
  assertStringIncludes(stdout, "\n   401  ok    a message arrives with the bytes that were sent\n");
  assertMatch(
    stdout,
    /\n {3}404 {2}FAIL {2}SEND sends only .*\n +received: got .*, expected .*\n +specification, section 3\n/,
  );
  assertStringIncludes(stdout, `device fault F6: ${FAULTS.get("F6")?.detail}\n`);
  assertMatch(stdout, /does not keep the contract: \d+ points passed, 5 failed \(404, 420, 421, 423, 424\), 7 skipped/);
  assertEquals(code, 1);
  const good = await onDevice(["--group", "arguments"]);
  assertStringIncludes(good.stdout, "/dev/bus1 keeps the contract: 11 points passed.");
  assertEquals(good.code, 0);
}, { timeout: 60_000 });

test("conformance: a path without a bus1 device is reported in one line, with exit code 1", async () => {
  for (
    const [device, reason] of [
      ["/dev/null", "it is not a bus1 device: it does not know BUS1_CMD_RECV (ENOTTY)"],
      ["/no/such/device", 'ENOENT: open "/no/such/device": no such file; the command "run" emulates a device'],
    ] as const
  ) {
    for (const format of [[], ["--tap"], ["--json"]]) {
      const { code, stdout, stderr } = await cli(["conformance", "--device", device, ...format]);
      assertEquals([code, stdout], [1, ""]);
      assertEquals(stderr, `bus1: conformance: ${device} cannot be tested: ${reason}\n`);
    }
  }
});

test("conformance: wrong usage is reported, with exit code 2", async () => {
  const wrong: [string[], string][] = [
    [["--tap", "--json"], "--tap or --json, not both"],
    [["--group", "nothing"], 'unknown group "nothing"; the groups are arguments, transfer'],
    [["--limit", "soon"], "--limit must be a number of seconds, not soon"],
    [["--limit", "0"], "--limit must be a number of seconds, not 0"],
    [["--fast"], "--fast"],
    [["device"], "device"],
  ];
  for (const [args, words] of wrong) {
    const { code, stderr } = await cli(["conformance", ...args]);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, words);
  }
  const { code, stdout } = await cli(["conformance", "--help"]);
  assertEquals(code, 0);
  for (const { name } of GROUPS) assertStringIncludes(stdout, name);
});

// Instead of a device: a process that prints what point_process.ts would print on a faulty one.

const misbehaves = new URL("../programs/misbehaves.ts", import.meta.url).href;

function group(...numbers: number[]): Group {
  const points = numbers.map((number): Point => ({
    number,
    title: `point ${number}`,
    section: 1,
    dangerous: number === 107,
    run() {},
  }));
  return { name: "group", about: "a group", points };
}

async function results(groups: Group[], dangerous: boolean, device = "device"): Promise<unknown[]> {
  const outcomes: Outcome[] = [];
  await runPoints(groups, { device, dangerous, limit: 1, module: misbehaves }, (outcome) => outcomes.push(outcome));
  return outcomes.map(({ point, result, detail }) => [point.number, result, ...(detail ? [detail] : [])]);
}

test("conformance: a process that dies, hangs or exits fails its point, and the other points run", async () => {
  const groups = [group(101, 102, 103), group(104, 101, 105, 106, 101)];
  assertEquals(await results(groups, false), [
    [101, "passed"],
    [102, "failed", "killed by SIGKILL"],
    [103, "failed", "no result in 1 s"],
    [104, "failed", "the process ended with exit code 3: it broke"],
    [101, "passed"],
    [105, "failed", "the process ended before it was done"],
    [106, "failed", "got this, expected that"],
    [101, "passed"],
  ]);
});

test("conformance: dangerous points are skipped at every place in a group", async () => {
  const notRun = "a device with the fault crashes here, or wedges the process; --dangerous runs it";
  const skipped = [107, "skipped", notRun];
  assertEquals(await results([group(107, 101, 107, 107, 101, 107), group(107)], false), [
    ...[skipped, [101, "passed"], skipped, skipped, [101, "passed"], skipped, skipped],
  ]);
  assertEquals(await results([group(107, 101), group(107)], true), [
    ...[[107, "passed"], [101, "failed", "the process ended with exit code 7"], [107, "passed"]],
  ]);
});

test("conformance: if no process can be started the run fails", async () => {
  const error = await assertRejects(() => results([group(101)], false, "unstartable"), Error);
  assertStringIncludes(error.message, "cannot start a process for the points: ");
  assert(error.message.includes("no such thing"), error.message);
});
