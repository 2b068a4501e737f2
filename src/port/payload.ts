/**
 * Turns what a caller sends into the bytes that an engine takes. Nothing is copied except text, which is encoded into a
 * scratch buffer that is valid until the next call: an engine copies before it returns.
 *
 * @module
 */

import { MAX_DATA } from "./abi.ts";
import { BusError, nameOf } from "./errors.ts";

/**
 * The bytes of a message: text (sent as UTF-8), or a buffer, or a view on one, shared and resizable ones included.
 * They are copied; later changes of the buffer have no effect.
 */
export type Data = string | ArrayBufferLike | ArrayBufferView;

/** Returns the true length of a typed array; throws a `TypeError` for another object. */
// deno-lint-ignore no-non-null-assertion -- the language defines this getter
const byteLengthOf: (this: unknown) => number = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  "byteLength",
)!.get!;

const encoder = new TextEncoder();
let scratch = new Uint8Array(0);
const SCRATCH = 16 * 1024;

/** The first `length` bytes of `bytes`. A subclass can misreport `bytes.length`. */
export interface Payload {
  bytes: Uint8Array;
  length: number;
}

/** The one object that {@linkcode toPayload} returns: a new one for each call would cost more than all the rest. */
const payload: Payload = { bytes: scratch, length: 0 };

/** Returns the bytes of `data`; valid until the next call. `doing` is for the `TypeError`, and for `EMSGSIZE`. */
export function toPayload(data: unknown, doing: string): Payload {
  if (typeof data === "string") {
    encode(data);
  } else if (data instanceof Uint8Array) {
    // An engine reads memory by this length: it must be true, whatever properties the object has.
    const length = byteLengthOf.call(data);
    if (length === 0) refuseDetached(data.buffer, doing);
    payload.bytes = data;
    payload.length = length;
  } else {
    const bytes = viewOf(data, doing);
    payload.bytes = bytes;
    payload.length = bytes.length;
  }
  if (payload.length > MAX_DATA) {
    throw new BusError("EMSGSIZE", doing, `${payload.length} bytes are more than the ${MAX_DATA} that fit a message`);
  }
  return payload;
}

function viewOf(data: unknown, doing: string): Uint8Array {
  if (typeof data === "object" && data !== null) {
    if (ArrayBuffer.isView(data)) {
      refuseDetached(data.buffer, doing);
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    }
    if (isBuffer(data)) {
      refuseDetached(data, doing);
      return new Uint8Array(data);
    }
  }
  throw new TypeError(`${doing}: the data must be a string, an ArrayBuffer or a view on one, not ${nameOf(data)}`);
}

function encode(text: string): void {
  // One UTF-16 unit becomes at most three bytes.
  if (text.length > SCRATCH / 3) {
    payload.bytes = encoder.encode(text);
    payload.length = payload.bytes.length;
  } else {
    if (scratch.length === 0) scratch = new Uint8Array(SCRATCH);
    payload.bytes = scratch;
    payload.length = encoder.encodeInto(text, scratch).written;
  }
}

function isBuffer(value: object): value is ArrayBufferLike {
  return value instanceof ArrayBuffer || typeof SharedArrayBuffer === "function" && value instanceof SharedArrayBuffer;
}

function refuseDetached(buffer: ArrayBufferLike, doing: string): void {
  if (buffer.byteLength > 0 || !isDetached(buffer)) return;
  throw new TypeError(`${doing}: the buffer of the data is detached`);
}

function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}
