/**
 * What `bench` found: as tables for people, and as a picture.
 *
 * @module
 */

import { bars, page } from "../../scenarios/svg.ts";
import { bold, dim } from "../screen.ts";
import type { Outcome } from "./contests.ts";

/** Three digits, or whole. */
function short(figure: number): string {
  return Number(figure.toPrecision(3)).toLocaleString("en-US");
}

const HEAD = ["", "median", "half of the rounds", "times as fast as postMessage"];

/** One contest as a table. */
export function tableOf({ title, unit, standings }: Outcome): string {
  const rows = standings.toSorted((a, b) => a.median - b.median).map(({ name, median, low, high, times }) => [
    name,
    `${short(median)} ${unit}`,
    `${short(low)} – ${short(high)}`,
    times === null ? "" : times.toFixed(times < 10 ? 2 : 1),
  ]);
  const widths = HEAD.map((_, column) => Math.max(...[HEAD, ...rows].map((row) => row[column].length)));
  const line = (row: string[]) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ").trimEnd();
  const marked = rows.map((row) => row[0].startsWith("bus1") ? bold(line(row)) : line(row));
  return [bold(title), dim(line(HEAD)), ...marked].join("\n  ");
}

/** All contests as an SVG. */
export function picture(outcomes: readonly Outcome[], about: string): string {
  const drawings = outcomes.map(({ title, unit, standings }) =>
    bars({
      title,
      unit,
      bars: standings.toSorted((a, b) => a.median - b.median)
        .map(({ name, median, bus1 }) => ({ name, value: median, hue: bus1 ? 1 : 0 })),
    })
  );
  return page(`Less is better. ${about}`, drawings, 2);
}
