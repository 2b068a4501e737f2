/**
 * Draws lines and bars as SVG: just what the plots need. The pictures are readable on a light and on a dark page, as they
 * have a ground of their own, whose colours follow the reader's setting.
 *
 * @module
 */

/** One drawing, to be placed on a page. */
export interface Drawing {
  width: number;
  height: number;
  body: string;
}

/** Of a plot: its words, and how its axes are scaled. */
export interface Axes {
  title: string;
  x: string;
  y: string;
  linear?: { x?: boolean; y?: boolean };
  tick: (x: number) => string;
}

export interface Line {
  name: string;
  /** Which colour. */
  hue: number;
  dashed: boolean;
  points: [x: number, y: number][];
}

export interface Group {
  title: string;
  unit: string;
  bars: { name: string; value: number; hue: number }[];
}

const WIDTH = 460;
const LEFT = 64, RIGHT = 14, TOP = 30, PLOT_HEIGHT = 190;
const FOOT = 44, LEGEND = 16;
const BAR = 24, NAMES = 200, VALUES = 84;
const GAP = 24;

/** The colours, on light and on dark ground: what stands beside bus1, and bus1's ways. */
const HUES = [["#8a8f98", "#9aa0aa"], ["#0b6bcb", "#58a6ff"], ["#c2410c", "#ff9d5c"]];

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 13px }
  .head { font-weight: 600; font-size: 16px }
  .ground { fill: #ffffff }
  .grid { stroke: #d8dee4; stroke-width: 1 }
  .line { fill: none; stroke-width: 2 }
${HUES.map(([light], i) => `  .s${i} { stroke: ${light} } .f${i} { fill: ${light} }`).join("\n")}
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .ground { fill: #0d1117 }
    .grid { stroke: #30363d }
${HUES.map(([, dark], i) => `    .s${i} { stroke: ${dark} } .f${i} { fill: ${dark} }`).join("\n")}
  }`;

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

type Anchor = "start" | "middle" | "end";

function text(x: number, y: number, words: string, anchor: Anchor = "start", rest = ""): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${rest}>${escape(words)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function short(value: number): string {
  for (const [power, letter] of [[1e6, "M"], [1e3, "k"]] as const) {
    if (value >= power) return `${Number((value / power).toPrecision(3))}${letter}`;
  }
  return String(Number(value.toPrecision(3)));
}

/** A scale from values to places: between `from` and `to`, with the values to be marked. */
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
  const step = [1, 2, 5, 10].map((times) => times * power).find((step) => most / step <= 5)!;
  const count = Math.ceil(most / step);
  return {
    place: (value) => from + value / (count * step) * (to - from),
    marks: Array.from({ length: count + 1 }, (_, i) => i * step),
  };
}

/** Places for values that are there, as far apart as their logarithms, without what lies around them. */
function among(values: number[], from: number, to: number): Scale {
  const marks = [...new Set(values)].sort((a, b) => a - b);
  const [first, last] = [Math.log(marks[0]), Math.log(marks.at(-1)!)];
  return { place: (value) => from + (Math.log(value) - first) / (last - first || 1) * (to - from), marks };
}

/** A plot of lines, with a legend below. */
export function lines(axes: Axes, drawn: Line[]): Drawing {
  const xs = drawn.flatMap(({ points }) => points.map(([x]) => x));
  const ys = drawn.flatMap(({ points }) => points.map(([, y]) => y)).filter((y) => y > 0);
  const bottom = TOP + PLOT_HEIGHT;
  const x = (axes.linear?.x ? fromZero : among)(xs, LEFT, WIDTH - RIGHT - 20);
  const y = (axes.linear?.y ? fromZero : logarithmic)(ys, bottom, TOP);
  const parts = [text(LEFT, 16, axes.title, "start", ' class="title"')];
  for (const mark of y.marks) {
    const at = round(y.place(mark));
    parts.push(`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>`);
    parts.push(text(LEFT - 6, at + 4, short(mark), "end"));
  }
  let free = -Infinity;
  for (const mark of x.marks) {
    const at = x.place(mark), words = axes.tick(mark);
    const half = words.length * 3.4;
    if (at - half < free) continue;
    parts.push(text(at, bottom + 16, words, "middle"));
    free = at + half + 6;
  }
  parts.push(text((LEFT + WIDTH) / 2, bottom + 34, axes.x, "middle"));
  const middle = TOP + PLOT_HEIGHT / 2;
  parts.push(text(12, middle, axes.y, "middle", ` transform="rotate(-90 12 ${middle})"`));
  drawn.forEach(({ name, hue, dashed, points }, i) => {
    const path = points.map(([a, b]) => `${round(x.place(a))},${round(y.place(b))}`).join(" ");
    const dashes = dashed ? ' stroke-dasharray="6 4"' : "";
    parts.push(`<polyline class="line s${hue}"${dashes} points="${path}"/>`);
    const at = bottom + FOOT + 8 + Math.floor(i / 2) * LEGEND, left = LEFT - 20 + i % 2 * 210;
    parts.push(`<line class="line s${hue}"${dashes} x1="${left}" x2="${left + 26}" y1="${at - 4}" y2="${at - 4}"/>`);
    parts.push(text(left + 32, at, name));
  });
  return { width: WIDTH, height: bottom + FOOT + Math.ceil(drawn.length / 2) * LEGEND + 8, body: parts.join("\n") };
}

/** Bars, with what they are of before them, and their figures behind. */
export function bars({ title, unit, bars }: Group): Drawing {
  const most = Math.max(...bars.map(({ value }) => value));
  const parts = [text(0, 16, title, "start", ' class="title"')];
  bars.forEach(({ name, value, hue }, i) => {
    const top = TOP + i * BAR, length = round(Math.max(1, value / most * (WIDTH - NAMES - VALUES)));
    parts.push(text(NAMES - 8, top + 14, name, "end"));
    parts.push(`<rect class="f${hue}" x="${NAMES}" y="${top}" width="${length}" height="${BAR - 6}" rx="2"/>`);
    parts.push(text(NAMES + length + 6, top + 14, `${Number(value.toPrecision(3)).toLocaleString("en")} ${unit}`));
  });
  return { width: WIDTH, height: TOP + bars.length * BAR + 8, body: parts.join("\n") };
}

/** Drawings side by side, so many in a row. */
export function page(head: string, drawings: Drawing[], columns: number): string {
  const parts: string[] = [];
  let top = 56;
  for (let i = 0; i < drawings.length; i += columns) {
    const row = drawings.slice(i, i + columns);
    row.forEach(({ body }, column) => {
      parts.push(`<g transform="translate(${GAP + column * (WIDTH + GAP)} ${top})">\n${body}\n</g>`);
    });
    top += Math.max(...row.map(({ height }) => height)) + GAP;
  }
  const width = GAP + Math.min(columns, drawings.length) * (WIDTH + GAP);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" width="${width}" height="${top}" role="img">`,
    `<title>${escape(head)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${width}" height="${top}" rx="8"/>`,
    text(GAP, 34, head, "start", ' class="head"'),
    ...parts,
    "</svg>\n",
  ].join("\n");
}
