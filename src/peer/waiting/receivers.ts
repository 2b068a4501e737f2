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

import type { EnginePeer } from "../../port/engine.ts";
import { Line, Waiting } from "./wait_list.ts";
import type { Message } from "../message.ts";
import { Patience } from "./spin.ts";
import type { Table } from "../table.ts";
import { Writers } from "./senders.ts";

export class Waiters {
  readonly #core: EnginePeer;
  readonly #table: Table;
  readonly #line = new Line<Waiting<Message>>(() => this.#disarm());
  #armed = false;
  /** Since when, in milliseconds. */
  #armedAt = 0;
  readonly #patience = new Patience();
  /** Whether nobody is served until the event loop has turned. */
  #turning = false;

  constructor(core: EnginePeer, table: Table) {
    this.#core = core;
    this.#table = table;
  }

  get idle(): boolean {
    return this.#line.idle;
  }

  /** The message that is ready, unless somebody else waits for it, or the event loop has waited for long. */
  ready(): Message | null {
    if (!this.idle || this.#turning) return null;
    if (!this.#table.turn.isDue()) return this.#table.tryReceive();
    this.#turning = true;
    this.#table.turn.after(() => {
      this.#turning = false;
      this.wake();
    });
    return null;
  }

  /** Waits at the end of the line; after {@linkcode Waiters.ready} had nothing. */
  wait(signal: AbortSignal | undefined): Promise<Message> {
    const mayLinger = this.idle && !this.#turning;
    if (mayLinger && this.#linger() && this.#table.takeOne() > 0) return Promise.resolve(this.#table.taken());
    return new Promise((resolve, reject) => {
      this.#line.add(new Waiting(this.#line, signal, resolve, reject));
      if (this.#turning || this.#armed) return; // armed, and looked: nothing is ready
      if (this.#arm()) this.#serve();
    });
  }

  /** Stays awake for a moment, if that was lately worth it. */
  #linger(): boolean {
    if (this.#core.linger === undefined) return false;
    const looks = this.#patience.looks();
    if (looks === 0) return false;
    const answer = this.#core.linger(looks);
    this.#patience.lingered(answer);
    return answer > 0;
  }

  /** The engine's wake. Nobody may wait any more when it comes. */
  wake(): void {
    if (this.#armed) this.#patience.slept(performance.now() - this.#armedAt);
    this.#armed = false;
    this.#serve();
    this.#table.writers?.wake();
  }

  /** Those who wait to send. */
  get writers(): Writers {
    return this.#table.writers ??= new Writers(this.#core, this.#table, () => this.#armed || this.#core.disarm());
  }

  /** Rejects all, each with an error of its own: nothing will come any more. */
  fail(error: () => Error): void {
    this.#line.fail(error);
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
    this.#armedAt = performance.now();
    return answer >= 0;
  }

  #resolveFirst(message: Message): void {
    for (const waiting of this.#line) {
      this.#line.remove(waiting);
      return waiting.resolve(message);
    }
  }

  #disarm(): void {
    if (!this.#armed) return;
    this.#armed = false;
    if (this.#table.writers?.idle ?? true) this.#core.disarm();
  }
}
