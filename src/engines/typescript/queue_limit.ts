/**
 * The bound that a peer sets to its own queue, in messages and bytes. A sender reserves room for a message before
 * anything is published; it is free again when the message was received or discarded, or will not be sent.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { QueueLimits } from "../../port/engine.ts";
import type { Peer } from "./peer.ts";
import { Writers } from "./room_waiters.ts";

export class Room {
  readonly #max: Required<QueueLimits>;
  readonly #used: Required<QueueLimits> = { messages: 0, bytes: 0 };
  readonly #writers = new Writers();

  constructor({ messages = Infinity, bytes = Infinity }: QueueLimits) {
    this.#max = { messages, bytes };
  }

  /** Room for one message; `false`, and nothing done, if there is none. */
  reserve(bytes: number): boolean {
    if (!this.#fits(bytes)) return false;
    this.#used.messages++;
    this.#used.bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#used.messages--;
    this.#used.bytes -= bytes;
    if (this.#fits(0)) this.#writers.wake(this.#max.bytes - this.#used.bytes);
  }

  /** Whether there is room for one message: `1`; or `0`, and then the peer is woken; `-EDQUOT` if there never will be. */
  has(bytes: number, peer: Peer): number {
    if (this.#max.messages === 0 || bytes > this.#max.bytes) return -ERRNO.EDQUOT;
    if (this.#fits(bytes)) return 1;
    this.#writers.add(peer, bytes);
    return 0;
  }

  /** Wakes all who wait: a node is gone, or the peer has ended. */
  wakeAll(): void {
    this.#writers.wake(Infinity);
  }

  #fits(bytes: number): boolean {
    return this.#used.messages < this.#max.messages && bytes <= this.#max.bytes - this.#used.bytes;
  }
}
