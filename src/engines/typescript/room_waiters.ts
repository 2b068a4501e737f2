/**
 * Room waiters: peers that wait for room, in a bounded queue or on a user's account. A wake may be spurious: a waiter that
 * is woken asks again.
 *
 * @module
 */

/** A peer, as far as it waits for room. */
export interface RoomWaiter {
  wake(): void;
}

export class RoomWaiters {
  /** The waiters, each with the smallest number of bytes that it waits for. */
  readonly #waiting = new Map<RoomWaiter, number>();

  add(waiter: RoomWaiter, bytes: number): void {
    this.#waiting.set(waiter, Math.min(bytes, this.#waiting.get(waiter) ?? Infinity));
  }

  /** Wakes the waiters for which `bytes` are enough. */
  wake(bytes: number): void {
    for (const [waiter, wanted] of this.#waiting) {
      if (wanted > bytes) continue;
      this.#waiting.delete(waiter);
      waiter.wake();
    }
  }
}
