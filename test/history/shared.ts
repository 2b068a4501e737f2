/**
 * What the actors of a recorded run share, all in shared memory: the clock and the logs, counters, a board on which
 * peers are handed over, and the word by which the conductor (`recording.ts`) leads them through the end of a run.
 *
 * @module
 */

import type { EngineName, Ticket } from "../../src/port/engine.ts";
import type { Id, PeerNumber } from "./history.ts";
import type { Clock } from "./recorder.ts";

/** Words of one log. */
const LOG = 1 << 20;
/** Places on the board, and words of each. */
const PLACES = 8;
const PLACE = 1 << 10;

/** What the conductor says. */
export const WORK = 0;
export const DRAIN = 1;
export const CLOSE_SOME = 2;
export const CLOSE = 3;

/** A peer on its way from one actor to another. */
export interface Parcel {
  peer: PeerNumber;
  number: number;
  ticket: Ticket;
  nodes: Id[];
  handles: Id[];
  /** Its handle to the sink, or 0. */
  sink: Id;
}

/** The shared memory of one run. It may be posted to a Worker. */
export interface Memory extends Clock {
  readonly engine: EngineName;
  readonly logs: Int32Array[];
  /** The next peer and the next ticket. */
  readonly counters: Int32Array;
  /** What the conductor says, and how often it has spoken; then for each actor what it has heard last. */
  readonly baton: Int32Array;
  readonly board: Int32Array;
}

function words(count: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * count));
}

/** Memory for `actors` actors. */
export function newMemory(engine: EngineName, actors: number): Memory {
  return {
    engine,
    clock: words(1),
    progress: words(actors),
    logs: Array.from({ length: actors }, () => words(LOG)),
    counters: words(2),
    baton: words(2 + actors),
    board: words(PLACES * PLACE),
  };
}

/** The next peer's number. */
export function nextPeer({ counters }: Memory): PeerNumber {
  return Atomics.add(counters, 0, 1);
}

/** The next ticket's number. */
export function nextTicket({ counters }: Memory): number {
  return Atomics.add(counters, 1, 1);
}

// The baton

/** Says something to all actors. */
export function say({ baton }: Memory, what: number): void {
  Atomics.store(baton, 0, what);
  Atomics.add(baton, 1, 1);
}

/** What an actor has not answered yet; `null` if it has answered all. */
export function hear({ baton }: Memory, actor: number): number | null {
  return Atomics.load(baton, 1) === Atomics.load(baton, 2 + actor) ? null : Atomics.load(baton, 0);
}

/** The actor has done what was said. */
export function answer({ baton }: Memory, actor: number): void {
  Atomics.store(baton, 2 + actor, Atomics.load(baton, 1));
}

// The board

const FREE = 0;
const BUSY = 1;
const FULL = 2;

/** Puts a parcel on the board; false if there is no place. */
export function put({ board }: Memory, { peer, number, ticket, nodes, handles, sink }: Parcel): boolean {
  const key = Array.from(ticket.key, (letter) => letter.charCodeAt(0));
  const parcel = [peer, number, sink, key.length, ...key, nodes.length, ...nodes, handles.length, ...handles];
  if (parcel.length >= PLACE) return false;
  for (let at = 0; at < board.length; at += PLACE) {
    if (Atomics.compareExchange(board, at, FREE, BUSY) !== FREE) continue;
    board.set(parcel, at + 1);
    Atomics.store(board, at, FULL);
    return true;
  }
  return false;
}

/** Takes a parcel off the board, if there is one, from `first` on. */
export function take({ board, engine }: Memory, first: number): Parcel | null {
  for (let i = 0; i < PLACES; i++) {
    const at = (first + i) % PLACES * PLACE;
    if (Atomics.compareExchange(board, at, FULL, BUSY) !== FULL) continue;
    let next = at + 1;
    const list = () => Array.from({ length: board[next++] }, () => board[next++]);
    const [peer, number, sink] = [board[next++], board[next++], board[next++]];
    const key = String.fromCharCode(...list());
    const parcel = { peer, number, ticket: { engine, key }, nodes: list(), handles: list(), sink };
    Atomics.store(board, at, FREE);
    return parcel;
  }
  return null;
}
