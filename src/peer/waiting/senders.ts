/**
 * Senders that wait until they can send through a handle, for `peer.writable()`.
 *
 * The engine is asked whether a message would be accepted. If not, it wakes once when that may have changed, and is asked
 * again. If the handle is released or gone, the wait ends.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { EnginePeer, Id } from "../../port/engine.ts";
import type { EngineWake, WakeUser } from "./engine_wake.ts";
import { Waiter, WaitList } from "./wait_list.ts";

/** What a sender waits for: room for a message of `length` bytes. */
export interface RoomWanted {
  readonly id: Id;
  readonly length: number;
  readonly signal: AbortSignal | undefined;
  /** Makes the error of a failed wait from the engine's errno. */
  failure(answer: number): Error;
}

class Sender extends Waiter<void> {
  readonly wanted: RoomWanted;

  constructor(
    list: WaitList<Sender>,
    wanted: RoomWanted,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ) {
    super(list, wanted.signal, resolve, reject);
    this.wanted = wanted;
  }
}

export class Senders implements WakeUser {
  readonly #core: EnginePeer;
  readonly #wake: EngineWake;
  /** Made when the first sender waits. */
  #list: WaitList<Sender> | null = null;
  /** The length of the last message that was refused for lack of room, by handle. The next wait is for that much room. */
  #refused: Map<Id, number> | null = null;

  constructor(core: EnginePeer, wake: EngineWake) {
    this.#core = core;
    this.#wake = wake;
    wake.add(this);
  }

  get needsWake(): boolean {
    return this.#list !== null && !this.#list.idle;
  }

  /** A message was not sent: remembers its length if that was for lack of room. */
  refused(answer: number, to: readonly Id[], length: number): void {
    if (answer !== -ERRNO.EDQUOT) return;
    this.#refused ??= new Map();
    for (const id of to) this.#refused.set(id, length);
  }

  /** Returns the length that was refused last, once; 0 if there is none. */
  takeRefused(id: Id): number {
    const length = this.#refused?.get(id) ?? 0;
    this.#refused?.delete(id);
    return length;
  }

  /** Waits until a message would be accepted, or the node is gone. */
  wait(wanted: RoomWanted): Promise<void> {
    const list = this.#list ??= new WaitList<Sender>(() => this.#wake.release());
    return new Promise((resolve, reject) => {
      const sender = new Sender(list, wanted, resolve, reject);
      list.add(sender);
      this.#ask(list, sender);
      if (list.idle) this.#wake.release();
    });
  }

  wake(): void {
    if (this.#list === null) return;
    for (const sender of this.#list) this.#ask(this.#list, sender);
    if (this.#list.idle) this.#wake.release();
  }

  #ask(list: WaitList<Sender>, sender: Sender): void {
    const { id, length } = sender.wanted;
    const answer = this.#core.writable(id, length, this.#wake.call);
    if (answer === 0) return;
    list.remove(sender);
    if (answer > 0) sender.resolve();
    else sender.reject(sender.wanted.failure(answer));
  }

  /** The id is not this peer's any more: ends the waits for it. */
  forget(id: Id): void {
    this.#refused?.delete(id);
    if (this.#list === null) return;
    for (const sender of this.#list) {
      if (sender.wanted.id !== id) continue;
      this.#list.remove(sender);
      sender.resolve();
    }
    if (this.#list.idle) this.#wake.release();
  }

  /** Rejects all senders, each with an error of its own: the peer has ended or was detached. */
  fail(error: () => Error): void {
    this.#list?.fail(error);
  }
}
