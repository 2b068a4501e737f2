/**
 * Reports what a peer does to its trace. The facade calls it where something was done; a peer without a trace has none.
 *
 * Rules:
 * - An event is reported when the engine has done it, before the call returns, in the order in which it was done.
 * - An error that the trace throws does not change the call. It is thrown again from a microtask, as an uncaught error, so
 *   that it is not lost.
 * - The trace must not use its own peer, which is in the middle of a call: `EOPNOTSUPP`. It may inspect it, close it, and
 *   use others.
 *
 * @module
 */

import { BusError } from "../../port/errors.ts";
import type { Trace, TraceBase, TracedMessage, TraceEvent } from "../../port/trace.ts";

/** An event without the fields that all events have. */
export type Untold = TraceEvent extends infer Event ? Event extends TraceEvent ? Omit<Event, keyof TraceBase> : never
  : never;

export class TraceReporter {
  readonly #trace: Trace;
  readonly #peer: TraceBase["peer"];
  readonly #untold: TraceEvent[] = [];
  #telling = false;

  constructor(trace: Trace, { engine, number, name }: TraceBase["peer"]) {
    this.#trace = trace;
    this.#peer = { engine, number, name };
  }

  /** Checks that a call does not come from within the trace. */
  enter(doing: string): void {
    if (this.#telling) throw new BusError("EOPNOTSUPP", doing, "the trace of a peer must not use the peer itself");
  }

  /** Reports an event. An event that happens within the trace is reported after the current one. */
  tell(event: Untold): void {
    this.#untold.push({ peer: this.#peer, time: performance.now(), ...event } as TraceEvent);
    if (this.#telling) return;
    this.#telling = true;
    for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) {
      try {
        this.#trace(next);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    this.#telling = false;
  }

  /** Reports a transaction. */
  committed(messages: TracedMessage[], released: Iterable<number>): void {
    this.tell({ type: "commit", messages, released: [...new Set(released)] });
  }

  /** Reports that one message was sent. */
  sent(to: readonly number[], bytes: number, handles: readonly number[] = []): void {
    this.committed([{ to: [...to], bytes, handles: [...handles] }], []);
  }

  /** Reports that a user message was received. */
  received(node: number, bytes: number, handles: readonly number[] = []): void {
    this.tell({ type: "receive", what: "message", node, handle: null, bytes, handles: [...handles] });
  }
}
