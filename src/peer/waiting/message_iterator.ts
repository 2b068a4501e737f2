/**
 * The iterator over the messages of a peer, for `for await`.
 *
 * @module
 */

import { BusError } from "../../port/errors.ts";
import type { Receivers } from "./receivers.ts";

/** A message that is ready costs one promise; for that reason no method is `async`. */
export class MessageIterator<M> implements AsyncIterableIterator<M> {
  readonly #receivers: Receivers<M>;
  readonly #peer: { readonly detached: boolean };
  #done = false;

  constructor(receivers: Receivers<M>, peer: { readonly detached: boolean }) {
    this.#receivers = receivers;
    this.#peer = peer;
  }

  next(): Promise<IteratorResult<M, undefined>> {
    if (this.#done) return Promise.resolve({ done: true, value: undefined });
    try {
      const value = this.#receivers.ready();
      if (value !== null) return Promise.resolve({ done: false, value });
      return this.#receivers.wait(undefined).then((value) => ({ done: false, value }), (error) => this.#end(error));
    } catch (error) {
      return new Promise((resolve) => resolve(this.#end(error)));
    }
  }

  /** The end of the peer ends the loop; that it was detached is an error. */
  #end(error: unknown): IteratorReturnResult<undefined> {
    this.#done = true;
    if (error instanceof BusError && error.code === "ESHUTDOWN" && !this.#peer.detached) {
      return { done: true, value: undefined };
    }
    throw error;
  }

  return(): Promise<IteratorResult<M, undefined>> {
    this.#done = true;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
