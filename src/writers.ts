/**
 * Those who wait until they can send through a handle, for `peer.writable()`.
 *
 * The engine is asked whether a message would be taken; if not, it gives one wake when that may have changed, and then it
 * is asked again. Who waits for a handle that goes has nothing to wait for any more.
 *
 * @module
 */

import type { EnginePeer, Id } from "./engine.ts";
import type { Handle } from "./handle.ts";
import { describe, type Table } from "./table.ts";

/** One who waits; it is its own listener for the abort. */
class Writer {
  readonly handle: Handle;
  readonly id: Id;
  readonly length: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  readonly #writers: Writers;

  constructor(
    writers: Writers,
    [handle, id, length, signal]: Wanted,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ) {
    this.#writers = writers;
    this.handle = handle;
    this.id = id;
    this.length = length;
    this.signal = signal;
    this.resolve = resolve;
    this.reject = reject;
  }

  handleEvent(): void {
    this.#writers.abort(this);
  }
}

type Wanted = [handle: Handle, id: Id, length: number, signal: AbortSignal | undefined];

export class Writers {
  readonly #core: EnginePeer;
  readonly #table: Table;
  /** Called when nobody waits here any more. */
  readonly #rest: () => void;
  readonly #waiting = new Set<Writer>();

  constructor(core: EnginePeer, table: Table, rest: () => void) {
    this.#core = core;
    this.#table = table;
    this.#rest = rest;
  }

  get idle(): boolean {
    return this.#waiting.size === 0;
  }

  /** Waits until a message of so many bytes would be taken, or the node is gone. */
  wait(...wanted: Wanted): Promise<void> {
    return new Promise((resolve, reject) => {
      const writer = new Writer(this, wanted, resolve, reject);
      writer.signal?.addEventListener("abort", writer);
      this.#waiting.add(writer);
      this.#look(writer);
      if (this.idle) this.#rest();
    });
  }

  /** The engine's wake. */
  wake(): void {
    for (const writer of this.#waiting) this.#look(writer);
    if (this.idle) this.#rest();
  }

  #look(writer: Writer): void {
    const answer = this.#core.writable(writer.id, writer.length);
    if (answer === 0) return;
    this.#remove(writer);
    if (answer > 0) return writer.resolve();
    writer.reject(this.#table.failure(answer, `wait to send to ${describe(writer.handle)}`, [writer.handle]));
  }

  abort(writer: Writer): void {
    this.#remove(writer);
    writer.reject(writer.signal?.reason);
    if (this.idle) this.#rest();
  }

  /** The handle is not this peer's any more. */
  gone(id: Id): void {
    for (const writer of this.#waiting) {
      if (writer.id !== id) continue;
      this.#remove(writer);
      writer.resolve();
    }
    if (this.idle) this.#rest();
  }

  /** Rejects all, each with an error of its own: the peer is gone. */
  fail(error: () => Error): void {
    for (const writer of this.#waiting) {
      this.#remove(writer);
      writer.reject(error());
    }
  }

  #remove(writer: Writer): void {
    this.#waiting.delete(writer);
    writer.signal?.removeEventListener("abort", writer);
  }
}
