/**
 * Reads received messages, which the library writes into a chunk as records (native/src/abi/abi.zig).
 *
 * @module
 */

import { MESSAGE_NODE_RELEASE, MESSAGE_USER } from "../../port/abi.ts";
import { type Chunk, NO_CHUNK } from "../../port/chunk.ts";
import type { Id, MessageFactory } from "../../port/engine.ts";
import {
  afterRecord,
  RECORD_SIZE,
  recordAccount,
  recordId,
  recordLength,
  recordTransfers,
  recordType,
} from "../../port/records.ts";
import { NO_HANDLES } from "./id_buffer.ts";

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

  /** What the library writes at {@linkcode offset} when the first message has no room: the size that it needs. */
  get neededSize(): number {
    return this.chunk.numbers[this.offset >> 3]!;
  }

  /** Goes on with a new chunk of at least `size` bytes. */
  renew(size: number = 0): void {
    do this.chunk = this.chunk.next(); while (this.chunk.bytes.length < size);
    this.offset = 0;
  }

  /** Makes a message of the next record. `transfers` are the message's handles, if the record does not have their ids. */
  next<M>(factory: MessageFactory<M>, transfers?: readonly Id[]): M {
    const { chunk, offset } = this;
    const id = recordId(chunk, offset);
    const type = recordType(chunk, offset);
    let start = offset + RECORD_SIZE;
    if (type !== MESSAGE_USER) {
      this.offset = start;
      return type === MESSAGE_NODE_RELEASE ? factory.nodeRelease(id) : factory.handleRelease(id);
    }
    let handles = transfers;
    if (handles === undefined) {
      const count = recordTransfers(chunk, offset);
      handles = count === 0 ? NO_HANDLES : Array.from(chunk.numbers.subarray(start >> 3, (start >> 3) + count));
      start += count * 8;
    }
    const end = start + recordLength(chunk, offset);
    this.offset = afterRecord(end);
    return factory.message(id, chunk.bytes, start, end, handles, recordAccount(chunk, offset));
  }

  /** How many handles come with the message of the next record. */
  get transferCount(): number {
    const { chunk, offset } = this;
    return recordType(chunk, offset) === MESSAGE_USER ? recordTransfers(chunk, offset) : 0;
  }
}
