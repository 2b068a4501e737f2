/**
 * How a commit works, to be stepped through: a cast of actors on the model of the protocol (`queue.ts`), with each
 * atomic step in words.
 *
 * Rules:
 * - One step is what one processor does at once; anything may happen between two steps.
 * - A state is plain data and never changes: {@linkcode perform} returns a new one. So all interleavings can be tried.
 * - The judge ({@linkcode CommitState.broken}) knows the rules of order and nothing of the algorithm: it uses only what
 *   was pushed, committed and received.
 *
 * @module
 */

import { emptyQueue, isRecalled, type LookStep, nextLook, type Queue, stepLook, type Variant } from "./queue.ts";
import { and, quoted } from "./words.ts";

export type { Variant } from "./queue.ts";

/** A message of a transaction. */
export interface Part {
  readonly tx: string;
  /** Its place in the transaction. */
  readonly index: number;
  readonly to: string;
  readonly text: string;
}

/** What an actor does, in order: receives until it has a part of that transaction, or commits one. */
export type Task = { readonly receives: string } | SendTask;

interface SendTask {
  readonly sends: string;
  readonly parts: readonly Omit<Part, "tx" | "index">[];
}

/** A peer with a queue. When its tasks are done it may go on looking. */
export interface Actor {
  readonly name: string;
  readonly tasks: readonly Task[];
}

export interface ActorState {
  readonly name: string;
  /** The number of its current task, and how many steps of it are done, if it sends. */
  task: number;
  done: number;
  readonly queue: Queue<Part>;
  readonly received: Part[];
  /** Transactions of which others had a part when its look began: the look must not find nothing of them. */
  promised: string[];
  woken: boolean;
  /** Transactions that it can know of. */
  knows: string[];
}

interface TxState {
  readonly name: string;
  /** The receivers of its parts. */
  readonly to: readonly string[];
  pushed: number;
  committed: boolean;
  /** The transactions that its sender knew of. */
  after: string[];
  /** Whether an actor has received a part. */
  seen: boolean;
}

export interface CommitState {
  readonly variant: Variant;
  readonly actors: ActorState[];
  readonly txs: TxState[];
  /** What was done against the rules, in words. */
  readonly broken: string[];
}

/** What a step is in the algorithm. */
export type Deed = "push" | "commit" | "wake" | LookStep<Part>["deed"];

/** A step that was taken. */
export interface Told {
  readonly words: string;
  readonly deed: Deed;
}

export function begin(cast: readonly Actor[], variant: Variant): CommitState {
  return {
    variant,
    actors: cast.map(({ name }) => (
      { name, task: 0, done: 0, queue: emptyQueue(), received: [], promised: [], woken: false, knows: [] }
    )),
    txs: cast.flatMap(({ tasks }) => tasks).filter((task) => "sends" in task).map(({ sends, parts }) => (
      { name: sends, to: parts.map(({ to }) => to), pushed: 0, committed: false, after: [], seen: false }
    )),
    broken: [],
  };
}

/** Returns an actor's next step in a few words; `null` if it has nothing to do. */
export function nextStep(cast: readonly Actor[], state: CommitState, actor: number): string | null {
  const { me, task } = turnOf(cast, state, actor);
  if (task !== undefined && "sends" in task) {
    const part = task.parts[me.done];
    if (part !== undefined) return `Push ${task.sends} to ${part.to}`;
    return me.done === task.parts.length ? `Set the flag of ${task.sends}` : `Wake ${and(receiversOf(task))}`;
  }
  if (task === undefined && !isReceiver(cast, me.name)) return null;
  const [deed, part] = nextLook(me.queue, state.variant);
  switch (deed) {
    case "test":
      return `${isRecalled(me.queue) ? "Recall" : "Test"} the flag of ${part?.tx}`;
    case "receive":
      return `Receive ${part?.tx}`;
    case "read":
      return "Read the flags on busy";
    case "take":
      return "Take the whole list";
  }
}

/** Takes the actor's next step. Returns it with the state after it. */
export function perform(
  cast: readonly Actor[],
  before: CommitState,
  actor: number,
): Told & { readonly state: CommitState } {
  const state = structuredClone(before);
  const { me, task } = turnOf(cast, state, actor);
  if (task !== undefined && "sends" in task) return { ...sendStep(state, me, task), state };
  if (task === undefined && !isReceiver(cast, me.name)) throw new RangeError(`${me.name} has nothing to do`);
  return { ...lookStep(state, me, task), state };
}

/** Whether anything is sent to that name. */
export function isReceiver(cast: readonly Actor[], name: string): boolean {
  return cast.some(({ tasks }) => tasks.some((task) => "sends" in task && receiversOf(task).includes(name)));
}

function sendStep(state: CommitState, me: ActorState, task: SendTask): Told {
  const tx = named(state.txs, task.sends);
  const part = task.parts[me.done];
  me.done++;
  if (part !== undefined) {
    if (tx.pushed++ === 0) tx.after = [...me.knows];
    named(state.actors, part.to).queue.incoming.unshift({ tx: tx.name, index: me.done - 1, ...part });
    const words = `${me.name} pushes ${tx.name} onto ${part.to}'s list. ` +
      `Its flag is not set: to ${part.to} it has not happened.`;
    return { deed: "push", words };
  }
  if (!tx.committed) {
    tx.committed = true;
    learn(me, [tx.name]);
    const parts = tx.to.length === 1 ? "The one part is" : "All parts share it, so they are";
    return { deed: "commit", words: `${me.name} sets the flag of ${tx.name}. ${parts} committed in this one step.` };
  }
  const receivers = receiversOf(task);
  for (const name of receivers) named(state.actors, name).woken = true;
  me.task++;
  me.done = 0;
  const words = `${me.name} wakes ${
    and(receivers)
  }. A receiver that was looking did not need it; a sleeping one looks now.`;
  return { deed: "wake", words };
}

function lookStep(state: CommitState, me: ActorState, task: Task | undefined): Told {
  if (me.queue.look === null) {
    me.promised = state.txs.filter(({ seen }) => seen).map(({ name }) => name);
    me.woken = false;
  }
  const step = stepLook(me.queue, state.variant, ({ tx }) => named(state.txs, tx).committed);
  if (step.deed === "receive") receive(state, me, task, step.part);
  const end = "isEmpty" in step && step.isEmpty ? ` Nothing is ready: ${me.name} has seen nothing.` : "";
  if (end !== "") judgeEmptyLook(state, me);
  return { deed: step.deed, words: `${me.name} ${wordsOf(step, state.variant, me.queue)}${end}` };
}

function receive(state: CommitState, me: ActorState, task: Task | undefined, part: Part): void {
  const tx = named(state.txs, part.tx);
  judgeReceipt(state, me, tx, part);
  me.received.push(part);
  me.promised = [];
  tx.seen = true;
  learn(me, [tx.name, ...tx.after]);
  if (task !== undefined && "receives" in task && task.receives === tx.name) me.task++;
}

function wordsOf(step: LookStep<Part>, variant: Variant, { busy, look }: Queue<Part>): string {
  switch (step.deed) {
    case "read": {
      const what = step.set.length > 0 ? `${namesOf(step.set)} is set` : `${namesOf(busy)} is not set`;
      return `reads the flags of what is on busy, before the take: ${what}. After the take, that is believed.`;
    }
    case "take": {
      const { fresh, old, isEmpty } = step;
      if (isEmpty) return "takes the list, and it is empty.";
      const taken = fresh.length > 0 ? `the whole list at once: ${namesOf(fresh)}` : "an empty list";
      const behind = old.length > 0 ? ` Behind it comes what was on busy: ${namesOf(old)}.` : "";
      const then = variant === "no-flag"
        ? "No flag is tested."
        : look?.remembered
        ? "The flags of the new ones are tested now; for those of busy, what was read before counts."
        : "Only now are the flags tested, newest first.";
      return `takes ${taken}.${behind} ${then}`;
    }
    case "test": {
      const { part: { tx }, isSet, isReady } = step;
      const flag = isSet ? "set" : "not set";
      const how = step.isRecalled
        ? `recalls the flag of ${tx} as it was before the take: ${flag}.`
        : variant === "no-flag"
        ? `has no flag to test for ${tx}.`
        : `tests the flag of ${tx}: ${flag}.`;
      return `${how} ${tx} ${isReady ? "goes to the front of ready" : "waits on busy"}.`;
    }
    case "receive":
      return `receives ${quoted(step.part.text)} of ${step.part.tx}.`;
  }
}

// The judge.

function judgeReceipt(state: CommitState, me: ActorState, tx: TxState, part: Part): void {
  if (!tx.committed) {
    state.broken.push(`${me.name} received ${tx.name} before it was committed: it happened for ${me.name} alone.`);
  }
  const own = tx.to.flatMap((to, index) => to === me.name ? [index] : []);
  if (part.index !== own[me.received.filter(({ tx }) => tx === part.tx).length]) {
    state.broken.push(`${me.name} received ${quoted(part.text)} of ${tx.name} before an earlier part of it.`);
  }
  for (const cause of tx.after.filter((cause) => isOutstanding(state, me, cause))) {
    state.broken.push(
      `${me.name} received ${tx.name} before ${cause}, though the sender of ${tx.name} knew of ${cause}.`,
    );
  }
}

function judgeEmptyLook(state: CommitState, me: ActorState): void {
  for (const tx of me.promised.filter((tx) => isOutstanding(state, me, tx))) {
    state.broken.push(`${me.name} looked and found nothing of ${tx}, though another had received a part of it before.`);
  }
  me.promised = [];
}

/** Whether a part of that transaction is for this receiver and was not received, pushed or not. */
function isOutstanding(state: CommitState, { name, received }: ActorState, tx: string): boolean {
  const sent = named(state.txs, tx).to.filter((receiver) => receiver === name).length;
  return sent > received.filter((part) => part.tx === tx).length;
}

function learn(me: ActorState, txs: readonly string[]): void {
  me.knows = [...new Set([...me.knows, ...txs])].sort();
}

/** An actor, and the task that it is at. */
function turnOf(cast: readonly Actor[], { actors }: CommitState, actor: number): { me: ActorState; task?: Task } {
  const me = actors[actor];
  if (me === undefined) throw new RangeError(`actor ${actor} does not exist`);
  return { me, task: cast[actor]?.tasks[me.task] };
}

function named<T extends { readonly name: string }>(list: readonly T[], name: string): T {
  const found = list.find((one) => one.name === name);
  if (found === undefined) throw new RangeError(`${name} is not there`);
  return found;
}

function receiversOf({ parts }: SendTask): string[] {
  return [...new Set(parts.map(({ to }) => to))];
}

function namesOf(parts: readonly Part[]): string {
  return and(parts.map(({ tx }) => tx));
}
