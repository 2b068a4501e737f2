/**
 * Lets the event loop turn while messages keep arriving.
 *
 * The continuation of a resolved promise runs before timers and sockets, and messages from other threads arrive even
 * while the event loop does not run. So a program that awaits one message after the other, and always finds one, would block
 * everything else.
 *
 * @module
 */

/** How long, in milliseconds, messages may be delivered before the event loop must turn. */
const LIMIT = 10;

/** Reading the clock costs about as much as a message: check it once every 64 messages. */
const MESSAGES = 64;

const { setImmediate = (call: () => void): unknown => setTimeout(call, 0) } = globalThis as unknown as {
  setImmediate?: (call: () => void) => unknown;
};

export class EventLoopTurn {
  #count = 0;
  #last = 0;

  /** Returns whether the event loop must turn first. To be called before each message that is awaited. */
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
