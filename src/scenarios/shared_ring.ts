/**
 * The rival that one writes oneself: messages of 64 bytes from one Worker to another through a `SharedArrayBuffer`.
 *
 * It is the best that we know to write in a hundred lines, and the reasons are these:
 * - One sender and one receiver, and a place for each message in the memory itself: so nothing is locked or allocated.
 * - Each side's counter has a cache line of its own, and each remembers what it last saw of the other's: it reads memory
 *   that the other one writes only when it seems that there is nothing to take, or no room.
 * - `set` with an index, and views that were made beforehand: the fastest copies of 64 bytes that any data allows, here.
 *   (Copies of eight numbers are faster, but change bytes that happen to look like a NaN.)
 * - A receiver gets bytes of its own, in a chunk which many share, since a fresh array each would cost most of all.
 * - Waiting is first awake, for as long as bus1 would be and only where that pays, by the same rule
 *   (native/src/bus/spin.zig), and then `Atomics.wait`; the other side calls `Atomics.notify` only if somebody sleeps.
 * - Who sleeps says so itself, and takes it back itself, before and after: if the other side did, it might take back what
 *   was said meanwhile for the next wait, of which then nobody would wake it.
 *
 * It carries no message of another length, no third party, no capability; and no event loop hears of it.
 *
 * @module
 */

/** The bytes of every message. */
const SIZE = 64;
const CAPACITY = 4096;

/** How long to stay awake, in milliseconds; and how many waits do not, after one in vain that was followed by a short sleep. */
const AWAKE = 0.013, AT_ONCE = 0.025, LONG_REST = 64, SHORT_REST = 3;

/** Where the words are, each in a cache line of its own; then the places. */
const PUSHED = 0, POPPED = 16, ASLEEP = 32;
const HEAD = 256;
/** Added to `ASLEEP`: who sleeps. */
const RECEIVER = 0, SENDER = 1;

const CHUNK = 1 << 16;

/** One end of the ring. */
export class SharedRing {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #places: Uint8Array[];
  /** Pushed, or popped, from this end, also before the other one can see it; and what was last seen of the other's. */
  #mine = 0;
  #seen = 0;
  #chunk = new Uint8Array(CHUNK);
  #at = 0;
  #drowsy = 0;

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(HEAD + CAPACITY * SIZE);
  }

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, HEAD >> 2);
    this.#bytes = new Uint8Array(memory, HEAD);
    this.#places = Array.from({ length: CAPACITY }, (_, i) => new Uint8Array(memory, HEAD + i * SIZE, SIZE));
  }

  /** Puts a message in its place; the receiver sees it after the next {@linkcode SharedRing.publish}. */
  put(data: Uint8Array): void {
    while (((this.#mine - this.#seen) | 0) === CAPACITY) {
      this.publish();
      this.#seen = this.#await(POPPED, SENDER, this.#seen);
    }
    this.#bytes.set(data, (this.#mine & (CAPACITY - 1)) * SIZE);
    this.#mine = (this.#mine + 1) | 0;
  }

  publish(): void {
    this.#tell(PUSHED, RECEIVER);
  }

  push(data: Uint8Array): void {
    this.put(data);
    this.publish();
  }

  /** The next message, in bytes that are the caller's own. Blocks until there is one. */
  pop(): Uint8Array {
    if (this.#at === CHUNK) {
      this.#chunk = new Uint8Array(CHUNK);
      this.#at = 0;
    }
    const start = this.#at;
    this.take(this.#chunk, start);
    this.free();
    this.#at = start + SIZE;
    return new Uint8Array(this.#chunk.buffer, start, SIZE);
  }

  /** Copies the next message to `into`. Blocks until there is one. */
  take(into: Uint8Array, start: number): void {
    if (this.#seen === this.#mine) {
      this.free();
      this.#seen = this.#await(PUSHED, RECEIVER, this.#seen);
    }
    into.set(this.#places[this.#mine & (CAPACITY - 1)], start);
    this.#mine = (this.#mine + 1) | 0;
  }

  /** The places of all that was taken can be filled again. */
  free(): void {
    this.#tell(POPPED, SENDER);
  }

  #tell(counter: number, other: number): void {
    const words = this.#words;
    Atomics.store(words, counter, this.#mine);
    if (Atomics.load(words, ASLEEP + other) !== 0) Atomics.notify(words, counter);
  }

  /** Waits until the other side's counter is not `seen` any more; answers it. */
  #await(counter: number, self: number, seen: number): number {
    const words = this.#words;
    let now = Atomics.load(words, counter);
    if (now !== seen) return now;
    const awake = this.#drowsy === 0, start = performance.now();
    let asleep = start;
    while (awake && asleep - start < AWAKE) {
      now = Atomics.load(words, counter);
      if (now !== seen) return now;
      asleep = performance.now();
    }
    Atomics.store(words, ASLEEP + self, 1);
    while (now === seen) {
      Atomics.wait(words, counter, seen);
      now = Atomics.load(words, counter);
    }
    Atomics.store(words, ASLEEP + self, 0);
    const rest = performance.now() - asleep < AT_ONCE ? LONG_REST : SHORT_REST;
    this.#drowsy = awake ? rest : Math.min(this.#drowsy - 1, rest);
    return now;
  }
}
