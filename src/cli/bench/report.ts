/**
 * The outcomes of `bench`, as tables for people and as a picture.
 *
 * @module
 */

import { bars, page } from "../../scenarios/svg.ts";
import { bold, table } from "../support/screen.ts";
import type { Outcome } from "./contests.ts";

/** Returns a figure with three digits, or as a whole number. */
function short(figure: number): string {
  return Number(figure.toPrecision(3)).toLocaleString("en-US");
}

const HEADING = ["", "median", "half of the rounds", "times as fast as postMessage"];

/** Returns one contest as a table. */
export function tableOf({ title, unit, standings }: Outcome): string {
  const rows = standings.toSorted((a, b) => a.median - b.median).map(({ name, median, low, high, times }) => [
    name,
    `${short(median)} ${unit}`,
    `${short(low)} – ${short(high)}`,
    times === null ? "" : times.toFixed(times < 10 ? 2 : 1),
  ]);
  return `${bold(title)}\n${table(HEADING, rows, ([name]) => name?.startsWith("bus1") ?? false)}`;
}

/** Returns all contests as an SVG. */
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
