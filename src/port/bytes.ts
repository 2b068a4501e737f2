/**
 * The few things that are done with bytes on both sides of the port.
 *
 * @module
 */

/** The first `length` bytes of `data`, which may be of a subclass with another idea of its length. */
export function exactly(data: Uint8Array, length: number): Uint8Array {
  return data.length === length ? data : new Uint8Array(data.buffer, data.byteOffset, length);
}

/** The next multiple of 8: what structures in shared buffers are aligned to. */
export function alignUp(length: number): number {
  // By integers only, and still right beyond 2 GiB.
  return length + (-length & 7);
}

/** Returns a copy of `data` in a buffer of its own; `null` if memory has run out. */
export function ownCopy(data: Uint8Array): Uint8Array<ArrayBuffer> | null {
  try {
    const copy = new Uint8Array(data.length);
    copy.set(data);
    return copy;
  } catch {
    return null;
  }
}

// What was sent is what arrives: a byte order mark, too.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Bytes as text; what is not valid UTF-8 becomes U+FFFD. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** `whole.subarray(start, end)`, which in Bun takes half as long as `new`, and in other runtimes twice as long. */
export const partOf: (whole: Uint8Array<ArrayBuffer>, start: number, end: number) => Uint8Array<ArrayBuffer> =
  "Bun" in globalThis
    ? (whole, start, end) => whole.subarray(start, end)
    : (whole, start, end) => new Uint8Array(whole.buffer, start, end - start);
