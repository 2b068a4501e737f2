/**
 * Those who wait until they can send through a handle, for `peer.writable()`.
 *
 * The engine is asked whether a message would be taken; if not, it gives one wake when that may have changed, and then it
 * is asked again. Who waits for a handle that goes has nothing to wait for any more.
 *
 * @module
 */

import type { EnginePeer, Id } from "../../port/engine.ts";
import type { Handle } from "../handle.ts";
import { Line, Waiting } from "./wait_list.ts";
import { describe, type Table } from "../table.ts";

/** One who waits for room for a message of `length` bytes. */
class Writer extends Waiting<void> {
  readonly handle: Handle;
  readonly id: Id;
  readonly length: number;

  constructor(
    line: Line<Writer>,
    [handle, id, length, signal]: Wanted,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ) {
    super(line, signal, resolve, reject);
    this.handle = handle;
    this.id = id;
    this.length = length;
  }
}

type Wanted = [handle: Handle, id: Id, length: number, signal: AbortSignal | undefined];

export class Writers {
  readonly #core: EnginePeer;
  readonly #table: Table;
  /** Called when nobody waits here any more. */
  readonly #rest: () => void;
  readonly #line: Line<Writer>;

  constructor(core: EnginePeer, table: Table, rest: () => void) {
    this.#core = core;
    this.#table = table;
    this.#rest = rest;
    this.#line = new Line(rest);
  }

  get idle(): boolean {
    return this.#line.idle;
  }

  /** Waits until a message of so many bytes would be taken, or the node is gone. */
  wait(...wanted: Wanted): Promise<void> {
    return new Promise((resolve, reject) => {
      const writer = new Writer(this.#line, wanted, resolve, reject);
      this.#line.add(writer);
      this.#look(writer);
      if (this.idle) this.#rest();
    });
  }

  /** The engine's wake. */
  wake(): void {
    for (const writer of this.#line) this.#look(writer);
    if (this.idle) this.#rest();
  }

  #look(writer: Writer): void {
    const answer = this.#core.writable(writer.id, writer.length);
    if (answer === 0) return;
    this.#line.remove(writer);
    if (answer > 0) return writer.resolve();
    writer.reject(this.#table.failure(answer, `wait to send to ${describe(writer.handle)}`, [writer.handle]));
  }

  /** The handle is not this peer's any more. */
  gone(id: Id): void {
    for (const writer of this.#line) {
      if (writer.id !== id) continue;
      this.#line.remove(writer);
      writer.resolve();
    }
    if (this.idle) this.#rest();
  }

  /** Rejects all, each with an error of its own: the peer is gone. */
  fail(error: () => Error): void {
    this.#line.fail(error);
  }
}
