/**
 * A user message in flight to one receiver, and the owner of its bytes:
 *
 * - A message to one receiver is stored in that receiver's pool at once, and is delivered without another copy.
 * - The receivers of a multicast share one copy. The last receiver gets it. The others copy it when they receive it,
 *   because a receiver may write into the bytes that it got.
 *
 * @module
 */

import { ownCopy } from "../../port/bytes.ts";
import { type Claim, discharge } from "./acct.ts";
import type { Handle } from "./handle.ts";
import type { Node } from "./node.ts";
import { POOLED } from "./pool.ts";
import type { QueueLimit } from "./queue_limit.ts";

/** The number of messages in flight that share one copy of their bytes. */
export interface Share {
  holders: number;
}

/** The handles of all messages without handles. */
export const NO_HANDLES: Handle[] = [];

export class Message {
  readonly node: Node;
  chunk: Uint8Array<ArrayBuffer>;
  start: number;
  end: number;
  #share: Share | null;
  /** Copies of the sender's handles, owned by the receiver. */
  readonly handles: Handle[];
  /** The sender's user. */
  readonly account: number;
  /** What the message is charged to. */
  charged: Claim | null = null;
  /** The limit of the queue in which the message has reserved room. */
  reserved: QueueLimit | null = null;

  constructor(
    account: number,
    node: Node,
    chunk: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    share: Share | null,
    handles: Handle[],
  ) {
    this.account = account;
    this.node = node;
    this.chunk = chunk;
    this.start = start;
    this.end = end;
    this.#share = share;
    this.handles = handles;
  }

  /** Makes the bytes the receiver's own. Without memory for that, returns `false` and changes nothing. */
  takeBytes(): boolean {
    if (this.#share === null || this.#share.holders === 1) return true;
    const length = this.end - this.start;
    if (length <= POOLED) {
      const pool = this.node.owner.pool;
      this.start = pool.store(this.chunk.subarray(this.start, this.end));
      this.chunk = pool.chunk;
    } else {
      const copy = ownCopy(this.chunk.subarray(this.start, this.end));
      if (copy === null) return false;
      this.start = 0;
      this.chunk = copy;
    }
    this.end = this.start + length;
    return true;
  }

  /** Ends the flight of the message, which was received or discarded. */
  leave(): void {
    const counts = this.node.owner.counts;
    counts.messages--;
    if (this.#share === null || --this.#share.holders === 0) counts.bytes -= this.end - this.start;
    this.#share = null;
    discharge(this, this.end - this.start);
    this.#giveBackRoom();
  }

  #giveBackRoom(): void {
    if (this.reserved === null) return;
    this.reserved.giveBack(this.end - this.start);
    this.reserved = null;
  }

  /** Drops a message that will not be sent. */
  drop(): void {
    this.#giveBackRoom();
    for (const handle of this.handles) handle.discharge();
    discharge(this, this.end - this.start);
  }

  /** Discards a message that will not be delivered, and releases its handles. */
  discard(): void {
    this.leave();
    for (const handle of this.handles) handle.release();
  }
}
