/**
 * Calls that await a message of one peer, first come, first served.
 *
 * The engine is armed while a call waits, and only then: an armed engine keeps the process alive, and its wake costs the
 * sender. The order is: arm, look once more, sleep. A wake may be spurious; then the engine is armed again. A message that
 * `tryReceive` takes meanwhile is not delivered here.
 *
 * @module
 */

import type { EnginePeer } from "../../port/engine.ts";
import type { EngineWake, WakeUser } from "./engine_wake.ts";
import { EventLoopTurn } from "./event_loop.ts";
import { Spin } from "./spin.ts";
import { Waiter, WaitList } from "./wait_list.ts";

/** Where messages come from. */
export interface Source<M> {
  /** Receives the next message; returns 0 if nothing is ready, or an errno. */
  take(): M | number;
  /** The same, but `null` if nothing is ready; throws the failure. */
  tryReceive(): M | null;
  /** Makes the error for an errno. */
  failure(answer: number): Error;
}

export class Receivers<M> implements WakeUser {
  readonly turn: EventLoopTurn = new EventLoopTurn();
  readonly #core: EnginePeer;
  readonly #source: Source<M>;
  readonly #wake: EngineWake;
  readonly #list = new WaitList<Waiter<M>>(() => this.#disarm());
  readonly #spin = new Spin();
  #armed = false;
  /** When the engine was armed, in milliseconds. */
  #armedAt = 0;
  /** Whether no message is delivered until the event loop has turned. */
  #turning = false;

  constructor(core: EnginePeer, source: Source<M>, wake: EngineWake) {
    this.#core = core;
    this.#source = source;
    this.#wake = wake;
    wake.add(this);
  }

  get needsWake(): boolean {
    return this.#armed;
  }

  /** Returns the message that is ready, unless another call waits for it, or the event loop must turn first. */
  ready(): M | null {
    if (!this.#list.idle || this.#turning) return null;
    if (!this.turn.isDue()) return this.#source.tryReceive();
    this.#turning = true;
    this.turn.after(() => {
      this.#turning = false;
      this.wake();
    });
    return null;
  }

  /** Waits at the end of the list; after {@linkcode Receivers.ready} has returned `null`. */
  wait(signal: AbortSignal | undefined): Promise<M> {
    if (this.#list.idle && !this.#turning && this.#linger()) {
      const message = this.#source.take();
      if (typeof message !== "number") return Promise.resolve(message);
    }
    return new Promise((resolve, reject) => {
      this.#list.add(new Waiter(this.#list, signal, resolve, reject));
      if (this.#turning || this.#armed) return; // if it is armed, it was found empty after that
      if (this.#arm()) this.#serve();
    });
  }

  /** Spins for a moment, if that has recently paid off. */
  #linger(): boolean {
    if (this.#core.linger === undefined) return false;
    const looks = this.#spin.looks();
    if (looks === 0) return false;
    const answer = this.#core.linger(looks);
    this.#spin.lingered(answer);
    return answer > 0;
  }

  /** May be called after the last waiter has left. */
  wake(): void {
    if (this.#armed) this.#spin.slept(performance.now() - this.#armedAt);
    this.#armed = false;
    this.#serve();
  }

  /** Rejects all waiters, each with an error of its own: no message will come any more. */
  fail(error: () => Error): void {
    this.#list.fail(error);
    this.#disarm();
  }

  /** Delivers what is ready; then arms the engine, if waiters are left. */
  #serve(): void {
    while (!this.#list.idle) {
      const message = this.#source.take();
      if (typeof message !== "number") this.#resolveFirst(message);
      else if (message < 0) return this.fail(() => this.#source.failure(message));
      else if (this.#armed || !this.#arm()) return;
    }
    this.#disarm();
  }

  #arm(): boolean {
    const answer = this.#core.arm(this.#wake.call);
    if (answer < 0) this.fail(() => this.#source.failure(answer));
    else this.#armed = true;
    this.#armedAt = performance.now();
    return answer >= 0;
  }

  #resolveFirst(message: M): void {
    for (const waiter of this.#list) {
      this.#list.remove(waiter);
      return waiter.resolve(message);
    }
  }

  #disarm(): void {
    if (!this.#armed) return;
    this.#armed = false;
    this.#wake.release();
  }
}
