/**
 * The memory of one receiver's small messages: many in one chunk, because a buffer for each costs ten times as much as
 * the message. Every receiver has its own pool, so two peers never share a buffer. A chunk is filled once: the bytes that
 * were given out belong to the receiver forever.
 *
 * @module
 */

const FIRST_CHUNK = 512;
const LAST_CHUNK = 32 * 1024;

/** A message with more bytes than these gets a buffer of its own. */
export const POOLED = 4096;

export class Pool {
  /** The chunk in which the last {@linkcode Pool.store} put its bytes. */
  chunk: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #used = 0;
  #next = FIRST_CHUNK;

  /**
   * Copies `data`, at most {@linkcode POOLED} bytes, to `chunk[start..start + data.length]` and returns `start`.
   * A receiver may have detached the chunk, which is its own. Then its length is 0, and it counts as full.
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
