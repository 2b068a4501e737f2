/**
 * The buffers that this package shares with the native library: records of received messages, and frames of messages to
 * send. All offsets are in bytes; they are generated from native/src/base/records.zig into `abi.ts`.
 *
 * @module
 */

import { MESSAGE_FRAME, MESSAGE_RECORD } from "./abi.ts";
import { alignUp } from "./bytes.ts";

/** The size of a record without the handles and the bytes of its message. */
export const RECORD_SIZE: number = MESSAGE_RECORD.size;

/** The size of what comes before the bytes in a frame. */
export const FRAME_SIZE: number = MESSAGE_FRAME.size;

const { type: TYPE, n_transfers: N_TRANSFERS, n_data: N_DATA, account: ACCOUNT, id: ID } = MESSAGE_RECORD;

const FIRST_CHUNK = 1 << 10;

/** The size that chunks grow to. */
export const LAST_CHUNK: number = 1 << 16;

/**
 * A buffer for the records of received messages. A fresh buffer for each message would cost several times the message, so
 * a chunk is filled once, and then belongs to those that got their bytes in it.
 *
 * Each record begins at a multiple of 8, which its methods take as `at`. The ids of the handles that came with the message
 * follow, and then its bytes, padded to a multiple of 8.
 */
export class Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView<ArrayBuffer>;

  /** `size`: a multiple of 8. */
  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Returns the chunk to go on with when this one is full: twice as large, within limits. */
  next(): Chunk {
    return new Chunk(Math.min(Math.max(this.bytes.length * 2, FIRST_CHUNK), LAST_CHUNK));
  }

  /** Returns a chunk for one large message; `null` if memory has run out. */
  static large(size: number): Chunk | null {
    try {
      return new Chunk(size);
    } catch {
      return null;
    }
  }

  /** The type of a message: one of `BUS1_MESSAGE_TYPE_*`. */
  typeAt(at: number): number {
    return this.#view.getUint32(at + TYPE, true);
  }

  /** The id of the node that a message was sent to, or of the node or handle that is gone. */
  idAt(at: number): number {
    return this.#view.getFloat64(at + ID, true);
  }

  /** The user of the sender, or `NO_USER`. */
  accountAt(at: number): number {
    return this.#view.getUint32(at + ACCOUNT, true);
  }

  /** How many handles came with a message. */
  handleCountAt(at: number): number {
    return this.#view.getUint32(at + N_TRANSFERS, true);
  }

  /** How many bytes a message has. */
  lengthAt(at: number): number {
    return this.#view.getUint32(at + N_DATA, true);
  }

  /** The id of handle `index` of a message. */
  handleAt(at: number, index: number): number {
    return this.#view.getFloat64(at + RECORD_SIZE + index * 8, true);
  }

  /** A number that was written in place of a record: the size that the first message needs. */
  numberAt(at: number): number {
    return this.#view.getFloat64(at, true);
  }
}

/** The chunk of a peer that has received nothing yet. */
export const NO_CHUNK: Chunk = new Chunk(0);

/** A buffer of messages to send, one after the other: each is a frame, and its bytes, padded to a multiple of 8. */
export class Frames {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView<ArrayBuffer>;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** How many bytes the message of the frame at `at` has. */
  lengthAt(at: number): number {
    return this.#view.getUint32(at + MESSAGE_FRAME.n_data, true);
  }

  setLength(at: number, length: number): void {
    this.#view.setUint32(at + MESSAGE_FRAME.n_data, length, true);
  }

  /** Where the frame after the one at `at` begins. */
  after(at: number): number {
    return at + frameSize(this.lengthAt(at));
  }
}

/** The size of a frame with a message of `length` bytes. */
export function frameSize(length: number): number {
  return FRAME_SIZE + alignUp(length);
}

/** How many bytes each of the first `count` messages in `frames` has. */
export function frameLengths(frames: Uint8Array, count: number): number[] {
  const view = new DataView(frames.buffer, frames.byteOffset);
  const lengths: number[] = [];
  for (let i = 0, at = 0; i < count; i++) {
    const length = view.getUint32(at + MESSAGE_FRAME.n_data, true);
    lengths.push(length);
    at += frameSize(length);
  }
  return lengths;
}
