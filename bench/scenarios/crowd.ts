/**
 * A peer with many handles, made through the native engine itself (`src/port/engine.ts`), without the facade. There a handle
 * is a number, so no JavaScript object is counted, and the figures are those of the library.
 *
 * @module
 */

import type { EnginePeer, Id } from "../../src/port/engine.ts";
import { openEngine } from "../../src/engines/registry.ts";

/** Returns the result of an engine. Throws if it is an errno. */
export function must<Result>(result: Result | number): Result {
  if (typeof result === "number" && result < 0) throw new Error(`the engine returned ${result}`);
  return result as Result;
}

/** Opens a peer without the facade. */
export function openPeer(): EnginePeer {
  const opened = openEngine("native");
  if (!("engine" in opened)) throw new Error(opened.reason);
  return must(opened.engine.open());
}

/** A peer with a node, and another peer with many handles to it. */
export class Crowd {
  readonly receiver: EnginePeer = openPeer();
  readonly sender: EnginePeer = openPeer();
  /** The sender's handles, filled from the start; their memory exists and is written to beforehand. */
  readonly ids: Float64Array;
  readonly #first: Id;
  #count = 0;

  constructor(capacity: number) {
    this.ids = new Float64Array(capacity).fill(-1);
    const made: Id[] = [0, 0];
    must(this.receiver.createNode(this.receiver, made));
    this.#first = made[1];
  }

  grow(count: number): void {
    for (let i = 0; i < count; i++) this.ids[this.#count++] = must(this.receiver.copy(this.#first, this.sender));
  }

  end(): void {
    this.sender.end();
    this.receiver.end();
  }
}
