/**
 * Calls that wait for something, in the order in which they came; each may be aborted by a signal.
 *
 * @module
 */

/** A call that waits. The object itself is the listener for the abort, which saves a closure for each wait. */
export class Waiter<T> implements EventListenerObject {
  readonly signal: AbortSignal | undefined;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
  readonly #list: { abort(waiter: Waiter<T>): void };

  constructor(
    list: { abort(waiter: Waiter<T>): void },
    signal: AbortSignal | undefined,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#list = list;
    this.signal = signal;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Called on abort. */
  handleEvent(): void {
    this.#list.abort(this);
  }
}

export class WaitList<W extends Waiter<never>> {
  /** Called when an abort has left the list empty. */
  readonly #onIdle: () => void;
  readonly #waiters = new Set<W>();

  constructor(onIdle: () => void) {
    this.#onIdle = onIdle;
  }

  get idle(): boolean {
    return this.#waiters.size === 0;
  }

  /** Iterates in order. A waiter that is removed meanwhile is skipped. */
  [Symbol.iterator](): IterableIterator<W> {
    return this.#waiters[Symbol.iterator]();
  }

  add(waiter: W): void {
    waiter.signal?.addEventListener("abort", waiter);
    this.#waiters.add(waiter);
  }

  remove(waiter: W): void {
    this.#waiters.delete(waiter);
    waiter.signal?.removeEventListener("abort", waiter);
  }

  abort(waiter: W): void {
    this.remove(waiter);
    waiter.reject(waiter.signal?.reason);
    if (this.idle) this.#onIdle();
  }

  /** Rejects all waiters, each with an error of its own: the wait cannot succeed any more. */
  fail(error: () => Error): void {
    for (const waiter of this) {
      this.remove(waiter);
      waiter.reject(error());
    }
  }
}
