/**
 * How Workers of the adapters' tests come to their end while calls are in flight. No test runner is imported, so that
 * Workers have this too.
 *
 * @module
 */

import process from "node:process";

/** What every Worker of these tests can be told. */
export const endings = {
  /** The Worker ends by itself: Bun has no `close` in a Worker, and `exit` there ends the Worker only. */
  exit(): void {
    if (typeof self.close === "function") self.close();
    else process.exit();
  },
  /** The Worker ends by an error that nobody catches. */
  crash(): void {
    setTimeout(() => {
      throw new Error("on purpose");
    });
  },
};
