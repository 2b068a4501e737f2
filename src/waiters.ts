/**
 * Those who await a message of one peer, first come, first served.
 *
 * The engine is armed while somebody waits, and only then: it keeps the process alive, and the wake costs the sender.
 * The order is: arm, look once more, sleep. A wake may come for nothing; then it is armed again. Messages that are
 * taken by others meanwhile, with `tryReceive`, are theirs.
 *
 * Those who wait to send (`writers.ts`) are woken by the same wake, and the engine rests when neither are left.
 *
 * @module
 */

import type { EnginePeer } from "./engine.ts";
import type { Message } from "./message.ts";
import type { Table } from "./table.ts";
import { Writers } from "./writers.ts";

/** The most waits that go by until one lingers again. */
const LONG_REST = 63;

/** One who waits; it is its own listener for the abort. */
class Waiter {
  readonly signal: AbortSignal | undefined;
  readonly resolve: (message: Message) => void;
  readonly reject: (reason: unknown) => void;
  readonly #waiters: Waiters;

  constructor(
    waiters: Waiters,
    signal: AbortSignal | undefined,
    resolve: (message: Message) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#waiters = waiters;
    this.signal = signal;
    this.resolve = resolve;
    this.reject = reject;
  }

  handleEvent(): void {
    this.#waiters.abort(this);
  }
}

export class Waiters {
  readonly #core: EnginePeer;
  readonly #table: Table;
  /** In the order of arrival. */
  readonly #waiting = new Set<Waiter>();
  #armed = false;
  /** So many waits to come do not linger; and how many it were the last time. */
  #drowsy = 0;
  #rest = 0;

  constructor(core: EnginePeer, table: Table) {
    this.#core = core;
    this.#table = table;
  }

  get idle(): boolean {
    return this.#waiting.size === 0;
  }

  /** Waits at the end of the line. */
  wait(signal: AbortSignal | undefined): Promise<Message> {
    if (this.idle && this.#linger() && this.#table.takeOne() > 0) return Promise.resolve(this.#table.taken());
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(this, signal, resolve, reject);
      signal?.addEventListener("abort", waiter);
      this.#waiting.add(waiter);
      if (this.#armed) return; // and looked: nothing is ready
      if (this.#arm()) this.#serve();
    });
  }

  /**
   * Stays awake for a few microseconds, in which a partner on another CPU answers, and which are a fraction of what a
   * sleep costs. Each time that was in vain, twice as many waits go without it.
   */
  #linger(): boolean {
    if (this.#core.linger === undefined) return false;
    if (this.#drowsy > 0) {
      this.#drowsy--;
      return false;
    }
    const came = this.#core.linger() > 0;
    this.#rest = came ? 0 : Math.min(2 * this.#rest + 1, LONG_REST);
    this.#drowsy = this.#rest;
    return came;
  }

  /** The engine's wake. Nobody may wait any more when it comes. */
  wake(): void {
    this.#armed = false;
    this.#serve();
    this.#table.writers?.wake();
  }

  /** Those who wait to send. */
  get writers(): Writers {
    return this.#table.writers ??= new Writers(this.#core, this.#table, () => this.#armed || this.#core.disarm());
  }

  abort(waiter: Waiter): void {
    this.#remove(waiter);
    waiter.reject(waiter.signal?.reason);
    if (this.idle) this.#disarm();
  }

  /** Rejects all, each with an error of its own: nothing will come any more. */
  fail(error: () => Error): void {
    for (const waiter of this.#waiting) {
      this.#remove(waiter);
      waiter.reject(error());
    }
    this.#disarm();
  }

  /** Hands out what is ready; then sleeps, if that is not enough for all. */
  #serve(): void {
    while (!this.idle) {
      const answer = this.#table.takeOne();
      if (answer > 0) this.#resolveFirst(this.#table.taken());
      else if (answer < 0) return this.fail(() => this.#table.failure(answer, "receive"));
      else if (this.#armed || !this.#arm()) return;
    }
    this.#disarm();
  }

  #arm(): boolean {
    const answer = this.#core.arm();
    if (answer < 0) this.fail(() => this.#table.failure(answer, "receive"));
    else this.#armed = true;
    return answer >= 0;
  }

  #resolveFirst(message: Message): void {
    for (const waiter of this.#waiting) {
      this.#remove(waiter);
      return waiter.resolve(message);
    }
  }

  #remove(waiter: Waiter): void {
    this.#waiting.delete(waiter);
    waiter.signal?.removeEventListener("abort", waiter);
  }

  #disarm(): void {
    if (!this.#armed) return;
    this.#armed = false;
    if (this.#table.writers?.idle ?? true) this.#core.disarm();
  }
}
