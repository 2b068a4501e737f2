/**
 * How a commit works, as a model to be stepped through: SPEC section 4's algorithm, one atomic step at a time, and what
 * becomes of it when a part of it is left out.
 *
 * A sender pushes every part of a transaction onto its receiver's LIFO, then sets the one flag that the parts share, then
 * wakes the receivers. A receiver, only when its `ready` list is empty, takes its whole LIFO at once, and then tests the
 * flag of every part: the new ones, newest first, then those held back on `busy`. Committed ones go to the front of
 * `ready`, the others stay on `busy` in order.
 *
 * Rules:
 * - One step is what one processor does at once; anything may happen between two steps.
 * - A state is plain data and never changes: {@linkcode perform} answers another one. So all interleavings can be tried.
 * - The judge ({@linkcode CommitState.broken}) knows the rules of order and nothing of the algorithm: it looks at what was
 *   pushed, committed and received only.
 *
 * @module
 */

import { and, quoted } from "./words.ts";

/** The algorithm, and how it could be spoiled. */
export type Variant = "right" | "flag-first" | "no-flag" | "eager";

/** A message of a transaction. */
export interface Part {
  readonly tx: string;
  /** Its place in the transaction. */
  readonly index: number;
  readonly to: string;
  readonly text: string;
}

/** What somebody does, in order: receives until it has a part of that transaction, or commits one. */
export type Task = { readonly receives: string } | {
  readonly sends: string;
  readonly parts: readonly Omit<Part, "tx" | "index">[];
};

/** Somebody with a queue. When its tasks are done it may go on looking. */
export interface Actor {
  readonly name: string;
  readonly tasks: readonly Task[];
}

export interface ActorState {
  /** The task that it is at. */
  task: number;
  /** How many steps of a task that sends are done. */
  done: number;
  /** Pushed by anybody, newest first: the LIFO. */
  incoming: Part[];
  /** Taken before their flag was set, newest first. */
  busy: Part[];
  /** Committed, oldest first. */
  ready: Part[];
  received: Part[];
  /** What was taken and is to be tested, in that order; `null` when it does not look. */
  hand: Part[] | null;
  /** Those of `hand` that were taken just now; the others come from `busy`. */
  fresh: number;
  /** Tested in this look, and not committed. */
  held: Part[];
  /** The flags as they were before the take, in a variant that reads them there. */
  remembered: string[] | null;
  /** Transactions of which others had a part when this look began: it must not find nothing. */
  promised: string[];
  woken: boolean;
  /** Transactions that it can know of. */
  knows: string[];
}

export interface TxState {
  name: string;
  /** Whom its parts are for. */
  to: string[];
  pushed: number;
  committed: boolean;
  /** What its sender knew of. */
  after: string[];
  /** Whether anybody has received a part. */
  seen: boolean;
}

export interface CommitState {
  readonly variant: Variant;
  actors: ActorState[];
  txs: TxState[];
  /** What was done against the rules, in words. */
  broken: string[];
}

export function begin(actors: readonly Actor[], variant: Variant): CommitState {
  return {
    variant,
    actors: actors.map(() => ({
      ...{ task: 0, done: 0, incoming: [], busy: [], ready: [], received: [], hand: null, fresh: 0, held: [] },
      ...{ remembered: null, promised: [], woken: false, knows: [] },
    })),
    txs: actors.flatMap(({ tasks }) =>
      tasks.flatMap((task) =>
        "sends" in task
          ? {
            name: task.sends,
            to: task.parts.map(({ to }) => to),
            pushed: 0,
            committed: false,
            after: [],
            seen: false,
          }
          : []
      )
    ),
    broken: [],
  };
}

/** What an actor does next, in a few words; `null` if it has nothing to do. */
export function nextStep(cast: readonly Actor[], state: CommitState, actor: number): string | null {
  const me = state.actors[actor];
  const task = cast[actor].tasks[me.task];
  if (task !== undefined && "sends" in task) {
    const part = task.parts[me.done];
    if (part !== undefined) return `Push ${task.sends} to ${part.to}`;
    if (me.done === task.parts.length) return `Set the flag of ${task.sends}`;
    return `Wake ${and(receiversOf(task.parts))}`;
  }
  if (task === undefined && !isReceiver(cast, cast[actor].name)) return null;
  switch (lookOf(state, me)) {
    case "test":
      return `${isOld(me) && me.remembered !== null ? "Recall" : "Test"} the flag of ${me.hand![0].tx}`;
    case "receive":
      return `Receive ${me.ready[0].tx}`;
    case "read":
      return "Read the flags on busy";
    default:
      return "Take the whole list";
  }
}

/** What a step is in the algorithm. */
export type Deed = "push" | "commit" | "wake" | "read" | "take" | "test" | "receive";

/** Takes the actor's next step. Answers what it was, in words and in the algorithm, and the state after it. */
export function perform(
  cast: readonly Actor[],
  before: CommitState,
  actor: number,
): { state: CommitState; words: string; deed: Deed } {
  const state = structuredClone(before);
  const me = state.actors[actor];
  const { name, tasks } = cast[actor];
  const task = tasks[me.task];
  if (task !== undefined && "sends" in task) {
    const deed = me.done < task.parts.length ? "push" : me.done === task.parts.length ? "commit" : "wake";
    return { words: sendStep(cast, state, me, name, task), deed, state };
  }
  if (task === undefined && !isReceiver(cast, name)) throw new RangeError(`${name} has nothing to do`);
  const deed = lookOf(state, me);
  return { words: lookStep(state, me, name, task, deed), deed, state };
}

/** What the next step of a look is. */
function lookOf({ variant }: CommitState, me: ActorState): Deed {
  if (me.hand !== null && me.hand.length > 0) return "test";
  const takes = me.hand === null && (me.ready.length === 0 || variant === "eager" && me.incoming.length > 0);
  if (!takes) return "receive";
  return variant === "flag-first" && me.remembered === null && me.busy.length > 0 ? "read" : "take";
}

/** Whether the actor is in the middle of a look. */
export function isLooking({ hand, remembered }: ActorState): boolean {
  return hand !== null || remembered !== null;
}

/** Whether anything is sent to that name. */
export function isReceiver(cast: readonly Actor[], name: string): boolean {
  return cast.some(({ tasks }) => tasks.some((task) => "sends" in task && task.parts.some(({ to }) => to === name)));
}

function sendStep(
  cast: readonly Actor[],
  state: CommitState,
  me: ActorState,
  name: string,
  task: Extract<Task, { sends: string }>,
): string {
  const tx = txOf(state, task.sends);
  const part = task.parts[me.done];
  me.done++;
  if (part !== undefined) {
    if (tx.pushed++ === 0) tx.after = [...me.knows];
    const receiver = state.actors[cast.findIndex(({ name }) => name === part.to)];
    receiver.incoming.unshift({ tx: task.sends, index: me.done - 1, ...part });
    return `${name} pushes ${task.sends} onto ${part.to}'s list. ` +
      (tx.committed ? "" : `Its flag is not set: to ${part.to} it has not happened.`);
  }
  if (!tx.committed) {
    tx.committed = true;
    learn(me, [tx.name]);
    const parts = tx.to.length === 1 ? "The one part is" : "All parts share it, so they are";
    return `${name} sets the flag of ${task.sends}. ${parts} committed in this one step.`;
  }
  const names = receiversOf(task.parts);
  for (const receiver of names) state.actors[cast.findIndex(({ name }) => name === receiver)].woken = true;
  me.task++;
  me.done = 0;
  return `${name} wakes ${and(names)}. Whoever looked before did not need it; whoever sleeps looks now.`;
}

function lookStep(state: CommitState, me: ActorState, name: string, task: Task | undefined, deed: Deed): string {
  if (!isLooking(me)) {
    me.promised = state.txs.filter(({ seen }) => seen).map(({ name }) => name);
    me.woken = false;
  }
  if (deed === "test") return testStep(state, me, name);
  if (deed === "receive") return receiveStep(state, me, name, task);
  if (deed === "read") {
    me.remembered = me.busy.map(({ tx }) => tx).filter((tx) => txOf(state, tx).committed);
    const what = me.remembered.length > 0 ? `${and(me.remembered)} is set` : `${namesOf(me.busy)} is not set`;
    return `${name} reads the flags of what is on busy, before the take: ${what}. After the take, that is believed.`;
  }
  me.fresh = me.incoming.length;
  me.hand = [...me.incoming, ...me.busy];
  me.incoming = [];
  me.busy = [];
  if (me.hand.length === 0) return `${name} takes the list, and it is empty. ${endEmpty(state, me, name)}`;
  const taken = me.fresh > 0 ? `the whole list at once: ${namesOf(me.hand.slice(0, me.fresh))}` : "an empty list";
  const old = me.hand.length > me.fresh
    ? ` Behind it comes what was on busy: ${namesOf(me.hand.slice(me.fresh))}.`
    : "";
  const then = state.variant === "no-flag"
    ? "There is no flag to test."
    : me.remembered !== null
    ? "The flags of the new ones are tested now; for those of busy, what was read before counts."
    : "Only now are the flags tested, newest first.";
  return `${name} takes ${taken}.${old} ${then}`;
}

function testStep(state: CommitState, me: ActorState, name: string): string {
  const isRecalled = isOld(me) && me.remembered !== null;
  const part = me.hand!.shift()!;
  if (me.fresh > 0) me.fresh--;
  const isSet = isRecalled ? me.remembered!.includes(part.tx) : txOf(state, part.tx).committed;
  const isTaken = isSet || state.variant === "no-flag";
  if (isTaken) me.ready.unshift(part);
  else me.held.push(part);
  const how = isRecalled
    ? `${name} recalls the flag of ${part.tx} as it was before the take: ${isSet ? "set" : "not set"}.`
    : state.variant === "no-flag"
    ? `${name} has no flag to test for ${part.tx}.`
    : `${name} tests the flag of ${part.tx}: ${isSet ? "set" : "not set"}.`;
  const where = isTaken ? `${part.tx} goes to the front of ready.` : `${part.tx} waits on busy.`;
  if (me.hand!.length > 0) return `${how} ${where}`;
  me.busy = me.held;
  me.held = [];
  if (me.ready.length === 0) return `${how} ${where} ${endEmpty(state, me, name)}`;
  return `${how} ${where}`;
}

function receiveStep(state: CommitState, me: ActorState, name: string, task: Task | undefined): string {
  const part = me.ready.shift()!;
  endLook(me);
  const tx = txOf(state, part.tx);
  if (!tx.committed) {
    state.broken.push(
      `${name} received ${tx.name} before it was committed: it happened for ${name} and for nobody else.`,
    );
  }
  const own = tx.to.flatMap((to, index) => to === name ? [index] : []);
  if (part.index !== own[me.received.filter(({ tx }) => tx === part.tx).length]) {
    state.broken.push(`${name} received ${quoted(part.text)} of ${tx.name} before an earlier part of it.`);
  }
  for (const earlier of tx.after) {
    if (!isOutstanding(state, me, name, earlier)) continue;
    state.broken.push(
      `${name} received ${tx.name} before ${earlier}, though whoever sent ${tx.name} knew of ${earlier}.`,
    );
  }
  me.received.push(part);
  tx.seen = true;
  learn(me, [tx.name, ...tx.after]);
  if (task !== undefined && "receives" in task && task.receives === tx.name) me.task++;
  return `${name} receives ${quoted(part.text)} of ${tx.name}.`;
}

function endEmpty(state: CommitState, me: ActorState, name: string): string {
  for (const tx of me.promised) {
    if (!isOutstanding(state, me, name, tx)) continue;
    state.broken.push(`${name} looked and found nothing of ${tx}, though another had received a part of it before.`);
  }
  endLook(me);
  return `Nothing is ready: ${name} has seen nothing.`;
}

function endLook(me: ActorState): void {
  me.hand = null;
  me.remembered = null;
  me.fresh = 0;
  me.promised = [];
}

/** Whether a part of that transaction is for this receiver and was not received, pushed or not. */
function isOutstanding(state: CommitState, me: ActorState, name: string, tx: string): boolean {
  const sent = txOf(state, tx).to.filter((receiver) => receiver === name).length;
  return sent > me.received.filter((part) => part.tx === tx).length;
}

function isOld({ hand, fresh }: ActorState): boolean {
  return hand !== null && hand.length > 0 && fresh === 0;
}

function learn(me: ActorState, txs: readonly string[]): void {
  me.knows = [...new Set([...me.knows, ...txs])].sort();
}

function txOf({ txs }: CommitState, name: string): TxState {
  return txs.find((tx) => tx.name === name)!;
}

function receiversOf(parts: readonly Pick<Part, "to">[]): string[] {
  return [...new Set(parts.map(({ to }) => to))];
}

function namesOf(parts: readonly Part[]): string {
  return and(parts.map(({ tx }) => tx));
}
