/**
 * A node, and the rules for releases (specification, section 5) that need the list of its live handles:
 *
 * - A handle is linked from the moment it counts until it or its node is released. So "linked" means: the node is not
 *   gone, and its owner has not yet been notified of this handle's release.
 * - The list has the order in which the handles became live. The release of the node notifies their owners in that order.
 * - `remaining` is the number of handles that ever counted minus the release notifications received. 0 is final: no handle
 *   is left to make a copy of.
 *
 * @module
 */

import { type Claim, discharge } from "./acct.ts";
import type { Handle } from "./handle.ts";
import type { Peer } from "./peer.ts";
import type { Id } from "../../port/engine.ts";

export class Node {
  readonly owner: Peer;
  readonly id: Id;
  readonly name: string | null;
  /** Whether its owner has released it, or has received that no handle to it is left. */
  released = false;
  /** What the node is charged to, until it is released. */
  charged: Claim | null;

  #ever = 0;
  #received = 0;
  #first: Handle | null = null;
  #last: Handle | null = null;

  constructor(owner: Peer, charged: Claim | null, name: string | null) {
    this.owner = owner;
    this.name = name;
    this.charged = charged;
    this.id = owner.allot(this);
    owner.counts.nodes++;
  }

  /** Iterates over the handles that count. */
  *handles(): Iterable<Handle> {
    for (let handle = this.#first; handle !== null; handle = handle.next) yield handle;
  }

  link(handle: Handle): void {
    this.#ever++;
    handle.linked = true;
    handle.previous = this.#last;
    if (this.#last === null) this.#first = handle;
    else this.#last.next = handle;
    this.#last = handle;
  }

  unlink(handle: Handle): void {
    if (handle.previous === null) this.#first = handle.next;
    else handle.previous.next = handle.next;
    if (handle.next === null) this.#last = handle.previous;
    else handle.next.previous = handle.previous;
    handle.previous = null;
    handle.next = null;
    handle.linked = false;
  }

  /** Released by its owner. Idempotent. */
  release(): void {
    if (this.released) return;
    this.#remove();
    for (let handle = this.#first; handle !== null;) {
      const next: Handle | null = handle.next;
      handle.previous = null;
      handle.next = null;
      handle.linked = false;
      handle.notify();
      handle = next;
    }
    this.#first = null;
    this.#last = null;
  }

  /**
   * The owner receives that a handle to the node was released. Returns whether that was the last one: then the node is
   * gone.
   */
  receiveRelease(): boolean {
    if (++this.#received < this.#ever) return false;
    this.#remove();
    return true;
  }

  #remove(): void {
    this.released = true;
    this.owner.counts.nodes--;
    this.owner.objects.delete(this.id);
    discharge(this, 0);
  }
}
