/**
 * Those who wait for something, in the order in which they came; each may give up by a signal.
 *
 * @module
 */

/** One who waits; it is its own listener for the abort. */
export class Waiting<T> {
  readonly signal: AbortSignal | undefined;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
  readonly #line: { abort(waiting: Waiting<T>): void };

  constructor(
    line: { abort(waiting: Waiting<T>): void },
    signal: AbortSignal | undefined,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#line = line;
    this.signal = signal;
    this.resolve = resolve;
    this.reject = reject;
  }

  handleEvent(): void {
    this.#line.abort(this);
  }
}

/** A line of them. */
export class Line<W extends Waiting<never>> {
  /** Called when somebody has given up and nobody is left. */
  readonly #rest: () => void;
  readonly #waiting = new Set<W>();

  constructor(rest: () => void) {
    this.#rest = rest;
  }

  get idle(): boolean {
    return this.#waiting.size === 0;
  }

  /** Whoever is removed meanwhile is passed over. */
  [Symbol.iterator](): IterableIterator<W> {
    return this.#waiting[Symbol.iterator]();
  }

  add(waiting: W): void {
    waiting.signal?.addEventListener("abort", waiting);
    this.#waiting.add(waiting);
  }

  remove(waiting: W): void {
    this.#waiting.delete(waiting);
    waiting.signal?.removeEventListener("abort", waiting);
  }

  abort(waiting: W): void {
    this.remove(waiting);
    waiting.reject(waiting.signal?.reason);
    if (this.idle) this.#rest();
  }

  /** Rejects all, each with an error of its own: nothing will come any more. */
  fail(error: () => Error): void {
    for (const waiting of this) {
      this.remove(waiting);
      waiting.reject(error());
    }
  }
}
