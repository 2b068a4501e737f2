/**
 * Prints outcomes: as a table for people, as TAP version 14, or as JSON.
 *
 * @module
 */

import { release } from "node:os";
import process from "node:process";
import { bold, counted, dim, print } from "../support/screen.ts";
import type { Outcome } from "./runner.ts";
import { FAULTS } from "./support/point.ts";

/** A form of output: prints each outcome as soon as it is known, and a summary. */
export interface Report {
  begin(device: string, points: number): void;
  point(outcome: Outcome): void;
  end(device: string, outcomes: readonly Outcome[]): void;
}

const MARKS = { passed: "ok  ", failed: "FAIL", skipped: "-   " };

/** A table for people. */
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
    print(dim(`              ${citation(point.section)}`));
    if (point.fault) print(dim(`              device fault ${point.fault}: ${FAULTS.get(point.fault)?.detail}`));
  },

  end(device, outcomes) {
    const { passed, failed, skipped } = counts(outcomes);
    const verdict = failed === 0 ? "keeps the contract" : "does not keep the contract";
    const parts = [`${counted(passed, "point")} passed`];
    if (failed > 0) parts.push(`${failed} failed (${numbers(outcomes, "failed")})`);
    if (skipped > 0) parts.push(`${skipped} skipped (--dangerous runs them)`);
    print(`\n${bold(`${device} ${verdict}`)}: ${parts.join(", ")}.`);
    if (failed > 0) {
      print(dim("docs/specification.md is the contract, and docs/device_faults.md lists the known device faults."));
    }
  },
};

/** Test Anything Protocol, version 14, for test harnesses. */
export const tap: Report = {
  begin(_, points) {
    print(`TAP version 14\n1..${points}`);
  },

  point({ point, result, detail = "" }) {
    // A hash would begin a directive.
    const escape = (text: string) => text.replace(/[\\#]/g, "\\$&").replaceAll("\n", " ");
    const directive = result === "skipped" ? ` # SKIP ${escape(detail)}` : "";
    print(
      `${result === "failed" ? "not ok" : "ok"} ${++printed} - ${point.number} ${escape(point.title)}${directive}`,
    );
    if (result !== "failed") return;
    const rows = { detail, contract: citation(point.section), ...(point.fault ? { fault: point.fault } : {}) };
    const lines = Object.entries(rows).map(([name, text]) => `  ${name}: ${JSON.stringify(text)}`);
    print(["  ---", ...lines, "  ..."].join("\n"));
  },

  end() {},
};

/** How many points TAP has printed. */
let printed = 0;

/** One JSON object, after the last point. */
export const json: Report = {
  begin() {},

  point() {},

  end(device, outcomes) {
    const points = outcomes.map(({ group, point, result, detail }) => ({
      number: point.number,
      group: group.name,
      title: point.title,
      section: point.section,
      fault: point.fault ?? null,
      dangerous: point.dangerous,
      result,
      detail: detail ?? null,
    }));
    const about = { device, kernel: `${process.platform} ${release()}`, runtime: navigator.userAgent };
    print(JSON.stringify({ ...about, ...counts(outcomes), points }, null, 2));
  },
};

function citation(section: number): string {
  return `specification, section ${section}`;
}

function counts(outcomes: readonly Outcome[]): { passed: number; failed: number; skipped: number } {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { result } of outcomes) sum[result]++;
  return sum;
}

function numbers(outcomes: readonly Outcome[], wanted: Outcome["result"]): string {
  return outcomes.filter(({ result }) => result === wanted).map(({ point }) => point.number).join(", ");
}
