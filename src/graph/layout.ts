/**
 * Where things are drawn: boxes in columns, so that arrows run from left to right where they can, and never over a box.
 *
 * 1. An order of the boxes in which few arrows run backwards. A box comes in a column after all that lead to it; a column
 *    that would be too high becomes several.
 * 2. An arrow over several columns gets a lane in each column between. Boxes and lanes of a column are put into the order
 *    of what they are connected to, again and again: so few arrows cross.
 * 3. Each comes as near to the height of what it is connected to as the others in its column let it.
 *
 * Parts that are not connected are laid out for themselves, and put on shelves. Reference: Sugiyama, Tagawa, Toda 1981.
 *
 * @module
 */

import { multiplicity } from "./bus.ts";
import type { Arrow, Box, Graph, Row } from "./bus.ts";

/** A place in a column: a box, or a lane for an arrow. */
interface Item {
  readonly box: Box | null;
  readonly width: number;
  readonly height: number;
  column: number;
  y: number;
  /** What it is connected to, in the columns before and after. */
  readonly before: Link[];
  readonly after: Link[];
}

/** From an item to another, from a height in the one to a height in the other. */
interface Link {
  readonly item: Item;
  readonly from: () => number;
  readonly to: () => number;
}

export type Point = readonly [x: number, y: number];

/** A box, and where it is. */
export interface PlacedBox {
  readonly box: Box;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The rows: where each begins, and how high it is. */
  readonly rows: { readonly row: Row; readonly y: number; readonly height: number }[];
  /** The place where arrows begin. */
  readonly handlesY: number;
}

/** An arrow, and the points that it goes through. Each pair of them is a run from one column to the next. */
export interface PlacedArrow {
  readonly arrow: Arrow;
  readonly points: Point[];
  /** Whether it leads back to its own box, at the right side. */
  readonly loops: boolean;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: PlacedBox[];
  readonly arrows: PlacedArrow[];
}

/** How large things are. */
export interface Sizes {
  widthOf(box: Box): number;
  /** Of the head of a box. */
  readonly head: number;
  /** Of a row, at least. */
  readonly row: number;
}

const GAP = 26; // between boxes
const LANE = 9; // of an arrow that passes
const PORT = 8; // between the ends of two arrows
const LABELLED = 13; // the same, where something is written at an arrow
const LOOP = 12; // between arrows that lead back to their box
const CHANNEL = 70; // between columns, at least
const PART = 44; // between parts

/** The heights of columns that are tried; of a large graph only a few, since each takes its time. */
const LIMITS = [350, 550, 800, 1100, 1500, 2000, Infinity];
const MANY = 400;

/** Lays a graph out, in a picture that is about so many times as wide as it is high. */
export function layOut(graph: Graph, sizes: Sizes, aspect = 1.5): Layout {
  const parts = partsOf(graph).map((part) => best(part, sizes, aspect));
  return shelve(parts, aspect);
}

/** What is connected. */
function partsOf({ boxes, arrows }: Graph): Graph[] {
  const parent = new Map<Box, Box>(boxes.map((box) => [box, box]));
  const find = (box: Box): Box => {
    let root = box;
    while (parent.get(root) !== root) root = parent.get(root)!;
    parent.set(box, root);
    return root;
  };
  for (const { from, to } of arrows) parent.set(find(from), find(to.box));
  const parts = new Map<Box, { boxes: Box[]; arrows: Arrow[] }>();
  for (const box of boxes) {
    const root = find(box);
    if (!parts.has(root)) parts.set(root, { boxes: [], arrows: [] });
    parts.get(root)!.boxes.push(box);
  }
  for (const arrow of arrows) parts.get(find(arrow.from))!.arrows.push(arrow);
  return [...parts.values()];
}

/** Tries several heights of columns, and takes what comes nearest to the aspect, for little area. */
function best(graph: Graph, sizes: Sizes, aspect: number): Layout {
  let found: Layout | undefined;
  let least = Infinity;
  const limits = graph.boxes.length === 1 ? [Infinity] : graph.arrows.length > MANY ? [1500, 3000] : LIMITS;
  for (const limit of limits) {
    const layout = new Part(graph, sizes, limit).layOut();
    const height = Math.max(layout.height, layout.width / aspect);
    if (height >= least) continue;
    least = height;
    found = layout;
  }
  return found!;
}

/** Puts parts side by side on shelves, the highest first. */
function shelve(parts: Layout[], aspect: number): Layout {
  const area = parts.reduce((sum, { width, height }) => sum + (width + PART) * (height + PART), 0);
  const limit = Math.max(Math.sqrt(area * aspect), ...parts.map(({ width }) => width));
  const boxes: PlacedBox[] = [];
  const arrows: PlacedArrow[] = [];
  let [x, y, shelf, right] = [0, 0, 0, 0];
  for (const part of [...parts].sort((a, b) => b.height - a.height)) {
    if (x > 0 && x + part.width > limit) [x, y, shelf] = [0, y + shelf + PART, 0];
    for (const box of part.boxes) boxes.push(moved(box, x, y));
    for (const arrow of part.arrows) {
      arrows.push({ ...arrow, points: arrow.points.map(([px, py]): Point => [px + x, py + y]) });
    }
    right = Math.max(right, x + part.width);
    shelf = Math.max(shelf, part.height);
    x += part.width + PART;
  }
  return { width: right, height: y + shelf, boxes, arrows };
}

function moved(box: PlacedBox, x: number, y: number): PlacedBox {
  const rows = box.rows.map((row) => ({ ...row, y: row.y + y }));
  return { ...box, x: box.x + x, y: box.y + y, rows, handlesY: box.handlesY + y };
}

/** Where an arrow ends at the side of a box: its order there, which is settled last. */
class Side {
  readonly ends: { readonly other: () => number; readonly room: number; y: number }[] = [];
  height = 0;

  /** The end of an arrow; `other`: the height that it comes from or goes to. */
  add(other: () => number, room: number): { y: number } {
    const end = { other, room, y: 0 };
    this.ends.push(end);
    this.height += room;
    return end;
  }

  /** Spreads the ends around a height, in the order of where they lead. */
  settle(middle: number): void {
    this.ends.sort((a, b) => a.other() - b.other());
    let y = middle - this.height / 2;
    for (const end of this.ends) {
      end.y = y + end.room / 2;
      y += end.room;
    }
  }
}

/** A stretch of a box where arrows end or begin. */
class Stretch {
  readonly left = new Side();
  readonly right = new Side();
  offset = 0;

  heightOf(least: number): number {
    return Math.max(least, this.left.height + 8, this.right.height + 8);
  }
}

/** A part of the graph, all of it connected. */
class Part {
  readonly #graph: Graph;
  readonly #sizes: Sizes;
  /** How high a column may be. */
  readonly #limit: number;
  readonly #columnOf = new Map<Box, number>();
  readonly #stretches = new Map<Row | Box, Stretch>();
  readonly #items = new Map<Box, Item>();
  readonly #columns: Item[][] = [];
  readonly #routes: { arrow: Arrow; start: { y: number }; lanes: Item[]; end: { y: number }; loops: boolean }[] = [];

  constructor(graph: Graph, sizes: Sizes, limit: number) {
    this.#graph = graph;
    this.#sizes = sizes;
    this.#limit = limit;
  }

  layOut(): Layout {
    this.#chooseColumns();
    this.#makeStretches();
    this.#makeItems();
    this.#route();
    this.#sort();
    this.#settleHeights();
    return this.#place();
  }

  #chooseColumns(): void {
    const order = orderOf(this.#graph);
    const place = new Map(order.map((box, i) => [box, i]));
    const depth = new Map<Box, number>();
    const into = new Map<Box, Set<Box>>(order.map((box) => [box, new Set()]));
    for (const { from, to } of this.#graph.arrows) {
      if (from === to.box) continue;
      const [first, second] = place.get(from)! < place.get(to.box)! ? [from, to.box] : [to.box, from];
      into.get(second)!.add(first);
    }
    for (const box of order) depth.set(box, Math.max(0, ...[...into.get(box)!].map((other) => depth.get(other)! + 1)));
    // Those that nothing leads to come as near to what they lead to as they can.
    const levels: Box[][] = [];
    for (const box of order) (levels[depth.get(box)!] ??= []).push(box);
    const ends = new Map<Box, number>();
    for (const { from, to } of this.#graph.arrows) {
      for (const box of [from, to.box]) ends.set(box, (ends.get(box) ?? 0) + 1);
    }
    let column = 0;
    for (const level of levels) {
      const heights = level.map((box) => this.#roughHeight(box, ends.get(box) ?? 0));
      const total = heights.reduce((sum, height) => sum + height, 0);
      const target = total / Math.ceil(total / this.#limit) || total; // columns of about one height
      let filled = 0;
      for (const [i, box] of level.entries()) {
        if (filled > 0 && filled + heights[i] / 2 > target) {
          column++;
          filled = 0;
        }
        this.#columnOf.set(box, column);
        filled += heights[i];
      }
      column++;
    }
  }

  #roughHeight(box: Box, ends: number): number {
    return Math.max(this.#sizes.head + (box.rows.length + 1) * this.#sizes.row, ends * PORT * 0.7) + GAP;
  }

  /** The ends of all arrows: first where, then how much room that takes. */
  #makeStretches(): void {
    for (const box of this.#graph.boxes) {
      this.#stretches.set(box, new Stretch());
      for (const row of box.rows) this.#stretches.set(row, new Stretch());
    }
    for (const arrow of this.#graph.arrows) {
      const { from, to } = arrow;
      const loops = from === to.box;
      const forward = loops || this.#columnOf.get(from)! < this.#columnOf.get(to.box)!;
      const room = multiplicity(arrow) === "" ? PORT : LABELLED;
      const lanes: Item[] = [];
      const out = this.#stretches.get(from)![forward ? "right" : "left"];
      const into = this.#stretches.get(to)![forward && !loops ? "left" : "right"];
      const start = out.add(() => loops ? -Infinity : this.#heightAt(lanes[0], to), room);
      const end = into.add(() => loops ? Infinity : this.#heightAt(lanes.at(-1), from), room);
      this.#routes.push({ arrow, start, lanes, end, loops });
    }
  }

  #heightAt(lane: Item | undefined, otherwise: Row | Box): number {
    if (lane !== undefined) return lane.y + LANE / 2;
    return this.#middleOf(otherwise);
  }

  #middleOf(at: Row | Box): number {
    const box = "box" in at ? at.box : at;
    const stretch = this.#stretches.get(at)!;
    const least = this.#sizes.row;
    return this.#items.get(box)!.y + stretch.offset + stretch.heightOf(least) / 2;
  }

  #makeItems(): void {
    const { head, row: least } = this.#sizes;
    for (const box of this.#graph.boxes) {
      let height = head;
      for (const row of box.rows) {
        const stretch = this.#stretches.get(row)!;
        stretch.offset = height;
        height += stretch.heightOf(least);
      }
      const own = this.#stretches.get(box)!;
      own.offset = height;
      if (box.handles > 0) height += own.heightOf(least);
      this.#addItem(box, this.#columnOf.get(box)!, this.#sizes.widthOf(box), height + 4);
    }
  }

  #addItem(box: Box | null, column: number, width: number, height: number): Item {
    const item: Item = { box, width, height, column, y: 0, before: [], after: [] };
    (this.#columns[column] ??= []).push(item);
    if (box !== null) this.#items.set(box, item);
    return item;
  }

  /** Gives each arrow its lanes, and links what it connects. */
  #route(): void {
    for (const { arrow: { from, to }, lanes, loops } of this.#routes) {
      if (loops) continue;
      const [first, last] = [this.#items.get(from)!, this.#items.get(to.box)!];
      const step = first.column < last.column ? 1 : -1;
      let previous: Item = first;
      let height = () => this.#middleOf(from);
      for (let column = first.column + step; column !== last.column; column += step) {
        const lane = this.#addItem(null, column, 0, LANE);
        const middle = () => lane.y + LANE / 2;
        link(previous, height, lane, middle, step);
        lanes.push(lane);
        [previous, height] = [lane, middle];
      }
      link(previous, height, last, () => this.#middleOf(to), step);
    }
  }

  /** Orders each column by where the one before, or after, leads. */
  #sort(): void {
    for (const column of this.#columns) stack(column);
    for (let round = 0; round < 12; round++) {
      const forward = round % 2 === 0;
      for (const column of forward ? this.#columns : [...this.#columns].reverse()) {
        const wanted = new Map(column.map((item) => [item, meanOf(forward ? item.before : item.after)]));
        column.sort((a, b) => (wanted.get(a) ?? a.y + a.height / 2) - (wanted.get(b) ?? b.y + b.height / 2));
        stack(column);
      }
    }
  }

  #settleHeights(): void {
    for (let round = 0; round < 16; round++) {
      const forward = round % 2 === 1;
      for (const column of forward ? this.#columns : [...this.#columns].reverse()) {
        place(column, column.map((item) => item.y + shiftOf(round < 14 ? (forward ? item.before : item.after) : item)));
      }
    }
    const top = Math.min(...this.#columns.flat().map(({ y }) => y));
    for (const item of this.#columns.flat()) item.y -= top;
    for (const [at, stretch] of this.#stretches) {
      stretch.left.settle(this.#middleOf(at));
      stretch.right.settle(this.#middleOf(at));
    }
  }

  #place(): Layout {
    const loopsOf = new Map<Box, number>();
    for (const { arrow: { from }, loops } of this.#routes) if (loops) loopsOf.set(from, (loopsOf.get(from) ?? 0) + 1);
    const xs: number[] = [];
    const widths = this.#columns.map((column) => Math.max(...column.map(({ width }) => width)));
    let x = 0;
    for (const [i, column] of this.#columns.entries()) {
      xs.push(x);
      const leaving = column.reduce((sum, { after }) => sum + after.length, 0);
      const last = i === this.#columns.length - 1;
      const loops = Math.max(0, ...column.map(({ box }) => loopsOf.get(box!) ?? 0));
      x += widths[i] + loops * LOOP + (last ? (loops > 0 ? LOOP * 2 : 0) : Math.min(CHANNEL + leaving * 3, 260));
    }
    const boxes = [...this.#items.values()].map((item) => this.#placeBox(item, xs[item.column], widths[item.column]));
    const rightOf = (item: Item) => xs[item.column] + widths[item.column];
    const loopsAt = new Map<Box, number>();
    const arrows = this.#routes.map(({ arrow, start, lanes, end, loops }): PlacedArrow => {
      const [from, to] = [this.#items.get(arrow.from)!, this.#items.get(arrow.to.box)!];
      if (loops) {
        const count = (loopsAt.get(arrow.from) ?? 0) + 1;
        loopsAt.set(arrow.from, count);
        const side = rightOf(from);
        return { arrow, loops, points: [[side, start.y], [side + LOOP * (count + 0.5), 0], [side, end.y]] };
      }
      const forward = from.column < to.column;
      const points: Point[] = [[forward ? rightOf(from) : xs[from.column], start.y]];
      for (const lane of lanes) {
        const y = lane.y + LANE / 2;
        const [near, far] = [xs[lane.column], rightOf(lane)];
        points.push(...(forward ? [[near, y], [far, y]] : [[far, y], [near, y]]) as Point[]);
      }
      points.push([forward ? xs[to.column] : rightOf(to), end.y]);
      return { arrow, loops, points };
    });
    const height = Math.max(...this.#columns.flat().map((item) => item.y + item.height));
    return { width: x, height, boxes, arrows };
  }

  #placeBox(item: Item, x: number, width: number): PlacedBox {
    const box = item.box!;
    const rows = box.rows.map((row) => {
      const stretch = this.#stretches.get(row)!;
      return { row, y: item.y + stretch.offset, height: stretch.heightOf(this.#sizes.row) };
    });
    return { box, x, y: item.y, width, height: item.height, rows, handlesY: this.#middleOf(box) };
  }
}

/** An order in which few arrows run backwards. Reference: Eades, Lin, Smyth 1993. */
function orderOf({ boxes, arrows }: Graph): Box[] {
  const pairs = arrows.filter(({ from, to }) => from !== to.box);
  const left = new Set(boxes);
  const first: Box[] = [];
  const last: Box[] = [];
  const out = new Map(boxes.map((box) => [box, new Map<Box, number>()]));
  const into = new Map(boxes.map((box) => [box, new Map<Box, number>()]));
  for (const { from, to } of pairs) {
    out.get(from)!.set(to.box, (out.get(from)!.get(to.box) ?? 0) + 1);
    into.get(to.box)!.set(from, (into.get(to.box)!.get(from) ?? 0) + 1);
  }
  const sum = (edges: Map<Box, number>) => [...edges].reduce((n, [box, count]) => left.has(box) ? n + count : n, 0);
  while (left.size > 0) {
    let chosen: Box | undefined;
    let most = -Infinity;
    for (const box of left) {
      const [leaving, coming] = [sum(out.get(box)!), sum(into.get(box)!)];
      if (leaving === 0 && coming > 0) {
        last.unshift(box);
        left.delete(box);
        chosen = undefined;
        most = Infinity;
        break;
      }
      const worth = coming === 0 ? 1e9 : leaving - coming;
      if (worth <= most) continue;
      [chosen, most] = [box, worth];
    }
    if (chosen === undefined) continue;
    first.push(chosen);
    left.delete(chosen);
  }
  return [...first, ...last];
}

function link(from: Item, fromHeight: () => number, to: Item, toHeight: () => number, step: number): void {
  const [a, b] = step > 0 ? [from.after, to.before] : [from.before, to.after];
  a.push({ item: to, from: fromHeight, to: toHeight });
  b.push({ item: from, from: toHeight, to: fromHeight });
}

/** The mean height of what links lead to. */
function meanOf(links: readonly Link[]): number | undefined {
  if (links.length === 0) return undefined;
  return links.reduce((sum, { to }) => sum + to(), 0) / links.length;
}

/** How far an item should move to be at the height of what it is linked to. */
function shiftOf(of: readonly Link[] | Item): number {
  const links = "before" in of ? [...of.before, ...of.after] : of;
  return links.length === 0 ? 0 : links.reduce((sum, { from, to }) => sum + to() - from(), 0) / links.length;
}

function gapBetween(above: Item, below: Item): number {
  return above.box === null && below.box === null ? 0 : above.box !== null && below.box !== null ? GAP : GAP / 2;
}

/** One below the other. */
function stack(column: Item[]): void {
  let y = 0;
  for (const [i, item] of column.entries()) {
    if (i > 0) y += gapBetween(column[i - 1], item);
    item.y = y;
    y += item.height;
  }
}

/** As near to the wanted heights as the order lets them: those that would overlap move as one, to the mean of their wishes. */
function place(column: Item[], wanted: number[]): void {
  const offsets: number[] = [];
  let offset = 0;
  for (const [i, item] of column.entries()) {
    if (i > 0) offset += column[i - 1].height + gapBetween(column[i - 1], item);
    offsets.push(offset);
  }
  const blocks: { sum: number; count: number }[] = [];
  for (const [i] of column.entries()) {
    let block = { sum: wanted[i] - offsets[i], count: 1 };
    for (let above = blocks.at(-1); above && above.sum / above.count > block.sum / block.count; above = blocks.at(-1)) {
      block = { sum: above.sum + block.sum, count: above.count + block.count };
      blocks.pop();
    }
    blocks.push(block);
  }
  let i = 0;
  for (const { sum, count } of blocks) for (let k = 0; k < count; k++, i++) column[i].y = sum / count + offsets[i];
}
