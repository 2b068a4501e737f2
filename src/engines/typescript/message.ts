/**
 * A user message in flight to one receiver, and the owner of its bytes:
 *
 * - A message to one receiver lies in that receiver's pool from the start, and is given out in place.
 * - The receivers of a multicast share one copy. The last of them gets it. The others copy it when they receive it,
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
  /** Copies, owned by the receiver. */
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

  /** Makes the bytes the receiver's own. Returns `false`, and does nothing, if there is no memory for that. */
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

  /** The message was received or discarded: it is not in flight any more. */
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

  /** The message will not be sent. */
  drop(): void {
    this.#giveBackRoom();
    for (const handle of this.handles) handle.discharge();
    discharge(this, this.end - this.start);
  }

  /** The message will not be delivered: releases its handles. */
  discard(): void {
    this.leave();
    for (const handle of this.handles) handle.release();
  }
}
