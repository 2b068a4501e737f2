/**
 * Lets the event loop turn while messages keep coming.
 *
 * A promise that is resolved already goes on before timers and sockets get their turn, and other threads send without
 * the event loop: so whoever awaits one message after the other, and always finds one, would keep all else from running.
 *
 * @module
 */

/** Milliseconds for which messages may follow upon each other. */
const LIMIT = 10;

/** The clock costs about as much as a message: so many go by between looks at it. */
const MESSAGES = 64;

const { setImmediate = (call: () => void): unknown => setTimeout(call, 0) } = globalThis as unknown as {
  setImmediate?: (call: () => void) => unknown;
};

export class Turn {
  #count = 0;
  #last = 0;

  /** To be asked before each message that is awaited: whether the event loop must turn first. */
  isDue(): boolean {
    if (++this.#count % MESSAGES !== 0) return false;
    const now = performance.now();
    if (now - this.#last < LIMIT) return false;
    this.#last = now;
    return true;
  }

  /** Calls after the event loop has turned. */
  after(call: () => void): void {
    setImmediate(call);
  }
}
