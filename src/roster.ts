/**
 * The peers that this isolate has open, for those who look. A peer is on the list until it is closed or handed over: so
 * long it exists, and whoever looks for what was forgotten finds it here. References that are weak would cost more than the
 * list: their targets are kept until the event loop turns.
 *
 * @module
 */

import { ERRNO } from "./abi.ts";
import type { Engine, EnginePeer } from "./engine.ts";

/** A peer on the list. */
export interface Entry {
  readonly engine: Engine;
  readonly core: EnginePeer;
  /** Lets what was fetched ahead, and not received, be in the queue again. */
  settle(): void;
}

const entries = new Set<Entry>();
const engines = new Set<Engine>();
const LEAST = 64;
let pruneAt = LEAST;

/** Puts a peer on the list; answers how to take it off. */
export function enlist(entry: Entry): () => void {
  engines.add(entry.engine);
  entries.add(entry);
  if (entries.size > pruneAt) prune();
  return () => entries.delete(entry);
}

/** Takes those off that were ended from elsewhere, and that nobody has closed here. */
function prune(): void {
  for (const entry of entries) if (entry.core.kind(0) === -ERRNO.ESHUTDOWN) entries.delete(entry);
  pruneAt = Math.max(LEAST, 2 * entries.size);
}

/** All on the list. */
export function enlisted(): Iterable<Entry> {
  return entries;
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
