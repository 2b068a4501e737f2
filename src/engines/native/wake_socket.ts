/**
 * The wake socket of this isolate, over which other threads wake its event loop. See native/src/isolate/wake_socket.zig.
 *
 * @module
 */

import type { Library, Runtime, Watched } from "../../library/runtimes/runtime.ts";

/** A peer that has asked for one call. */
export interface Waiter {
  wake(): void;
}

/** The one socket of this isolate and its copy of this code. It keeps the process alive while a peer waits. */
export class WakeSocket {
  /** The number of the isolate, as the library knows it. */
  readonly isolate: number;
  readonly #library: Library;
  readonly #runtime: Runtime;
  readonly #waiting = new Set<Waiter>();
  #socket: Watched | undefined;

  constructor(isolate: number, library: Library, runtime: Runtime) {
    this.isolate = isolate;
    this.#library = library;
    this.#runtime = runtime;
  }

  /** Calls `waiter.wake` once when a byte comes. Returns an errno on failure. */
  await(waiter: Waiter): number {
    if (this.#socket === undefined) {
      const fd = this.#library.bus1_wake_socket_connect(this.isolate);
      if (fd < 0) return fd;
      this.#socket = this.#runtime.watch(fd, () => this.#wakeAll());
    }
    if (this.#waiting.size === 0) this.#socket.ref();
    this.#waiting.add(waiter);
    return 0;
  }

  /** Takes back {@linkcode await}. */
  forget(waiter: Waiter): void {
    if (this.#waiting.delete(waiter) && this.#waiting.size === 0) this.#socket?.unref();
  }

  #wakeAll(): void {
    // First: a byte will announce what comes after this.
    this.#library.bus1_wake_socket_clear(this.isolate);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#socket?.unref();
    // A byte does not say which peer it is for. A peer that finds nothing asks again.
    for (const waiter of waiting) waiter.wake();
  }
}
