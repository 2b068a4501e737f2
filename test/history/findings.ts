/**
 * The findings of a check: the broken rule in words, with the events that show it.
 *
 * @module
 */

import { describe } from "./history.ts";
import type { Indexed, Ref } from "./indexed.ts";

/** The rules, which `check.ts` explains. */
export type Rule =
  | "atomic"
  | "look"
  | "causal"
  | "fifo"
  | "inner order"
  | "last word"
  | "told"
  | "ids"
  | "held"
  | "hand-over";

/** One breach of a rule. */
export interface Violation {
  rule: Rule;
  what: string;
  /** The events that show it, in words; each is necessary. */
  events: string[];
}

/** Findings beyond this number are dropped: one fault often breaks many things. */
const TOLD = 20;

export class Findings {
  readonly violations: Violation[] = [];
  readonly #indexed: Indexed;

  constructor(indexed: Indexed) {
    this.#indexed = indexed;
  }

  add(rule: Rule, what: string, ...refs: Ref[]): void {
    if (this.violations.length >= TOLD) return;
    const shown = refs.filter((ref, i) => ref >= 0 && refs.indexOf(ref) === i);
    this.violations.push({ rule, what, events: shown.map((ref) => this.show(ref)) });
  }

  /** Describes an event: its actor, its place among the actor's events, and the call. */
  show(ref: Ref): string {
    const { history, actors, events } = this.#indexed;
    return `${history.actors[actors[ref]].name}.${this.#indexed.indexOf(ref)} ${describe(events[ref])}`;
  }
}
