/**
 * What a check finds: the rule that is broken, in words, with the events that show it.
 *
 * @module
 */

import { describe } from "./history.ts";
import type { Indexed, Ref } from "./indexed.ts";

/** The rules that `check.ts` decides; it says what each means. */
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
  /** The events that show it, in words; no fewer would. */
  events: string[];
}

/** More are counted, not told: one fault often breaks many things. */
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

  /** An event in words: whose it is, which of his, and what. */
  show(ref: Ref): string {
    const { history, actors, events } = this.#indexed;
    return `${history.actors[actors[ref]].name}.${this.#indexed.indexOf(ref)} ${describe(events[ref])}`;
  }
}
