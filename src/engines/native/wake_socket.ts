/**
 * The isolate's port: how its event loop hears from other threads. See native/src/isolate/wake_socket.zig.
 *
 * @module
 */

import type { Library, Runtime, Watched } from "../../library/runtimes/runtime.ts";

/** Somebody who asked for one call. */
export interface Waiter {
  wake(): void;
}

/** There is one for each isolate. Its socket keeps the process alive while somebody waits. */
export class Port {
  readonly number: number;
  readonly #library: Library;
  readonly #runtime: Runtime;
  readonly #waiting = new Set<Waiter>();
  #socket: Watched | undefined;

  constructor(number: number, library: Library, runtime: Runtime) {
    this.number = number;
    this.#library = library;
    this.#runtime = runtime;
  }

  /** One call of `waiter.wake` is to come. Answers an errno on failure. */
  await(waiter: Waiter): number {
    if (this.#socket === undefined) {
      const fd = this.#library.bus1_wake_socket_connect(this.number);
      if (fd < 0) return fd;
      this.#socket = this.#runtime.watch(fd, () => this.#look());
    }
    if (this.#waiting.size === 0) this.#socket.ref();
    this.#waiting.add(waiter);
    return 0;
  }

  /** Takes back {@linkcode await}. */
  forget(waiter: Waiter): void {
    if (this.#waiting.delete(waiter) && this.#waiting.size === 0) this.#socket?.unref();
  }

  #look(): void {
    // First: a byte will tell of what comes after.
    this.#library.bus1_wake_socket_clear(this.number);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#socket?.unref();
    // Which of them the byte was for is not told: whoever finds nothing asks again.
    for (const waiter of waiting) waiter.wake();
  }
}
