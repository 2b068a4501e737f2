/**
 * A peer with a great many handles, made through the port of the native engine (`src/port/engine.ts`), without the facade:
 * there a handle is a number, so no JavaScript object comes with it, and what is measured is the library.
 *
 * @module
 */

import type { EnginePeer, Id } from "../port/engine.ts";
import { openEngine } from "../engines/registry.ts";

/** What an engine answered, if it is no errno. */
export function must<Answer>(answer: Answer | number): Answer {
  if (typeof answer === "number" && answer < 0) throw new Error(`the engine answered ${answer}`);
  return answer as Answer;
}

/** A peer without the facade. */
export function openPeer(): EnginePeer {
  const opened = openEngine("native");
  if (!("engine" in opened)) throw new Error(opened.reason);
  return must(opened.engine.open());
}

/** A peer with a node, and another one with many handles to it. */
export class Crowd {
  readonly receiver: EnginePeer = openPeer();
  readonly sender: EnginePeer = openPeer();
  /** The sender's handles, as far as there are any yet. The room is there, and written to, from the start. */
  readonly ids: Float64Array;
  readonly #first: Id;
  #count = 0;

  constructor(room: number) {
    this.ids = new Float64Array(room).fill(-1);
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
