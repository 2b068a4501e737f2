/**
 * The messages of a peer, one after the other: what `for await` goes over.
 *
 * @module
 */

import { BusError } from "../port/errors.ts";
import type { Message } from "./message.ts";

/** What is ready costs one promise, which is why nothing here is `async`. */
export class Messages implements AsyncIterableIterator<Message> {
  readonly #ready: () => Message | null;
  readonly #wait: () => Promise<Message>;
  readonly #endsQuietly: () => boolean;
  #done = false;

  constructor(ready: () => Message | null, wait: () => Promise<Message>, endsQuietly: () => boolean) {
    this.#ready = ready;
    this.#wait = wait;
    this.#endsQuietly = endsQuietly;
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    if (this.#done) return Promise.resolve({ done: true, value: undefined });
    try {
      const value = this.#ready();
      if (value !== null) return Promise.resolve({ done: false, value });
      return this.#wait().then((value) => ({ done: false, value }), (error) => this.#end(error));
    } catch (error) {
      return new Promise((resolve) => resolve(this.#end(error)));
    }
  }

  #end(error: unknown): IteratorReturnResult<undefined> {
    this.#done = true;
    if (error instanceof BusError && error.code === "ESHUTDOWN" && this.#endsQuietly()) {
      return { done: true, value: undefined };
    }
    throw error;
  }

  return(): Promise<IteratorResult<Message, undefined>> {
    this.#done = true;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
