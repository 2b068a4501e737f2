/**
 * The bytes of recorded messages: each begins with its number, and the rest follows from that and from the length.
 *
 * @module
 */

/** Returns the bytes of a message, at least four. */
export function bytesOf(number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(4, length));
  for (let i = 4; i < bytes.length; i++) bytes[i] = Math.imul(number + i, 0x9e3779b1) >>> 24;
  new DataView(bytes.buffer).setUint32(0, number, true);
  return bytes;
}

/** Returns the number that bytes begin with; -1, which no message has, if they are too few. */
export function numberOf(bytes: Uint8Array): number {
  if (bytes.length < 4) return -1;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

/** Returns a hash of the bytes (FNV-1a). */
export function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return hash | 0;
}
