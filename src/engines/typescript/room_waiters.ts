/**
 * Peers that wait for room, in a bounded queue or on a user's account. A wake may come for nothing: they ask again.
 *
 * @module
 */

import type { Peer } from "./peer.ts";

export class Writers {
  /** And the least that each waits for, in bytes. */
  readonly #waiting = new Map<Peer, number>();

  add(peer: Peer, bytes: number): void {
    this.#waiting.set(peer, Math.min(bytes, this.#waiting.get(peer) ?? Infinity));
  }

  /** Wakes those who wait for no more than so many bytes. */
  wake(bytes: number): void {
    for (const [peer, wanted] of this.#waiting) {
      if (wanted > bytes) continue;
      this.#waiting.delete(peer);
      peer.wake();
    }
  }
}
