/**
 * What each actor knew at each event: one pass over a history, in an order in which no effect precedes its cause.
 *
 * For each event it finds how many events of every actor were known to have happened, when the call began and when it
 * had returned (a vector clock). VectorClocks comes from
 *
 * - the actor's own earlier events;
 * - the clock: an actor that calls at `t` knows what had returned by `t`;
 * - a sighting, and the adoption of a peer, which another actor had detached;
 * - the bus: the receiver of a message knows that its transaction happened, and all that its sender knew; the receiver
 *   of a release notification knows the release, or, for the last handle's, all releases of that node's handles.
 *
 * The end of a peer that was revoked, or terminated with its Worker, has no known moment, and gives no knowledge here:
 * `order_rules.ts` handles it by the clock. Events are compared through their actors only, so the cost is the number of
 * events times the number of actors.
 *
 * @module
 */

import type { Event, Item, PeerNumber } from "./history.ts";
import { append, type Indexed, isDone, type Key, key, peerOf, type Ref } from "./indexed.ts";

/**
 * How much is known of each actor's events: 2n + 1 if the n-th (from 0) has happened, 2n + 2 if its call has also
 * returned. The receiver of a part knows that the commit happened, and not yet that it returned.
 */
export type Known = Int32Array;

/** The events that an event's end follows from: `received` must have begun, `seen` must have returned. */
interface Causes {
  received: Ref[];
  seen: Ref[];
}

const NO_CAUSES: Causes = { received: [], seen: [] };

export class VectorClocks {
  readonly #indexed: Indexed;
  readonly #n: number;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** For each actor its next event. */
  readonly #next: Ref[];
  readonly #begun: boolean[];
  /** For each actor the causes of the end of its event, once that has begun. */
  readonly #causes: Causes[];
  /** For each actor, how many events of each other actor it knows by the clock. */
  readonly #told: Int32Array[];
  /** The events of each peer's operators, in their order. */
  readonly timelines: Map<PeerNumber, Ref[]> = new Map();
  /** If effects come before their causes: events that wait for each other in a circle. */
  readonly circle: Ref[] = [];

  constructor(indexed: Indexed) {
    this.#indexed = indexed;
    this.#n = indexed.history.actors.length;
    this.#starts = new Int32Array(indexed.events.length * this.#n);
    this.#ends = new Int32Array(indexed.events.length * this.#n);
    this.#next = indexed.first.slice(0, -1);
    this.#begun = this.#next.map(() => false);
    this.#causes = this.#next.map(() => NO_CAUSES);
    this.#told = this.#next.map(() => new Int32Array(this.#n));
    for (let moved = true; moved;) {
      moved = false;
      for (let actor = 0; actor < this.#n; actor++) while (this.#advance(actor)) moved = true;
    }
    if (this.#next.some((next, actor) => next < indexed.first[actor + 1])) this.circle = this.#findCircle();
  }

  /** Returns what was known when the call began. */
  atStart(ref: Ref): Known {
    return this.#starts.subarray(ref * this.#n, (ref + 1) * this.#n);
  }

  /** Returns what was known when the call had returned. */
  atEnd(ref: Ref): Known {
    return this.#ends.subarray(ref * this.#n, (ref + 1) * this.#n);
  }

  /** Whether an event is known to have happened. */
  has(known: Known, ref: Ref): boolean {
    return known[this.#indexed.actors[ref]] > 2 * this.#indexed.indexOf(ref);
  }

  /** Whether it is known, too, that its call has returned. */
  hasReturned(known: Known, ref: Ref): boolean {
    return known[this.#indexed.actors[ref]] > 2 * this.#indexed.indexOf(ref) + 1;
  }

  /** Whether a handle that one event made counted for sure when a transaction was committed. */
  counted(live: Ref, tx: Ref): boolean {
    return live === tx || this.has(this.atStart(tx), live);
  }

  /** Adds that an event has happened, or has returned; adds nothing of what its actor knew. */
  add(known: Known, ref: Ref, hasReturned: boolean = false): void {
    const actor = this.#indexed.actors[ref];
    known[actor] = Math.max(known[actor], 2 * this.#indexed.indexOf(ref) + (hasReturned ? 2 : 1));
  }

  /** Returns a clock that knows of nothing. */
  none(): Known {
    return new Int32Array(this.#n);
  }

  /** Returns the events that an event's end follows from, other than its own begin. */
  causes(event: Event): Causes {
    const { events, first, detached } = this.#indexed;
    const seen: Ref[] = [];
    if (event.kind === "receive") {
      return { received: event.items.flatMap((item) => this.sources(event.peer, item)), seen };
    }
    if (event.kind === "adopt" && isDone(event)) {
      const ref = detached.get(event.ticket);
      if (ref !== undefined && isDone(events[ref])) seen.push(ref);
    }
    if (event.kind === "sight" && event.count > 0) seen.push(first[event.actor] + event.count - 1);
    return { received: [], seen };
  }

  /** Returns the transactions of which an item gives knowledge. */
  sources(peer: PeerNumber, item: Item): Ref[] {
    const indexed = this.#indexed;
    switch (item.type) {
      case "message": {
        const sent = indexed.sent.get(item.number);
        return sent === undefined ? [] : [sent.commit];
      }
      case "node-release": {
        const node = indexed.nodeOf(key(peer, item.handle));
        const release = node === undefined ? -1 : this.releaseOf(node);
        return release < 0 ? [] : [release];
      }
      case "handle-release": {
        const node = key(peer, item.node);
        return [...indexed.made.get(node) ?? [], ...indexed.unmade.get(node) ?? []];
      }
    }
  }

  /** The event that released a node, if it is certain: a commit, or else its owner's close. */
  releaseOf(node: Key): Ref {
    const { released, closed, revoked, events } = this.#indexed;
    const release = released.get(node);
    if (release !== undefined) return release;
    const close = closed.get(peerOf(node));
    return close === undefined || revoked.has(peerOf(node)) || events[close].end === Infinity ? -1 : close;
  }

  /** Begins or ends an actor's next event, if all that it follows from is there. */
  #advance(actor: number): boolean {
    const indexed = this.#indexed;
    const ref = this.#next[actor];
    if (ref === indexed.first[actor + 1] || this.#blocker(actor) !== null) return false;
    const event = indexed.events[ref];
    if (!this.#begun[actor]) {
      this.#begun[actor] = true;
      this.#causes[actor] = this.causes(event);
      const known = this.atStart(ref);
      if (ref > indexed.first[actor]) known.set(this.atEnd(ref - 1));
      this.#told[actor].forEach((count, other) => {
        if (2 * count > known[other]) join(known, this.atEnd(indexed.first[other] + count - 1));
      });
      return true;
    }
    const known = this.atEnd(ref);
    known.set(this.atStart(ref));
    const { received, seen } = this.#causes[actor];
    for (const cause of received) {
      join(known, this.atStart(cause));
      this.add(known, cause);
    }
    for (const cause of seen) join(known, this.atEnd(cause));
    this.add(known, ref, true);
    for (const peer of operated(event)) append(this.timelines, peer, ref);
    this.#begun[actor] = false;
    this.#next[actor]++;
    return true;
  }

  /** The event that an actor's next step waits for. */
  #blocker(actor: number): Ref | null {
    const { events, first } = this.#indexed;
    const ref = this.#next[actor];
    const event = events[ref];
    if (this.#begun[actor]) {
      const { received, seen } = this.#causes[actor];
      for (const cause of received) if (!this.#isBegun(cause)) return cause;
      for (const cause of seen) if (!this.#isEnded(cause)) return cause;
      return null;
    }
    const told = this.#told[actor];
    for (let other = 0; other < this.#n; other++) {
      if (other === actor) continue;
      for (let next = first[other] + told[other]; next < first[other + 1] && events[next].end <= event.begin; next++) {
        if (!this.#isEnded(next)) return next;
        told[other]++;
      }
    }
    return null;
  }

  #isBegun(ref: Ref): boolean {
    const actor = this.#indexed.actors[ref];
    return ref < this.#next[actor] || ref === this.#next[actor] && this.#begun[actor];
  }

  #isEnded(ref: Ref): boolean {
    return ref < this.#next[this.#indexed.actors[ref]];
  }

  /** Every actor that is stuck waits for another's event, so following these waits leads to a circle. */
  #findCircle(): Ref[] {
    const { actors, first } = this.#indexed;
    const stuck = this.#next.findIndex((next, actor) => next < first[actor + 1]);
    const path: number[] = [];
    for (let actor = stuck;;) {
      const before = path.indexOf(actor);
      if (before >= 0) return path.slice(before).map((at) => this.#next[at]);
      path.push(actor);
      actor = actors[this.#blocker(actor)!];
    }
  }
}

/** The peers that an event's actor operates in it. */
function operated(event: Event): PeerNumber[] {
  switch (event.kind) {
    case "create":
    case "copy":
      return event.peer === event.for ? [event.peer] : [event.peer, event.for];
    case "revoke":
    case "sight":
    case "quiet":
      return [];
    default:
      return [event.peer];
  }
}

/** Adds all that another clock knows. */
export function join(known: Known, other: Known): void {
  for (let actor = 0; actor < known.length; actor++) if (other[actor] > known[actor]) known[actor] = other[actor];
}
