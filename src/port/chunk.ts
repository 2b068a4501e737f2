/**
 * Where received bytes lie: a fresh buffer for each message would cost several times the message. A chunk is filled
 * once, and then belongs to those that got their bytes in it.
 *
 * @module
 */

/** A buffer for the bytes of many messages. */
export class Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Uint32Array;
  readonly numbers: Float64Array;

  /** `size`: a multiple of 8. */
  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.words = new Uint32Array(this.bytes.buffer);
    this.numbers = new Float64Array(this.bytes.buffer);
  }

  /** The one to go on with, when this one is full: twice as large, within limits. */
  next(): Chunk {
    return new Chunk(Math.min(Math.max(this.bytes.length * 2, FIRST_CHUNK), LAST_CHUNK));
  }

  /** One of its own for a large message; `null` if memory has run out. */
  static large(size: number): Chunk | null {
    try {
      return new Chunk(size);
    } catch {
      return null;
    }
  }
}

const FIRST_CHUNK = 1 << 10;

/** The size that chunks grow to. */
export const LAST_CHUNK: number = 1 << 16;

/** What a peer has that has received nothing yet. */
export const NO_CHUNK: Chunk = new Chunk(0);
