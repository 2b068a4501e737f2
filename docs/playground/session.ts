/**
 * A scenario in progress: its actions, how many of them have happened, and their bus.
 *
 * Undo performs all actions but the last on a fresh bus. So a scenario that is loaded, undone or shared is always the
 * same as the original.
 *
 * @module
 */

import { liveCounts } from "@bus1/bus1/typescript";
import type { Action } from "./action.ts";
import { at } from "./list.ts";
import { queuesOf, type QueueView, replay, Unknown, World } from "./world.ts";

/** The number of objects on the bus. */
type Counts = ReturnType<typeof liveCounts>;

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

  /** The number of actions, with those that were undone. */
  get length(): number {
    return this.#actions.length;
  }

  get counts(): Counts {
    return liveCounts();
  }

  /** The contents of each peer's queue. */
  get queues(): readonly QueueView[] {
    return this.#queues ??= queuesOf(this.actions, this.world.peers);
  }

  /** Performs a new action, and drops those that were undone. Returns why it is refused, or `null`. */
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

  /** Goes to the state after that number of actions. */
  goTo(count: number): void {
    const done = Math.min(Math.max(count, 0), this.#actions.length);
    if (done === this.#done) return;
    if (done === this.#done + 1) this.world.apply(at(this.#actions, this.#done));
    else this.#begin(replay(this.#actions.slice(0, done)));
    this.#done = done;
    this.#queues = null;
  }

  /** Starts another scenario after `done` actions, by default at its end. Returns why it is refused, or `null`. */
  load(actions: readonly Action[], done = actions.length): string | null {
    try {
      replay(actions).close();
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      return `This link is not a scenario: ${error.message}.`;
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
