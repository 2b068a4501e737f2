/**
 * A snapshot as a graph: boxes, the rows in them, and arrows between. All drawings start from this.
 *
 * @module
 */

import type { NodeSnapshot, PeerSnapshot, Snapshot } from "../port/snapshot.ts";
import { clean } from "./text.ts";

/** A peer. */
export interface Box {
  /** A word that identifies the box. */
  readonly key: string;
  readonly peer: PeerSnapshot;
  /** Its name. */
  readonly title: string;
  /** Further facts, in words. */
  readonly facts: string[];
  readonly rows: Row[];
  /** The number of its handles. */
  readonly handles: number;
}

/** A node. */
export interface Row {
  /** A word that identifies the row. */
  readonly key: string;
  readonly node: NodeSnapshot;
  readonly box: Box;
  readonly title: string;
  /** The messages queued there, in words; empty if there are none. */
  readonly queued: string;
}

/** All handles of one peer to one node. */
export interface Arrow {
  readonly from: Box;
  readonly to: Row;
  /** The number of these handles. */
  count: number;
  /** How many of them are in the queue of their owner. */
  waiting: number;
  /** Whether the node is gone. */
  gone: boolean;
}

export interface Graph {
  readonly boxes: Box[];
  readonly arrows: Arrow[];
}

/** Reads a snapshot. Handles that lead outside it are counted in the facts of their peer. */
export function graphOf(snapshot: Snapshot): Graph {
  const boxes = snapshot.peers.map(boxOf);
  const rows = new Map<string, Row>();
  for (const box of boxes) {
    for (const row of box.rows) rows.set(`${box.peer.engine} ${box.peer.number} ${row.node.id}`, row);
  }
  const arrows: Arrow[] = [];
  for (const box of boxes) {
    const mine = new Map<Row, Arrow>();
    let lost = 0;
    let unknown = 0;
    for (const { id, peer, node, gone } of box.peer.handles) {
      const to = rows.get(`${box.peer.engine} ${peer} ${node}`);
      if (to === undefined) {
        if (peer === null) unknown++;
        else lost++;
        continue;
      }
      let arrow = mine.get(to);
      if (arrow === undefined) mine.set(to, arrow = { from: box, to, count: 0, waiting: 0, gone: false });
      arrow.count++;
      if (id === null) arrow.waiting++;
      if (gone) arrow.gone = true;
    }
    if (lost > 0) box.facts.push(`${counted(lost, "handle")} to what is gone`);
    if (unknown > 0) box.facts.push(`${counted(unknown, "handle")} to elsewhere`);
    for (const arrow of mine.values()) arrows.push(arrow);
  }
  return { boxes, arrows };
}

function boxOf(peer: PeerSnapshot, index: number): Box {
  const facts: string[] = [];
  if (peer.name !== null) facts.push(`peer ${peer.number}`);
  facts.push(peer.engine);
  if (!peer.local) facts.push("elsewhere");
  if (peer.queued !== null && peer.queued.messages > 0) facts.push(queuedOf(peer));
  const title = clean(peer.name ?? `peer ${peer.number}`);
  const box: Box = { key: `p${index + 1}`, peer, title, facts, rows: [], handles: peer.handles.length };
  for (const [i, node] of peer.nodes.entries()) {
    const called = clean(node.name ?? `node ${node.id}`);
    box.rows.push({ key: `${box.key}n${i + 1}`, node, box, title: called, queued: queuedOf(node) });
  }
  return box;
}

function queuedOf({ queued }: PeerSnapshot | NodeSnapshot): string {
  return queued === null || queued.messages === 0 ? "" : `${queued.messages} queued`;
}

/** `1 handle`, `2 handles`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Describes a node, except for its name. */
export function factsOf({ node, queued }: Row): string[] {
  const facts = node.name === null ? [] : [`node ${node.id}`];
  if (node.released) facts.push("released");
  else if (node.handles !== null) facts.push(counted(node.handles, "handle"));
  if (queued !== "") facts.push(`${queued}, ${counted(node.queued?.bytes ?? 0, "byte")}`);
  return facts;
}

/** Returns the label of an arrow: the number of its handles, if that is not one. */
export function multiplicity({ count }: Arrow): string {
  return count === 1 ? "" : `×${count}`;
}

/** Describes an arrow. */
export function sentenceOf({ from, to, count, waiting, gone }: Arrow): string {
  const more = [waiting > 0 ? `${waiting} of them in its queue` : "", gone ? "the node is gone" : ""].filter(Boolean);
  return `${from.title} → ${to.title} of ${to.box.title}: ${[counted(count, "handle"), ...more].join(", ")}`;
}

/** Describes the whole graph. */
export function summaryOf({ boxes }: Graph): string {
  const sum = (count: (box: Box) => number) => boxes.reduce((total, box) => total + count(box), 0);
  const nodes = sum((box) => box.rows.filter(({ node }) => !node.released).length);
  const queued = sum((box) => box.peer.queued?.messages ?? 0);
  const parts = [counted(boxes.length, "peer"), counted(nodes, "node"), counted(sum((box) => box.handles), "handle")];
  return [...parts, ...(queued > 0 ? [`${counted(queued, "message")} queued`] : [])].join(", ");
}
