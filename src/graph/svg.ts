/**
 * The bus as a picture.
 *
 * @module
 */

import type { Snapshot } from "../port/snapshot.ts";
import { type Box, counted, factsOf, graphOf, multiplicity, sentenceOf, summaryOf } from "./bus.ts";
import { layOut, type PlacedArrow, type PlacedBox, type Point, type Sizes } from "./layout.ts";
import { columns, cut, xml } from "./text.ts";

const MARGIN = 24;
const TOP = 46;
const PADDING = 12;
const COLUMN = 7; // a column of text.ts, at 12 px, in a font that is wide
const BOLD = 1.24; // and of a title
const WIDEST = 30; // of a name, in columns

const STYLE = `
.bus{font:12px ui-sans-serif,system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans",sans-serif;
--paper:#fff;--ink:#1c2430;--dim:#5b6675;--line:#aeb7c2;--box:#f4f6f9;--head:#e4e9f0;--hot:#a33a00;--l:40%}
@media (prefers-color-scheme:dark){.bus{--paper:#11151a;--ink:#e6eaf0;--dim:#9aa5b3;--line:#4a5563;--box:#1b2129;
--head:#28313c;--hot:#ffab70;--l:70%}}
.bus text{fill:var(--ink);unicode-bidi:isolate}.bus .paper{fill:var(--paper)}
.bus .box{fill:var(--box);stroke:var(--line)}.bus .head{fill:var(--head)}.bus .else{stroke-dasharray:5 4}
.bus .rule{stroke:var(--line);stroke-opacity:.5}.bus .name{font-size:13px;font-weight:600}
.bus .dim{fill:var(--dim);font-size:10.5px}.bus .hot{fill:var(--hot);font-size:10.5px}
.bus .released{text-decoration:line-through;fill:var(--dim)}
.bus .arrow{color:hsl(var(--h) 55% var(--l))}.bus .arrow path{fill:none;stroke:currentColor;stroke-width:1.3}
.bus .arrow .tip{fill:currentColor;stroke:none}.bus .arrow .wide{stroke-width:9;stroke-opacity:0}
.bus .arrow text{fill:currentColor;font-size:10.5px;font-weight:600;paint-order:stroke;stroke:var(--paper);
stroke-width:3px;stroke-linejoin:round}
.bus .waiting path{stroke-dasharray:5 3}.bus .gone{color:var(--dim)}.bus .gone path{stroke-dasharray:1.5 3}
.bus .arrow:hover path:not(.wide):not(.tip){stroke-width:3.2}`.replaceAll("\n", "");

const SIZES: Sizes = { widthOf, head: 44, row: 24 };

/**
 * Draws a snapshot as SVG, a whole file. It follows the viewer's preference for light or dark, and shows more about the
 * object under the pointer. It contains no script, and names are always text.
 *
 * A peer is a box: its name, its nodes, and the place where its arrows begin. A dashed box is a peer of another process or
 * thread. An arrow leads from a peer to a node that it can reach. It has the colour of the peer, and the number of its
 * handles if there are several; it is dashed while these are queued, and dotted when the node is gone.
 *
 * @example
 * ```ts
 * import { inspect, Peer } from "@bus1/bus1";
 * import { toSvg } from "@bus1/bus1/graph";
 *
 * using peer = Peer.open({ name: "server" });
 * console.log(toSvg(inspect())); // <svg ...
 * ```
 */
export function toSvg(snapshot: Snapshot): string {
  const graph = graphOf(snapshot);
  const layout = graph.boxes.length === 0 ? { width: 0, height: 0, boxes: [], arrows: [] } : layOut(graph, SIZES);
  const summary = summaryOf(graph);
  const width = Math.ceil(Math.max(layout.width, columns(summary) * COLUMN) + 2 * MARGIN);
  const height = Math.ceil(layout.height + TOP + MARGIN);
  const hueOf = (box: typeof graph.boxes[number]) => Math.round(215 + graph.boxes.indexOf(box) * 137.5) % 360;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="bus" role="img" aria-label="${xml(`bus1: ${summary}`)}" ` +
    `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">\n<style>${STYLE}</style>\n` +
    `<rect class="paper" width="100%" height="100%"/>\n` +
    `<text x="${MARGIN}" y="27"><tspan class="name">bus1</tspan> <tspan class="dim">${xml(summary)}</tspan></text>\n` +
    `<g transform="translate(${MARGIN} ${TOP})">\n` +
    layout.arrows.map((arrow) => drawArrow(arrow, hueOf(arrow.arrow.from))).join("") +
    layout.boxes.map((box) => drawBox(box, hueOf(box.box))).join("") +
    `</g>\n</svg>\n`;
}

function subtitle({ facts }: Box): string {
  return facts.join(" · ");
}

/** Returns the width of a box: that of its texts, within limits. */
function widthOf(box: Box): number {
  let widest = Math.max(columns(cut(box.title, WIDEST)) * COLUMN * BOLD, columns(subtitle(box)) * COLUMN * 0.88);
  for (const { title, queued } of box.rows) {
    const space = queued === "" ? 0 : columns(queued) * COLUMN * 0.88 + 14;
    widest = Math.max(widest, columns(cut(title, WIDEST)) * COLUMN + space);
  }
  return Math.ceil(Math.min(Math.max(widest, 84), 330) + 2 * PADDING);
}

function drawBox({ box, x, y, width, height, rows, handlesY }: PlacedBox, hue: number): string {
  const { title, peer, handles } = box;
  const style = peer.local ? "box" : "box else";
  let svg = `<g><title>${xml([title, ...box.facts].join(", "))}</title>` +
    `<rect class="${style}" ${at(x, y)} width="${n(width)}" height="${n(height)}" rx="6"/>` +
    `<path class="head" d="M${n(x + 0.5)} ${n(y + 38)}v-31.5q0-6 6-6h${n(width - 13)}q6 0 6 6v31.5z"/>` +
    text(x + PADDING, y + 17, "name", cut(title, WIDEST)) + text(x + PADDING, y + 31, "dim", subtitle(box));
  for (const [i, { row, y: top, height: high }] of rows.entries()) {
    const middle = top + high / 2 + 4;
    if (i > 0) svg += rule(x, top, width);
    svg += `<g><title>${xml([row.title, ...factsOf(row)].join(", "))}</title>` +
      `<rect ${at(x, top)} width="${n(width)}" height="${n(high)}" fill="none" pointer-events="all"/>` +
      text(x + PADDING, middle, row.node.released ? "released" : "", cut(row.title, WIDEST)) +
      (row.queued === "" ? "" : text(x + width - PADDING, middle, "hot", row.queued, "end")) + "</g>";
  }
  if (handles > 0) {
    if (rows.length > 0) svg += rule(x, handlesY - (y + height - 4 - handlesY), width);
    svg += text(x + width - PADDING, handlesY + 4, "dim", `${counted(handles, "handle")} →`, "end") +
      `<g class="arrow" style="--h:${hue}"><circle cx="${n(x + PADDING + 3)}" cy="${n(handlesY)}" r="3.5" ` +
      `fill="currentColor"/></g>`;
  }
  return `${svg}</g>\n`;
}

function rule(x: number, y: number, width: number): string {
  return `<path class="rule" d="M${n(x + 1)} ${n(y)}h${n(width - 2)}"/>`;
}

function drawArrow({ arrow, points, loops }: PlacedArrow, hue: number): string {
  const [start, second = start] = points;
  const [end, before] = [points.at(-1) ?? start, points.at(-2) ?? start];
  const backwards = loops || end[0] < before[0];
  const side = backwards ? 1 : -1; // where the arrow comes from, seen from its end
  const tip: Point = [end[0] + side * 7, end[1]];
  const line = loops ? loop(start, second[0], tip) : curve(start, [...points.slice(1, -1), tip]);
  const classes = ["arrow", arrow.gone ? "gone" : arrow.waiting === arrow.count ? "waiting" : ""].filter(Boolean);
  const label = multiplicity(arrow);
  return `<g class="${classes.join(" ")}" style="--h:${hue}"><title>${xml(sentenceOf(arrow))}</title>` +
    `<path class="wide" d="${line}"/><path d="${line}"/>` +
    `<path class="tip" d="M${n(end[0])} ${n(end[1])}l${side * 8} -3.6v7.2z"/>` +
    (label === "" ? "" : text(tip[0] + side * 4, end[1] - 2.5, "", label, backwards ? "start" : "end")) + "</g>\n";
}

/** Draws straight lines within a column, and curves that are level at both ends from one column to the next. */
function curve(start: Point, points: readonly Point[]): string {
  let path = `M${n(start[0])} ${n(start[1])}`;
  let [x1, y1] = start;
  for (const [i, [x2, y2]] of points.entries()) {
    const middle = n((x1 + x2) / 2);
    path += i % 2 === 1 ? `L${n(x2)} ${n(y2)}` : `C${middle} ${n(y1)} ${middle} ${n(y2)} ${n(x2)} ${n(y2)}`;
    [x1, y1] = [x2, y2];
  }
  return path;
}

function loop([x, y]: Point, far: number, [endX, endY]: Point): string {
  const r = Math.min(6, Math.abs(y - endY) / 2);
  const up = endY < y ? -r : r;
  return `M${n(x)} ${n(y)}H${n(far - r)}q${r} 0 ${r} ${n(up)}V${n(endY - up)}q0 ${n(up)} ${-r} ${n(up)}H${n(endX)}`;
}

function text(x: number, y: number, style: string, content: string, anchor = ""): string {
  const attributes = `${style && ` class="${style}"`}${anchor && ` text-anchor="${anchor}"`}`;
  return `<text ${at(x, y)}${attributes}>${xml(content)}</text>`;
}

function at(x: number, y: number): string {
  return `x="${n(x)}" y="${n(y)}"`;
}

/** Writes a number with one decimal at most. */
function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}
