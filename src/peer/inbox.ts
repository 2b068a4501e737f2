/**
 * The inbox of one peer: receives messages from its engine, one, many, or with the thread blocked.
 *
 * A cursor looks ahead: the engine shows it messages that are still in the queue. The cursor is settled before the next call
 * that depends on the queue: the engine receives what the cursor has passed, and the rest is an ordinary part of the queue.
 *
 * @module
 */

import type { EnginePeer, MessageFactory } from "../port/engine.ts";
import { type BusError, quote } from "../port/errors.ts";
import type { TraceReporter, Untold } from "./looking/trace_reporter.ts";

/** Makes the messages that an engine delivers, and the events for a trace. */
export interface InboxFactory<M> extends MessageFactory<M> {
  eventOf(message: M): Untold;
}

/** Makes the errors of a peer. */
interface Failures {
  failure(answer: number, doing: string): BusError;
}

/** A cursor that has looked ahead. */
export interface LookAhead {
  settle(): void;
}

/** How long `receiveSync` blocks in one call, in milliseconds: between calls JavaScript notices that the peer has ended. */
const SLICE = 20;

/** The largest number of messages in one call of the engine. */
const MAX_AT_ONCE = 1 << 20;

export class Inbox<M> {
  /** The cursor that has looked ahead, if there is one. */
  ahead: LookAhead | null = null;
  readonly #core: EnginePeer;
  readonly #factory: InboxFactory<M>;
  readonly #failures: Failures;
  readonly #trace: TraceReporter | null;

  constructor(
    core: EnginePeer,
    factory: InboxFactory<M>,
    failures: Failures,
    trace: TraceReporter | null,
  ) {
    this.#core = core;
    this.#factory = factory;
    this.#failures = failures;
    this.#trace = trace;
  }

  /** Settles the cursor that has looked ahead. */
  settle(): void {
    this.ahead?.settle();
  }

  failure(answer: number): BusError {
    return this.#failures.failure(answer, "receive");
  }

  /** Receives the next message; returns 0 if nothing is ready, or an errno. */
  take(): M | number {
    const trace = this.#trace;
    trace?.enter("receive");
    this.settle();
    const message = this.#core.receive(this.#factory);
    if (trace !== null && typeof message !== "number") trace.tell(this.#factory.eventOf(message));
    return message;
  }

  /** Receives the next message; returns `null` if nothing is ready. */
  tryReceive(): M | null {
    const message = this.take();
    if (typeof message !== "number") return message;
    if (message === 0) return null;
    throw this.failure(message);
  }

  /** Receives all messages that are ready, up to a limit. */
  receiveMany(limit: number): M[] {
    if (!(limit === Infinity || Number.isSafeInteger(limit) && limit >= 0)) {
      throw new TypeError(`receive: the limit must be a whole number from 0 on, not ${quote(limit)}`);
    }
    const messages: M[] = [];
    for (;;) {
      const answer = this.#takeMany(Math.min(limit - messages.length, MAX_AT_ONCE), messages);
      if (answer > 0 && messages.length < limit) continue;
      // A failure does not lose the messages that were received before it.
      if (answer >= 0 || messages.length > 0) return messages;
      throw this.failure(answer);
    }
  }

  #takeMany(limit: number, into: M[]): number {
    this.#trace?.enter("receive");
    this.settle();
    const before = into.length;
    const answer = this.#core.receiveMany(limit, this.#factory, into);
    if (this.#trace !== null) {
      for (const message of into.slice(before)) this.#trace.tell(this.#factory.eventOf(message));
    }
    return answer;
  }

  /** Receives the next message; blocks this thread until there is one, and returns `null` after `timeout` milliseconds. */
  block(timeout: number): M | null {
    const deadline = performance.now() + timeout;
    for (;;) {
      const remaining = deadline - performance.now();
      if (remaining <= 0) return null;
      const answer = this.#core.waitSync(Math.min(remaining, SLICE), remaining);
      if (answer < 0) throw this.failure(answer);
      const message = this.tryReceive();
      if (message !== null) return message;
    }
  }
}
