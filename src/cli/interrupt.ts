/**
 * How a command ends when it is told to: at once, in good order, with the exit code that shells give for the signal.
 *
 * A busy event loop hears of no signal, so what works for long takes a breath now and then ({@linkcode breath}).
 *
 * @module
 */

import process from "node:process";

/** The exit codes: 128 and the number of the signal. */
const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

const farewells = new Set<() => void>();

/**
 * From now on these signals end the program, after what {@linkcode beforeEnd} asks for. Who listens to one himself answers
 * it himself.
 */
export function onSignals(): void {
  for (const [signal, code] of Object.entries(CODES)) {
    process.on(signal, () => {
      if (process.listenerCount(signal) > 1) return;
      for (const farewell of farewells) farewell();
      process.exit(code);
    });
  }
}

/** Does this too before a signal ends the program; until it is disposed of. */
export function beforeEnd(farewell: () => void): Disposable {
  farewells.add(farewell);
  return { [Symbol.dispose]: () => farewells.delete(farewell) };
}

/** Lets the event loop turn once. */
export function breath(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
