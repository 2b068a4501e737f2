/**
 * The one wake of an engine's peer, shared by the receivers and the senders that wait.
 *
 * @module
 */

import type { EnginePeer } from "../../port/engine.ts";

/** Waits for the wake of the engine. */
export interface WakeUser {
  /** Whether it has asked the engine for the wake. */
  readonly needsWake: boolean;
  wake(): void;
}

export class EngineWake {
  /** The function that the engine is given; always the same. */
  readonly call: () => void = () => this.wake();
  readonly #core: EnginePeer;
  readonly #users: WakeUser[] = [];

  constructor(core: EnginePeer) {
    this.#core = core;
  }

  add(user: WakeUser): void {
    this.#users.push(user);
  }

  /** Wakes all users: the engine does not say which of them the wake is for. */
  wake(): void {
    for (const user of this.#users) user.wake();
  }

  /** Takes the wake back if it is not needed: it keeps the process alive, and costs the sender. */
  release(): void {
    for (const user of this.#users) if (user.needsWake) return;
    this.#core.disarm();
  }
}
