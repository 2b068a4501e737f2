/**
 * A peer in an actor's hands: every call on it is made here, and recorded. What it holds is kept as ids, so that the
 * actor can choose among them, also among what is gone.
 *
 * @module
 */

import { BusError, type Handle, type Message, type Node, Peer, type Transaction } from "@bus1/bus1";
import type { Id, Item, PeerNumber } from "./history.ts";
import { bytesOf, hashOf, numberOf } from "./payload.ts";
import { commitWords, receiveWords, type Recorder } from "./recorder.ts";
import { type Memory, nextPeer, nextTicket, type Parcel } from "./shared.ts";

/** A message to be sent: how many bytes, to which handles, with copies of which. */
export interface Sending {
  number: number;
  length: number;
  to: Id[];
  handles: Id[];
  /**
   * How many times it goes to the sink too, in the middle of the others: so that between the first and the last of them
   * there is time for others to look. The sink is a peer that nobody looks into, and that is not recorded.
   */
  crowd: number;
}

export class Holding {
  readonly number: PeerNumber;
  readonly nodes: Set<Id>;
  readonly handles: Set<Id>;
  /** Its handle to the sink, or 0. */
  sink: Id = 0;
  /** The last object that went: a call that names it must fail. */
  #gone: { id: Id; handle: Handle | null; object: Node | Handle } | null = null;
  /** It was ended or handed over. */
  over = false;
  readonly #recorder: Recorder;
  readonly #peer: Peer;
  /** A transaction that waits for its commit. */
  #open: { tx: Transaction; commit(): void } | null = null;
  /** A receive that has begun. */
  #pending: { abort: AbortController; outcome: Promise<void> } | null = null;

  private constructor(recorder: Recorder, number: PeerNumber, peer: Peer, nodes: Id[] = [], handles: Id[] = []) {
    this.#recorder = recorder;
    this.number = number;
    this.#peer = peer;
    this.nodes = new Set(nodes);
    this.handles = new Set(handles);
  }

  static open(memory: Memory, recorder: Recorder): Holding {
    const number = nextPeer(memory);
    recorder.begin("open", [number]);
    const peer = Peer.open({ engine: memory.engine });
    recorder.end();
    return new Holding(recorder, number, peer);
  }

  /** Adopts the peer of a parcel; `null` if its ticket is spent, as it is if the peer was revoked. */
  static adopt(recorder: Recorder, { peer, number, ticket, nodes, handles, sink }: Parcel): Holding | null {
    recorder.begin("adopt", [peer, number]);
    try {
      const adopted = Peer.adopt(ticket);
      recorder.end();
      const holding = new Holding(recorder, peer, adopted, nodes, handles);
      holding.sink = sink;
      return holding;
    } catch (error) {
      recorder.end([], errnoOf(error));
      return null;
    }
  }

  static revoke(recorder: Recorder, { peer, ticket }: Parcel): void {
    recorder.begin("revoke", [peer]);
    Peer.revoke(ticket);
    recorder.end();
  }

  createNode(other: Holding): void {
    this.#call("create", [this.number, other.number], () => {
      const { node, handle } = this.#peer.createNode({ for: other.#peer });
      this.nodes.add(Number(node.id));
      other.handles.add(Number(handle.id));
      return [Number(node.id), Number(handle.id)];
    });
  }

  copy(handle: Id, other: Holding): void {
    this.#call("copy", [this.number, handle, other.number], () => {
      const copy = Number(this.#peer.copy(this.#handle(handle), other.#peer).id);
      other.handles.add(copy);
      return [copy];
    });
  }

  /** Gives a peer a handle to the sink, of which this is the peer or has one itself. */
  giveSink(other: Holding): void {
    const given = new Set(other.handles);
    if (this.sink > 0) this.copy(this.sink, other);
    else this.createNode(other);
    for (const id of other.handles) {
      if (given.has(id)) continue;
      other.handles.delete(id);
      other.sink = id;
    }
  }

  /** Throws away what is in the sink. */
  empty(): void {
    this.#peer.receiveMany();
  }

  /** Sends one message. */
  send(sending: Sending): void {
    this.#commit([sending], [], () => {
      const to = this.#destinations(sending);
      const bytes = bytesOf(sending.number, sending.length);
      if (sending.handles.length > 0) this.#peer.send(to, bytes, { handles: this.#handles(sending.handles) });
      else this.#peer.send(to.length === 1 ? to[0] : to, bytes);
    });
  }

  release(ids: Id[]): void {
    this.#commit([], ids, () => this.#peer.release(...ids.map((id) => this.#object(id))));
  }

  /** Releases what is gone. */
  releaseGone(): void {
    const gone = this.#gone;
    if (gone !== null) this.#commit([], [gone.id], () => this.#peer.release(gone.object));
  }

  /** Sends what is gone to others. */
  sendGone(sending: Sending): void {
    const handle = this.#gone?.handle;
    if (!handle) return;
    const wrong = { ...sending, handles: [this.#gone!.id] };
    this.#commit([wrong], [], () => {
      this.#peer.send(this.#handles(sending.to), bytesOf(sending.number, sending.length), { handles: [handle] });
    });
  }

  /** Puts a transaction together, and commits it now, or with the next one. */
  transact(sendings: Sending[], releases: Id[], later: boolean): void {
    this.#commitOpen();
    let tx: Transaction;
    try {
      tx = this.#peer.transaction();
      for (const sending of sendings) {
        const bytes = bytesOf(sending.number, sending.length);
        tx.send(this.#destinations(sending), bytes, { handles: this.#handles(sending.handles) });
      }
      if (releases.length > 0) tx.release(...releases.map((id) => this.#object(id)));
    } catch (error) {
      return this.#commit(sendings, releases, () => {
        throw error;
      });
    }
    this.#open = { tx, commit: () => this.#commit(sendings, releases, () => tx.commit()) };
    if (!later) this.#commitOpen();
  }

  #commitOpen(): void {
    const open = this.#open;
    this.#open = null;
    open?.commit();
  }

  /** Receives up to `limit` messages, without waiting. */
  receive(limit: number): number {
    return this.#receive(() => {
      if (limit !== 1) {
        const messages = this.#peer.receiveMany(limit);
        return { messages, empty: messages.length === 0 || messages.length < limit && this.#looksAgain(messages) };
      }
      const message = this.#peer.tryReceive();
      return { messages: message ? [message] : [], empty: message === null };
    });
  }

  /** Whether nothing more is there: fewer messages than were asked for may mean, too, that the peer was ended. */
  #looksAgain(messages: Message[]): boolean {
    try {
      const message = this.#peer.tryReceive();
      if (message) messages.push(message);
      return message === null;
    } catch (error) {
      errnoOf(error);
      this.over = true;
      return false;
    }
  }

  /** Blocks the thread. */
  receiveSync(timeout: number): number {
    return this.#receive(() => {
      const message = this.#peer.receiveSync({ timeout });
      return { messages: message ? [message] : [], empty: message === null };
    });
  }

  /** Begins to await a message. Until {@linkcode settle} nothing may be received, released or made here. */
  async arm(): Promise<void> {
    const abort = new AbortController();
    const began = this.#recorder.now();
    const outcome = this.#peer.receive({ signal: abort.signal }).then(
      (message) => this.#recorder.note("receive", [this.number], receiveWords([this.#item(message)], false), began),
      // It was aborted, which is no look: a message may have come. Or the peer is over, as the next call will tell.
      () => {},
    );
    this.#pending = { abort, outcome };
    await null; // what is there at once is recorded now
  }

  /** Awaits what {@linkcode arm} began, for some time. */
  async settle(timeout: number): Promise<void> {
    if (this.#pending === null) return;
    const { abort, outcome } = this.#pending;
    const timer = setTimeout(() => abort.abort(), timeout);
    await outcome;
    clearTimeout(timer);
    this.#pending = null;
  }

  /** Hands the peer over; what was awaited is awaited no more. `null` if it has ended. */
  async detach(memory: Memory): Promise<Parcel | null> {
    this.#leave();
    const began = this.#recorder.now();
    const number = nextTicket(memory);
    let ticket;
    try {
      ticket = this.#peer.detach();
    } catch (error) {
      errnoOf(error);
      await this.settle(0);
      return null;
    }
    await this.settle(0); // before the detach, if it took a message
    this.#recorder.note("detach", [this.number, number], [], began);
    return { peer: this.number, number, ticket, nodes: [...this.nodes], handles: [...this.handles], sink: this.sink };
  }

  async close(): Promise<void> {
    await this.settle(0);
    this.#leave();
    this.#recorder.begin("close", [this.number]);
    this.#peer.close();
    this.#recorder.end();
  }

  #leave(): void {
    this.over = true;
    this.#open?.tx[Symbol.dispose]();
    this.#open = null;
  }

  #call(kind: "create" | "copy" | "commit" | "receive", args: readonly number[], call: () => number[]): void {
    this.#recorder.begin(kind, args);
    let results: number[];
    try {
      results = call();
    } catch (error) {
      const errno = errnoOf(error);
      this.#recorder.end([], errno);
      // If another peer takes part, it may be that one: the next call will tell.
      if ((error as BusError).code === "ESHUTDOWN" && (kind === "commit" || kind === "receive")) this.over = true;
      return;
    }
    this.#recorder.end(results);
  }

  #commit(sendings: Sending[], releases: Id[], call: () => void): void {
    const sends = sendings.map(({ number, length, to, handles }) => (
      { number, hash: hashOf(bytesOf(number, length)), to, handles }
    ));
    this.#call("commit", commitWords({ peer: this.number, sends, releases }), () => {
      const gone = releases.map((id) => this.#held(id));
      call();
      for (const one of gone) if (one !== null) this.#forget(one.object, one.handle);
      return [];
    });
  }

  #receive(call: () => { messages: Message[]; empty: boolean }): number {
    let count = 0;
    this.#call("receive", [this.number], () => {
      const { messages, empty } = call();
      count = messages.length;
      return receiveWords(messages.map((message) => this.#item(message)), empty);
    });
    return count;
  }

  #item(message: Message): Item {
    switch (message.type) {
      case "message": {
        const handles = message.handles.map(({ id }) => Number(id));
        for (const id of handles) this.handles.add(id);
        const { bytes } = message;
        const node = Number(message.node.id);
        return { type: "message", node, number: numberOf(bytes), hash: hashOf(bytes), handles };
      }
      case "node-release":
        this.#forget(message.handle, message.handle);
        return { type: "node-release", handle: Number(message.handle.id) };
      case "handle-release":
        this.#forget(message.node, null);
        return { type: "handle-release", node: Number(message.node.id) };
    }
  }

  #forget(object: Node | Handle, handle: Handle | null): void {
    const id = Number(object.id);
    this.#gone = { id, handle, object };
    this.nodes.delete(id);
    this.handles.delete(id);
  }

  #handle(id: Id): Handle {
    return this.#peer.handle(BigInt(id));
  }

  #destinations({ to, crowd }: Sending): Handle[] {
    const handles = this.#handles(to);
    if (crowd === 0 || this.sink === 0) return handles;
    const sink = this.#handle(this.sink);
    handles.splice(to.length >> 1, 0, ...Array.from({ length: crowd }, () => sink));
    return handles;
  }

  #handles(ids: readonly Id[]): Handle[] {
    return ids.map((id) => this.#handle(id));
  }

  #object(id: Id): Node | Handle {
    return this.nodes.has(id) ? this.#peer.node(BigInt(id)) : this.#handle(id);
  }

  /** What is held by that id. */
  #held(id: Id): { object: Node | Handle; handle: Handle | null } | null {
    if (this.nodes.has(id)) return { object: this.#object(id), handle: null };
    if (!this.handles.has(id)) return null;
    const handle = this.#handle(id);
    return { object: handle, handle };
  }
}

/** The errno of a failure of the bus; any other is none of ours. */
function errnoOf(error: unknown): number {
  if (error instanceof BusError) return error.errno;
  throw error;
}
