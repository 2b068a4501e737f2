/**
 * The native core alone, without a runtime and without ids: native/src/core_bench.zig, which `run.ts` builds.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median } from "../../src/scenarios/measure.ts";
import type { Result, Scenario } from "./scenario.ts";

const PROGRAM = fileURLToPath(new URL("../../native/zig-out/bin/core-bench", import.meta.url));

export const run: Scenario = ({ quick, rounds }) => {
  const printed = execFileSync(PROGRAM, [quick ? "1000" : "1000000", String(rounds)], { encoding: "utf8" });
  const lines = printed.trimEnd().split("\n").map((line) => line.split(" "));
  const result = (name: string, what: string, atMost: number): Result => ({
    what: `core alone, 64 B: send + receive, ${what}`,
    unit: "ns",
    bus1: median(lines.filter(([first]) => first === name).map(([, figure]) => Number(figure))),
    target: { of: "figure", atMost },
  });
  return Promise.resolve({
    results: [result("one", "on one thread", 40), result("two", "across two threads", 100)],
  });
};
