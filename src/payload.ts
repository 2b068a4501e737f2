/**
 * What a caller may send, as the `Uint8Array` that an engine takes. Nothing here copies but for text, which is
 * encoded into a scratch buffer that lives until the next call: an engine copies before it returns.
 *
 * @module
 */

import { MAX_DATA } from "./abi.ts";
import { BusError, nameOf } from "./errors.ts";

/**
 * The bytes of a message: text (sent as UTF-8), or a buffer, or a view on one, shared and resizable ones included.
 * They are copied; what happens to the buffer afterwards does not matter.
 */
export type Data = string | ArrayBufferLike | ArrayBufferView;

/** The true length of a typed array; a `TypeError` for what is none. */
const byteLengthOf: (this: unknown) => number = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  "byteLength",
)!.get!;

const encoder = new TextEncoder();
let scratch = new Uint8Array(0);
const SCRATCH = 16 * 1024;

/** The bytes of `data`; valid until the next call. `doing` is for the `TypeError`. */
export function toBytes(data: unknown, doing: string): Uint8Array {
  if (typeof data === "string") return encode(data);
  if (typeof data === "object" && data !== null) {
    if (data instanceof Uint8Array) {
      // An engine reads memory by this length: it must be true, whatever properties the object has.
      const length = byteLengthOf.call(data);
      if (length === 0) refuseDetached(data.buffer, doing);
      return isPlain(data) ? data : new Uint8Array(data.buffer, data.byteOffset, length);
    }
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

/** Whether `data.length` is what it seems: not a subclass's, nor a property of its own. */
function isPlain(data: Uint8Array): boolean {
  return Object.getPrototypeOf(data) === Uint8Array.prototype && !Object.hasOwn(data, "length");
}

/** More than a message can have. No engine has to count that far. */
export function refuseTooLong(bytes: Uint8Array, doing: string): void {
  if (bytes.length <= MAX_DATA) return;
  throw new BusError("EMSGSIZE", doing, `${bytes.length} bytes are more than the ${MAX_DATA} that fit a message`);
}

function encode(text: string): Uint8Array {
  // One UTF-16 unit becomes at most three bytes.
  if (text.length > SCRATCH / 3) return encoder.encode(text);
  if (scratch.length === 0) scratch = new Uint8Array(SCRATCH);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
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
