/**
 * The bus as a machine of small steps, written from the reference's description (SPEC section 4): a commit pushes part
 * after part, then sets its flag; a receiver takes all that has come and looks at the flags. Whatever such a machine can
 * do is allowed, in whatever order the steps of several actors come. It is slow, and it shares nothing with the engines
 * or with the checker.
 *
 * All state is plain data, to be copied. Ends of peers from outside are left out.
 *
 * @module
 */

import type { Event, Id, Item } from "./history.ts";

interface Node {
  peer: number;
  id: Id;
  released: boolean;
  /** The transaction that released it. */
  tx: number;
  /** Live handles, in the order in which they became that. */
  handles: number[];
  /** Handles that are told when that transaction is done. */
  late: number[];
  counted: number;
  heard: number;
}

interface Handle {
  peer: number;
  node: number;
  id: Id;
  linked: boolean;
  told: boolean;
  released: boolean;
  /** The transaction that brings it. */
  carrier: number;
}

interface Message {
  node: number;
  number: number;
  hash: number;
  handles: number[];
  /** It waited, not committed, when its receiver ended: its sender discards it. */
  abandoned: boolean;
}

/** What arrives at one receiver. A transaction of -1 is one of its own. */
export interface Part {
  tx: number;
  kind: "message" | "node-release" | "handle-release";
  /** A message's number in the machine, or a handle's. */
  what: number;
}

interface Peer {
  ended: boolean;
  incoming: Part[];
  busy: Part[];
  ready: Part[];
  lastId: Id;
  nodes: Record<Id, number>;
  handles: Record<Id, number>;
}

/** One thing that an event does at once. */
export type Step =
  | { act: "push"; message: number; tx: number }
  | { act: "release-node"; node: number; tx: number }
  | { act: "release-handle"; handle: number; tx: number }
  | { act: "commit"; tx: number }
  | { act: "finish-node"; node: number }
  | { act: "finish-message"; message: number };

/** What an event came to. */
export type Outcome = Partial<Record<"node" | "handle" | "copy", Id>> & {
  error?: string;
  items?: Item[];
  empty?: boolean;
};

export class Machine {
  peers: Record<number, Peer> = {};
  nodes: Node[] = [];
  handles: Handle[] = [];
  messages: Message[] = [];
  /** Whether they are committed. */
  txs: boolean[] = [];

  /** A machine in the same state. */
  copy(): Machine {
    const { peers, nodes, handles, messages, txs } = this;
    return Object.assign(new Machine(), structuredClone({ peers, nodes, handles, messages, txs }));
  }

  /** Begins an event. Answers what it comes to, and the steps that are left to do. */
  begin(event: Event): { outcome: Outcome; steps: Step[] } {
    switch (event.kind) {
      case "open":
        this.peers[event.peer] = {
          ...{ ended: false, incoming: [], busy: [], ready: [], lastId: -1, nodes: {}, handles: {} },
        };
        return { outcome: {}, steps: [] };
      case "create": {
        const node = this.#newNode(event.peer);
        const handle = this.#newHandle(event.for, this.peers[event.peer].nodes[node]);
        return { outcome: { node, handle }, steps: [] };
      }
      case "copy": {
        const from = this.peers[event.peer].handles[event.handle];
        if (from === undefined) return { outcome: { error: "EBADRQC" }, steps: [] };
        return { outcome: { copy: this.#newHandle(event.for, this.handles[from].node) }, steps: [] };
      }
      case "commit":
        return this.#commit(event);
      case "receive":
        return { outcome: this.#receive(event.peer, event.items.length + (event.empty ? 1 : 0)), steps: [] };
      case "close":
        return { outcome: {}, steps: this.#close(event.peer) };
      default:
        return { outcome: {}, steps: [] };
    }
  }

  /** Does one of those steps; answers what has to be done after it. */
  step(step: Step): void {
    switch (step.act) {
      case "push": {
        const { peer } = this.nodes[this.messages[step.message].node];
        if (this.peers[peer].ended) this.messages[step.message].abandoned = true;
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
      case "finish-node": {
        const node = this.nodes[step.node];
        for (const handle of node.late.splice(0)) this.#tell(handle, -1);
        break;
      }
      case "finish-message":
        if (this.messages[step.message].abandoned) this.#discard(step.message);
    }
  }

  #newNode(peer: number): Id {
    const id = this.peers[peer].lastId += 2;
    const node = { peer, id, released: false, tx: -1, handles: [], late: [], counted: 0, heard: 0 };
    this.peers[peer].nodes[id] = this.nodes.push(node) - 1;
    return id;
  }

  #newHandle(peer: number, node: number): Id {
    const handle = this.#makeHandle(peer, node);
    this.#link(handle, -1);
    this.#arrive(handle);
    this.#settle(handle);
    return this.handles[handle].id;
  }

  #makeHandle(peer: number, node: number): number {
    const handle = { peer, node, id: 0, linked: false, told: false, released: false, carrier: -1 };
    return this.handles.push(handle) - 1;
  }

  /** It counts from here on. */
  #link(handle: number, carrier: number): void {
    const node = this.nodes[this.handles[handle].node];
    node.counted++;
    if (node.released) return;
    node.handles.push(handle);
    this.handles[handle].linked = true;
    this.handles[handle].carrier = carrier;
  }

  #arrive(handle: number): void {
    const { peer } = this.handles[handle];
    const id = this.peers[peer].lastId += 2;
    this.handles[handle].id = id;
    this.peers[peer].handles[id] = handle;
  }

  /** It has arrived: if its node is gone, and nobody has told, somebody does. */
  #settle(handle: number): void {
    const it = this.handles[handle];
    const node = this.nodes[it.node];
    it.carrier = -1;
    if (!node.released || it.told) return;
    it.told = true;
    if (node.tx < 0 || this.txs[node.tx]) this.#tell(handle, -1);
    else node.late.push(handle);
  }

  #tell(handle: number, tx: number): void {
    this.#push(this.handles[handle].peer, { tx, kind: "node-release", what: handle });
  }

  #push(peer: number, part: Part): void {
    if (!this.peers[peer].ended) this.peers[peer].incoming.push(part);
  }

  #commit(event: Event & { kind: "commit" }): { outcome: Outcome; steps: Step[] } {
    const { nodes, handles } = this.peers[event.peer];
    const named = event.sends.flatMap(({ to, handles }) => [...to, ...handles]);
    const isThere = named.every((id) => handles[id] !== undefined) &&
      event.releases.every((id) => nodes[id] !== undefined || handles[id] !== undefined);
    if (!isThere) return { outcome: { error: "EBADRQC" }, steps: [] };

    const tx = this.txs.push(false) - 1;
    const steps: Step[] = [];
    const after: Step[] = [];
    for (const { number, hash, to, handles: carried } of event.sends) {
      for (const id of to) {
        const { node } = this.handles[handles[id]];
        const copies = carried.map((id) => this.#makeHandle(this.nodes[node].peer, this.handles[handles[id]].node));
        const message = this.messages.push({ node, number, hash, handles: copies, abandoned: false }) - 1;
        for (const copy of copies) this.#link(copy, tx);
        steps.push({ act: "push", message, tx });
        after.push({ act: "finish-message", message });
      }
    }
    const releases = [...new Set(event.releases)];
    for (const id of releases) {
      if (nodes[id] === undefined) continue;
      steps.push({ act: "release-node", node: nodes[id], tx });
      after.push({ act: "finish-node", node: nodes[id] });
    }
    for (const id of releases) {
      if (handles[id] !== undefined) steps.push({ act: "release-handle", handle: handles[id], tx });
    }
    return { outcome: {}, steps: [...steps, { act: "commit", tx }, ...after] };
  }

  #releaseNode(index: number, tx: number): void {
    const node = this.nodes[index];
    delete this.peers[node.peer].nodes[node.id];
    node.released = true;
    node.tx = tx;
    for (const handle of node.handles.splice(0)) {
      const it = this.handles[handle];
      it.linked = false;
      if (it.carrier >= 0 && it.carrier !== tx && !this.txs[it.carrier]) continue; // told when it arrives
      it.told = true;
      this.#tell(handle, tx);
    }
  }

  #releaseHandle(index: number, tx: number): void {
    const handle = this.handles[index];
    delete this.peers[handle.peer].handles[handle.id];
    handle.released = true;
    if (!handle.linked) return;
    const node = this.nodes[handle.node];
    handle.linked = false;
    node.handles.splice(node.handles.indexOf(index), 1);
    this.#push(node.peer, { tx, kind: "handle-release", what: index });
  }

  /** Its handles are released, as a transaction of its own. */
  #discard(message: number): void {
    for (const handle of this.messages[message].handles) this.#releaseHandle(handle, -1);
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

  #next(number: number): Item | null {
    const peer = this.peers[number];
    for (;;) {
      if (peer.ready.length === 0) {
        const all = [...peer.busy, ...peer.incoming.splice(0)];
        peer.ready = all.filter(({ tx }) => tx < 0 || this.txs[tx]);
        peer.busy = all.filter(({ tx }) => tx >= 0 && !this.txs[tx]);
      }
      const part = peer.ready.shift();
      if (part === undefined) return null;
      const item = this.#deliver(peer, part);
      if (item !== null) return item;
    }
  }

  #deliver(peer: Peer, { kind, what }: Part): Item | null {
    if (kind === "message") {
      const { node, number, hash, handles } = this.messages[what];
      if (this.nodes[node].released) {
        this.#discard(what);
        return null;
      }
      for (const handle of handles) this.#arrive(handle);
      for (const handle of handles) this.#settle(handle);
      return {
        type: "message",
        node: this.nodes[node].id,
        number,
        hash,
        handles: handles.map((one) => this.handles[one].id),
      };
    }
    const handle = this.handles[what];
    if (kind === "node-release") {
      if (handle.released) return null;
      handle.released = true;
      delete peer.handles[handle.id];
      return { type: "node-release", handle: handle.id };
    }
    const node = this.nodes[handle.node];
    node.heard++;
    if (node.released || node.heard < node.counted) return null;
    node.released = true;
    delete peer.nodes[node.id];
    return { type: "handle-release", node: node.id };
  }

  #close(number: number): Step[] {
    const peer = this.peers[number];
    if (peer.ended) return [];
    peer.ended = true;
    const tx = this.txs.push(false) - 1;
    const steps: Step[] = [];
    const nodes = Object.values(peer.nodes);
    for (const node of nodes) steps.push({ act: "release-node", node, tx });
    for (const { kind, what, tx: of } of [...peer.ready, ...peer.busy, ...peer.incoming]) {
      if (kind !== "message") continue;
      if (of >= 0 && !this.txs[of]) this.messages[what].abandoned = true;
      else for (const handle of this.messages[what].handles) steps.push({ act: "release-handle", handle, tx });
    }
    for (const handle of Object.values(peer.handles)) steps.push({ act: "release-handle", handle, tx });
    steps.push({ act: "commit", tx });
    for (const node of nodes) steps.push({ act: "finish-node", node });
    return steps;
  }
}
