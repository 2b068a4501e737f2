/**
 * How outcomes are told: to people, as TAP version 14, as JSON.
 *
 * @module
 */

import { release } from "node:os";
import process from "node:process";
import { bold, counted, dim, print } from "../screen.ts";
import type { Outcome } from "./judge.ts";
import { FAULTS } from "./point.ts";

/** Tells of each outcome when it is there, and in the end of all. */
export interface Report {
  begin(device: string, points: number): void;
  point(outcome: Outcome): void;
  end(device: string, outcomes: readonly Outcome[]): void;
}

const MARKS = { passed: "ok  ", failed: "FAIL", skipped: "-   " };

/** Lines for people. */
export const table: Report = {
  begin(device) {
    print(bold(`bus1 conformance: does ${device} keep the contract?`));
  },

  point({ group, point, result, detail }) {
    if (point === group.points[0]) print(`\n  ${bold(group.about)}`);
    const line = `  ${String(point.number).padStart(4)}  ${MARKS[result]}  ${point.title}`;
    print(result === "failed" ? bold(line) : result === "skipped" ? dim(line) : line);
    if (result !== "failed") return;
    print(`              ${detail}`);
    print(dim(`              contract, section ${point.spec}`));
    if (point.fault) print(dim(`              the known fault ${point.fault} does this: ${FAULTS[point.fault]}`));
  },

  end(device, outcomes) {
    const { passed, failed, skipped } = counts(outcomes);
    const verdict = failed === 0 ? "keeps the contract" : "does not keep the contract";
    const parts = [`${counted(passed, "point")} ${passed === 1 ? "holds" : "hold"}`];
    if (failed > 0) parts.push(`${failed} failed (${numbers(outcomes, "failed")})`);
    if (skipped > 0) parts.push(`${skipped} not tried (--dangerous tries them)`);
    print(`\n${bold(`${device} ${verdict}`)}: ${parts.join(", ")}.`);
  },
};

/** TAP version 14: what test harnesses read. */
export const tap: Report = {
  begin(_, points) {
    print(`TAP version 14\n1..${points}`);
  },

  point({ point, result, detail = "" }) {
    // A hash would begin a directive.
    const escape = (text: string) => text.replace(/[\\#]/g, "\\$&").replaceAll("\n", " ");
    const directive = result === "skipped" ? ` # SKIP ${escape(detail)}` : "";
    print(
      `${result === "failed" ? "not ok" : "ok"} ${++told} - ${point.number} ${escape(point.title)}${directive}`,
    );
    if (result !== "failed") return;
    const rows = { detail, contract: point.spec, ...(point.fault ? { fault: point.fault } : {}) };
    const lines = Object.entries(rows).map(([name, text]) => `  ${name}: ${JSON.stringify(text)}`);
    print(["  ---", ...lines, "  ..."].join("\n"));
  },

  end() {},
};

let told = 0;

/** One object, when all is done. */
export const json: Report = {
  begin() {},

  point() {},

  end(device, outcomes) {
    const points = outcomes.map(({ group, point, result, detail }) => ({
      number: point.number,
      group: group.name,
      title: point.title,
      spec: point.spec,
      fault: point.fault ?? null,
      dangerous: point.dangerous,
      result,
      detail: detail ?? null,
    }));
    const about = { device, kernel: `${process.platform} ${release()}`, runtime: navigator.userAgent };
    print(JSON.stringify({ ...about, ...counts(outcomes), points }, null, 2));
  },
};

function counts(outcomes: readonly Outcome[]): { passed: number; failed: number; skipped: number } {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { result } of outcomes) sum[result]++;
  return sum;
}

function numbers(outcomes: readonly Outcome[], wanted: Outcome["result"]): string {
  return outcomes.filter(({ result }) => result === wanted).map(({ point }) => point.number).join(", ");
}
