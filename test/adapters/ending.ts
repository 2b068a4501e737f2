/**
 * Ways to end a Worker while calls are in flight. No test runner is imported, so that Workers can import this.
 *
 * @module
 */

import process from "node:process";

/** Commands that every Worker of these tests has. */
export const endings = {
  /** The Worker ends by itself: Bun has no `close` in a Worker, and `exit` there ends the Worker only. */
  exit(): void {
    if (typeof self.close === "function") self.close();
    else process.exit();
  },
  /** The Worker ends by an uncaught error. */
  crash(): void {
    setTimeout(() => {
      throw new Error("on purpose");
    });
  },
};
