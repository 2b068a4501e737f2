/**
 * Draws a plot of lines as SVG.
 *
 * @module
 */

import { type Drawing, round, text, TOP, WIDTH } from "../../src/scenarios/svg.ts";

/** The words of a plot, and the scales of its axes. */
export interface Axes {
  title: string;
  x: string;
  y: string;
  /** The axes that are not logarithmic: they begin at 0. */
  linear?: { x?: boolean; y?: boolean };
  /** Returns the words at a mark of the x axis. */
  tick: (x: number) => string;
}

/** One line of a plot. */
export interface Line {
  name: string;
  /** Its colour, an index of the colours in svg.ts. */
  hue: number;
  dashed: boolean;
  points: [x: number, y: number][];
}

const LEFT = 64, RIGHT = 14, PLOT_HEIGHT = 190;
const FOOT = 44, LEGEND = 16;

function short(value: number): string {
  for (const [power, letter] of [[1e6, "M"], [1e3, "k"]] as const) {
    if (value >= power) return `${Number((value / power).toPrecision(3))}${letter}`;
  }
  return String(Number(value.toPrecision(3)));
}

/** A scale from values to places between `from` and `to`, and the values to be marked. */
interface Scale {
  place(value: number): number;
  marks: number[];
}

function logarithmic(values: number[], from: number, to: number): Scale {
  const low = Math.floor(Math.log10(Math.min(...values))), high = Math.ceil(Math.log10(Math.max(...values)));
  const span = Math.max(1, high - low);
  return {
    place: (value) => from + (Math.log10(value) - low) / span * (to - from),
    marks: Array.from({ length: span + 1 }, (_, i) => 10 ** (low + i)),
  };
}

function fromZero(values: number[], from: number, to: number): Scale {
  const most = Math.max(...values) || 1;
  const power = 10 ** Math.floor(Math.log10(most / 2));
  const step = [1, 2, 5].map((times) => times * power).find((step) => most / step <= 5) ?? 10 * power;
  const count = Math.ceil(most / step);
  return {
    place: (value) => from + value / (count * step) * (to - from),
    marks: Array.from({ length: count + 1 }, (_, i) => i * step),
  };
}

/** Returns a logarithmic scale that marks the values themselves, and ends with the first and the last. */
function among(values: number[], from: number, to: number): Scale {
  const low = Math.log(Math.min(...values)), high = Math.log(Math.max(...values));
  return {
    place: (value) => from + (Math.log(value) - low) / (high - low || 1) * (to - from),
    marks: [...new Set(values)].sort((a, b) => a - b),
  };
}

/** Draws a plot of lines, with a legend below. */
export function lines(axes: Axes, drawn: Line[]): Drawing {
  const points = drawn.flatMap(({ points }) => points);
  const bottom = TOP + PLOT_HEIGHT;
  const x = (axes.linear?.x ? fromZero : among)(points.map(([x]) => x), LEFT, WIDTH - RIGHT - 20);
  const y = (axes.linear?.y ? fromZero : logarithmic)(points.map(([, y]) => y).filter((y) => y > 0), bottom, TOP);
  const middle = TOP + PLOT_HEIGHT / 2;
  return {
    width: WIDTH,
    height: bottom + FOOT + Math.ceil(drawn.length / 2) * LEGEND + 8,
    body: [
      text(LEFT, 16, axes.title, "start", ' class="title"'),
      ...grid(y),
      ...ticks(x, axes.tick, bottom),
      text((LEFT + WIDTH) / 2, bottom + 34, axes.x, "middle"),
      text(12, middle, axes.y, "middle", ` transform="rotate(-90 12 ${middle})"`),
      ...drawn.flatMap((line, i) => drawLine(line, i, x, y, bottom)),
    ].join("\n"),
  };
}

function grid(y: Scale): string[] {
  return y.marks.flatMap((mark) => {
    const at = round(y.place(mark));
    return [
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>`,
      text(LEFT - 6, at + 4, short(mark), "end"),
    ];
  });
}

/** Draws the words at the marks of the x axis, except those for which there is no space. */
function ticks(x: Scale, tick: Axes["tick"], bottom: number): string[] {
  const parts: string[] = [];
  let free = -Infinity;
  for (const mark of x.marks) {
    const at = x.place(mark), words = tick(mark);
    const half = words.length * 3.4;
    if (at - half < free) continue;
    parts.push(text(at, bottom + 16, words, "middle"));
    free = at + half + 6;
  }
  return parts;
}

/** Draws a line, and its place in the legend. */
function drawLine({ name, hue, dashed, points }: Line, i: number, x: Scale, y: Scale, bottom: number): string[] {
  const path = points.map(([a, b]) => `${round(x.place(a))},${round(y.place(b))}`).join(" ");
  const dashes = dashed ? ' stroke-dasharray="6 4"' : "";
  const at = bottom + FOOT + 8 + Math.floor(i / 2) * LEGEND, left = LEFT - 20 + i % 2 * 210;
  return [
    `<polyline class="line s${hue}"${dashes} points="${path}"/>`,
    `<line class="line s${hue}"${dashes} x1="${left}" x2="${left + 26}" y1="${at - 4}" y2="${at - 4}"/>`,
    text(left + 32, at, name),
  ];
}
