/**
 * Those who await a message of one peer, first come, first served.
 *
 * The engine is armed while somebody waits, and only then: it keeps the process alive, and the wake costs the sender.
 * The order is: arm, look once more, sleep. A wake may come for nothing; then it is armed again. Messages that are
 * taken by others meanwhile, with `tryReceive`, are theirs.
 *
 * @module
 */

import type { EnginePeer } from "./engine.ts";
import type { Message } from "./message.ts";
import type { Table } from "./table.ts";

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

  constructor(core: EnginePeer, table: Table) {
    this.#core = core;
    this.#table = table;
  }

  get idle(): boolean {
    return this.#waiting.size === 0;
  }

  /** Waits at the end of the line. */
  wait(signal: AbortSignal | undefined): Promise<Message> {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(this, signal, resolve, reject);
      signal?.addEventListener("abort", waiter);
      this.#waiting.add(waiter);
      if (this.#armed) return; // and looked: nothing is ready
      if (this.#arm()) this.#serve();
    });
  }

  /** The engine's wake. Nobody may wait any more when it comes. */
  wake(): void {
    this.#armed = false;
    this.#serve();
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
    this.#core.disarm();
  }
}
