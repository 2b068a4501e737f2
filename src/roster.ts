/**
 * The peers that this isolate has open, for those who look. It keeps none of them alive.
 *
 * @module
 */

import type { Engine, EnginePeer } from "./engine.ts";

/** A peer on the list, for as long as somebody keeps this. */
export interface Entry {
  readonly engine: Engine;
  readonly core: EnginePeer;
  /** Lets what was fetched ahead, and not received, be in the queue again. */
  settle(): void;
}

const entries = new Set<WeakRef<Entry>>();
const engines = new Set<Engine>();
let pruneAt = 64;

/** Puts a peer on the list; answers how to take it off. */
export function enlist(entry: Entry): () => void {
  if (entries.size >= pruneAt) pruneAt = 2 * Math.max(32, [...enlisted()].length);
  engines.add(entry.engine);
  const ref = new WeakRef(entry);
  entries.add(ref);
  return () => entries.delete(ref);
}

/** All on the list. */
export function* enlisted(): Iterable<Entry> {
  for (const ref of entries) {
    const entry = ref.deref();
    if (entry === undefined) entries.delete(ref);
    else yield entry;
  }
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
