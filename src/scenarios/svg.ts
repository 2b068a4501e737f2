/**
 * Draws bars as SVG, and puts drawings on a page. The page has a background of its own, and its colours follow the reader's
 * setting: so it is readable on a light page and on a dark one.
 *
 * @module
 */

/** One drawing, to be put on a page. `body` is SVG. */
export interface Drawing {
  width: number;
  height: number;
  body: string;
}

/** Bars with one title and one unit. */
export interface BarGroup {
  title: string;
  unit: string;
  bars: { name: string; value: number; hue: number }[];
}

/** The width of every drawing, and the height of its title. In pixels, as all lengths here. */
export const WIDTH = 460, TOP = 30;
const BAR = 24, NAMES = 200, VALUES = 84;
const GAP = 24;

/** The colours on light and on dark ground; a hue is an index of this list. Hue 0 is for what stands beside bus1. */
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

/** Returns a text element. `rest`: further attributes. */
export function text(x: number, y: number, words: string, anchor: Anchor = "start", rest = ""): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${rest}>${escape(words)}</text>`;
}

/** Rounds a length to a tenth of a pixel. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Draws bars, each with its name before it and its figure after it. */
export function bars({ title, unit, bars }: BarGroup): Drawing {
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

/** Puts drawings on a page, in rows of `columns`. */
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
