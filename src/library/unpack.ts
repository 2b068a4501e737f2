/**
 * How a build is written in a module: compressed with gzip, as base64. All here is of the web, and so in every runtime.
 *
 * @module
 */

/** What a generated module has. */
export interface PackedBuild {
  /** The file's bytes, compressed with gzip, as base64. */
  readonly packed: string;
}

/** The bytes that a module has packed. */
export async function unpack(packed: string): Promise<Uint8Array<ArrayBuffer>> {
  const { readable, writable } = new DecompressionStream("gzip");
  const writer = writable.getWriter();
  // What goes wrong in writing is told to the reader, too.
  writer.write(fromBase64(packed)).catch(() => {});
  writer.close().catch(() => {});
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const reader = readable.getReader();;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
  }
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  if (fromBase64 !== undefined) return fromBase64.call(Uint8Array, text);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)); // Node.js before 25, and slow
}

/** The SHA-256 of bytes, in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
