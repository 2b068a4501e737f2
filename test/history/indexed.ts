/**
 * An index of a history: every event has one number, and ids are resolved without regard to order: the sender of each
 * message, and the node that each handle leads to.
 *
 * @module
 */

import type { Commit, Event, History, Id, PeerNumber, Send } from "./history.ts";

/** A node or a handle, in the whole run: its peer and its id. */
export type Key = number;

/** The key of an object. */
export function key(peer: PeerNumber, id: Id): Key {
  return peer * 2 ** 32 + id;
}

/** The peer of a key. */
export function peerOf(object: Key): PeerNumber {
  return Math.floor(object / 2 ** 32);
}

/** The id of a key. */
export function idOf(object: Key): Id {
  return object % 2 ** 32;
}

/** An event's number. */
export type Ref = number;

/** A send, and the commit that it is in. */
interface Sent {
  commit: Ref;
  peer: PeerNumber;
  send: Send;
}

/** Whether an event had all its effect: it returned, and did not fail. */
export function isDone(event: Event): boolean {
  return event.end !== Infinity && event.error === undefined;
}

export class Indexed {
  readonly history: History;
  /** All events, actor after actor. */
  readonly events: Event[] = [];
  /** The number of each actor's first event, and at the end the number of events. */
  readonly first: Ref[] = [];
  readonly actors: number[] = [];
  /** Messages by their number; those of commits that failed apart. */
  readonly sent: Map<number, Sent> = new Map();
  readonly failed: Map<number, Sent> = new Map();
  readonly nodes: Map<Key, Ref> = new Map();
  /** The commit that released an object. */
  readonly released: Map<Key, Ref> = new Map();
  /** The objects named by commits that did not return. */
  readonly maybeReleased: Set<Key> = new Set();
  /** The close of a peer, also one that did not return. */
  readonly closed: Map<PeerNumber, Ref> = new Map();
  readonly revoked: Map<PeerNumber, Ref[]> = new Map();
  readonly detached: Map<number, Ref> = new Map();
  /** The adoptions with each ticket, also those that failed. */
  readonly adopted: Map<number, Ref[]> = new Map();
  /** The last event that says that all is quiet. */
  quiet: Ref = -1;
  /** For each node the events that made its handles, and those that ended them, as far as the history says. */
  readonly made: Map<Key, Ref[]> = new Map();
  readonly unmade: Map<Key, Ref[]> = new Map();

  readonly #nodeOf = new Map<Key, Key>();
  /** The handle of which a handle is a copy. */
  readonly #sourceOf = new Map<Key, Key>();
  readonly #handles: Key[] = [];
  readonly #received = new Set<number>();

  constructor(history: History) {
    this.history = history;
    history.actors.forEach((actor, number) => {
      this.first.push(this.events.length);
      for (const event of actor.events) {
        this.events.push(event);
        this.actors.push(number);
      }
    });
    this.first.push(this.events.length);
    this.events.forEach((event, ref) => {
      if (event.error === undefined) this.#add(event, ref);
      else if (event.kind === "commit") this.#addSends(this.failed, event, ref);
      if (event.kind === "adopt") append(this.adopted, event.ticket, ref);
    });
    this.#dropVainRevokes();
    for (const event of this.events) if (event.kind === "receive") this.#addReceived(event.peer, event.items);
    this.events.forEach((event, ref) => this.#addLives(event, ref));
    this.#addCloses();
  }

  /** The place of an event among its actor's. */
  indexOf(ref: Ref): number {
    return ref - this.first[this.actors[ref]];
  }

  /** Whether an event happened at all, as far as anyone can tell. */
  happened(ref: Ref): boolean {
    const event = this.events[ref];
    if (event.end !== Infinity) return event.error === undefined;
    return event.kind === "commit" && event.sends.some(({ number }) => this.#received.has(number));
  }

  /** Returns the node that a handle leads to, if an event made that handle. */
  nodeOf(handle: Key): Key | undefined {
    const path: Key[] = [];
    let node: Key | undefined;
    for (let at: Key | undefined = handle; at !== undefined && path.length <= this.#sourceOf.size;) {
      node = this.#nodeOf.get(at);
      if (node !== undefined) break;
      path.push(at);
      at = this.#sourceOf.get(at);
    }
    if (node !== undefined) { for (const at of path) this.#nodeOf.set(at, node); }
    return node;
  }

  #add(event: Event, ref: Ref): void {
    switch (event.kind) {
      case "create":
        if (event.end === Infinity) break;
        this.nodes.set(key(event.peer, event.node), ref);
        this.#addHandle(key(event.for, event.handle), this.#nodeOf, key(event.peer, event.node));
        break;
      case "copy":
        if (event.end === Infinity) break;
        this.#addHandle(key(event.for, event.copy), this.#sourceOf, key(event.peer, event.handle));
        break;
      case "commit":
        this.#addSends(this.sent, event, ref);
        for (const id of event.releases) {
          if (event.end === Infinity) this.maybeReleased.add(key(event.peer, id));
          else if (!this.released.has(key(event.peer, id))) this.released.set(key(event.peer, id), ref);
        }
        break;
      case "close":
        if (!this.closed.has(event.peer)) this.closed.set(event.peer, ref);
        break;
      case "revoke":
        append(this.revoked, event.peer, ref);
        break;
      case "detach":
        if (event.end !== Infinity) this.detached.set(event.ticket, ref);
        break;
      case "quiet":
        this.quiet = ref;
        break;
    }
  }

  /** Drops the revocations of peers that had ended: they had no effect. */
  #dropVainRevokes(): void {
    for (const [peer, revokes] of this.revoked) {
      const end = this.events[this.closed.get(peer) ?? -1]?.end ?? Infinity;
      const left = revokes.filter((ref) => this.events[ref].begin < end);
      if (left.length > 0) this.revoked.set(peer, left);
      else this.revoked.delete(peer);
    }
  }

  #addHandle(handle: Key, map: Map<Key, Key>, from: Key): void {
    if (this.#nodeOf.has(handle) || this.#sourceOf.has(handle)) return; // an id that is used again: the first counts
    this.#handles.push(handle);
    map.set(handle, from);
  }

  #addSends(map: Map<number, Sent>, { peer, sends }: Commit, commit: Ref): void {
    for (const send of sends) map.set(send.number, { commit, peer, send });
  }

  #addReceived(peer: PeerNumber, items: readonly { type: string; number?: number; handles?: Id[] }[]): void {
    for (const { number, handles = [] } of items) {
      const sent = number === undefined ? undefined : this.sent.get(number);
      if (sent === undefined) continue;
      this.#received.add(number!);
      handles.forEach((id, i) => {
        const source = sent.send.handles[i];
        if (source !== undefined) this.#addHandle(key(peer, id), this.#sourceOf, key(sent.peer, source));
      });
    }
  }

  #addLives(event: Event, ref: Ref): void {
    if (!this.happened(ref)) return;
    const made = (handle: Key) => {
      const node = this.nodeOf(handle);
      if (node !== undefined) append(this.made, node, ref);
    };
    if (event.kind === "create") made(key(event.for, event.handle));
    if (event.kind === "copy") made(key(event.for, event.copy));
    if (event.kind !== "commit") return;
    for (const { handles } of event.sends) for (const id of handles) made(key(event.peer, id));
    if (event.end === Infinity) return;
    for (const id of event.releases) {
      const node = this.nodeOf(key(event.peer, id));
      if (node !== undefined) append(this.unmade, node, ref);
    }
  }

  #addCloses(): void {
    for (const handle of this.#handles) {
      const peer = peerOf(handle);
      const close = this.closed.get(peer);
      if (close === undefined || this.events[close].end === Infinity || this.revoked.has(peer)) continue;
      const node = this.released.has(handle) ? undefined : this.nodeOf(handle);
      if (node !== undefined) append(this.unmade, node, close);
    }
  }
}

/** Adds to the list of a key. */
export function append<K, V>(map: Map<K, V[]>, at: K, value: V): void {
  const list = map.get(at);
  if (list === undefined) map.set(at, [value]);
  else list.push(value);
}
