/**
 * A peer that records its calls. The objects that it holds are kept as ids, so that the actor can choose among them,
 * also among those that are gone.
 *
 * @module
 */

import { BusError, type Handle, type Message, type Node, Peer, type Transaction } from "@bus1/bus1";
import type { Id, Item, PeerNumber } from "./history.ts";
import { bytesOf, hashOf, numberOf } from "./payload.ts";
import { commitWords, receiveWords, type Recorder } from "./recorder.ts";
import { type DetachedPeer, type Memory, nextPeer, nextTicket } from "./shared_memory.ts";

/** A message to be sent: how many bytes, to which handles, with copies of which. */
export interface Sending {
  number: number;
  length: number;
  to: Id[];
  handles: Id[];
  /**
   * How many times it goes to the sink too, in the middle of its receivers. So time passes between the first and the
   * last of them, in which others can look. The sink is a peer without a reader, which is not recorded.
   */
  crowd: number;
}

export class RecordedPeer {
  readonly number: PeerNumber;
  readonly nodes: Set<Id>;
  readonly handles: Set<Id>;
  /** Its handle to the sink, or 0. */
  sink: Id = 0;
  /** The last object that was released: a call that names it must fail. */
  #gone: { id: Id; handle: Handle | null; object: Node | Handle } | null = null;
  /** It was ended or detached. */
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

  static open(memory: Memory, recorder: Recorder): RecordedPeer {
    const number = nextPeer(memory);
    recorder.begin("open", [number]);
    const peer = Peer.open({ engine: memory.engine });
    recorder.end();
    return new RecordedPeer(recorder, number, peer);
  }

  /** Adopts a detached peer; `null` if its ticket is spent, as it is if the peer was revoked. */
  static adopt(recorder: Recorder, { peer, number, ticket, nodes, handles, sink }: DetachedPeer): RecordedPeer | null {
    recorder.begin("adopt", [peer, number]);
    try {
      const adopted = Peer.adopt(ticket);
      recorder.end();
      const holding = new RecordedPeer(recorder, peer, adopted, nodes, handles);
      holding.sink = sink;
      return holding;
    } catch (error) {
      recorder.end([], errnoOf(error));
      return null;
    }
  }

  static revoke(recorder: Recorder, { peer, ticket }: DetachedPeer): void {
    recorder.begin("revoke", [peer]);
    Peer.revoke(ticket);
    recorder.end();
  }

  createNode(other: RecordedPeer): void {
    this.#call("create", [this.number, other.number], () => {
      const { node, handle } = this.#peer.createNode({ for: other.#peer });
      this.nodes.add(Number(node.id));
      other.handles.add(Number(handle.id));
      return [Number(node.id), Number(handle.id)];
    });
  }

  copy(handle: Id, other: RecordedPeer): void {
    this.#call("copy", [this.number, handle, other.number], () => {
      const copy = Number(this.#peer.copy(this.#handle(handle), other.#peer).id);
      other.handles.add(copy);
      return [copy];
    });
  }

  /** Gives a peer a handle to the sink, of which this is the peer or has one itself. */
  giveSink(other: RecordedPeer): void {
    const given = new Set(other.handles);
    if (this.sink > 0) this.copy(this.sink, other);
    else this.createNode(other);
    for (const id of other.handles) {
      if (given.has(id)) continue;
      other.handles.delete(id);
      other.sink = id;
    }
  }

  /** Discards what is in the sink. */
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

  /** Releases an object that is gone. */
  releaseGone(): void {
    const gone = this.#gone;
    if (gone !== null) this.#commit([], [gone.id], () => this.#peer.release(gone.object));
  }

  /** Sends a handle that is gone. */
  sendGone(sending: Sending): void {
    const handle = this.#gone?.handle;
    if (!handle) return;
    const wrong = { ...sending, handles: [this.#gone!.id] };
    this.#commit([wrong], [], () => {
      this.#peer.send(this.#handles(sending.to), bytesOf(sending.number, sending.length), { handles: [handle] });
    });
  }

  /** Fills a transaction, and commits it now, or with the next one. */
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

  /** Whether nothing more is there: fewer messages than requested may also mean that the peer has ended. */
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

  /** Begins to await a message. Before {@linkcode settle} the actor must not receive, release or create here. */
  async arm(): Promise<void> {
    const abort = new AbortController();
    const began = this.#recorder.now();
    const outcome = this.#peer.receive({ signal: abort.signal }).then(
      (message) => this.#recorder.note("receive", [this.number], receiveWords([this.#item(message)], false), began),
      // It was aborted, which does not count as a look: a message may have come. Or the peer has ended: the next call
      // fails.
      () => {},
    );
    this.#pending = { abort, outcome };
    await null; // a message that is there is recorded now
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

  /** Detaches the peer, and cancels what was awaited. Returns `null` if the peer has ended. */
  async detach(memory: Memory): Promise<DetachedPeer | null> {
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
      // If another peer takes part, it may be that one: the next call shows it.
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

  /** Returns the object that is held by that id. */
  #held(id: Id): { object: Node | Handle; handle: Handle | null } | null {
    if (this.nodes.has(id)) return { object: this.#object(id), handle: null };
    if (!this.handles.has(id)) return null;
    const handle = this.#handle(id);
    return { object: handle, handle };
  }
}

/** Returns the errno of a failure of the bus; throws any other error. */
function errnoOf(error: unknown): number {
  if (error instanceof BusError) return error.errno;
  throw error;
}
