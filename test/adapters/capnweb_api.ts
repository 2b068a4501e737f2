/**
 * What the Cap'n Web sessions of the tests offer each other. No test runner is imported, so that Workers have it too.
 *
 * @module
 */

import { RpcTarget } from "capnweb";

/** Reports its disposal. */
class Counter extends RpcTarget {
  #count = 0;
  readonly #ended: () => void;

  constructor(ended: () => void) {
    super();
    this.#ended = ended;
  }

  add(n: number): number {
    return this.#count += n;
  }

  [Symbol.dispose](): void {
    this.#ended();
  }
}

export class Api extends RpcTarget {
  #begun = 0;
  #counters = 0;
  readonly #disposed: () => void;

  constructor(disposed: () => void = () => {}) {
    super();
    this.#disposed = disposed;
  }

  echo<T>(value: T): T {
    return value;
  }

  counter(): Counter {
    this.#counters++;
    return new Counter(() => this.#counters--);
  }

  /** How many counters are held by a stub. */
  counters(): number {
    return this.#counters;
  }

  /** Calls back `to` times, one after the other. */
  async count(to: number, tell: (n: number) => unknown): Promise<number> {
    let sum = 0;
    for (let i = 1; i <= to; i++) sum += await tell(i) as number;
    return sum;
  }

  fail(message: string): never {
    throw new RangeError(message);
  }

  /** Never settles. */
  never(): Promise<string> {
    this.#begun++;
    return new Promise(() => {});
  }

  /** How many of those have begun. */
  begun(): number {
    return this.#begun;
  }

  [Symbol.dispose](): void {
    this.#disposed();
  }
}
