/**
 * The two charts that `run.ts` draws from the findings: the list of their plots, and the words on their axes.
 *
 * @module
 */

import { type BarGroup, bars, page } from "../../src/scenarios/svg.ts";
import type { Curve, Result } from "../scenarios/scenario.ts";
import { type Axes, type Line, lines } from "./lines.ts";

/** A result or a curve, with its runtime. */
export type Of<Finding> = Finding & { runtime: string };

/** By default the words at a mark of the x axis are its number. */
type Plot = Omit<Axes, "tick"> & Partial<Pick<Axes, "tick">>;

function size(bytes: number): string {
  const units = ["B", "KiB", "MiB"];
  const power = Math.min(2, Math.floor(Math.log2(bytes) / 10));
  return `${bytes / 2 ** (10 * power)} ${units[power]}`;
}

const PLOTS: Record<string, Plot> = {
  senders: { title: "Workers that send to one peer", x: "senders", y: "messages a second" },
  sizes: { title: "Size of a message, one way", x: "size", y: "µs a message", tick: size },
  handles: { title: "Handles that the sender has", x: "handles", y: "ns a send", linear: { y: true } },
  drain: { title: "Messages that have queued up", x: "messages", y: "ns to receive one", linear: { y: true } },
  latency: {
    title: "Latency at 20,000 messages a second",
    x: "not later than",
    y: "µs",
    tick: (oneIn) => `${100 - 100 / oneIn} %`,
  },
};

/** Draws a plot for each quantity that grows, with both runtimes in it, and bars for memory. `null` if nothing was found. */
export function growth(curves: Of<Curve>[], results: Of<Result>[]): string | null {
  const drawings = Object.entries(PLOTS).flatMap(([name, plot]) => {
    const here = curves.filter((curve) => curve.plot === name);
    const drawn = here.map(({ runtime, name, points }): Line => ({
      name: `${name}, ${title(runtime)}`,
      hue: hue(name),
      dashed: runtime !== "deno",
      points,
    }));
    return drawn.length === 0 ? [] : [lines({ ...plot, tick: plot.tick ?? ((x) => x.toLocaleString("en")) }, drawn)];
  });
  const memory = results.filter(({ what }) => what.startsWith(MEMORY));
  if (memory.length > 0) {
    drawings.push(bars({
      title: "Native memory",
      unit: "bytes",
      bars: memory.map(({ what, runtime, bus1 }) => ({
        name: `${what.slice(MEMORY.length)}, ${title(runtime)}`,
        value: bus1,
        hue: 1,
      })),
    }));
  }
  return drawings.length === 0 ? null : page("How it grows", drawings, 2);
}

const MEMORY = "native memory of ";

/** Returns the colour of a line. */
function hue(name: string): number {
  if (name === "postMessage") return 0;
  return ["receiveSync", "all in use"].includes(name) ? 2 : 1;
}

function title(runtime: string): string {
  return runtime[0].toUpperCase() + runtime.slice(1);
}

/** The groups of bars: the results of each, and its title. */
const SHOWN: { title: string; start: string; runtime: string }[] = ["deno", "bun"].flatMap((runtime) => [
  { title: `One way, 64 B, ${title(runtime)}`, start: "one way, 64 B: ", runtime },
  { title: `Round trip, 64 B, ${title(runtime)}`, start: "round trip, 64 B: ", runtime },
]);

/** Draws bus1 beside its rivals. `null` if nothing was found. */
export function rivals(results: Of<Result>[]): string | null {
  const drawings = SHOWN.flatMap(({ title, start, runtime }) => {
    const here = results.filter((result) =>
      result.what.startsWith(start) && !result.what.includes(", after") && result.runtime === runtime
    );
    if (here.length === 0) return [];
    // One way of bus1 may stand in several lines, beside one rival each: the first line counts.
    const first = here.toReversed();
    const bus1 = new Map(first.map(({ what, bus1 }) => [`bus1: ${what.slice(start.length)}`, bus1]));
    const others = new Map(first.flatMap(({ rival }) => rival === undefined ? [] : [[rival.name, rival.figure]]));
    const floor = Math.min(...here.flatMap(({ floor }) => floor === undefined ? [] : [floor]));
    if (floor !== Infinity) others.set("bare calls of C", floor);
    const group: BarGroup = {
      title,
      unit: here[0].unit,
      bars: [
        ...[...bus1].map(([name, value]) => ({ name, value, hue: 1 })),
        ...[...others].map(([name, value]) => ({ name, value, hue: 0 })),
      ].sort((a, b) => a.value - b.value),
    };
    return [bars(group)];
  });
  return drawings.length === 0 ? null : page("bus1 beside its rivals: less is better", drawings, 2);
}
