/**
 * The hand-written rival: messages of 64 bytes from one Worker to another through a `SharedArrayBuffer`.
 *
 * This is the fastest ring that the project found in a hundred lines:
 * - One sender and one receiver, and a place for each message in the memory itself: nothing is locked or allocated.
 * - Each side's counter has a cache line of its own. Each side remembers the other's counter, and reads it again only when
 *   the ring seems empty or full.
 * - `set` with an index, and views that exist beforehand, are the fastest copies of 64 bytes that take any data. (Copies of
 *   eight numbers are faster, but change bytes that look like a NaN.)
 * - A received message has bytes of its own, in a chunk that many messages share: a fresh array each costs more than all the
 *   rest.
 * - A wait spins for as long as a wait of bus1, and only where that pays, by the same rule (native/src/bus/spin.zig). Then
 *   it sleeps in `Atomics.wait`; the other side calls `Atomics.notify` only if there is a sleeper.
 * - The sleeper itself sets and clears its flag. If the waking side cleared it, it could clear the flag of the next wait,
 *   which then never ends.
 *
 * The ring carries messages of one length between two parties, and no capabilities. It cannot wake an event loop.
 *
 * @module
 */

/** The length of every message, in bytes. */
const SIZE = 64;
const CAPACITY = 4096;

/** The time for which a wait spins, in milliseconds: 13 µs, as a wait of bus1 does. */
const SPIN = 0.013;

/**
 * After a wait that spun in vain, this number of waits do not spin: the first, if the sleep then ended within
 * {@linkcode AT_ONCE} milliseconds, else the second. The numbers are those of bus1.
 */
const LONG_REST = 64, SHORT_REST = 3;
const AT_ONCE = 0.025;

/** The index of each word, in a cache line of its own; the places follow after {@linkcode HEAD} bytes. */
const PUSHED = 0, POPPED = 16, ASLEEP = 32;
const HEAD = 256;

/** Added to `ASLEEP`: the side that the flag belongs to. */
const RECEIVER = 0, SENDER = 1;

const CHUNK = 1 << 16;

/** One end of the ring. */
export class SharedRing {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #places: Uint8Array[];
  /** The messages that this end has pushed, or popped; the other end may not see them yet. */
  #mine = 0;
  /** The other end's counter, as it was last read. */
  #seen = 0;
  #chunk = new Uint8Array(CHUNK);
  #at = 0;
  /** The number of waits to come that do not spin. */
  #rest = 0;

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(HEAD + CAPACITY * SIZE);
  }

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, HEAD >> 2);
    this.#bytes = new Uint8Array(memory, HEAD);
    this.#places = Array.from({ length: CAPACITY }, (_, i) => new Uint8Array(memory, HEAD + i * SIZE, SIZE));
  }

  /** Puts a message into its place. The receiver sees it after the next {@linkcode SharedRing.publish}. */
  put(data: Uint8Array): void {
    while (((this.#mine - this.#seen) | 0) === CAPACITY) {
      this.publish();
      this.#seen = this.#await(POPPED, SENDER, this.#seen);
    }
    this.#bytes.set(data, (this.#mine & (CAPACITY - 1)) * SIZE);
    this.#mine = (this.#mine + 1) | 0;
  }

  publish(): void {
    this.#store(PUSHED, RECEIVER);
  }

  push(data: Uint8Array): void {
    this.put(data);
    this.publish();
  }

  /** Returns the next message, in bytes that are the caller's own. Blocks until there is one. */
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
    const place = this.#places[this.#mine & (CAPACITY - 1)];
    if (place !== undefined) into.set(place, start); // the index is always in range
    this.#mine = (this.#mine + 1) | 0;
  }

  /** Lets the sender fill the places of all messages that were taken. */
  free(): void {
    this.#store(POPPED, SENDER);
  }

  /** Stores this end's counter, and wakes the other end if it sleeps. */
  #store(counter: number, other: number): void {
    const words = this.#words;
    Atomics.store(words, counter, this.#mine);
    if (Atomics.load(words, ASLEEP + other) !== 0) Atomics.notify(words, counter);
  }

  /** Waits until the other end's counter is not `seen` any more. Returns it. */
  #await(counter: number, self: number, seen: number): number {
    const words = this.#words;
    let now = Atomics.load(words, counter);
    if (now !== seen) return now;
    const spins = this.#rest === 0, start = performance.now();
    let asleep = start;
    while (spins && asleep - start < SPIN) {
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
    this.#rest = spins ? rest : Math.min(this.#rest - 1, rest);
    return now;
  }
}
