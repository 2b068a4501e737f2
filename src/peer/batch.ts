/**
 * Many messages to one handle, sent by few calls of the engine.
 *
 * @module
 */

import { exactly } from "../port/bytes.ts";
import type { EnginePeer, Id } from "../port/engine.ts";
import { type BusError, quote } from "../port/errors.ts";
import type { Handle } from "./handle.ts";
import { type Data, toPayload } from "../port/payload.ts";
import { FRAME_SIZE, Frames, frameSize } from "../port/records.ts";
import { printsAs } from "./looking/printing.ts";
import { describe, type Table } from "./table.ts";

const key = Symbol();

/** Starts a batch, for `peer.batch()`. */
export let newBatch: (table: Table, core: EnginePeer, to: Handle, id: Id) => Batch;

/** Room for what waits to be sent. */
const SIZE = 1 << 16;

/**
 * Gathers messages to one handle, and sends them together: for streams of small messages, where a call for each is most
 * of what they cost. Each is a message of its own, and they arrive in order; it is no transaction, and others may come
 * between them.
 *
 * What is gathered is sent by {@linkcode Batch.flush}, and whenever 64 KiB are full. What was not sent when the batch is
 * disposed of, never is.
 *
 * @example
 * ```ts
 * import { Peer } from "@bus1/bus1";
 *
 * using server = Peer.open();
 * using client = Peer.open();
 * const { handle } = server.createNode({ for: client });
 *
 * using batch = client.batch(handle);
 * for (const word of ["one", "two", "three"]) batch.add(word);
 * batch.flush();
 * console.log(server.receiveMany().length); // 3
 * ```
 */
export class Batch {
  /** Where {@linkcode Batch.place} makes room; always the same object. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #frames: Frames = new Frames(SIZE);
  readonly #table: Table;
  readonly #core: EnginePeer;
  readonly #to: Handle;
  readonly #id: Id;
  #size = 0;
  /** How many are gathered. */
  #count = 0;

  private constructor(issuer: symbol, table: Table, core: EnginePeer, to: Handle, id: Id) {
    if (issuer !== key) throw new TypeError("a Batch comes from peer.batch(); it cannot be made");
    this.bytes = this.#frames.bytes;
    this.#table = table;
    this.#core = core;
    this.#to = to;
    this.#id = id;
  }

  static {
    newBatch = (table, core, to, id) => new Batch(key, table, core, to, id);
    printsAs(Batch, (batch) => {
      return [`Batch to handle ${batch.#id}n of ${batch.#table.title()}`, { gathered: batch.#count }];
    });
  }

  /**
   * Adds a message. A large one is sent at once, after what is gathered.
   *
   * Errors: those of {@linkcode Batch.flush} when it is full; `EMSGSIZE` above `0x7ffff000` bytes; a `TypeError` for
   * what is no data. The message is then not added.
   *
   * @param data The bytes, which are copied now.
   * @returns This batch.
   */
  add(data: Data): this {
    const { bytes, length } = toPayload(data, "batch");
    if (FRAME_SIZE + length > SIZE) {
      this.flush();
      const answer = this.#core.send(this.#id, bytes, length);
      if (answer < 0) throw this.#failure(answer, length);
      return this;
    }
    const place = this.#make(length);
    this.bytes.set(exactly(bytes, length), place);
    return this;
  }

  /**
   * Adds a message whose bytes the caller writes into {@linkcode Batch.bytes}, from the place that is returned on, before
   * the next call of this batch. What is there before means nothing.
   *
   * Errors: those of {@linkcode Batch.flush} when it is full; a `TypeError` if `length` is no whole number from 0 to
   * 65,528. The message is then not added.
   *
   * @param length How many bytes the message has.
   * @returns The index of its first byte.
   *
   * @example
   * ```ts
   * import { Peer } from "@bus1/bus1";
   *
   * using peer = Peer.open();
   * using batch = peer.batch(peer.createNode().handle);
   * const at = batch.place(2);
   * batch.bytes[at] = 104;
   * batch.bytes[at + 1] = 105;
   * batch.flush();
   * const message = peer.tryReceive();
   * if (message?.type === "message") console.log(message.text()); // hi
   * ```
   */
  place(length: number): number {
    if (!Number.isInteger(length) || length < 0 || length > SIZE - FRAME_SIZE) {
      throw new TypeError(`batch: the length must be a whole number up to ${SIZE - FRAME_SIZE}, not ${quote(length)}`);
    }
    return this.#make(length);
  }

  #make(length: number): number {
    const needed = frameSize(length);
    if (this.#size + needed > SIZE) this.flush();
    const head = this.#size;
    this.#frames.setLength(head, length);
    this.#size = head + needed;
    this.#count++;
    return head + FRAME_SIZE;
  }

  /**
   * Sends what is gathered.
   *
   * Errors: those of {@linkcode Peer.send}; a `TypeError` if the buffer of {@linkcode Batch.bytes} was given away. Messages
   * before the one that fails are sent then; it and those after it are still gathered.
   */
  flush(): void {
    while (this.#size > 0) {
      if (this.bytes.length === 0) throw new TypeError("send a batch: its buffer is detached");
      const answer = this.#core.sendEach?.(this.#id, this.bytes, this.#size) ?? this.#sendEach();
      if (answer < 0) throw this.#failure(answer, this.#frames.lengthAt(0));
      this.#drop(answer);
    }
  }

  /** The same, for an engine that has no call for it. */
  #sendEach(): number {
    let sent = 0;
    for (let head = 0; head < this.#size; sent++) {
      const length = this.#frames.lengthAt(head);
      const start = head + FRAME_SIZE;
      const answer = this.#core.send(this.#id, this.bytes.subarray(start, start + length), length);
      if (answer < 0) return sent > 0 ? sent : answer;
      head = this.#frames.after(head);
    }
    return sent;
  }

  /** The first `count` are sent. */
  #drop(count: number): void {
    let at = this.#size;
    if (count < this.#count) {
      at = 0;
      for (let i = 0; i < count; i++) at = this.#frames.after(at);
      this.bytes.copyWithin(0, at, this.#size);
    }
    this.#size -= at;
    this.#count -= count;
  }

  #failure(answer: number, length: number): BusError {
    return this.#table.notSent(answer, `send a batch to ${describe(this.#to)}`, [this.#id], length, [this.#to]);
  }

  /** Drops what was not sent. */
  [Symbol.dispose](): void {
    this.#size = 0;
    this.#count = 0;
  }
}
