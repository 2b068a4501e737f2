/**
 * Many messages to one handle, sent by few calls of the engine.
 *
 * @module
 */

import { exactly } from "../port/bytes.ts";
import type { EnginePeer, Id } from "../port/engine.ts";
import { type BusError, quote } from "../port/errors.ts";
import { type Data, toPayload } from "../port/payload.ts";
import { FRAME_SIZE, frameLengths, Frames, frameSize } from "../port/records.ts";
import { printsAs } from "./looking/printing.ts";
import type { TraceReporter } from "./looking/trace_reporter.ts";

const key = Symbol();

/** The destination of a batch. */
export interface BatchTarget {
  readonly core: EnginePeer;
  /** The handle's id. */
  readonly id: Id;
  readonly trace: TraceReporter | null;
  /** Returns the title of the peer. */
  title(): string;
  /** Makes the error of a message of `length` bytes that was not sent. */
  failure(answer: number, doing: string, length: number): BusError;
}

/** Starts a batch, for `peer.batch()`. */
export let newBatch: (target: BatchTarget) => Batch;

/** The size of the buffer, in bytes. */
const SIZE = 1 << 16;

/**
 * Gathers messages to one handle, and sends them together: for streams of small messages, where a call for each is most of
 * their cost. Each is a message of its own, and they arrive in order. A batch is not a transaction: other messages may
 * arrive between them.
 *
 * The messages are sent by {@linkcode Batch.flush}, and whenever 64 KiB are full. Messages that are not sent when the batch
 * is disposed of are dropped.
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
  /** The buffer in which {@linkcode Batch.reserve} reserves bytes; always the same object. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #frames: Frames = new Frames(SIZE);
  readonly #target: BatchTarget;
  #size = 0;
  /** How many messages are gathered. */
  #count = 0;

  private constructor(issuer: symbol, target: BatchTarget) {
    if (issuer !== key) throw new TypeError("a Batch comes from peer.batch(); it cannot be made");
    this.bytes = this.#frames.bytes;
    this.#target = target;
  }

  static {
    newBatch = (target) => new Batch(key, target);
    printsAs(Batch, (batch) => {
      const { id } = batch.#target;
      return [`Batch to handle ${id}n of ${batch.#target.title()}`, { gathered: batch.#count }];
    });
  }

  /**
   * Adds a message. A large one is sent at once, after the messages that are gathered.
   *
   * Errors: those of {@linkcode Batch.flush} when the buffer is full; `EMSGSIZE` above `0x7ffff000` bytes; a `TypeError` if
   * `data` is not data. The message is then not added.
   *
   * @param data The bytes, which are copied now.
   * @returns This batch.
   */
  add(data: Data): this {
    const { bytes, length } = toPayload(data, "batch");
    if (FRAME_SIZE + length > SIZE) {
      this.flush();
      this.#sendAlone(bytes, length);
      return this;
    }
    const start = this.#reserve(length);
    this.bytes.set(exactly(bytes, length), start);
    return this;
  }

  #sendAlone(bytes: Uint8Array, length: number): void {
    const { core, id, trace } = this.#target;
    trace?.enter("send a batch");
    const answer = core.send(id, bytes, length);
    if (answer < 0) throw this.#failure(answer, length);
    trace?.sent([id], length);
  }

  /**
   * Adds a message. The caller writes its bytes into {@linkcode Batch.bytes}, from the returned index on, before the next call
   * of this batch. The bytes there are undefined before.
   *
   * Errors: those of {@linkcode Batch.flush} when the buffer is full; a `TypeError` if `length` is not a whole number from 0
   * to 65,528. The message is then not added.
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
   * const at = batch.reserve(2);
   * batch.bytes[at] = 104;
   * batch.bytes[at + 1] = 105;
   * batch.flush();
   * const message = peer.tryReceive();
   * if (message?.type === "message") console.log(message.text()); // hi
   * ```
   */
  reserve(length: number): number {
    if (!Number.isInteger(length) || length < 0 || length > SIZE - FRAME_SIZE) {
      throw new TypeError(`batch: the length must be a whole number up to ${SIZE - FRAME_SIZE}, not ${quote(length)}`);
    }
    return this.#reserve(length);
  }

  #reserve(length: number): number {
    const needed = frameSize(length);
    if (this.#size + needed > SIZE) this.flush();
    const head = this.#size;
    this.#frames.setLength(head, length);
    this.#size = head + needed;
    this.#count++;
    return head + FRAME_SIZE;
  }

  /**
   * Sends the messages that are gathered.
   *
   * Errors: those of {@linkcode Peer.send}; a `TypeError` if the buffer of {@linkcode Batch.bytes} was detached. The messages
   * before the one that fails are then sent; that one and those after it are still gathered.
   */
  flush(): void {
    const { core, id, trace } = this.#target;
    while (this.#size > 0) {
      if (this.bytes.length === 0) throw new TypeError("send a batch: its buffer is detached");
      trace?.enter("send a batch");
      const answer = core.sendEach?.(id, this.bytes, this.#size) ?? this.#sendOneByOne();
      if (answer < 0) throw this.#failure(answer, this.#frames.lengthAt(0));
      const lengths = trace === null ? [] : frameLengths(this.bytes, answer);
      this.#drop(answer);
      for (const length of lengths) trace?.sent([id], length);
    }
  }

  /** Does what `sendEach` does, for an engine that has no such method. */
  #sendOneByOne(): number {
    const { core, id } = this.#target;
    let sent = 0;
    for (let head = 0; head < this.#size; sent++) {
      const length = this.#frames.lengthAt(head);
      const start = head + FRAME_SIZE;
      const answer = core.send(id, this.bytes.subarray(start, start + length), length);
      if (answer < 0) return sent > 0 ? sent : answer;
      head = this.#frames.after(head);
    }
    return sent;
  }

  /** Drops the first `count` messages. */
  #drop(count: number): void {
    if (count === this.#count) return this.clear();
    let sent = 0;
    for (let i = 0; i < count; i++) sent = this.#frames.after(sent);
    this.bytes.copyWithin(0, sent, this.#size);
    this.#size -= sent;
    this.#count -= count;
  }

  #failure(answer: number, length: number): BusError {
    return this.#target.failure(answer, "send a batch to", length);
  }

  /** Drops all messages that are gathered. */
  clear(): void {
    this.#size = 0;
    this.#count = 0;
  }

  /** Drops all messages that are gathered: {@linkcode Batch.clear}. */
  [Symbol.dispose](): void {
    this.clear();
  }
}
