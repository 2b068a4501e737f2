/**
 * The bus as a machine of small steps, written from the contract (specification, section 4) and not from an engine.
 *
 * A commit pushes part after part, then sets its flag; a receiver takes all that has come and tests the flags, as the
 * model of the protocol says (`docs/playground/queue.ts`). The machine can take the steps of several actors in any
 * order. It is slow, and it shares nothing with the engines or with the checker.
 *
 * All state is plain data, so that it can be copied. Ends of peers from outside (a revoked ticket, a terminated Worker)
 * are left out.
 *
 * @module
 */

import { at } from "../../docs/playground/list.ts";
import { emptyQueue, oldestFirst, type Queue, stepLook, type Variant } from "../../docs/playground/queue.ts";
import type { Commit, Event, Id, Item } from "./history.ts";

/** A part of a transaction, for one receiver. A `tx` of -1 is a transaction of its own, committed at once. */
export interface Part {
  tx: number;
  kind: "message" | "node-release" | "handle-release";
  /** The number of a message in the machine, or of a handle. */
  what: number;
}

interface Node {
  peer: number;
  id: Id;
  released: boolean;
  /** The transaction that released it. */
  tx: number;
  /** Live handles, in the order in which they became live. */
  handles: number[];
  /** Handles that are notified when that transaction is committed. */
  late: number[];
  /** How many handles have ever counted, and how many of their releases were received. */
  counted: number;
  uncounted: number;
}

interface Handle {
  peer: number;
  node: number;
  id: Id;
  linked: boolean;
  notified: boolean;
  released: boolean;
  /** The transaction that carries it, until it has arrived. */
  carrier: number;
}

interface Message {
  node: number;
  number: number;
  hash: number;
  handles: number[];
  /** Its receiver ended while it waited, not committed: its sender discards it. */
  abandoned: boolean;
}

interface Peer {
  ended: boolean;
  queue: Queue<Part>;
  lastId: Id;
  nodes: Record<Id, number>;
  handles: Record<Id, number>;
}

/** One atomic step of a call. */
export type Step =
  | { act: "push"; message: number; tx: number }
  | { act: "release-node"; node: number; tx: number }
  | { act: "release-handle"; handle: number; tx: number }
  | { act: "commit"; tx: number }
  | { act: "finish-node"; node: number }
  | { act: "finish-message"; message: number };

/** The result of a call. */
export type Outcome = Partial<Record<"node" | "handle" | "copy", Id>> & {
  error?: string;
  items?: Item[];
  empty?: boolean;
};

export class Machine {
  readonly variant: Variant;
  peers: Record<number, Peer> = {};
  nodes: Node[] = [];
  handles: Handle[] = [];
  messages: Message[] = [];
  /** The flag of each transaction. */
  txs: boolean[] = [];

  /** Makes a bus without peers; a `variant` other than `right` breaks rules. */
  constructor(variant: Variant = "right") {
    this.variant = variant;
  }

  /** Returns a machine in the same state. */
  copy(): Machine {
    return Machine.from(structuredClone({ ...this }));
  }

  /** Makes a machine of such plain data. */
  static from(data: Pick<Machine, "variant" | "peers" | "nodes" | "handles" | "messages" | "txs">): Machine {
    return Object.assign(new Machine(), data);
  }

  /** Begins a call. Returns its result, and the steps that remain to be taken. */
  begin(call: Event): { outcome: Outcome; steps: Step[] } {
    switch (call.kind) {
      case "open":
        this.peers[call.peer] = { ended: false, queue: emptyQueue(), lastId: -1, nodes: {}, handles: {} };
        return { outcome: {}, steps: [] };
      case "create": {
        const id = this.#newNode(call.peer);
        const handle = this.#newHandle(call.for, at(this.#peer(call.peer).nodes, id));
        return { outcome: { node: id, handle }, steps: [] };
      }
      case "copy": {
        const from = this.#peer(call.peer).handles[call.handle];
        if (from === undefined) return { outcome: { error: "EBADRQC" }, steps: [] };
        return { outcome: { copy: this.#newHandle(call.for, at(this.handles, from).node) }, steps: [] };
      }
      case "commit":
        return this.#commit(call);
      case "receive":
        return { outcome: this.#receive(call.peer, call.items.length + (call.empty ? 1 : 0)), steps: [] };
      case "close":
        return { outcome: {}, steps: this.#close(call.peer) };
      default:
        return { outcome: {}, steps: [] };
    }
  }

  /** Takes one of those steps. */
  step(step: Step): void {
    switch (step.act) {
      case "push": {
        const { peer } = this.#nodeOf(step.message);
        if (this.#peer(peer).ended) at(this.messages, step.message).abandoned = true;
        else this.#push(peer, { tx: step.tx, kind: "message", what: step.message });
        break;
      }
      case "release-node":
        return this.#releaseNode(step.node, step.tx);
      case "release-handle":
        return this.#releaseHandle(step.handle, step.tx);
      case "commit":
        this.txs[step.tx] = true;
        break;
      case "finish-node":
        for (const handle of at(this.nodes, step.node).late.splice(0)) this.#notify(handle, -1);
        break;
      case "finish-message":
        if (at(this.messages, step.message).abandoned) this.#discard(step.message);
    }
  }

  #isCommitted(tx: number): boolean {
    return tx < 0 || this.txs[tx] === true;
  }

  /**
   * Returns the messages in flight with copies of handles that can be settled now: each copy is notified that its node
   * is gone, or released, as the message's own node is. That is due when the message is received, and may come earlier,
   * in the order of each commit.
   */
  unsettled(): number[] {
    return Object.values(this.peers).flatMap(({ queue }) => {
      const parts = oldestFirst(queue).filter(({ kind, tx, what }) =>
        kind === "message" && this.txs[tx] && this.#isUnsettled(what)
      );
      return parts.filter(({ tx }, i) => parts.findIndex((other) => other.tx === tx) === i).map(({ what }) => what);
    });
  }

  #isUnsettled(message: number): boolean {
    const copies = at(this.messages, message).handles.map((handle) => at(this.handles, handle));
    if (this.#nodeOf(message).released) return copies.some(({ released }) => !released);
    return copies.some(({ notified, node }) => !notified && at(this.nodes, node).released);
  }

  /** Settles the copies of such a message. */
  settle(message: number): void {
    if (this.#nodeOf(message).released) this.#discard(message);
    else for (const handle of at(this.messages, message).handles) this.#settle(handle);
  }

  #peer(number: number): Peer {
    const peer = this.peers[number];
    if (peer === undefined) throw new RangeError(`peer ${number} does not exist`);
    return peer;
  }

  #nodeOf(message: number): Node {
    return at(this.nodes, at(this.messages, message).node);
  }

  #newNode(peer: number): Id {
    const id = this.#peer(peer).lastId += 2;
    const node = { peer, id, released: false, tx: -1, handles: [], late: [], counted: 0, uncounted: 0 };
    this.#peer(peer).nodes[id] = this.nodes.push(node) - 1;
    return id;
  }

  #newHandle(peer: number, node: number): Id {
    const handle = this.#makeHandle(peer, node);
    this.#link(handle, -1);
    this.#arrive(handle);
    this.#settle(handle);
    return at(this.handles, handle).id;
  }

  #makeHandle(peer: number, node: number): number {
    const handle = { peer, node, id: 0, linked: false, notified: false, released: false, carrier: -1 };
    return this.handles.push(handle) - 1;
  }

  /** Counts a handle from here on. */
  #link(handle: number, carrier: number): void {
    const it = at(this.handles, handle);
    const node = at(this.nodes, it.node);
    node.counted++;
    if (node.released) return;
    node.handles.push(handle);
    it.linked = true;
    it.carrier = carrier;
  }

  #arrive(handle: number): void {
    const it = at(this.handles, handle);
    const peer = this.#peer(it.peer);
    it.id = peer.lastId += 2;
    peer.handles[it.id] = handle;
  }

  /** Ends a handle's flight. If its node is gone and it was not notified, it is notified now or after that commit. */
  #settle(handle: number): void {
    const it = at(this.handles, handle);
    const node = at(this.nodes, it.node);
    it.carrier = -1;
    if (!node.released || it.notified) return;
    it.notified = true;
    if (this.#isCommitted(node.tx)) this.#notify(handle, -1);
    else node.late.push(handle);
  }

  #notify(handle: number, tx: number): void {
    this.#push(at(this.handles, handle).peer, { tx, kind: "node-release", what: handle });
  }

  #push(number: number, part: Part): void {
    const peer = this.#peer(number);
    if (!peer.ended) peer.queue.incoming.unshift(part);
  }

  #commit({ peer, sends, releases }: Commit): { outcome: Outcome; steps: Step[] } {
    const { nodes, handles } = this.#peer(peer);
    const named = sends.flatMap(({ to, handles }) => [...to, ...handles]);
    const isThere = named.every((id) => handles[id] !== undefined) &&
      releases.every((id) => nodes[id] !== undefined || handles[id] !== undefined);
    if (!isThere) return { outcome: { error: "EBADRQC" }, steps: [] };

    const tx = this.txs.push(false) - 1;
    const steps: Step[] = [];
    const after: Step[] = [];
    for (const { number, hash, to, handles: carried } of sends) {
      for (const id of to) {
        const { node } = at(this.handles, at(handles, id));
        const receiver = at(this.nodes, node).peer;
        const copies = carried.map((id) => this.#makeHandle(receiver, at(this.handles, at(handles, id)).node));
        const message = this.messages.push({ node, number, hash, handles: copies, abandoned: false }) - 1;
        for (const copy of copies) this.#link(copy, tx);
        steps.push({ act: "push", message, tx });
        after.push({ act: "finish-message", message });
      }
    }
    const released = [...new Set(releases)];
    for (const id of released) {
      const node = nodes[id];
      if (node === undefined) continue;
      steps.push({ act: "release-node", node, tx });
      after.push({ act: "finish-node", node });
    }
    for (const id of released) {
      const handle = handles[id];
      if (handle !== undefined) steps.push({ act: "release-handle", handle, tx });
    }
    return { outcome: {}, steps: [...steps, { act: "commit", tx }, ...after] };
  }

  #releaseNode(index: number, tx: number): void {
    const node = at(this.nodes, index);
    delete this.#peer(node.peer).nodes[node.id];
    node.released = true;
    node.tx = tx;
    for (const handle of node.handles.splice(0)) {
      const it = at(this.handles, handle);
      it.linked = false;
      if (it.carrier >= 0 && it.carrier !== tx && !this.txs[it.carrier]) continue; // notified when it arrives
      it.notified = true;
      this.#notify(handle, tx);
    }
  }

  #releaseHandle(index: number, tx: number): void {
    const handle = at(this.handles, index);
    delete this.#peer(handle.peer).handles[handle.id];
    handle.released = true;
    if (!handle.linked) return;
    const node = at(this.nodes, handle.node);
    handle.linked = false;
    node.handles.splice(node.handles.indexOf(index), 1);
    this.#push(node.peer, { tx, kind: "handle-release", what: index });
  }

  /** Releases a message's handles, each as a transaction of its own. */
  #discard(message: number): void {
    for (const handle of at(this.messages, message).handles) this.#releaseHandle(handle, -1);
  }

  #receive(number: number, limit: number): Outcome {
    const items: Item[] = [];
    while (items.length < limit) {
      const item = this.#next(number);
      if (item === null) return { items, empty: true };
      items.push(item);
    }
    return { items, empty: false };
  }

  /** Takes steps until something is received, or nothing is ready. */
  #next(number: number): Item | null {
    const peer = this.#peer(number);
    for (;;) {
      const step = stepLook(peer.queue, this.variant, ({ tx }) => this.#isCommitted(tx));
      const item = step.deed === "receive" ? this.#deliver(peer, step.part) : null;
      if (item !== null) return item;
      if ("isEmpty" in step && step.isEmpty) return null;
    }
  }

  #deliver(peer: Peer, { kind, what }: Part): Item | null {
    if (kind === "message") {
      const { number, hash, handles } = at(this.messages, what);
      const node = this.#nodeOf(what);
      if (node.released) {
        this.#discard(what);
        return null;
      }
      for (const handle of handles) this.#arrive(handle);
      for (const handle of handles) this.#settle(handle);
      return { type: "message", node: node.id, number, hash, handles: handles.map((one) => at(this.handles, one).id) };
    }
    const handle = at(this.handles, what);
    if (kind === "node-release") {
      if (handle.released) return null;
      handle.released = true;
      delete peer.handles[handle.id];
      return { type: "node-release", handle: handle.id };
    }
    const node = at(this.nodes, handle.node);
    node.uncounted++;
    if (node.released || node.uncounted < node.counted) return null;
    node.released = true;
    delete peer.nodes[node.id];
    return { type: "handle-release", node: node.id };
  }

  #close(number: number): Step[] {
    const peer = this.#peer(number);
    if (peer.ended) return [];
    peer.ended = true;
    const tx = this.txs.push(false) - 1;
    const steps: Step[] = [];
    const nodes = Object.values(peer.nodes);
    for (const node of nodes) steps.push({ act: "release-node", node, tx });
    for (const { kind, what, tx: carrier } of oldestFirst(peer.queue)) {
      if (kind !== "message") continue;
      const message = at(this.messages, what);
      if (!this.#isCommitted(carrier)) message.abandoned = true;
      else for (const handle of message.handles) steps.push({ act: "release-handle", handle, tx });
    }
    for (const handle of Object.values(peer.handles)) steps.push({ act: "release-handle", handle, tx });
    steps.push({ act: "commit", tx });
    for (const node of nodes) steps.push({ act: "finish-node", node });
    return steps;
  }
}
