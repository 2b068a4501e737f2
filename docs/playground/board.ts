/**
 * The board: a box for each peer, with its nodes, its handles and its queue, and an arrow from each handle to its node.
 *
 * The handle has the information of its arrow as text, too, for screen readers.
 *
 * @module
 */

/// <reference lib="dom" />

import type { Item, Ref } from "./action.ts";
import { button, type Child, draw, h, svg } from "./dom.ts";
import { at } from "./list.ts";
import type { Session } from "./session.ts";
import { counted, quoted } from "./words.ts";
import type { QueueView, World } from "./world.ts";

/** What the board needs from its page. */
interface BoardHost {
  readonly session: Session;
  /** The peer that acts. */
  peer: number;
  /** The object that is highlighted. */
  selected: Ref | null;
  choosePeer(peer: number): void;
  chooseNode(node: number): void;
  chooseHandle(handle: number): void;
  receive(peer: number, all: boolean): void;
}

/** The number of queued messages that are shown one by one; fewer on a crowded board. */
const SHOWN = 6;
const SHOWN_IN_CROWD = 2;

/**
 * With more objects than this, each takes as little room as it can, and only arrows of the peer that acts are drawn.
 */
const CROWD = 60;

export class Board {
  readonly element: HTMLElement = h("div", { class: "board", id: "board", role: "group", "aria-label": "Peers" });
  readonly #host: BoardHost;
  readonly #arrows: SVGSVGElement = svg("svg", { class: "arrows", "aria-hidden": "true", focusable: "false" });
  readonly #boxes: HTMLElement = h("ul", { class: "peers" });
  #isCrowded = false;

  constructor(host: BoardHost) {
    this.#host = host;
    this.element.append(this.#arrows, this.#boxes);
    new ResizeObserver(() => this.drawArrows()).observe(this.element);
  }

  draw(): void {
    const { session } = this.#host;
    const { world, queues } = session;
    const isLive = ({ state }: { state: string }) => state === "live";
    this.#isCrowded = world.nodes.filter(isLive).length + world.handles.filter(isLive).length > CROWD;
    this.element.classList.toggle("crowded", this.#isCrowded);
    const boxes = world.peers.map((_, peer) => this.#box(world, at(queues, peer), peer));
    const empty = h("li", { class: "none" }, "The board is empty. Open a peer, or choose a scenario.");
    draw(this.#boxes, boxes.length > 0 ? boxes : [empty], () => document.getElementById(`peer-${this.#host.peer}`));
    this.drawArrows();
  }

  #box(world: World, queue: QueueView, peer: number): HTMLElement {
    const { name, closed } = at(world.peers, peer);
    const host = this.#host;
    const isActing = host.peer === peer;
    const title = button(`peer-${peer}`, name, () => host.choosePeer(peer), {
      class: "peer-name",
      "aria-pressed": isActing ? "true" : "false",
      "aria-label": `${name}${closed ? ", closed" : isActing ? ", acts now" : ", let it act"}`,
      disabled: closed,
    });
    if (closed) {
      return h("li", { class: "peer closed" }, h("h3", {}, title), h("p", { class: "none" }, "closed"));
    }
    const leading = (node: number) =>
      world.handles.filter((view) => view.node === node && view.state === "live").length;
    const nodes = world.nodes.flatMap(({ owner, state }, n) => owner === peer && state === "live" ? [n] : []);
    const handles = world.handles.flatMap(({ owner, state }, i) => owner === peer && state === "live" ? [i] : []);
    return h(
      "li",
      { class: isActing ? "peer acting" : "peer" },
      h("h3", {}, title),
      nodes.length > 0 && h(
        "ul",
        { class: "objects", "aria-label": `Nodes of ${name}` },
        ...nodes.map((n) => {
          const reach = leading(n) === 0 ? "no handle" : counted(leading(n), "handle");
          return this.#row(`node-${n}`, { node: n }, world.nodeName(n), [reach, String(leading(n))]);
        }),
      ),
      handles.length > 0 && h(
        "ul",
        { class: "objects", "aria-label": `Handles of ${name}` },
        ...handles.map((i) => {
          const { node } = at(world.handles, i);
          const place = world.place(node);
          const gone = at(world.nodes, node).state !== "live";
          const brief = `→ ${world.nodeName(node)}`;
          const text = gone ? `to ${world.nodeName(node)}, which is gone` : `to ${place}`;
          return this.#row(
            `handle-${i}`,
            { handle: i },
            world.handleName(i),
            [text, brief],
          );
        }),
      ),
      nodes.length + handles.length === 0 && h("p", { class: "none" }, "no nodes, no handles"),
      this.#queue(queue, peer, name),
    );
  }

  #row(id: string, ref: Ref, name: string, [text, brief]: readonly [string, string]): HTMLElement {
    const { selected } = this.#host;
    const isNode = "node" in ref;
    const isSelected = selected !== null && JSON.stringify(selected) === JSON.stringify(ref);
    const press = () => isNode ? this.#host.chooseNode(ref.node) : this.#host.chooseHandle(ref.handle);
    return h(
      "li",
      {},
      button(
        id,
        "",
        press,
        {
          class: isNode ? "object node" : "object handle",
          "aria-pressed": isSelected ? "true" : "false",
          "aria-label": isNode
            ? `node ${name}: ${text}. Choose it to release it`
            : `handle ${name}, ${text}. Choose it to send through it`,
        },
        h("span", { class: "id" }, name),
        h("span", { class: "where" }, this.#isCrowded ? brief : text),
      ),
    );
  }

  #queue({ items, world }: QueueView, peer: number, name: string): HTMLElement {
    const host = this.#host;
    const shown = this.#isCrowded ? SHOWN_IN_CROWD : SHOWN;
    const rest = items.length - shown;
    const label = `Queue of ${name}`;
    const list: Child = items.length > 0 && h(
      "ol",
      { "aria-label": `${label}, ${counted(items.length, "message")}` },
      ...items.slice(0, shown).map((item) => this.#waiting(item, world)),
      rest > 0 && h("li", { class: "none" }, `and ${rest} more`),
    );
    return h(
      "div",
      { class: "queue" },
      h(
        "div",
        { class: "queue-head" },
        h(
          "span",
          { class: "queue-title" },
          items.length > 0 ? `${counted(items.length, "message")} queued` : "nothing queued",
        ),
        items.length > 0 && h(
          "span",
          { class: "queue-do" },
          button(`receive-${peer}`, "Receive", () => host.receive(peer, false), {
            class: "small",
            "aria-label": `Receive one at ${name}`,
          }),
          button(`receive-all-${peer}`, "All", () => host.receive(peer, true), {
            class: "small",
            "aria-label": `All: receive all at ${name}`,
          }),
        ),
      ),
      list,
    );
  }

  #waiting(item: Item, world: World): HTMLElement {
    if (item.type === "message") {
      const to = `at ${world.nodeName(item.node)}`;
      const brings = item.handles.map((handle) => `+ handle to ${world.place(at(world.handles, handle).node)}`).join(
        ", ",
      );
      return h(
        "li",
        { class: "item" },
        h("span", { class: "said" }, quoted(item.text)),
        ` ${to}`,
        brings !== "" && h("span", { class: "brings" }, ` ${brings}`),
      );
    }
    const what = item.type === "node-release" ? world.handleName(item.handle) : world.nodeName(item.node);
    return h("li", { class: "item news" }, `${item.type} of ${what}`);
  }

  /** Draws the arrows for the present places of the boxes. They run between the boxes, and beneath those in the way. */
  drawArrows(): void {
    const { world } = this.#host.session;
    const origin = this.element.getBoundingClientRect();
    const beneath: SVGElement[] = [];
    const above: SVGElement[] = [];
    world.handles.forEach(({ node, state, owner }, i) => {
      if (state !== "live") return;
      const strong = this.#isSelected(i, node);
      const isNear = owner === this.#host.peer || at(world.nodes, node).owner === this.#host.peer;
      if (this.#isCrowded && !strong && !isNear) return;
      const from = document.getElementById(`handle-${i}`)?.closest(".peer");
      const to = document.getElementById(`node-${node}`)?.closest(".peer");
      if (!from || !to) return;
      const start = edges(document.getElementById(`handle-${i}`)!, from, origin);
      const end = edges(document.getElementById(`node-${node}`)!, to, origin);
      const path = svg("path", { d: pathOf(start, end), class: strong ? "arrow strong" : "arrow" });
      (strong ? above : beneath).push(path, headOf(start, end, strong));
    });
    this.#arrows.replaceChildren(...beneath, ...above);
  }

  #isSelected(handle: number, node: number): boolean {
    const { selected } = this.#host;
    if (selected === null) return false;
    return "node" in selected ? selected.node === node : selected.handle === handle;
  }
}

/** The places where an arrow can leave or reach an object: the sides of its box, at the height of the object. */
interface Edges {
  left: number;
  right: number;
  y: number;
}

function edges(row: Element, box: Element, origin: DOMRect): Edges {
  const { top, height } = row.getBoundingClientRect();
  const { left, right } = box.getBoundingClientRect();
  return { left: left - origin.left, right: right - origin.left, y: top + height / 2 - origin.top };
}

/** Pixels by which a curve swings out beside boxes that stand one above the other. */
const SWING = 26;

type Side = "left" | "right" | "same";

function sideOf(from: Edges, to: Edges): Side {
  if (to.left > from.right) return "right";
  return to.right < from.left ? "left" : "same";
}

function pathOf(from: Edges, to: Edges): string {
  const side = sideOf(from, to);
  if (side === "same") {
    const [x1, x2] = [from.left, to.left - 6];
    // A curve goes three quarters of the way to its control points; two pixels are for its width.
    const out = Math.min(12 + Math.abs(to.y - from.y) / 8, SWING, Math.min(x1, x2) - 2) / 0.75;
    return `M${x1} ${from.y} C${x1 - out} ${from.y} ${x2 - out} ${to.y} ${x2} ${to.y}`;
  }
  const [x1, x2] = side === "right" ? [from.right, to.left - 6] : [from.left, to.right + 6];
  const reach = (x2 - x1) / 2;
  return `M${x1} ${from.y} C${x1 + reach} ${from.y} ${x2 - reach} ${to.y} ${x2} ${to.y}`;
}

function headOf(from: Edges, to: Edges, strong: boolean): SVGElement {
  const toLeft = sideOf(from, to) === "left";
  const x = toLeft ? to.right : to.left;
  const back = toLeft ? 8 : -8;
  const points = `${x},${to.y} ${x + back},${to.y - 4.5} ${x + back},${to.y + 4.5}`;
  return svg("polygon", { points, class: strong ? "head strong" : "head" });
}
