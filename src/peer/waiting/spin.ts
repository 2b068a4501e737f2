/**
 * Whether one who awaits stays awake for the first of it: what native/src/bus/spin.zig is for those who block.
 *
 * With a CPU for each of two partners an answer takes a microsecond, and waking an event loop thirty or more. Both must
 * be awake at once for that: so who was answered after about the time in which a sleeper wakes, tries for so long the
 * next time, and the other one, whose sleep was as short, stays awake, too. From then on the answers come at once, and
 * nobody stays awake for more than a few microseconds.
 *
 * Where that fails, because both share a CPU or the partner takes its time, twice as many waits go to sleep at once, each
 * time.
 *
 * @module
 */

/** How often to look: about 13 microseconds, and as long as a sleeper takes to wake. */
const SHORT = 600, LONG = 2800;

/** Milliseconds. After a longer sleep the partner would not have answered in time either way. */
const SOON = 0.15;

/** The most waits that sleep at once. */
const LONG_REST = 255;

/** So many late answers in a row are borne for an early one. */
const LATE = 3;

/** The answer of an engine's `linger` that is worth most. */
const EARLY = 1;

export class Patience {
  /** So many waits to come sleep at once; and how many it were the last time. */
  #drowsy = 0;
  #rest = 0;
  /** Whether to try for long. */
  #tries = false;
  #late = 0;
  /** Whether the wait at hand was awake in vain. */
  #inVain = false;

  /** How often to look before going to sleep. */
  looks(): number {
    this.#inVain = false;
    if (this.#drowsy > 0) {
      this.#drowsy--;
      return 0;
    }
    return this.#tries ? LONG : SHORT;
  }

  /** What came of it: what the engine's `linger` answered. */
  lingered(answer: number): void {
    if (answer === EARLY) {
      this.#tries = false;
      this.#late = 0;
      this.#rest = 0;
    } else if (answer > EARLY) {
      if (++this.#late > LATE) this.#giveUp();
    } else {
      this.#inVain = true;
    }
  }

  /** The wait ended with a sleep, of that many milliseconds. */
  slept(duration: number): void {
    const isShort = duration < SOON;
    if (this.#inVain && (this.#tries || !isShort)) this.#giveUp();
    else if (isShort && this.#drowsy === 0) this.#tries = true;
  }

  #giveUp(): void {
    this.#tries = false;
    this.#late = 0;
    this.#rest = Math.min(2 * this.#rest + 1, LONG_REST);
    this.#drowsy = this.#rest;
  }
}
