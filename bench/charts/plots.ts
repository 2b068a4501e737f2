/**
 * The plots that `run.ts` draws from what the scenarios found: which there are, and what their axes say.
 *
 * @module
 */

import { bars, type Group, type Line, lines, page } from "../../src/scenarios/svg.ts";
import type { Curve, Result } from "../../src/scenarios/measure.ts";

/** A result or a curve, and which runtime it is of. */
export type Of<Finding> = Finding & { runtime: string };

interface Plot {
  title: string;
  x: string;
  y: string;
  /** Of axes that are not logarithmic: they begin at 0. */
  linear?: { x?: boolean; y?: boolean };
  /** What to write at a place of the x axis; by default the number. */
  tick?: (x: number) => string;
}

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

/** One plot for each thing that grows; both runtimes in each; and what memory takes. Null, if there is nothing to draw. */
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

/** Which colour: bus1's ways have their own, and so has what stands beside them. */
function hue(name: string): number {
  if (name === "postMessage") return 0;
  return ["receiveSync", "all in use"].includes(name) ? 2 : 1;
}

function title(runtime: string): string {
  return runtime[0].toUpperCase() + runtime.slice(1);
}

/** What the bars show: of which results, and what to call it. */
const SHOWN: { title: string; start: string; runtimes: string[] }[] = ["deno", "bun"].flatMap((runtime) => [
  { title: `One way, 64 B, ${title(runtime)}`, start: "one way, 64 B: ", runtimes: [runtime] },
  { title: `Round trip, 64 B, ${title(runtime)}`, start: "round trip, 64 B: ", runtimes: [runtime] },
]);

/** bus1's ways beside what else there is. Null, if there is nothing to draw. */
export function rivals(results: Of<Result>[]): string | null {
  const drawings = SHOWN.flatMap(({ title, start, runtimes }) => {
    const here = results.filter(({ what, runtime }) =>
      what.startsWith(start) && !what.includes(", after") && runtimes.includes(runtime)
    );
    if (here.length === 0) return [];
    // The same way may stand beside several others: the first line of it counts.
    const first = here.toReversed();
    const bus1 = new Map(first.map(({ what, bus1 }) => [`bus1: ${what.slice(start.length)}`, bus1]));
    const others = new Map(first.flatMap(({ rival }) => rival === undefined ? [] : [[rival.name, rival.figure]]));
    const floor = Math.min(...here.flatMap(({ floor }) => floor === undefined ? [] : [floor]));
    if (floor !== Infinity) others.set("bare calls of C", floor);
    const group: Group = {
      title,
      unit: here[0].unit,
      bars: [
        ...[...bus1].map(([name, value]) => ({ name, value, hue: 1 })),
        ...[...others].map(([name, value]) => ({ name, value, hue: 0 })),
      ].sort((a, b) => a.value - b.value),
    };
    return [bars(group)];
  });
  return drawings.length === 0 ? null : page("bus1 beside what else there is: less is better", drawings, 2);
}
