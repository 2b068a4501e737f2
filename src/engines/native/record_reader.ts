/**
 * Reads received messages, which the library writes into a chunk as records (native/src/base/records.zig).
 *
 * @module
 */

import { BUS1_MESSAGE_TYPE_NODE_RELEASE, BUS1_MESSAGE_TYPE_USER } from "../../port/abi.ts";
import { alignUp } from "../../port/bytes.ts";
import type { Id, MessageFactory } from "../../port/engine.ts";
import { type Chunk, NO_CHUNK, RECORD_SIZE } from "../../port/records.ts";
import { NO_HANDLES } from "./id_buffer.ts";

/** How the ids of handles are found. */
export interface HandleSource {
  /** How many bytes a handle takes in the record of its message. */
  readonly handleSize: number;
  /** Returns the handles that came with the message at `at`; `null` if the peer has ended meanwhile. */
  handlesOf(chunk: Chunk, at: number, count: number): Id[] | null;
}

/** Reads one record after the other. A chunk is filled once, and then belongs to the receivers of its messages. */
export class RecordReader {
  chunk: Chunk;
  /** Where the next record is, or will be written. */
  offset = 0;

  constructor(chunk: Chunk = NO_CHUNK) {
    this.chunk = chunk;
  }

  /** How many bytes of the chunk are unused. */
  get room(): number {
    return this.chunk.bytes.length - this.offset;
  }

  /** The size that the first message needs, which had no room in what is left of the chunk; 0 if it is not known. */
  get neededSize(): number {
    return this.chunk.numberAt(this.offset);
  }

  /** Goes on with a new chunk of at least `size` bytes. */
  renew(size: number = 0): void {
    do this.chunk = this.chunk.next(); while (this.chunk.bytes.length < size);
    this.offset = 0;
  }

  /** Makes a message of the next record; `null` if the peer has ended meanwhile. */
  next<M>(factory: MessageFactory<M>, source: HandleSource): M | null {
    const { chunk, offset: at } = this;
    const id = chunk.idAt(at);
    const type = chunk.typeAt(at);
    if (type !== BUS1_MESSAGE_TYPE_USER) {
      this.offset = at + RECORD_SIZE;
      return type === BUS1_MESSAGE_TYPE_NODE_RELEASE ? factory.nodeRelease(id) : factory.handleRelease(id);
    }
    const count = chunk.handleCountAt(at);
    const handles = count > 0 ? source.handlesOf(chunk, at, count) : NO_HANDLES;
    if (handles === null) {
      this.renew(); // the messages before this one keep the chunk
      return null;
    }
    const start = at + RECORD_SIZE + count * source.handleSize;
    const end = start + chunk.lengthAt(at);
    this.offset = alignUp(end);
    return factory.message(id, chunk.bytes, start, end, handles, chunk.accountAt(at));
  }
}
