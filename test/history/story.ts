/**
 * Histories written by hand, for the checker's own tests: each line is one call and what came of it.
 *
 * Unless it is told otherwise, the clock ticks with every event, so that each knows of all before it. Between
 * {@linkcode Story.atOnce} and the end of its function it stands still, and nobody knows of anybody.
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

export class Story {
  readonly history: History = { actors: [] };
  #clock = 0;
  #still = false;

  /** The next actor: a, b, c ... */
  actor(): Teller {
    const actor: Actor = { name: String.fromCharCode(97 + this.history.actors.length), events: [] };
    return new Teller(this, actor, this.history.actors.push(actor) - 1);
  }

  /** Whatever happens in `tell` happens at the same time, as far as the clock says. */
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

/** One actor of a story. Its peers have the numbers that it gives them. */
export class Teller {
  readonly number: number;
  readonly #story: Story;
  readonly #actor: Actor;
  #outcome: { returns: boolean; error?: string } = { returns: true };

  constructor(story: Story, actor: Actor, number: number) {
    this.#story = story;
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

  sees(other: Teller, count: number = other.#actor.events.length): this {
    return this.#add({ kind: "sight", actor: other.number, count });
  }

  quiet(): this {
    return this.#add({ kind: "quiet" });
  }

  #add(event: Untimed): this {
    const { returns, error } = this.#outcome;
    this.#outcome = { returns: true };
    this.#story.add(this.#actor, { ...event, ...error !== undefined && { error } } as Untimed, returns);
    return this;
  }
}

/** A history in the middle of another: at the same time, but its actors, peers, tickets and messages are others. */
export function within({ actors }: History, story: History): History {
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
    actors: [...actors, ...story.actors.map((actor) => ({ ...actor, events: actor.events.map(moved) }))],
  };
}

/** More peers and tickets than any run has. Its messages have numbers from 0 on. */
const OTHERS = 2 ** 20;
