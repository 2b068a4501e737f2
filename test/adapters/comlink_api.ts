/**
 * What the Comlink endpoints of the tests expose. No test runner is imported, so that Workers have it too.
 *
 * @module
 */

import * as Comlink from "comlink";

/** A function that came over an endpoint, or an object of them. */
export type Remote<T> = Comlink.Remote<T> & Comlink.ProxyMethods;

/** How many objects were finalized, by name. */
type Finalized = Record<string, number>;

export class Api {
  value = 1;
  #begun = 0;
  readonly finalized: Finalized = {};
  /** The function that was passed to {@linkcode Api.keep}. */
  kept: Remote<(n: number) => number> | undefined;

  add(a: number, b: number): number {
    return a + b;
  }

  echo<T>(value: T): T {
    return value;
  }

  fail(message: string): never {
    throw Object.assign(new RangeError(message), { name: "CustomError" });
  }

  failOddly(): never {
    throw "text";
  }

  /** Never settles. */
  never(): Promise<string> {
    this.#begun++;
    return new Promise(() => {});
  }

  begun(): number {
    return this.#begun;
  }

  /** Resolves after some milliseconds. */
  async slow(ms: number): Promise<string> {
    this.#begun++;
    await new Promise((resolve) => setTimeout(resolve, ms));
    return "done";
  }

  /** Calls back `to` times, one after the other. */
  async count(to: number, tell: Remote<(n: number) => number>): Promise<number> {
    let sum = 0;
    for (let i = 1; i <= to; i++) sum += await tell(i);
    tell[Comlink.releaseProxy]();
    return sum;
  }

  /** Keeps a function that came. */
  keep(tell: Remote<(n: number) => number>): void {
    this.kept = tell;
  }

  /** Calls it. */
  async callKept(n: number): Promise<number> {
    return await this.kept!(n);
  }

  /** Gives a function to a function, which gives one to that. */
  async deep(tell: Remote<(down: (n: number) => number) => number>): Promise<number> {
    const down = Comlink.proxy((n: number) => n + 1);
    return await tell(down);
  }

  counter(): Counter {
    return Comlink.proxy(new Counter(this.finalized));
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  length(bytes: Uint8Array): number {
    return bytes.length;
  }

  blob(): Blob {
    return new Blob(["not"]);
  }

  [Comlink.finalizer](): void {
    this.finalized.api = (this.finalized.api ?? 0) + 1;
  }
}

export class Counter {
  #count = 0;
  readonly #finalized: Finalized;

  constructor(finalized: Finalized = {}) {
    this.#finalized = finalized;
  }

  add(n: number): number {
    return this.#count += n;
  }

  never(): Promise<string> {
    return new Promise(() => {});
  }

  [Comlink.finalizer](): void {
    this.#finalized.counter = (this.#finalized.counter ?? 0) + 1;
  }
}
