/**
 * Histories written by hand, for the checker's own tests: each line is one call and its outcome.
 *
 * The clock ticks with every event, so that each event knows of all before it. Inside {@linkcode HistoryBuilder.atOnce}
 * the clock stands still, so that events of different actors do not know of each other.
 *
 * @module
 */

import type { Actor, Event, History, Id, Item, PeerNumber, Send } from "./history.ts";

/** A send: to these handles, with these. */
export function send(number: number, to: Id[], handles: Id[] = [], hash: number = number): Send {
  return { number, hash, to, handles };
}

/** A message received at that node, with these handles. */
export function message(number: number, node: Id, handles: Id[] = [], hash: number = number): Item {
  return { type: "message", node, number, hash, handles };
}

export function nodeRelease(handle: Id): Item {
  return { type: "node-release", handle };
}

export function handleRelease(node: Id): Item {
  return { type: "handle-release", node };
}

/** An event without its stamps. */
type Untimed = Event extends infer E ? E extends Event ? Omit<E, "begin" | "end"> : never : never;

export class HistoryBuilder {
  readonly history: History = { actors: [] };
  #clock = 0;
  #still = false;

  /** The next actor: a, b, c ... */
  actor(): ActorBuilder {
    const actor: Actor = { name: String.fromCharCode(97 + this.history.actors.length), events: [] };
    return new ActorBuilder(this, actor, this.history.actors.push(actor) - 1);
  }

  /** Adds the events of `tell` at one reading of the clock. */
  atOnce(tell: () => void): void {
    this.#still = true;
    tell();
    this.#still = false;
    this.#clock++;
  }

  add(actor: Actor, event: Untimed, returns: boolean): void {
    const begin = this.#clock;
    if (!this.#still) this.#clock++;
    actor.events.push({ ...event, begin, end: returns ? begin + 1 : Infinity } as Event);
  }
}

/** One actor of a history. Its peers have the numbers that it gives them. */
export class ActorBuilder {
  readonly number: number;
  readonly #builder: HistoryBuilder;
  readonly #actor: Actor;
  #outcome: { returns: boolean; error?: string } = { returns: true };

  constructor(builder: HistoryBuilder, actor: Actor, number: number) {
    this.#builder = builder;
    this.#actor = actor;
    this.number = number;
  }

  /** Its next call fails. */
  fails(error: string): this {
    this.#outcome = { returns: true, error };
    return this;
  }

  /** It dies in its next call. */
  diesIn(): this {
    this.#outcome = { returns: false };
    this.#actor.died = true;
    return this;
  }

  /** It dies after its last call. */
  dies(): void {
    this.#actor.died = true;
  }

  open(...peers: PeerNumber[]): this {
    for (const peer of peers) this.#add({ kind: "open", peer });
    return this;
  }

  create(peer: PeerNumber, node: Id, owner: PeerNumber, handle: Id): this {
    return this.#add({ kind: "create", peer, node, for: owner, handle });
  }

  copy(peer: PeerNumber, handle: Id, owner: PeerNumber, copy: Id): this {
    return this.#add({ kind: "copy", peer, handle, for: owner, copy });
  }

  commit(peer: PeerNumber, sends: Send[], releases: Id[] = []): this {
    return this.#add({ kind: "commit", peer, sends, releases });
  }

  send(peer: PeerNumber, number: number, to: Id[], handles: Id[] = []): this {
    return this.commit(peer, [send(number, to, handles)]);
  }

  release(peer: PeerNumber, ...ids: Id[]): this {
    return this.commit(peer, [], ids);
  }

  /** Receives that, and would have received more if there were more. */
  receive(peer: PeerNumber, ...items: Item[]): this {
    return this.#add({ kind: "receive", peer, items, empty: false });
  }

  /** Receives that, and then finds nothing. */
  drain(peer: PeerNumber, ...items: Item[]): this {
    return this.#add({ kind: "receive", peer, items, empty: true });
  }

  close(...peers: PeerNumber[]): this {
    for (const peer of peers) this.#add({ kind: "close", peer });
    return this;
  }

  detach(peer: PeerNumber, ticket: number): this {
    return this.#add({ kind: "detach", peer, ticket });
  }

  adopt(peer: PeerNumber, ticket: number): this {
    return this.#add({ kind: "adopt", peer, ticket });
  }

  revoke(peer: PeerNumber): this {
    return this.#add({ kind: "revoke", peer });
  }

  sees(other: ActorBuilder, count: number = other.#actor.events.length): this {
    return this.#add({ kind: "sight", actor: other.number, count });
  }

  quiet(): this {
    return this.#add({ kind: "quiet" });
  }

  #add(event: Untimed): this {
    const { returns, error } = this.#outcome;
    this.#outcome = { returns: true };
    this.#builder.add(this.#actor, { ...event, ...error !== undefined && { error } } as Untimed, returns);
    return this;
  }
}

/** Opens peer 1 of `a`, with nodes 1, 3 ... to which peer 2 of `b` (and 3 of `c`, 4 of `d`) have handles 1, 3 ... */
export function channels(a: ActorBuilder, others: ActorBuilder[], nodes = 1): void {
  a.open(1);
  others.forEach((_, i) => a.open(i + 2));
  let node = 1;
  others.forEach((_, i) => {
    for (let n = 0; n < nodes; n++, node += 2) a.create(1, node, i + 2, 2 * n + 1);
  });
  others.forEach((other, i) => {
    a.detach(i + 2, 100 + i);
    other.adopt(i + 2, 100 + i);
  });
}

/** Puts a history in the middle of another: at the same time, with other actors, peers, tickets and messages. */
export function within({ actors }: History, builder: History): History {
  const end = Math.max(...actors.flatMap(({ events }) => events.map(({ end }) => end).filter(Number.isFinite)));
  const moved = (event: Event): Event => {
    const other = { ...event, begin: event.begin + (end >> 1), end: event.end + (end >> 1) };
    if ("peer" in other) other.peer += OTHERS;
    if ("for" in other) other.for += OTHERS;
    if ("ticket" in other) other.ticket += OTHERS;
    if (other.kind === "sight") other.actor += actors.length;
    if (other.kind === "commit") other.sends = other.sends.map((send) => ({ ...send, number: -send.number }));
    if (other.kind === "receive") {
      other.items = other.items.map((item) => item.type === "message" ? { ...item, number: -item.number } : item);
    }
    return other;
  };
  return {
    actors: [...actors, ...builder.actors.map((actor) => ({ ...actor, events: actor.events.map(moved) }))],
  };
}

/** More peers and tickets than any run has. Messages are kept apart by negative numbers. */
const OTHERS = 2 ** 20;
