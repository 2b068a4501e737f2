/**
 * A scenario that is being made: its actions, how many of them have happened, and the bus on which they did.
 *
 * To undo is to do all but the last on a fresh bus; so a scenario that is loaded, undone or shared is always the same
 * one that was made.
 *
 * @module
 */

import { liveCounts } from "@bus1/bus1/typescript";
import type { Action } from "./action.ts";
import { queuesOf, type QueueView, replay, Unknown, World } from "./world.ts";

/** What exists on the bus. */
export type Counts = ReturnType<typeof liveCounts>;

export class Session {
  world: World = new World();
  #actions: Action[] = [];
  #done = 0;
  #queues: QueueView[] | null = null;

  /** The actions that have happened. */
  get actions(): readonly Action[] {
    return this.#actions.slice(0, this.#done);
  }

  get done(): number {
    return this.#done;
  }

  /** How many there are, with those that were undone. */
  get length(): number {
    return this.#actions.length;
  }

  get counts(): Counts {
    return liveCounts();
  }

  /** What waits in each peer's queue. */
  get queues(): readonly QueueView[] {
    return this.#queues ??= queuesOf(this.actions, this.world.peers);
  }

  /** Does something new; what was undone is forgotten. Answers why it cannot be, or `null`. */
  do(action: Action): string | null {
    try {
      this.world.apply(action);
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      return error.message;
    }
    this.#actions = [...this.actions, action];
    this.#done++;
    this.#queues = null;
    return null;
  }

  undo(): void {
    this.goTo(this.#done - 1);
  }

  redo(): void {
    this.goTo(this.#done + 1);
  }

  /** Goes to where so many actions have happened. */
  goTo(count: number): void {
    const done = Math.min(Math.max(count, 0), this.#actions.length);
    if (done === this.#done) return;
    if (done === this.#done + 1) this.world.apply(this.#actions[this.#done]);
    else this.#begin(replay(this.#actions.slice(0, done)));
    this.#done = done;
    this.#queues = null;
  }

  /**
   * Starts another scenario, at `done`, by default at its end. Answers why it cannot be, and has changed nothing then.
   */
  load(actions: readonly Action[], done = actions.length): string | null {
    try {
      replay(actions).close();
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      return `This link is no scenario: ${error.message}.`;
    }
    this.#actions = [...actions];
    this.#done = done;
    this.#queues = null;
    this.#begin(replay(actions.slice(0, done)));
    return null;
  }

  #begin(world: World): void {
    this.world.close();
    this.world = world;
  }
}
