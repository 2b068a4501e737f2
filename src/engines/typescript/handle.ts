/**
 * A handle. Its life: made (in a transaction it may stay that for ever), then *live*: it counts; it gets an id
 * when its owner receives it; then released, by its owner or with the undelivered message that carried it, or
 * *gone*, because its owner received the release of its node.
 *
 * @module
 */

import { discharge, type Trace } from "./acct.ts";
import type { Node } from "./node.ts";
import type { Peer } from "./peer.ts";
import type { Id } from "../../port/engine.ts";

export class Handle {
  readonly owner: Peer;
  readonly node: Node;
  /** 0 until the owner receives it. */
  id: Id = 0;
  /** Released or gone: no more of use to its owner, who hears no more of it. */
  released = false;
  /** What it is charged to, until it is released or gone, or somebody has heard of that. */
  charged: Trace | null = null;
  /** Its owner has been told that the node is gone, which happens once. */
  notified = false;

  // The list of the node's live handles; see node.ts.
  linked = false;
  previous: Handle | null = null;
  next: Handle | null = null;

  constructor(owner: Peer, node: Node) {
    this.owner = owner;
    this.node = node;
  }

  /** It counts from here on. To a node that is gone already it is not linked: `notifyLate` tells its owner. */
  goLive(): void {
    this.owner.counts.handles++;
    if (!this.node.released) this.node.link(this);
  }

  /** Its node is gone: its owner will hear of it. */
  notify(): void {
    this.notified = true;
    this.owner.push(this);
  }

  /** The same for a handle that went live, or was received, after its node was gone. */
  notifyLate(): void {
    if (this.node.released && !this.notified && !this.released) this.notify();
  }

  /**
   * Released by its owner, or discarded undelivered. The node's owner hears of it if the node is there. Twice counts
   * once.
   */
  release(): void {
    if (this.released) return;
    this.#remove();
    if (!this.linked) return this.discharge();
    this.node.unlink(this);
    this.node.owner.push(this.charged === null ? this.node : new Unheard(this));
  }

  /** The owner receives that the node is gone; like a node's, answers whether it is to be told. */
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

  /** It is no more than memory from now on. */
  discharge(): void {
    discharge(this, 0);
  }
}

/** The news of the release of a handle that somebody pays for: it is part of a queue as the node would be. */
export class Unheard {
  readonly node: Node;
  readonly #handle: Handle;
  readonly #free: boolean;

  constructor(handle: Handle) {
    this.node = handle.node;
    this.#handle = handle;
    this.#free = handle.owner.payer!.mayLeaveUnheard();
    if (this.#free) handle.discharge();
  }

  /** The node's owner has heard, or is gone. */
  hear(): void {
    if (this.#free) this.#handle.owner.payer!.hear();
    else this.#handle.discharge();
  }
}
