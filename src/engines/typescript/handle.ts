/**
 * A handle. Its states, in order:
 *
 * 1. made, in a transaction, perhaps never committed;
 * 2. *live*: it counts at its node;
 * 3. it has an id, once its owner has received it;
 * 4. released, by its owner or with the undelivered message that carried it; or *gone*, because its owner has received
 *    the release of its node.
 *
 * @module
 */

import { type Claim, discharge, type User } from "./acct.ts";
import type { Node } from "./node.ts";
import type { Peer } from "./peer.ts";
import type { Id } from "../../port/engine.ts";

export class Handle {
  readonly owner: Peer;
  readonly node: Node;
  /** 0 until the owner receives it. */
  id: Id = 0;
  /** Released or gone: its owner receives nothing more about it. */
  released = false;
  /** What it is charged to. See {@linkcode DeferredDischarge} for the end of the charge. */
  charged: Claim | null = null;
  /** Whether its owner was notified that the node is gone, which happens once. */
  notified = false;

  // The list of the node's live handles; see node.ts.
  linked = false;
  previous: Handle | null = null;
  next: Handle | null = null;

  constructor(owner: Peer, node: Node) {
    this.owner = owner;
    this.node = node;
  }

  /** Makes the handle count. If its node is gone it is not linked; `notifyLate` notifies its owner. */
  goLive(): void {
    this.owner.counts.handles++;
    if (!this.node.released) this.node.link(this);
  }

  /** Notifies the owner that the node is gone. */
  notify(): void {
    this.notified = true;
    this.owner.push(this);
  }

  /** Notifies the owner of a handle that went live, or was received, after its node was gone. */
  notifyLate(): void {
    if (this.node.released && !this.notified && !this.released) this.notify();
  }

  /** Released by its owner, or discarded undelivered. Notifies the node's owner if the node is not gone. Idempotent. */
  release(): void {
    if (this.released) return;
    this.#remove();
    if (!this.linked) return this.discharge();
    this.node.unlink(this);
    const { payer } = this.owner;
    const isCharged = this.charged !== null && payer !== null;
    this.node.owner.push(isCharged ? new DeferredDischarge(this, payer) : this.node);
  }

  /** The owner receives that the node is gone. Returns whether the owner is to be told, like a node's. */
  receiveRelease(): boolean {
    this.#remove();
    this.discharge();
    return true;
  }

  #remove(): void {
    this.released = true;
    this.owner.counts.handles--;
    this.owner.objects.delete(this.id);
  }

  /** Ends the handle's charge. */
  discharge(): void {
    discharge(this, 0);
  }
}

/**
 * The notification that a charged handle was released, as a part of a queue. The notification takes memory until it is
 * received. So the handle's charge ends only then, unless the user may have another uncharged notification.
 */
export class DeferredDischarge {
  readonly node: Node;
  readonly #handle: Handle;
  readonly #payer: User;
  readonly #isUncharged: boolean;

  constructor(handle: Handle, payer: User) {
    this.node = handle.node;
    this.#handle = handle;
    this.#payer = payer;
    this.#isUncharged = payer.beginUncharged();
    if (this.#isUncharged) handle.discharge();
  }

  /** The node's owner has received the notification, or has ended. */
  finish(): void {
    if (this.#isUncharged) this.#payer.endUncharged();
    else this.#handle.discharge();
  }
}
