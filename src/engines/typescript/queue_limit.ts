/**
 * The limit that a peer sets to its own queue, in messages and bytes. A sender reserves room for a message before anything
 * is published. The room is free again when the message was received, discarded or dropped.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { QueueLimits } from "../../port/engine.ts";
import { type RoomWaiter, RoomWaiters } from "./room_waiters.ts";

export class QueueLimit {
  readonly #max: Required<QueueLimits>;
  readonly #used: Required<QueueLimits> = { messages: 0, bytes: 0 };
  readonly #waiters = new RoomWaiters();

  constructor({ messages = Infinity, bytes = Infinity }: QueueLimits) {
    this.#max = { messages, bytes };
  }

  /** Reserves room for one message. Returns `false`, and does nothing, if there is not enough. */
  reserve(bytes: number): boolean {
    if (!this.#fits(bytes)) return false;
    this.#used.messages++;
    this.#used.bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#used.messages--;
    this.#used.bytes -= bytes;
    if (this.#fits(0)) this.#waiters.wake(this.#max.bytes - this.#used.bytes);
  }

  /** Returns `1` if there is room for one message; `0` if `waiter` is woken when there is; `-EDQUOT` if there never will be. */
  has(bytes: number, waiter: RoomWaiter): number {
    if (this.#max.messages === 0 || bytes > this.#max.bytes) return -ERRNO.EDQUOT;
    if (this.#fits(bytes)) return 1;
    this.#waiters.add(waiter, bytes);
    return 0;
  }

  /** Wakes all room waiters: a node was released, or the peer has ended. */
  wakeAll(): void {
    this.#waiters.wake(Infinity);
  }

  #fits(bytes: number): boolean {
    return this.#used.messages < this.#max.messages && bytes <= this.#max.bytes - this.#used.bytes;
  }
}
