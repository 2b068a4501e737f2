/**
 * The actions on the board, as data: a scenario is a list of actions, and has no other state.
 *
 * Rules:
 * - Peers, nodes and handles are numbered in the order of their creation. As the bus is deterministic in one
 *   isolate, the same list of actions makes the same numbers.
 * - An action may name an object that the bus refuses, such as a released handle. It must not have a form that no board
 *   makes, nor exceed the limits of a board: {@linkcode checkAction} decides.
 *
 * @module
 */

/** A node or a handle, by its number. */
export type Ref = { readonly node: number } | { readonly handle: number };

/** A message, to several handles a multicast; `gives` are the handles of which it carries copies. */
export interface Sending {
  readonly to: readonly number[];
  readonly text: string;
  readonly gives: readonly number[];
}

/** One part of a transaction. */
export type Step = Sending | { readonly release: Ref };

/** What a peer does, or what is done to it. */
export type Action =
  | { readonly do: "open"; readonly name: string }
  | { readonly do: "node"; readonly peer: number; readonly for: number }
  | ({ readonly do: "send"; readonly peer: number } & Sending)
  | { readonly do: "copy"; readonly peer: number; readonly handle: number; readonly for: number }
  | { readonly do: "transaction"; readonly peer: number; readonly steps: readonly Step[] }
  | { readonly do: "release"; readonly peer: number; readonly objects: readonly Ref[] }
  | { readonly do: "receive"; readonly peer: number; readonly all: boolean }
  | { readonly do: "close"; readonly peer: number };

/** Something that a peer received, or that is in its queue. */
export type Item =
  | { type: "message"; node: number; from: number; text: string; handles: number[] }
  | { type: "node-release"; handle: number }
  | { type: "handle-release"; node: number };

/** The limits of a board: what it can show, and the work that a link may cause in the browser that opens it. */
export const LIMITS = {
  /** Actions of a scenario. */
  actions: 1000,
  peers: 40,
  /** UTF-16 units of a message. */
  text: 200,
  /** Objects that one action names. */
  named: 64,
  /** Messages and copies of handles that a scenario makes, all in all. */
  work: 4000,
} as const;

/** Names of peers are variables of the program, other than those that the program uses itself. */
const NAME = /^[a-z][a-z0-9]{0,11}$/;
const VARIABLE = /^[nhm]\d+$/;
const TAKEN = new Set(
  ("arguments await break case catch class const console continue debugger default delete do else enum error eval export " +
    "extends false finally for function if implements import in instanceof interface let new null package private " +
    "protected public return static super switch this throw true try tx typeof undefined using var void while with yield")
    .split(" "),
);

/** Whether a peer can have that name. */
export function isName(name: string): boolean {
  return NAME.test(name) && !VARIABLE.test(name) && !TAKEN.has(name);
}

const NAMES =
  "alice bob carol dave erin frank grace heidi ivan judy mallory niaj olivia peggy rupert sybil trent victor"
    .split(" ");

/** Returns a name that is not taken, for the next peer. */
export function freeName(taken: readonly string[]): string {
  for (const name of NAMES) if (!taken.includes(name)) return name;
  for (let i = taken.length + 1;; i++) if (!taken.includes(`peer${i}`)) return `peer${i}`;
}

/** Returns the number of messages and copies that the bus creates for an action. */
export function workOf(action: Action): number {
  const ofSending = ({ to, gives }: Sending) => to.length * (1 + gives.length);
  if (action.do === "send") return ofSending(action);
  if (action.do !== "transaction") return 0;
  return action.steps.reduce((sum, step) => sum + ("release" in step ? 1 : ofSending(step)), 0);
}

/** Returns why no board makes such an action, or `null`. The numbers in it are checked by the `World` in `world.ts`. */
export function checkAction(action: Action): string | null {
  if (action.do === "open" && !isName(action.name)) return "a peer cannot have that name";
  const sendings: Sending[] = action.do === "send"
    ? [action]
    : action.do === "transaction"
    ? action.steps.filter((step) => "to" in step)
    : [];
  for (const { to, text, gives } of sendings) {
    if (to.length === 0) return "a message has no destination";
    if (to.length > LIMITS.named || gives.length > LIMITS.named) return "a message names too many handles";
    if (text.length > LIMITS.text) return "a message is too long";
    if (!text.isWellFormed()) return "a message is not well-formed text";
  }
  const many = action.do === "transaction" ? action.steps : action.do === "release" ? action.objects : null;
  if (many !== null && many.length === 0) return "an action does nothing";
  if (many !== null && many.length > LIMITS.named) return "an action does too much";
  return null;
}
