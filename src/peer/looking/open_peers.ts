/**
 * The peers that this isolate has open, for those who look. A peer is on the list until it is closed or handed over: so
 * long it exists, and whoever looks for what was forgotten finds it here. References that are weak would cost more than the
 * list: their targets are kept until the event loop turns.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { Engine, EnginePeer } from "../../port/engine.ts";

/** A peer on the list. */
export interface Entry {
  readonly engine: Engine;
  readonly core: EnginePeer;
  /** Lets what was fetched ahead, and not received, be in the queue again. */
  settle(): void;
}

const engines = new Set<Engine>();

/** An entry in its place: a list that is linked both ways, since a `Set` that much comes to and goes from holds garbage. */
interface Place {
  readonly entry: Entry | null;
  previous: Place;
  next: Place;
}

/** Before the first, and behind the last. */
const end = { entry: null } as Place;
end.previous = end.next = end;

const LEAST = 64;
let size = 0;
let pruneAt = LEAST;

/** Puts a peer on the list; answers how to take it off. */
export function enlist(entry: Entry): () => void {
  engines.add(entry.engine);
  const place: Place = { entry, previous: end.previous, next: end };
  end.previous = end.previous.next = place;
  if (++size > pruneAt) prune();
  return () => remove(place);
}

/** Twice is once. */
function remove(place: Place): void {
  if (place.next === place) return;
  place.previous.next = place.next;
  place.next.previous = place.previous;
  place.previous = place.next = place;
  size--;
}

/** Takes those off that were ended from elsewhere, and that nobody has closed here. */
function prune(): void {
  for (let place = end.next, next; place !== end; place = next) {
    next = place.next;
    if (place.entry!.core.kind(0) === -ERRNO.ESHUTDOWN) remove(place);
  }
  pruneAt = Math.max(LEAST, 2 * size);
}

/** All on the list. */
export function* enlisted(): Iterable<Entry> {
  for (let place = end.next; place !== end; place = place.next) yield place.entry!;
}

let closing: (() => void) | null = null;

/** Has a function called whenever a peer is about to be closed, as its last chance to look. */
export function whenClosing(look: (() => void) | null): void {
  closing = look;
}

/** A peer is about to be closed. */
export function aboutToClose(): void {
  closing?.();
}

/** The engines of all that ever were on it. */
export function enlistedEngines(): Iterable<Engine> {
  return engines;
}
