/**
 * Room waiters: peers that wait for room in a bounded queue or in a user's account. A wake may be spurious, so a woken
 * waiter asks again.
 *
 * @module
 */

/** The part of a peer that waiting for room needs. */
export interface RoomWaiter {
  wake(): void;
}

export class RoomWaiters {
  /** The waiters, each with the smallest number of bytes that it waits for. */
  readonly #waiting = new Map<RoomWaiter, number>();

  /** Adds a waiter, or lowers the number of bytes that it waits for. */
  add(waiter: RoomWaiter, bytes: number): void {
    this.#waiting.set(waiter, Math.min(bytes, this.#waiting.get(waiter) ?? Infinity));
  }

  /** Wakes and removes the waiters for which `bytes` are enough. */
  wake(bytes: number): void {
    for (const [waiter, wanted] of this.#waiting) {
      if (wanted > bytes) continue;
      this.#waiting.delete(waiter);
      waiter.wake();
    }
  }
}
