/**
 * The shared memory of a recorded run: the clock and the logs, counters, a table of detached peers, and the command by
 * which the coordinator (`coordinator.ts`) leads the actors through the end of a run.
 *
 * @module
 */

import type { EngineName, Ticket } from "../../src/port/engine.ts";
import type { Id, PeerNumber } from "./history.ts";
import type { Clock } from "./recorder.ts";

/** Words of one log. */
const LOG = 1 << 20;
/** Places in the table of detached peers, and words of each. */
const PLACES = 8;
const PLACE = 1 << 10;

/** The coordinator's commands. */
export const WORK = 0;
export const DRAIN = 1;
export const CLOSE_SOME = 2;
export const CLOSE = 3;

/** A peer in transit from one actor to another. */
export interface DetachedPeer {
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
  /** The last command, and the number of commands so far; then for each actor the number that it has followed. */
  readonly commands: Int32Array;
  readonly detached: Int32Array;
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
    commands: words(2 + actors),
    detached: words(PLACES * PLACE),
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

// Commands

/** Gives all actors a command. */
export function giveCommand({ commands }: Memory, what: number): void {
  Atomics.store(commands, 0, what);
  Atomics.add(commands, 1, 1);
}

/** Returns the command that an actor has not followed yet, or `null`. */
export function pendingCommand({ commands }: Memory, actor: number): number | null {
  return Atomics.load(commands, 1) === Atomics.load(commands, 2 + actor) ? null : Atomics.load(commands, 0);
}

/** Notes that the actor has followed all commands. */
export function acknowledge({ commands }: Memory, actor: number): void {
  Atomics.store(commands, 2 + actor, Atomics.load(commands, 1));
}

// The table of detached peers

const FREE = 0;
const BUSY = 1;
const FULL = 2;

/** Puts a detached peer into the table; false if it is full. */
export function put({ detached }: Memory, { peer, number, ticket, nodes, handles, sink }: DetachedPeer): boolean {
  const key = Array.from(ticket.key, (letter) => letter.charCodeAt(0));
  const detachedPeer = [peer, number, sink, key.length, ...key, nodes.length, ...nodes, handles.length, ...handles];
  if (detachedPeer.length >= PLACE) return false;
  for (let at = 0; at < detached.length; at += PLACE) {
    if (Atomics.compareExchange(detached, at, FREE, BUSY) !== FREE) continue;
    detached.set(detachedPeer, at + 1);
    Atomics.store(detached, at, FULL);
    return true;
  }
  return false;
}

/** Takes a detached peer out of the table, if there is one, searching from `first` on. */
export function take({ detached, engine }: Memory, first: number): DetachedPeer | null {
  for (let i = 0; i < PLACES; i++) {
    const at = (first + i) % PLACES * PLACE;
    if (Atomics.compareExchange(detached, at, FULL, BUSY) !== FULL) continue;
    let next = at + 1;
    const list = () => Array.from({ length: detached[next++] }, () => detached[next++]);
    const [peer, number, sink] = [detached[next++], detached[next++], detached[next++]];
    const key = String.fromCharCode(...list());
    const detachedPeer = { peer, number, ticket: { engine, key }, nodes: list(), handles: list(), sink };
    Atomics.store(detached, at, FREE);
    return detachedPeer;
  }
  return null;
}
