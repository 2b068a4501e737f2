/**
 * Records: received messages, as the library writes them into a chunk (native/src/abi/abi.zig). Offsets are bytes from the
 * start of the chunk, and multiples of 8.
 *
 * @module
 */

import { RECORD_ACCOUNT, RECORD_ID, RECORD_N_DATA, RECORD_N_TRANSFERS, RECORD_SIZE, RECORD_TYPE } from "./abi.ts";
import type { Chunk } from "./chunk.ts";

// Every read is within the chunk, because the library has written the record there.

/** Returns the id of the record at `at`: the node where the message arrived, or the object that is gone. */
export function recordId(chunk: Chunk, at: number): number {
  return chunk.numbers[(at + RECORD_ID) >> 3] as number;
}

/** Returns the type of the record: `MESSAGE_USER`, `MESSAGE_NODE_RELEASE` or `MESSAGE_HANDLE_RELEASE`. */
export function recordType(chunk: Chunk, at: number): number {
  return chunk.words[(at >> 2) + RECORD_TYPE] as number;
}

/** Returns the sender's user, or `NOBODY`. */
export function recordAccount(chunk: Chunk, at: number): number {
  return chunk.words[(at >> 2) + RECORD_ACCOUNT] as number;
}

/** Returns how many handles come with the message. */
export function recordTransfers(chunk: Chunk, at: number): number {
  return chunk.words[(at >> 2) + RECORD_N_TRANSFERS] as number;
}

/** Returns how many bytes the message has. */
export function recordLength(chunk: Chunk, at: number): number {
  return chunk.words[(at >> 2) + RECORD_N_DATA] as number;
}

/** The size of a record without its handles and bytes; the smallest record. */
export { RECORD_SIZE };

/** Returns where the record after one that ends before `end` begins. */
export function afterRecord(end: number): number {
  return (end + 7) & ~7; // wrong beyond 2 GiB: such a record has a chunk of its own, where no other follows
}
