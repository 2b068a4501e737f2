/**
 * A peer that tells what it does: it stands between the facade and the engine's peer, and only where a trace is wanted. So
 * a peer without one has no branch and no field for it.
 *
 * Rules:
 * - An event is told when the engine has done what it tells, before the call returns; in the order in which it was done.
 * - What the trace throws is not the bus's: the call returns what it would have returned, and the error is thrown from a
 *   task of its own, as if by an event listener; so it is not lost, either.
 * - The trace must not use its own peer, which is in the middle of a call: `EOPNOTSUPP`. It may look at it, close it, and
 *   use others.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import { alignUp } from "../../port/bytes.ts";
import { type Chunk, frameLengths, RECORD_SIZE } from "../../port/records.ts";
import type { EngineName, EnginePeer, EngineTransaction, Id, ReceiveSink, Totals } from "../../port/engine.ts";
import type { PeerSnapshot } from "../../port/snapshot.ts";
import type { Trace, TraceBase, TracedMessage, TraceEvent, TraceReceive } from "../../port/trace.ts";

/** What an event is before it is told. */
type Untold = TraceEvent extends infer Event ? Event extends TraceEvent ? Omit<Event, keyof TraceBase> : never : never;

/** A message that the engine has shown, and not received yet. */
type Shown = Pick<TraceReceive, "node" | "bytes">;

export class TracedPeer implements EnginePeer {
  readonly #core: EnginePeer;
  readonly #trace: Trace;
  readonly #peer: TraceBase["peer"];
  readonly #untold: TraceEvent[] = [];
  #telling = false;
  #shown: Shown[] = [];

  /** Only there if the engine's peer has it: the facade asks for that. */
  readonly descriptor: EnginePeer["descriptor"];
  readonly sendEach: EnginePeer["sendEach"];
  readonly look: EnginePeer["look"];
  readonly linger: EnginePeer["linger"];

  constructor(core: EnginePeer, engine: EngineName, trace: Trace, type: "open" | "adopt") {
    this.#core = core;
    this.#trace = trace;
    const { number, name } = core.totals() as Totals; // it has just come
    this.#peer = { engine, number, name };
    if (core.descriptor !== undefined) this.descriptor = () => core.descriptor!();
    if (core.sendEach !== undefined) this.sendEach = (to, frames, size) => this.#sendEach(to, frames, size);
    if (core.look !== undefined) this.look = (taken, chunk, limit) => this.#look(taken, chunk, limit);
    if (core.linger !== undefined) this.linger = (looks) => core.linger!(looks);
    this.#tell({ type });
  }

  get refusal(): string | undefined {
    return this.#telling ? "the trace of a peer must not use the peer itself" : this.#core.refusal;
  }

  #tell(event: Untold): void {
    this.#untold.push({ peer: this.#peer, time: performance.now(), ...event } as TraceEvent);
    if (this.#telling) return; // whoever tells goes on
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

  /** Does something, and tells of it if it was done. */
  #done(call: () => number, event: (answer: number) => Untold): number {
    if (this.#telling) return -ERRNO.EOPNOTSUPP;
    const answer = call();
    if (answer >= 0) this.#tell(event(answer));
    return answer;
  }

  createNode(other: EnginePeer, out: Id[], name: string | null = null): number {
    return this.#done(
      () => this.#core.createNode(other, out, name),
      () => ({ type: "create", node: out[0], name, for: numberOf(other), handle: out[1] }),
    );
  }

  copy(handle: Id, other: EnginePeer): number {
    return this.#done(
      () => this.#core.copy(handle, other),
      (copy) => ({ type: "copy", handle, for: numberOf(other), copy }),
    );
  }

  send(to: Id, data: Uint8Array, length: number): number {
    return this.#done(() => this.#core.send(to, data, length), () => sent({ to: [to], bytes: length, handles: [] }));
  }

  #sendEach(to: Id, frames: Uint8Array, size: number): number {
    if (this.#telling) return -ERRNO.EOPNOTSUPP;
    const count = this.#core.sendEach!(to, frames, size);
    for (const bytes of frameLengths(frames, count)) this.#tell(sent({ to: [to], bytes, handles: [] }));
    return count;
  }

  sendMany(to: readonly Id[], data: Uint8Array, length: number, handles: readonly Id[]): number {
    return this.#done(
      () => this.#core.sendMany(to, data, length, handles),
      () => sent({ to: [...to], bytes: length, handles: [...handles] }),
    );
  }

  release(ids: readonly Id[]): number {
    return this.#done(
      () => this.#core.release(ids),
      () => ({ type: "commit", messages: [], released: [...new Set(ids)] }),
    );
  }

  transaction(): EngineTransaction | number {
    if (this.#telling) return -ERRNO.EOPNOTSUPP;
    const core = this.#core.transaction();
    if (typeof core === "number") return core;
    return new TracedTransaction(core, (call, event) => this.#done(call, event));
  }

  kind(id: Id): number {
    return this.#core.kind(id);
  }

  nameOf(node: Id): string | null {
    return this.#core.nameOf(node);
  }

  totals(): Totals | number {
    return this.#core.totals();
  }

  inspect(): PeerSnapshot | number {
    return this.#core.inspect();
  }

  receive(limit: number, sink: ReceiveSink): number {
    if (this.#telling) return -ERRNO.EOPNOTSUPP;
    const events: Untold[] = [];
    const answer = this.#core.receive(limit, {
      message(node, chunk, start, end, handles, account) {
        events.push({
          type: "receive",
          what: "message",
          node,
          handle: null,
          bytes: end - start,
          handles: [...handles],
        });
        sink.message(node, chunk, start, end, handles, account);
      },
      nodeRelease(handle) {
        events.push({ type: "receive", what: "node-release", node: null, handle, bytes: 0, handles: [] });
        sink.nodeRelease(handle);
      },
      handleRelease(node) {
        events.push({ type: "receive", what: "handle-release", node, handle: null, bytes: 0, handles: [] });
        sink.handleRelease(node);
      },
    });
    for (const event of events) this.#tell(event);
    return answer;
  }

  /** Those that were passed are received, also while the trace looks at the peer: that lets a cursor settle. */
  #look(taken: number, chunk: Chunk, limit: number): number {
    if (this.#telling && limit > 0) return -ERRNO.EOPNOTSUPP;
    const answer = this.#core.look!(taken, chunk, limit);
    if (answer === -ERRNO.ESHUTDOWN) return answer;
    const passed = this.#shown.slice(0, taken);
    this.#shown = answer > 0 ? shownIn(chunk, answer) : [];
    for (const { node, bytes } of passed) {
      this.#tell({ type: "receive", what: "message", node, handle: null, bytes, handles: [] });
    }
    return answer;
  }

  arm(): number {
    return this.#core.arm();
  }

  writable(to: Id, length: number): number {
    return this.#core.writable(to, length);
  }

  disarm(): void {
    this.#core.disarm();
  }

  waitSync(slice: number, remaining: number): number {
    return this.#telling ? -ERRNO.EOPNOTSUPP : this.#core.waitSync(slice, remaining);
  }

  detach(): string | number {
    if (this.#telling) return -ERRNO.EOPNOTSUPP;
    const key = this.#core.detach();
    if (typeof key === "string") this.#tell({ type: "detach" });
    return key;
  }

  end(): void {
    const lives = this.#core.kind(0) !== -ERRNO.ESHUTDOWN;
    this.#core.end();
    if (lives) this.#tell({ type: "close" });
  }
}

function numberOf(peer: EnginePeer): number {
  return (peer.totals() as Totals).number; // it was alive just now, and in this thread
}

function sent(message: TracedMessage): Untold {
  return { type: "commit", messages: [message], released: [] };
}

/** What records tell of the messages that are shown. */
function shownIn(chunk: Chunk, count: number): Shown[] {
  const shown: Shown[] = [];
  for (let i = 0, at = 0; i < count; i++) {
    const bytes = chunk.lengthAt(at);
    shown.push({ node: chunk.idAt(at), bytes });
    at = alignUp(at + RECORD_SIZE + bytes);
  }
  return shown;
}

/** What was added is told when it has happened. */
class TracedTransaction implements EngineTransaction {
  readonly #core: EngineTransaction;
  readonly #done: (call: () => number, event: () => Untold) => number;
  readonly #messages: TracedMessage[] = [];
  readonly #released = new Set<Id>();

  constructor(core: EngineTransaction, done: (call: () => number, event: () => Untold) => number) {
    this.#core = core;
    this.#done = done;
  }

  send(to: readonly Id[], data: Uint8Array, length: number, handles: readonly Id[]): number {
    const answer = this.#core.send(to, data, length, handles);
    if (answer >= 0) this.#messages.push({ to: [...to], bytes: length, handles: [...handles] });
    return answer;
  }

  release(ids: readonly Id[]): number {
    const answer = this.#core.release(ids);
    if (answer >= 0) { for (const id of ids) this.#released.add(id); }
    return answer;
  }

  commit(): number {
    return this.#done(
      () => this.#core.commit(),
      () => ({ type: "commit", messages: this.#messages, released: [...this.#released] }),
    );
  }

  abort(): void {
    this.#core.abort();
  }
}
