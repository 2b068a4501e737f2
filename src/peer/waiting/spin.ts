/**
 * Decides whether a call that awaits a message spins first: what native/src/bus/spin.zig is for calls that block.
 *
 * With a CPU for each of two partners a reply takes a microsecond, and waking an event loop thirty or more. Both partners
 * must be awake at once for that. So a partner spins for about the time in which a sleeper wakes, if its last reply came
 * within that time. The other partner has slept as shortly, and does the same. From then on the replies come at
 * once, and neither spins for more than a few microseconds.
 *
 * Where that fails, because both share a CPU or the partner takes its time, upcoming waits skip spinning: twice as many each
 * time.
 *
 * @module
 */

/** How often to look: about 13 microseconds, and about as long as a sleeper takes to wake. */
const SHORT = 600, LONG = 2800;

/** Milliseconds. After a longer sleep the reply would have come too late for spinning. */
const SOON = 0.15;

/** The largest number of waits that skip spinning. */
const LONG_REST = 255;

/** The number of late replies in a row after which spinning stops. An early reply resets it. */
const LATE = 3;

/** The result of an engine's `linger` that pays off most. */
const EARLY = 1;

export class Spin {
  /** The number of upcoming waits that skip spinning, and the previous such number. */
  #skipped = 0;
  #rest = 0;
  /** Whether to spin for long. */
  #tries = false;
  #late = 0;
  /** Whether the current wait has spun in vain. */
  #inVain = false;

  /** Returns how often to look before going to sleep. */
  looks(): number {
    this.#inVain = false;
    if (this.#skipped > 0) {
      this.#skipped--;
      return 0;
    }
    return this.#tries ? LONG : SHORT;
  }

  /** Takes the result of the engine's `linger`. */
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

  /** The wait ended with a sleep of that many milliseconds. */
  slept(duration: number): void {
    const isShort = duration < SOON;
    if (this.#inVain && (this.#tries || !isShort)) this.#giveUp();
    else if (isShort && this.#skipped === 0) this.#tries = true;
  }

  #giveUp(): void {
    this.#tries = false;
    this.#late = 0;
    this.#rest = Math.min(2 * this.#rest + 1, LONG_REST);
    this.#skipped = this.#rest;
  }
}
