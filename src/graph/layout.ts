/**
 * The layout of a graph: boxes in columns, so that most arrows run from left to right, and none runs over a box.
 *
 * 1. The boxes are ordered so that few arrows run backwards. A box comes in a column after all boxes that lead to it; a
 *    column that would be too high becomes several.
 * 2. An arrow over several columns gets a lane in each column between. Boxes and lanes of a column are sorted by the mean
 *    height of what they are connected to, in several rounds: so few arrows cross.
 * 3. Each item is placed as near to the height of what it is connected to as the others in its column permit.
 *
 * Parts that are not connected are laid out separately, and put on shelves. Reference: Sugiyama, Tagawa, Toda 1981.
 *
 * A library such as dagre does steps 1 to 3 too, but it keeps all boxes of a rank in one column. A bus is mostly a server
 * with many clients: with 200 objects dagre makes a strip of 500 x 7,800 pixels of it, and this file 3,750 x 2,700.
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
  /** Its connections to the columns before and after. */
  readonly before: Link[];
  readonly after: Link[];
}

/** A connection from an item to another, from a height in the one to a height in the other. */
interface Link {
  readonly item: Item;
  readonly from: () => number;
  readonly to: () => number;
}

export type Point = readonly [x: number, y: number];

/** A box with its place. */
export interface PlacedBox {
  readonly box: Box;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The rows, each with its top and its height. */
  readonly rows: { readonly row: Row; readonly y: number; readonly height: number }[];
  /** The height at which its arrows begin. */
  readonly handlesY: number;
}

/** An arrow with its points. Each pair of them is a run from one column to the next. */
export interface PlacedArrow {
  readonly arrow: Arrow;
  readonly points: readonly [start: Point, ...Point[]];
  /** Whether it leads back to its own box, at the right side. */
  readonly loops: boolean;
}

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: PlacedBox[];
  readonly arrows: PlacedArrow[];
}

/** Sizes in pixels. */
export interface Sizes {
  widthOf(box: Box): number;
  /** The height of the head of a box. */
  readonly head: number;
  /** The height of a row, at least. */
  readonly row: number;
}

// Pixels.
const GAP = 26; // between boxes
const LANE = 9; // the height of a lane
const END = 8; // between the ends of two arrows
const LABELLED_END = 13; // the same, for an arrow with a label
const LOOP = 12; // between arrows that lead back to their box
const CHANNEL = 70; // between columns, at least
const PART = 44; // between parts

/** The heights of columns to try; two for a graph of more than `MANY` arrows, because each try takes up to a second. */
const LIMITS = [350, 550, 800, 1100, 1500, 2000, Infinity];
const MANY = 400;

/** Lays a graph out, in a picture with a width of about `aspect` times its height. */
export function layOut(graph: Graph, sizes: Sizes, aspect = 1.5): Layout {
  const parts = partsOf(graph).map((part) => best(part, sizes, aspect));
  return shelve(parts, aspect);
}

/** Returns the connected parts of a graph. */
function partsOf({ boxes, arrows }: Graph): Graph[] {
  const parent = new Map<Box, Box>(boxes.map((box) => [box, box]));
  const find = (box: Box): Box => {
    let root = box;
    while (parent.get(root) !== root) root = entry(parent, root);
    parent.set(box, root);
    return root;
  };
  for (const { from, to } of arrows) parent.set(find(from), find(to.box));
  const parts = new Map<Box, { boxes: Box[]; arrows: Arrow[] }>();
  for (const box of boxes) {
    const root = find(box);
    if (!parts.has(root)) parts.set(root, { boxes: [], arrows: [] });
    entry(parts, root).boxes.push(box);
  }
  for (const arrow of arrows) entry(parts, find(arrow.from)).arrows.push(arrow);
  return [...parts.values()];
}

/** Tries several heights of columns, and returns the layout that fits into the smallest picture of that aspect. */
function best(graph: Graph, sizes: Sizes, aspect: number): Layout {
  const layouts: Layout[] = [];
  const limits = graph.boxes.length === 1 ? [Infinity] : graph.arrows.length > MANY ? [1500, 3000] : LIMITS;
  for (const limit of limits) {
    layouts.push(new Part(graph, sizes, limit).layOut());
  }
  const heightOf = ({ width, height }: Layout) => Math.max(height, width / aspect);
  return layouts.reduce((best, layout) => heightOf(layout) < heightOf(best) ? layout : best);
}

/** Places parts side by side on shelves, the highest first. */
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
      const shift = ([px, py]: Point): Point => [px + x, py + y];
      const [start, ...rest] = arrow.points;
      arrows.push({ ...arrow, points: [shift(start), ...rest.map(shift)] });
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

/** The ends of arrows at one side of a row. Their order is decided last. */
class Side {
  readonly ends: { readonly other: () => number; readonly size: number; y: number }[] = [];
  height = 0;

  /** Adds the end of an arrow; `other` returns the height of the other end. */
  add(other: () => number, size: number): { y: number } {
    const end = { other, size, y: 0 };
    this.ends.push(end);
    this.height += size;
    return end;
  }

  /** Spreads the ends around a height, in the order of their other ends. */
  settle(middle: number): void {
    this.ends.sort((a, b) => a.other() - b.other());
    let y = middle - this.height / 2;
    for (const end of this.ends) {
      end.y = y + end.size / 2;
      y += end.size;
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

/** The layout of a connected graph. */
class Part {
  readonly #graph: Graph;
  readonly #sizes: Sizes;
  /** The greatest height of a column. */
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
      const [first, second] = entry(place, from) < entry(place, to.box) ? [from, to.box] : [to.box, from];
      entry(into, second).add(first);
    }
    for (const box of order) {
      depth.set(
        box,
        Math.max(0, ...[...entry(into, box)].map((other) => entry(depth, other) + 1)),
      );
    }
    const levels: Box[][] = [];
    for (const box of order) (levels[entry(depth, box)] ??= []).push(box);
    const ends = new Map<Box, number>();
    for (const { from, to } of this.#graph.arrows) {
      for (const box of [from, to.box]) ends.set(box, (ends.get(box) ?? 0) + 1);
    }
    let column = 0;
    for (const level of levels) {
      const rough = level.map((box) => ({ box, height: this.#roughHeight(box, ends.get(box) ?? 0) }));
      const total = rough.reduce((sum, { height }) => sum + height, 0);
      const target = total / Math.ceil(total / this.#limit) || total; // columns of about one height
      let filled = 0;
      for (const { box, height } of rough) {
        if (filled > 0 && filled + height / 2 > target) {
          column++;
          filled = 0;
        }
        this.#columnOf.set(box, column);
        filled += height;
      }
      column++;
    }
  }

  #roughHeight(box: Box, ends: number): number {
    return Math.max(this.#sizes.head + (box.rows.length + 1) * this.#sizes.row, ends * END * 0.7) + GAP;
  }

  /** Adds the ends of all arrows, which decide the heights of rows. */
  #makeStretches(): void {
    for (const box of this.#graph.boxes) {
      this.#stretches.set(box, new Stretch());
      for (const row of box.rows) this.#stretches.set(row, new Stretch());
    }
    for (const arrow of this.#graph.arrows) {
      const { from, to } = arrow;
      const loops = from === to.box;
      const forward = loops || entry(this.#columnOf, from) < entry(this.#columnOf, to.box);
      const size = multiplicity(arrow) === "" ? END : LABELLED_END;
      const lanes: Item[] = [];
      const out = entry(this.#stretches, from)[forward ? "right" : "left"];
      const into = entry(this.#stretches, to)[forward && !loops ? "left" : "right"];
      const start = out.add(() => loops ? -Infinity : this.#heightAt(lanes[0], to), size);
      const end = into.add(() => loops ? Infinity : this.#heightAt(lanes.at(-1), from), size);
      this.#routes.push({ arrow, start, lanes, end, loops });
    }
  }

  #heightAt(lane: Item | undefined, otherwise: Row | Box): number {
    if (lane !== undefined) return lane.y + LANE / 2;
    return this.#middleOf(otherwise);
  }

  #middleOf(at: Row | Box): number {
    const box = "box" in at ? at.box : at;
    const stretch = entry(this.#stretches, at);
    const least = this.#sizes.row;
    return entry(this.#items, box).y + stretch.offset + stretch.heightOf(least) / 2;
  }

  #makeItems(): void {
    const { head, row: least } = this.#sizes;
    for (const box of this.#graph.boxes) {
      let height = head;
      for (const row of box.rows) {
        const stretch = entry(this.#stretches, row);
        stretch.offset = height;
        height += stretch.heightOf(least);
      }
      const own = entry(this.#stretches, box);
      own.offset = height;
      if (box.handles > 0) height += own.heightOf(least);
      this.#addItem(box, entry(this.#columnOf, box), this.#sizes.widthOf(box), height + 4);
    }
  }

  #addItem(box: Box | null, column: number, width: number, height: number): Item {
    const item: Item = { box, width, height, column, y: 0, before: [], after: [] };
    (this.#columns[column] ??= []).push(item);
    if (box !== null) this.#items.set(box, item);
    return item;
  }

  /** Gives each arrow its lanes, and links the items that it connects. */
  #route(): void {
    for (const { arrow: { from, to }, lanes, loops } of this.#routes) {
      if (loops) continue;
      const [first, last] = [entry(this.#items, from), entry(this.#items, to.box)];
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

  /** Sorts each column by the links to the one before, or after. */
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
        place(column, (item) => item.y + shiftOf(round < 14 ? (forward ? item.before : item.after) : item));
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
    const sides: { left: number; right: number }[] = [];
    let x = 0;
    for (const [i, column] of this.#columns.entries()) {
      const width = Math.max(...column.map(({ width }) => width));
      sides.push({ left: x, right: x + width });
      const leaving = column.reduce((sum, { after }) => sum + after.length, 0);
      const last = i === this.#columns.length - 1;
      const loops = Math.max(0, ...column.map(({ box }) => box === null ? 0 : loopsOf.get(box) ?? 0));
      x += width + loops * LOOP + (last ? (loops > 0 ? LOOP * 2 : 0) : Math.min(CHANNEL + leaving * 3, 260));
    }
    const sidesOf = ({ column }: Item) => sides[column] ?? { left: 0, right: 0 };
    const boxes = [...this.#items].map(([box, item]) => this.#placeBox(box, item, sidesOf(item)));
    const loopsAt = new Map<Box, number>();
    const arrows = this.#routes.map(({ arrow, start, lanes, end, loops }): PlacedArrow => {
      const [from, to] = [entry(this.#items, arrow.from), entry(this.#items, arrow.to.box)];
      if (loops) {
        const count = (loopsAt.get(arrow.from) ?? 0) + 1;
        loopsAt.set(arrow.from, count);
        const side = sidesOf(from).right;
        return { arrow, loops, points: [[side, start.y], [side + LOOP * (count + 0.5), 0], [side, end.y]] };
      }
      const forward = from.column < to.column;
      const points: [Point, ...Point[]] = [[forward ? sidesOf(from).right : sidesOf(from).left, start.y]];
      for (const lane of lanes) {
        const y = lane.y + LANE / 2;
        const { left, right } = sidesOf(lane);
        points.push(...(forward ? [[left, y], [right, y]] : [[right, y], [left, y]]) as Point[]);
      }
      points.push([forward ? sidesOf(to).left : sidesOf(to).right, end.y]);
      return { arrow, loops, points };
    });
    const height = Math.max(...this.#columns.flat().map((item) => item.y + item.height));
    return { width: x, height, boxes, arrows };
  }

  #placeBox(box: Box, item: Item, { left: x, right }: { left: number; right: number }): PlacedBox {
    const rows = box.rows.map((row) => {
      const stretch = entry(this.#stretches, row);
      return { row, y: item.y + stretch.offset, height: stretch.heightOf(this.#sizes.row) };
    });
    return { box, x, y: item.y, width: right - x, height: item.height, rows, handlesY: this.#middleOf(box) };
  }
}

/** Returns the boxes in an order in which few arrows run backwards. Reference: Eades, Lin, Smyth 1993. */
function orderOf({ boxes, arrows }: Graph): Box[] {
  const pairs = arrows.filter(({ from, to }) => from !== to.box);
  const left = new Set(boxes);
  const first: Box[] = [];
  const last: Box[] = [];
  const out = new Map(boxes.map((box) => [box, new Map<Box, number>()]));
  const into = new Map(boxes.map((box) => [box, new Map<Box, number>()]));
  for (const { from, to } of pairs) {
    entry(out, from).set(to.box, (entry(out, from).get(to.box) ?? 0) + 1);
    entry(into, to.box).set(from, (entry(into, to.box).get(from) ?? 0) + 1);
  }
  const sum = (edges: Map<Box, number>) => [...edges].reduce((n, [box, count]) => left.has(box) ? n + count : n, 0);
  while (left.size > 0) {
    let chosen: Box | undefined;
    let most = -Infinity;
    for (const box of left) {
      const [leaving, coming] = [sum(entry(out, box)), sum(entry(into, box))];
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

/** Returns the mean height that links lead to. */
function meanOf(links: readonly Link[]): number | undefined {
  if (links.length === 0) return undefined;
  return links.reduce((sum, { to }) => sum + to(), 0) / links.length;
}

/** Returns how far an item should move to be at the mean height of what it is linked to. */
function shiftOf(of: readonly Link[] | Item): number {
  const links = "before" in of ? [...of.before, ...of.after] : of;
  return links.length === 0 ? 0 : links.reduce((sum, { from, to }) => sum + to() - from(), 0) / links.length;
}

function gapBetween(above: Item | undefined, below: Item): number {
  if (above === undefined) return 0;
  return above.box === null && below.box === null ? 0 : above.box !== null && below.box !== null ? GAP : GAP / 2;
}

/** Places the items of a column one below the other. */
function stack(column: Item[]): void {
  let y = 0;
  for (const [i, item] of column.entries()) {
    y += gapBetween(column[i - 1], item);
    item.y = y;
    y += item.height;
  }
}

/**
 * Places the items of a column as near to the wanted heights as their order permits: items that would overlap move as one
 * block, to the mean of their wanted heights.
 */
function place(column: Item[], wanted: (item: Item) => number): void {
  /** Items that move as one: `sum` and `count` are of the heights at which the first item of the column would be. */
  const blocks: { sum: number; count: number; items: { item: Item; offset: number }[] }[] = [];
  let offset = 0;
  for (const [i, item] of column.entries()) {
    offset += gapBetween(column[i - 1], item);
    let block = { sum: wanted(item) - offset, count: 1, items: [{ item, offset }] };
    for (let above = blocks.at(-1); above && above.sum / above.count > block.sum / block.count; above = blocks.at(-1)) {
      block = {
        ...{ sum: above.sum + block.sum, count: above.count + block.count },
        items: [...above.items, ...block.items],
      };
      blocks.pop();
    }
    blocks.push(block);
    offset += item.height;
  }
  for (const { sum, count, items } of blocks) for (const { item, offset } of items) item.y = sum / count + offset;
}

/** Returns the entry of a key that has one. */
function entry<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error("the layout lost an item");
  return value;
}
