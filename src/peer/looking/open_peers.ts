/**
 * The list of the peers that this isolate has open, for inspection. A peer is on the list until it is closed or detached:
 * until then it exists, and inspection finds peers that the program has forgotten. Weak references would keep their targets
 * until the event loop turns, and cost more than the list.
 *
 * @module
 */

import type { Engine, EnginePeer } from "../../port/engine.ts";

/**
 * A peer on the list, which is doubly linked. A `Set` with that much churn accumulates garbage: when 100,000 peers were opened
 * and closed on the TypeScript engine in Deno, the process had grown by 38 MiB with a `Set`, and by 5 MiB with this list.
 */
export class OpenPeer {
  readonly engine: Engine;
  readonly core: EnginePeer;
  /** Returns the messages that a cursor was shown, and has not passed, to the queue. */
  readonly settle: () => void;
  previous: OpenPeer | null = null;
  next: OpenPeer | null = null;

  constructor(engine: Engine, core: EnginePeer, settle: () => void) {
    this.engine = engine;
    this.core = core;
    this.settle = settle;
  }
}

const engines = new Set<Engine>();
let first: OpenPeer | null = null;
let last: OpenPeer | null = null;
let size = 0;

/** The list is not searched for ended peers below this length. */
const LEAST = 64;
let pruneAt = LEAST;

export function addOpenPeer(peer: OpenPeer): void {
  engines.add(peer.engine);
  peer.previous = last;
  if (last === null) first = peer;
  else last.next = peer;
  last = peer;
  if (++size > pruneAt) prune();
}

/** Idempotent. */
export function removeOpenPeer(peer: OpenPeer): void {
  const { previous, next } = peer;
  if (previous === null && first !== peer) return;
  if (previous === null) first = next;
  else previous.next = next;
  if (next === null) last = previous;
  else next.previous = previous;
  peer.previous = null;
  peer.next = null;
  size--;
}

/** Removes the peers that were ended from another isolate and not closed here. */
function prune(): void {
  for (const peer of [...openPeers()]) if (peer.core.ended) removeOpenPeer(peer);
  pruneAt = Math.max(LEAST, 2 * size);
}

/** Iterates over all peers on the list. */
export function* openPeers(): Iterable<OpenPeer> {
  for (let peer = first; peer !== null; peer = peer.next) yield peer;
}

/** Returns the engines of all peers that were ever on the list. */
export function usedEngines(): Iterable<Engine> {
  return engines;
}
