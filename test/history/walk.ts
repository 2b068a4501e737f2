/**
 * Goes through each peer's events in their order, and writes down what they say at the lives of what they are about.
 *
 * On the way it decides what the events of one peer decide alone: that what was received was sent, once, with these
 * bytes and to this node (`atomic`); that ids come from the counter (`ids`); that a peer can use what it holds and
 * nothing else (`held`); that nothing is heard of what is gone (`last word`); and that a peer has one operator
 * (`hand-over`).
 *
 * @module
 */

import type { Rule } from "./findings.ts";
import { describeItem, type Event, type Id, type Item, type Receive } from "./history.ts";
import { isDone, key, type Ref } from "./indexed.ts";
import type { Knowledge, Known } from "./knowledge.ts";
import {
  type About,
  type Case,
  type Done,
  type HandleLife,
  Judge,
  NEVER,
  type NodeLife,
  type PeerLife,
} from "./lives.ts";

type Held = { node: NodeLife } | { handle: HandleLife };

/** Goes through the events of all peers. */
export function walk(judged: Case): void {
  for (const [peer, timeline] of judged.knowledge.timelines) {
    const steps = new Walk(judged, judged.lives.peer(peer));
    for (const ref of timeline) steps.take(ref);
    steps.end(judged.knowledge);
  }
}

class Walk extends Judge {
  readonly #peer: PeerLife;
  readonly #held = new Map<Id, Held>();
  /** What was held. */
  readonly #gone = new Map<Id, Ref>();
  #lastId: Id = -1;
  #place = 0;
  /** The actor that operates it. */
  #operator: number | null = null;
  /** The ticket with which somebody else may do so. */
  #ticket: number | null = null;
  /** The detach that made it, or the last event of the operator. */
  #last: Ref = -1;

  constructor(judged: Case, peer: PeerLife) {
    super(judged);
    this.#peer = peer;
  }

  take(ref: Ref): void {
    const event = this.indexed.events[ref];
    const number = this.#peer.number;
    this.#checkOperator(event, ref);
    this.#checkError(event, ref);
    if (!isDone(event)) return;
    this.#last = ref;
    switch (event.kind) {
      case "create":
        if (event.peer === number) {
          this.#hold(event.node, { node: this.lives.nodes.get(key(number, event.node))! }, ref);
        }
        if (event.for === number) this.#holdNew(event.handle, key(event.peer, event.node), ref);
        break;
      case "copy":
        if (event.for === number) this.#holdNew(event.copy, this.indexed.nodeOf(key(event.peer, event.handle)), ref);
        break;
      case "commit":
        for (const id of event.releases) this.#release(id, ref);
        break;
      case "receive":
        this.#receive(event, ref);
        break;
      case "close":
        if (this.#peer.closed === NEVER) this.#peer.closed = this.#done(ref);
        break;
    }
  }

  /** What became of the peer. */
  end(knowledge: Knowledge): void {
    const { history, events, actors, revoked, first } = this.indexed;
    const floors: Known[] = (revoked.get(this.#peer.number) ?? []).map((ref) => knowledge.atStart(ref));
    let certain = floors.length > 0;
    if (this.#peer.closed === NEVER) {
      const holder = this.#operator ?? actors[this.#last];
      if (history.actors[holder].died) {
        let last = first[holder + 1] - 1;
        while (last > first[holder] && events[last].end === Infinity) last--;
        floors.push(knowledge.atEnd(last));
        certain = true;
      } else if (this.#ticket !== null && this.#adoptions(this.#ticket).some((ref) => events[ref].end === Infinity)) {
        floors.push(knowledge.none()); // it died with the Worker that was about to adopt it, or did not
      }
    } else if (floors.length > 0) {
      floors.push(knowledge.atStart(this.#peer.closed.by));
    }
    if (floors.length === 0) return;
    const floor = floors[0].map((count, actor) => Math.min(count, ...floors.map((other) => other[actor])));
    this.#peer.loss = { floor, certain, known: Infinity, knownBy: -1 };
  }

  #adoptions(ticket: number): Ref[] {
    return this.indexed.adopted.get(ticket) ?? [];
  }

  #done(ref: Ref): Done {
    return { at: this.#place++, by: ref };
  }

  // hand-over

  #checkOperator(event: Event, ref: Ref): void {
    const actor = this.indexed.actors[ref];
    const broken = (what: string) => this.findings.add("hand-over", `p${this.#peer.number}: ${what}`, this.#last, ref);
    if (event.kind === "adopt") {
      if (!isDone(event)) return;
      if (this.#ticket !== event.ticket) broken("adopted with a ticket that is not the one it waits with");
      this.#ticket = null;
      this.#operator = actor;
      return;
    }
    if (event.end === Infinity || event.error === "ESHUTDOWN") return; // who has handed it over is told that
    if (event.kind === "open") this.#operator = actor;
    else if (this.#operator !== actor) broken("used by one who does not operate it");
    if (event.kind === "detach") {
      this.#operator = null;
      this.#ticket = event.ticket;
    }
  }

  // held

  #checkError(event: Event, ref: Ref): void {
    if (event.end === Infinity || !("peer" in event)) return;
    const { error } = event;
    const fail = (rule: Rule, what: string) => this.findings.add(rule, `p${this.#peer.number}: ${what}`, ref);
    if (error === "ESHUTDOWN") {
      const peers = "for" in event ? [event.peer, event.for] : [event.peer];
      const ended = (number: number) => this.indexed.revoked.has(number) || this.indexed.closed.has(number);
      if (!peers.some(ended)) fail("held", "a call fails, but nothing has ended the peer");
      return;
    }
    if (event.kind === "adopt") {
      if (error === "EBADRQC" && !this.#isSpent(event.ticket)) {
        fail("hand-over", "a ticket that is good adopts nothing");
      }
      return;
    }
    if (event.peer !== this.#peer.number) return;
    if (error === undefined && this.#peer.closed !== NEVER && event.kind !== "close") {
      this.findings.add("held", `p${this.#peer.number}: used after its end`, this.#peer.closed.by, ref);
      return;
    }
    const missing = this.#missing(event);
    if (error === "EBADRQC" && missing === undefined) fail("held", "a call fails, but all that it names is held");
    if (error === undefined && missing !== undefined) {
      const what = `${missing} is used, but the peer does not hold it`;
      this.findings.add("held", `p${this.#peer.number}: ${what}`, this.#gone.get(missing) ?? -1, ref);
    }
  }

  /** An id that the event names and the peer does not hold. */
  #missing(event: Event): Id | undefined {
    const isHandle = (id: Id) => "handle" in (this.#held.get(id) ?? {});
    if (event.kind === "copy") return isHandle(event.handle) ? undefined : event.handle;
    if (event.kind !== "commit") return undefined;
    const handles = event.sends.flatMap(({ to, handles }) => [...to, ...handles]);
    return handles.find((id) => !isHandle(id)) ?? event.releases.find((id) => !this.#held.has(id));
  }

  #isSpent(ticket: number): boolean {
    const { events, actors, history, detached, revoked } = this.indexed;
    if (revoked.has(this.#peer.number)) return true;
    const detach = detached.get(ticket);
    if (detach !== undefined && history.actors[actors[detach]].died) return true;
    return this.#adoptions(ticket).some((ref) => events[ref].error === undefined);
  }

  #release(id: Id, ref: Ref): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#drop(id, ref);
    if ("node" in held) held.node.released = this.#done(ref);
    else held.handle.released = this.#done(ref);
  }

  // ids

  #hold(id: Id, held: Held, ref: Ref): void {
    const expected = this.#lastId + 2;
    if (id !== expected) {
      const reused = this.#held.has(id) || this.#gone.has(id);
      const what = reused ? `id ${id} is used again` : `id ${id} does not come from the counter, ${expected} is next`;
      this.findings.add("ids", `p${this.#peer.number}: ${what}`, this.#gone.get(id) ?? -1, ref);
    }
    this.#lastId = Math.max(this.#lastId, id);
    this.#held.set(id, held);
  }

  #holdNew(id: Id, node: number | undefined, ref: Ref): void {
    const leadsTo = node === undefined ? undefined : this.lives.nodes.get(node);
    if (leadsTo === undefined) return; // a copy of what was not held, which was said
    const handle = this.lives.addHandle(this.#peer.number, leadsTo, ref);
    handle.id = id;
    handle.arrived = this.#done(ref);
    this.#hold(id, { handle }, ref);
  }

  #drop(id: Id, ref: Ref): void {
    this.#held.delete(id);
    this.#gone.set(id, ref);
  }

  // atomic, last word

  #receive(event: Receive, ref: Ref): void {
    for (const item of event.items) {
      const about = this.#about(item, ref);
      if (about !== null) this.#peer.received.push({ ...this.#done(ref), item, about });
    }
    if (event.empty) this.#peer.looks.push(this.#done(ref));
  }

  /** Writes down what was received. `null`, and said, if it may not be. */
  #about(item: Item, ref: Ref): About | null {
    switch (item.type) {
      case "message":
        return this.#message(item, ref);
      case "node-release":
        return this.#nodeRelease(item.handle, item, ref);
      case "handle-release":
        return this.#handleRelease(item.node, item, ref);
    }
  }

  #message(item: Item & { type: "message" }, ref: Ref): About | null {
    const { number, node } = item;
    const peer = this.#peer.number;
    const fail = (rule: Rule, what: string, ...refs: Ref[]) => {
      this.findings.add(rule, `p${peer}: ${describeItem(item)}: ${what}`, ...refs, ref);
      return null;
    };
    const sent = this.indexed.sent.get(number);
    if (sent === undefined) {
      const failed = this.indexed.failed.get(number);
      return failed ? fail("atomic", "its transaction failed", failed.commit) : fail("atomic", "nobody sent it");
    }
    const part = this.lives.takePart(number, key(peer, node));
    if (part === undefined) {
      const often = this.lives.wasSent(number, key(peer, node));
      return fail("atomic", often ? "received once more than sent" : "it was not sent to this node", sent.commit);
    }
    if (sent.send.hash !== item.hash) fail("atomic", "these are not the bytes that were sent", sent.commit);
    if (sent.send.handles.length !== item.handles.length) {
      fail("atomic", "these are not the handles that were sent", sent.commit);
    }
    if (!this.#held.has(node)) fail("last word", "the node is gone", this.#gone.get(node) ?? -1);
    part.received = { at: this.#place, by: ref };
    item.handles.forEach((id, i) => {
      const handle = part.handles[i];
      if (handle === undefined) return;
      handle.id = id;
      handle.arrived = part.received;
      this.#hold(id, { handle }, ref);
    });
    return { part };
  }

  #nodeRelease(id: Id, item: Item, ref: Ref): About | null {
    const peer = this.#peer.number;
    const held = this.#held.get(id);
    if (held === undefined || "node" in held) {
      const gone = this.#gone.get(id);
      const what = `p${peer}: ${describeItem(item)}: the peer ${
        gone === undefined ? "has no such handle" : "has let go of it"
      }`;
      this.findings.add(gone === undefined ? "told" : "last word", what, gone ?? -1, ref);
      return null;
    }
    this.#drop(id, ref);
    held.handle.told = { at: this.#place, by: ref };
    return held;
  }

  #handleRelease(id: Id, item: Item, ref: Ref): About | null {
    const held = this.#held.get(id);
    if (held === undefined || "handle" in held) {
      const gone = this.#gone.get(id);
      const what = gone === undefined ? "the peer has no such node" : "the node is gone";
      this.findings.add("last word", `p${this.#peer.number}: ${describeItem(item)}: ${what}`, gone ?? -1, ref);
      return null;
    }
    this.#drop(id, ref);
    held.node.heard = { at: this.#place, by: ref };
    return held;
  }
}
