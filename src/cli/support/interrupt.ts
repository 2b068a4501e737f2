/**
 * Ends a command on SIGINT and SIGTERM: runs the cleanups, then exits at once with the code that shells give for the signal.
 *
 * A runtime delivers signals in its event loop, so a long computation must let the event loop run sometimes
 * ({@linkcode turnEventLoop}).
 *
 * @module
 */

import process from "node:process";

/** The exit codes: 128 and the number of the signal. */
const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

const cleanups = new Set<() => void>();

/**
 * From now on these signals end the program, after the cleanups of {@linkcode beforeEnd}. A program with a listener of its
 * own for a signal handles that signal itself.
 */
export function onSignals(): void {
  for (const [signal, code] of Object.entries(CODES)) {
    process.on(signal, () => {
      if (process.listenerCount(signal) > 1) return;
      for (const cleanup of cleanups) cleanup();
      process.exit(code);
    });
  }
}

/** Registers a cleanup for the time before a signal ends the program. Disposing what it returns removes the cleanup. */
export function beforeEnd(cleanup: () => void): Disposable {
  cleanups.add(cleanup);
  return { [Symbol.dispose]: () => cleanups.delete(cleanup) };
}

/** Lets the event loop turn once. */
export function turnEventLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
