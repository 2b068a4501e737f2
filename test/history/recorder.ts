/**
 * An actor's log of its events, in memory that outlives it: an actor may be terminated at any moment, and the log keeps
 * what it had done and what it was about to do.
 *
 * A record is a sequence of words: its kind, begin, end (0 until the call has returned), errno, the number of
 * arguments, these, the number of results, and these. The first word of a log is the place of the last record.
 * Arguments are written before the call and results after it, so even a call that does not return is in the log.
 *
 * @module
 */

import { ERRNO } from "../../src/port/abi.ts";
import type { Commit, Event, Item, Send } from "./history.ts";

const KINDS = [
  ...["open", "create", "copy", "commit", "receive", "close"],
  ...["detach", "adopt", "revoke", "sight", "quiet"],
] as const;
const ITEMS = ["message", "node-release", "handle-release"] as const;
const HEAD = 5;

const CODES = new Map<number, string>(Object.entries(ERRNO).map(([code, errno]) => [errno, code]));

/** The clock and counters that all recorders of one run share. */
export interface Clock {
  /** One word: the time. */
  readonly clock: Int32Array;
  /** For each actor, how many of its events have returned. */
  readonly progress: Int32Array;
}

/** Writes one actor's log. */
export class Recorder {
  readonly #log: Int32Array;
  readonly #clock: Clock;
  readonly #actor: number;
  /** Whether the clock ticks after every call. If not, only {@linkcode tick} moves it. */
  readonly #ticks: boolean;
  /** Where the next record begins. */
  #at = 1;

  constructor(log: Int32Array, clock: Clock, actor: number, ticks: boolean) {
    this.#log = log;
    this.#clock = clock;
    this.#actor = actor;
    this.#ticks = ticks;
  }

  /** Whether the log has space for another event of any size. */
  get hasSpace(): boolean {
    return this.#at < this.#log.length - LONGEST;
  }

  /** The time now, as a begin. */
  now(): number {
    return Atomics.load(this.#clock.clock, 0);
  }

  /** Advances the clock. */
  tick(): void {
    Atomics.add(this.#clock.clock, 0, 1);
  }

  /** Before a call. `began` is for one that began earlier. */
  begin(kind: Event["kind"], args: readonly number[], began: number = this.now()): void {
    const log = this.#log;
    log[this.#at] = KINDS.indexOf(kind);
    log[this.#at + 1] = began;
    log[this.#at + 2] = 0;
    log[this.#at + 4] = args.length;
    log.set(args, this.#at + HEAD);
    Atomics.store(log, 0, this.#at);
  }

  /** After a call, with its results, or with the errno that it failed with. */
  end(results: readonly number[] = [], errno = 0): void {
    const time = this.#ticks ? Atomics.add(this.#clock.clock, 0, 1) : this.now();
    const log = this.#log;
    const after = this.#at + HEAD + log[this.#at + 4];
    log[this.#at + 3] = errno;
    log[after] = results.length;
    log.set(results, after + 1);
    Atomics.store(log, this.#at + 2, time + 1);
    Atomics.add(this.#clock.progress, this.#actor, 1);
    this.#at = after + 1 + results.length;
  }

  /** Something that is an event by itself. */
  note(kind: Event["kind"], args: readonly number[], results: readonly number[] = [], began?: number): void {
    this.begin(kind, args, began);
    this.end(results);
  }
}

/** More than the words of any record. */
const LONGEST = 1 << 12;

/** Returns the words of a commit's arguments. */
export function commitWords({ peer, sends, releases }: Pick<Commit, "peer" | "sends" | "releases">): number[] {
  const words = [peer, sends.length];
  for (const { number, hash, to, handles } of sends) {
    words.push(number, hash, to.length, ...to, handles.length, ...handles);
  }
  words.push(releases.length, ...releases);
  return words;
}

/** Returns the words of a receive's results. */
export function receiveWords(items: readonly Item[], empty: boolean): number[] {
  const words = [empty ? 1 : 0, items.length];
  for (const item of items) {
    words.push(ITEMS.indexOf(item.type));
    if (item.type === "message") {
      words.push(item.node, item.number, item.hash, item.handles.length, ...item.handles);
    } else words.push(item.type === "node-release" ? item.handle : item.node);
  }
  return words;
}

/** Reads a log. */
export function readLog(log: Int32Array): Event[] {
  const events: Event[] = [];
  const last = Atomics.load(log, 0);
  for (let at = 1; last > 0 && at <= last;) {
    const kind = KINDS[log[at]];
    const begin = log[at + 1];
    const returned = Atomics.load(log, at + 2);
    const errno = returned > 0 ? log[at + 3] : 0;
    const args = new Words(log, at + HEAD);
    at += HEAD + log[at + 4];
    const results = new Words(log, at + 1);
    const stamps = {
      begin,
      end: returned > 0 ? returned : Infinity,
      ...errno !== 0 && { error: CODES.get(errno) ?? String(errno) },
    };
    const isDone = returned > 0 && errno === 0;
    if (isDone || kind === "commit" || kind === "adopt" || errno !== 0) {
      events.push({ ...stamps, ...body(kind, args, results, isDone) } as Event);
    }
    at += 1 + log[at];
  }
  return events;
}

/** Reads numbers, one after the other. */
class Words {
  readonly #log: Int32Array;
  #at: number;

  constructor(log: Int32Array, at: number) {
    this.#log = log;
    this.#at = at;
  }

  next(): number {
    return this.#log[this.#at++];
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.next() }, read);
  }

  ids(): number[] {
    return this.list(() => this.next());
  }
}

function body(kind: Event["kind"], args: Words, results: Words, isDone: boolean): object {
  // A call that failed or did not return has no results.
  const result = () => isDone ? results.next() : 0;
  switch (kind) {
    case "create":
      return { kind, peer: args.next(), for: args.next(), node: result(), handle: result() };
    case "copy":
      return { kind, peer: args.next(), handle: args.next(), for: args.next(), copy: result() };
    case "commit":
      return {
        kind,
        peer: args.next(),
        sends: args.list((): Send => ({
          number: args.next(),
          hash: args.next(),
          to: args.ids(),
          handles: args.ids(),
        })),
        releases: args.ids(),
      };
    case "receive":
      return {
        kind,
        peer: args.next(),
        empty: result() === 1,
        items: isDone ? results.list(() => readItem(results)) : [],
      };
    case "detach":
    case "adopt":
      return { kind, peer: args.next(), ticket: args.next() };
    case "sight":
      return { kind, actor: args.next(), count: args.next() };
    case "quiet":
      return { kind };
    default:
      return { kind, peer: args.next() };
  }
}

function readItem(words: Words): Item {
  const type = ITEMS[words.next()];
  switch (type) {
    case "message":
      return { type, node: words.next(), number: words.next(), hash: words.next(), handles: words.ids() };
    case "node-release":
      return { type, handle: words.next() };
    case "handle-release":
      return { type, node: words.next() };
  }
}
