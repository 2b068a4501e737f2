/**
 * A user message on its way to one receiver, and whose its bytes are:
 *
 * - A message to one receiver lies in that receiver's pool from the start, and is given out as it lies.
 * - The receivers of a multicast share one copy. The last of them gets it, the others copy it when they receive
 *   it: what was given out may be written into.
 *
 * @module
 */

import { ownCopy } from "../../port/bytes.ts";
import { discharge, type Trace } from "./acct.ts";
import type { Handle } from "./handle.ts";
import type { Node } from "./node.ts";
import { POOLED } from "./pool.ts";
import type { Room } from "./queue_limit.ts";

/** The messages that share one copy of their bytes, as far as they are still on their way. */
export interface Share {
  holders: number;
}

/** For all messages that bring none. */
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
  /** What it is charged to. */
  charged: Trace | null = null;
  /** Where it has reserved room. */
  room: Room | null = null;

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

  /** Makes the bytes the receiver's own; `false`, and nothing has happened, if there is no memory for that. */
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

  /** Received or discarded: it is no more on its way. */
  leave(): void {
    const counts = this.node.owner.counts;
    counts.messages--;
    if (this.#share === null || --this.#share.holders === 0) counts.bytes -= this.end - this.start;
    this.#share = null;
    discharge(this, this.end - this.start);
    this.#leaveRoom();
  }

  #leaveRoom(): void {
    if (this.room === null) return;
    this.room.giveBack(this.end - this.start);
    this.room = null;
  }

  /** It will not be sent. */
  drop(): void {
    this.#leaveRoom();
    for (const handle of this.handles) handle.discharge();
    discharge(this, this.end - this.start);
  }

  /** It will not be delivered: its handles are released. */
  discard(): void {
    this.leave();
    for (const handle of this.handles) handle.release();
  }
}
