/**
 * The memory of one receiver's small messages. One chunk holds many messages, because a buffer for each would cost ten
 * times as much as the message. Every receiver has its own pool, so two peers never share a buffer. No byte of a chunk
 * is used twice, because the bytes of a received message belong to the receiver forever.
 *
 * @module
 */

/** Bytes: chunks double from the first size to the last, so that a peer with few messages takes little memory. */
const FIRST_CHUNK = 512;
const LAST_CHUNK = 32 * 1024;

/** Bytes: a longer message gets a buffer of its own. */
export const POOLED = 4096;

export class Pool {
  /** The chunk to which the last {@linkcode Pool.store} copied. */
  chunk: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #used = 0;
  #next = FIRST_CHUNK;

  /**
   * Copies `data`, at most {@linkcode POOLED} bytes, to `chunk[start..start + data.length]` and returns `start`.
   * A receiver may have transferred the chunk's buffer away. Then the chunk's length is 0, and it counts as full.
   */
  store(data: Uint8Array): number {
    const length = data.length;
    if (this.#used + length > this.chunk.length) this.#renew(length);
    const start = this.#used;
    this.chunk.set(data, start);
    this.#used = start + length;
    return start;
  }

  /** Drops the chunk. */
  clear(): void {
    this.chunk = new Uint8Array(0);
    this.#used = 0;
    this.#next = FIRST_CHUNK;
  }

  #renew(length: number): void {
    while (this.#next < length) this.#next *= 2;
    this.chunk = new Uint8Array(this.#next);
    this.#used = 0;
    if (this.#next < LAST_CHUNK) this.#next *= 2;
  }
}
