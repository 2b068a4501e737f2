/**
 * The commit protocol, as a model that can be executed: a receiver's queue, one atomic step at a time (specification,
 * section 4).
 *
 * A sender pushes every part of a transaction onto its receiver's LIFO, and then sets the one flag that the parts
 * share. A receiver takes its whole LIFO at once, only when its `ready` list is empty. Then it tests the flag of every
 * part: the new parts, newest first, then the parts held back on `busy`. Committed parts go to the front of `ready`,
 * the others stay on `busy` in order.
 *
 * It has two users, which own the flags: the page steps through it (`commit.ts`), and the machine of the history tests
 * (`test/history/machine.ts`) adds nodes and handles to it. A queue is plain data, to be copied and compared.
 *
 * @module
 */

/** The algorithm, and three ways to get it wrong. */
export type Variant = "right" | "flag-first" | "no-flag" | "eager";

export interface Queue<P> {
  /** The LIFO: pushed by any sender, newest first. */
  incoming: P[];
  /** Not committed when they were tested, newest first. */
  busy: P[];
  /** Committed, oldest first. */
  ready: P[];
  /** The look that is in progress, from its first step to its last. */
  look: Look<P> | null;
}

interface Look<P> {
  /** Taken and to be tested, in that order; `null` before the take. */
  hand: P[] | null;
  /** The number of parts in `hand` that were taken just now; the others come from `busy`. */
  fresh: number;
  /** Tested in this look, and not committed. */
  held: P[];
  /** The flags of what was on `busy`, in the variant that reads them before the take. */
  remembered: boolean[] | null;
}

/** A step of a receiver, and what it found. A look that ends with nothing ready `isEmpty`. */
export type LookStep<P> =
  | { deed: "read"; set: P[] }
  | { deed: "take"; fresh: P[]; old: P[]; isEmpty: boolean }
  | { deed: "test"; part: P; isSet: boolean; isRecalled: boolean; isReady: boolean; isEmpty: boolean }
  | { deed: "receive"; part: P };

/** Returns an empty queue. */
export function emptyQueue<P>(): Queue<P> {
  return { incoming: [], busy: [], ready: [], look: null };
}

/** Returns all parts that were not received, oldest first. */
export function oldestFirst<P>({ ready, busy, incoming }: Queue<P>): P[] {
  return [...ready, ...busy.toReversed(), ...incoming.toReversed()];
}

/** Returns the next step of a receiver, and the part that it is about. */
export function nextLook<P>({ incoming, busy, ready, look }: Queue<P>, variant: Variant): [LookStep<P>["deed"], P?] {
  const hand = look?.hand ?? [];
  if (hand.length > 0) return ["test", hand[0]];
  const takes = !look?.hand && (ready.length === 0 || variant === "eager" && incoming.length > 0);
  if (!takes) return ["receive", ready[0]];
  return [variant === "flag-first" && look === null && busy.length > 0 ? "read" : "take"];
}

/** Whether the next test uses a flag that was read before the take. */
export function isRecalled({ look }: Queue<unknown>): boolean {
  return look !== null && look.remembered !== null && look.fresh === 0;
}

/** Takes the next step of a receiver. */
export function stepLook<P>(queue: Queue<P>, variant: Variant, isCommitted: (part: P) => boolean): LookStep<P> {
  const [deed, part] = nextLook(queue, variant);
  if (deed === "read") {
    queue.look = { hand: null, fresh: 0, held: [], remembered: queue.busy.map(isCommitted) };
    return { deed, set: queue.busy.filter(isCommitted) };
  }
  if (deed === "take") {
    const { incoming: fresh, busy: old, look } = queue;
    const isEmpty = fresh.length + old.length === 0;
    const remembered = look?.remembered ?? null;
    queue.look = isEmpty ? null : { hand: [...fresh, ...old], fresh: fresh.length, held: [], remembered };
    queue.incoming = [];
    queue.busy = [];
    return { deed, fresh, old, isEmpty };
  }
  if (part === undefined) throw new RangeError("nothing is ready");
  if (deed === "test" && queue.look !== null) return test(queue, queue.look, part, variant, isCommitted);
  queue.ready.shift();
  queue.look = null;
  return { deed: "receive", part };
}

function test<P>(
  queue: Queue<P>,
  look: Look<P>,
  part: P,
  variant: Variant,
  isCommitted: (part: P) => boolean,
): LookStep<P> {
  const recalled = isRecalled(queue);
  const isSet = recalled ? look.remembered?.shift() === true : isCommitted(part);
  const isReady = isSet || variant === "no-flag";
  look.hand?.shift();
  if (look.fresh > 0) look.fresh--;
  if (isReady) queue.ready.unshift(part);
  else look.held.push(part);
  const isLast = look.hand?.length === 0;
  if (isLast) queue.busy = look.held.splice(0);
  const isEmpty = isLast && queue.ready.length === 0;
  if (isEmpty) queue.look = null;
  return { deed: "test", part, isSet, isRecalled: recalled, isReady, isEmpty };
}
