/**
 * Where one receiver's small messages lie: many in one chunk, because a buffer of its own for each costs ten
 * times as much as the message. Every receiver has its own pool, so that no buffer is ever shared by two
 * peers. A chunk is used up once and never again: what was given out is the receiver's, for ever.
 *
 * @module
 */

const FIRST_CHUNK = 512;
const LAST_CHUNK = 32 * 1024;

/** Messages above this many bytes get a buffer of their own. */
export const POOLED = 4096;

export class Pool {
  /** The chunk in which the last {@linkcode Pool.store} put its bytes. */
  chunk: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #used = 0;
  #next = FIRST_CHUNK;

  /**
   * Copies `data`, at most {@linkcode POOLED} bytes, to `chunk[start..start + data.length]` and answers `start`.
   * A receiver may have detached the chunk (it is its own): then its length is 0, and it counts as full.
   */
  store(data: Uint8Array): number {
    const length = data.length;
    if (this.#used + length > this.chunk.length) this.#renew(length);
    const start = this.#used;
    this.chunk.set(data, start);
    this.#used = start + length;
    return start;
  }

  /** Lets the chunk go. */
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
