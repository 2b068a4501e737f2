/**
 * The parts of one peer, and the calls that need several of them. A peer `P` has nodes `N`, handles `H` and messages `M`; this
 * file knows no more of them.
 *
 * @module
 */

import { ERRNO } from "../port/abi.ts";
import type { Engine, EnginePeer, Id } from "../port/engine.ts";
import { BusError } from "../port/errors.ts";
import { idOf } from "./arguments.ts";
import { Failures, type Subject } from "./failures.ts";
import { Inbox, type InboxFactory } from "./inbox.ts";
import { aboutToClose } from "./looking/before_close.ts";
import { Identity } from "./looking/identity.ts";
import { addOpenPeer, OpenPeer, removeOpenPeer } from "./looking/open_peers.ts";
import { TraceReporter } from "./looking/trace_reporter.ts";
import { type ObjectFactory, Objects } from "./objects.ts";
import type { OpenedPeer } from "./open.ts";
import { EngineWake } from "./waiting/engine_wake.ts";
import { Receivers } from "./waiting/receivers.ts";
import { Senders } from "./waiting/senders.ts";

/** What the parts need of the nouns. */
export interface Nouns<P, N, H, M> {
  readonly objects: ObjectFactory<P, N, H>;
  /** Names a node or a handle in an error. */
  describe(object: N | H): string;
  /** Makes the factory of a peer's messages. */
  messages(objects: Objects<P, N, H>): InboxFactory<M>;
}

export class PeerParts<P extends Subject["peer"], N extends Subject, H extends Subject, M> {
  readonly peer: P;
  readonly engine: Engine;
  readonly core: EnginePeer;
  readonly identity: Identity;
  readonly trace: TraceReporter | null;
  readonly failures: Failures<N | H>;
  readonly wake: EngineWake;
  readonly senders: Senders;
  readonly objects: Objects<P, N, H>;
  readonly inbox: Inbox<M>;
  readonly receivers: Receivers<M>;
  /** The peer's entry on the list for inspection. */
  readonly #entry: OpenPeer;

  constructor(peer: P, { how, engine, core, name, trace }: OpenedPeer, nouns: Nouns<P, N, H, M>) {
    this.peer = peer;
    this.engine = engine;
    this.core = core;
    this.identity = new Identity(engine.name, core, name);
    this.trace = trace === undefined ? null : new TraceReporter(trace, this.identity);
    this.failures = new Failures(peer, core, this.identity, nouns.describe);
    this.wake = new EngineWake(core);
    this.senders = new Senders(core, this.wake);
    this.objects = new Objects(peer, core, this.senders, nouns.objects);
    this.inbox = new Inbox(core, nouns.messages(this.objects), this.failures, this.trace);
    this.receivers = new Receivers(core, this.inbox, this.wake);
    this.#entry = new OpenPeer(engine, core, () => this.inbox.settle());
    addOpenPeer(this.#entry);
    this.trace?.tell({ type: how });
  }

  /** Finds an object of this peer: returns its id. */
  find(id: bigint | number, kind: number, noun: string): Id {
    const number = idOf(id, `look for a ${noun}`);
    const answer = this.core.kind(number);
    if (answer === kind) return number;
    throw this.failures.failure(answer < 0 ? answer : -ERRNO.EBADRQC, `look for ${noun} ${id}`);
  }

  /** Makes the error of a message that was not sent. If that was for lack of room, `writable` will wait for it. */
  notSent(answer: number, doing: string, to: readonly Id[], length: number, named: readonly (N | H)[]): BusError {
    this.senders.refused(answer, to, length);
    return this.failures.notSent(answer, doing, named);
  }

  /** Checks that another peer is on the same engine. */
  requireSameBus(other: PeerParts<P, N, H, M>, doing: string): void {
    if (other.engine === this.engine) return;
    for (const { ended } of [this.core, other.core]) {
      if (ended) throw this.failures.failureWith(other.peer, -ERRNO.ESHUTDOWN, doing);
    }
    const [here, there] = [this.engine.name, other.engine.name];
    throw new BusError("EOPNOTSUPP", doing, `this peer is on the engine ${here}, and the other one on ${there}`);
  }

  /** Detaches the peer; returns the key of its ticket. */
  detach(): string {
    const doing = "detach a peer";
    this.trace?.enter(doing);
    this.inbox.settle();
    const answer = this.core.detach();
    if (typeof answer === "number") throw this.failures.failure(answer, doing);
    this.identity.detached = true;
    this.trace?.tell({ type: "detach" });
    this.#leave();
    return answer;
  }

  /** Ends the peer. No-op if it has ended or was detached. */
  close(): void {
    if (this.identity.detached) return;
    this.inbox.settle();
    aboutToClose();
    const wasAlive = this.trace !== null && !this.core.ended;
    this.core.end();
    if (wasAlive) this.trace.tell({ type: "close" });
    this.#leave();
  }

  #leave(): void {
    this.senders.fail(() => this.failures.failure(-ERRNO.ESHUTDOWN, "wait to send"));
    this.receivers.fail(() => this.inbox.failure(-ERRNO.ESHUTDOWN));
    this.objects.clear();
    removeOpenPeer(this.#entry);
  }
}
