/**
 * The rules that the events of one peer decide alone. Each peer's events are visited in their order, and noted at the
 * lifetimes of the objects that they are about.
 *
 * - `atomic`: what was received was sent, once, with these bytes and to this node;
 * - `ids`: ids come from the counter;
 * - `held`: a peer can use what it holds and nothing else;
 * - `last word`: nothing is received about an object that is gone;
 * - `hand-over`: a peer has one operator.
 *
 * @module
 */

import type { Rule } from "./findings.ts";
import { describeItem, type Event, type Id, type Item, type Receive } from "./history.ts";
import { isDone, key, type Ref } from "./indexed.ts";
import type { Known, VectorClocks } from "./vector_clocks.ts";
import {
  type About,
  type Case,
  type Done,
  type HandleLifetime,
  Judge,
  NEVER,
  type NodeLifetime,
  type PeerLifetime,
} from "./lifetimes.ts";

type Held = { node: NodeLifetime } | { handle: HandleLifetime };

/** Checks the events of all peers. */
export function checkPeers(judged: Case): void {
  for (const [peer, timeline] of judged.clocks.timelines) {
    const steps = new PeerRules(judged, judged.lifetimes.peer(peer));
    for (const ref of timeline) steps.take(ref);
    steps.end(judged.clocks);
  }
}

class PeerRules extends Judge {
  readonly #peer: PeerLifetime;
  readonly #held = new Map<Id, Held>();
  /** Objects that were held, and the events that ended them. */
  readonly #gone = new Map<Id, Ref>();
  #lastId: Id = -1;
  #place = 0;
  /** The actor that operates it. */
  #operator: number | null = null;
  /** The ticket with which another actor may adopt it. */
  #ticket: number | null = null;
  /** The detach that made it, or the last event of the operator. */
  #last: Ref = -1;

  constructor(judged: Case, peer: PeerLifetime) {
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
          this.#hold(event.node, { node: this.lifetimes.nodes.get(key(number, event.node))! }, ref);
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

  /** Notes how the peer ended. */
  end(clocks: VectorClocks): void {
    const { history, events, actors, revoked, first } = this.indexed;
    const floors: Known[] = (revoked.get(this.#peer.number) ?? []).map((ref) => clocks.atStart(ref));
    let certain = floors.length > 0;
    if (this.#peer.closed === NEVER) {
      const holder = this.#operator ?? actors[this.#last];
      if (history.actors[holder].died) {
        let last = first[holder + 1] - 1;
        while (last > first[holder] && events[last].end === Infinity) last--;
        floors.push(clocks.atEnd(last));
        certain = true;
      } else if (this.#ticket !== null && this.#adoptions(this.#ticket).some((ref) => events[ref].end === Infinity)) {
        floors.push(clocks.none()); // it died with the Worker that was about to adopt it, or did not
      }
    } else if (floors.length > 0) {
      floors.push(clocks.atStart(this.#peer.closed.by));
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
    if (event.end === Infinity || event.error === "ESHUTDOWN") return; // the actor that detached it gets this error
    if (event.kind === "open") this.#operator = actor;
    else if (this.#operator !== actor) broken("used by an actor that does not operate it");
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
    const leadsTo = node === undefined ? undefined : this.lifetimes.nodes.get(node);
    if (leadsTo === undefined) return; // a copy of a handle that was not held, which was reported
    const handle = this.lifetimes.addHandle(this.#peer.number, leadsTo, ref);
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

  /** Notes what was received. If that is against a rule, reports it and returns `null`. */
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
      return failed ? fail("atomic", "its transaction failed", failed.commit) : fail("atomic", "no commit sent it");
    }
    const part = this.lifetimes.takePart(number, key(peer, node));
    if (part === undefined) {
      const often = this.lifetimes.wasSent(number, key(peer, node));
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
    held.node.notified = { at: this.#place, by: ref };
    return held;
  }
}
