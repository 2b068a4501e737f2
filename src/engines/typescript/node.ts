/**
 * A node, and the rules of SPEC section 5 that need the list of its live handles:
 *
 * - A handle is linked from the moment it counts until it is released or its node is. So "linked" says: the node
 *   is there, and its owner has yet to hear of this handle's release.
 * - The list has the order in which the handles became live; releasing the node tells their owners in that order.
 * - `remaining` is what ever counted minus the release notifications received. 0 is final: no handle is left to
 *   make another one from.
 *
 * @module
 */

import { discharge, type Trace } from "./acct.ts";
import type { Handle } from "./handle.ts";
import type { Peer } from "./peer.ts";
import type { Id } from "../../port/engine.ts";

export class Node {
  readonly owner: Peer;
  readonly id: Id;
  /** What its user calls it. */
  readonly name: string | null;
  /** By its owner, or because nobody can reach it any more. */
  released = false;

  /** What it is charged to, until it is released. */
  charged: Trace | null;

  #ever = 0;
  #received = 0;
  #first: Handle | null = null;
  #last: Handle | null = null;

  constructor(owner: Peer, charged: Trace | null, name: string | null) {
    this.owner = owner;
    this.name = name;
    this.charged = charged;
    this.id = owner.allot(this);
    owner.counts.nodes++;
  }

  /** Those that count. */
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

  /** Released by its owner. Twice counts once. */
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
   * The owner receives that one of its handles was released; answers whether that was the last of them, and then
   * the node is gone.
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
