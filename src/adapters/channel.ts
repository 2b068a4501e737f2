/**
 * A channel: messages both ways between a node here and one elsewhere, until either side ends.
 *
 * Rules:
 * - One loop, the dispatcher, receives all messages of a peer, as long as a channel is open there. So an unused peer
 *   does not keep the process alive.
 * - A message for a node without an open channel is kept until the channel is opened, or the node is gone.
 * - Messages that the other side sent before its end are delivered before the end is reported. The end is reported
 *   once; then the channel's node and handle are released.
 * - Messages leave in the order in which they were sent. If the receiver's queue is full, they wait here.
 *
 * @module
 */

import { BusError } from "../port/errors.ts";
import type { Handle } from "../peer/handle.ts";
import type { Message, UserMessage } from "../peer/message.ts";
import type { Node } from "../peer/node.ts";
import type { Data } from "../port/payload.ts";
import type { Peer } from "../peer/peer.ts";

/** The user of a channel. Neither method may throw. */
export interface Sink {
  /** Takes a message of the other side; the sink releases the handles in it. */
  message(message: UserMessage): void;
  /** Takes the reason of the channel's end, unless `close` ended it. It is called once, after the last message. */
  ended(error: BusError): void;
}

/** Messages that are taken without waiting, before the event loop may turn: so other work is not starved. */
const READY_AT_ONCE = 8;

/** Microtasks to wait for a reply to a message: Cap'n Web and Comlink take about 12. */
const REPLY_MICROTASKS = 32;

const NO_HANDLES: readonly Handle[] = [];

export class Channel {
  readonly peer: Peer;
  readonly #dispatcher: Dispatcher;
  readonly #node: Node;
  /** The handle to the other side; `null` until its first message has brought one. */
  #handle: Handle | null;
  readonly #sink: Sink;
  /** Whether the channel owns the peer. */
  readonly #owned: boolean;
  #ended: BusError | null = null;
  /** Settles when all earlier messages were sent. */
  #before: Promise<void> | null = null;
  /** Is called when the handle is known, or never will be. */
  #known: () => void = () => {};

  private constructor(dispatcher: Dispatcher, node: Node, handle: Handle | null, sink: Sink, owned: boolean) {
    this.peer = dispatcher.peer;
    this.#dispatcher = dispatcher;
    this.#node = node;
    this.#handle = handle;
    this.#sink = sink;
    this.#owned = owned;
    if (handle === null) this.#before = this.#untilKnown();
  }

  /**
   * Opens a channel at a node of `peer`. Without a handle, the first message must bring one: see {@linkcode
   * Channel.greet}. With `owned`, the peer is closed with its last channel.
   */
  static open(peer: Peer, node: Node, handle: Handle | null, sink: Sink, owned: boolean = false): Channel {
    const isAlive = areAlive(peer, node, handle);
    const dispatcher = Dispatcher.of(peer);
    if (dispatcher.has(node)) throw new BusError("EBUSY", "open a channel", `node ${node.id} has one already`);
    if (owned) dispatcher.owned = true;
    const channel = new Channel(dispatcher, node, handle, sink, owned);
    dispatcher.add(channel, node, handle);
    if (!isAlive) channel.end(channel.#gone());
    return channel;
  }

  /** The handle, which is known when `#before` has settled. */
  get #knownHandle(): Handle {
    if (this.#handle === null) throw this.#gone();
    return this.#handle;
  }

  #untilKnown(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#known = () => {
      if (this.#before === promise) this.#before = null;
      resolve();
    };
    return promise;
  }

  /** Sends a handle to this side, as the first message; the handle is released when it is sent. */
  greet(back: Handle): void {
    const drop = () => back[Symbol.dispose]();
    let sent: Promise<void> | undefined;
    try {
      sent = this.send("", [back]);
    } catch (error) {
      drop();
      return this.#fail(error);
    }
    if (sent === undefined) drop();
    else sent.finally(drop).catch((error) => this.#fail(error));
  }

  #fail(error: unknown): void {
    if (!(error instanceof BusError)) throw error;
    this.end(error);
  }

  /**
   * Sends a message at once, or, if the receiver's queue is full, as soon as there is room. It carries copies of the
   * handles, which the caller must not release before it is sent.
   *
   * Throws or rejects with the errors of {@linkcode Peer.send}, with `EDQUOT` only if the message can never fit. After
   * the channel's end, throws the reason of the end.
   */
  send(data: Data, handles: readonly Handle[] = NO_HANDLES): Promise<void> | undefined {
    if (this.#ended !== null) throw this.#ended;
    if (this.#before === null) {
      try {
        return this.#send(data, handles);
      } catch (error) {
        if (!isFull(error)) throw error;
      }
    }
    const sent = this.#sendAfter(this.#before, data, handles);
    const before = sent.catch(() => {}).then(() => {
      if (this.#before === before) this.#before = null;
    });
    this.#before = before;
    return sent;
  }

  async #sendAfter(before: Promise<void> | null, data: Data, handles: readonly Handle[]): Promise<void> {
    await before;
    for (let refusals = 0;; refusals++) {
      if (this.#ended !== null) throw this.#ended;
      try {
        return this.#send(data, handles);
      } catch (error) {
        if (!isFull(error)) throw error;
      }
      // An account may have no room for the handles although the queue has room. This loop must not spin then: it
      // pauses 1 ms.
      if (refusals > 0) await new Promise((resolve) => setTimeout(resolve, 1));
      await this.peer.writable(this.#knownHandle);
    }
  }

  #send(data: Data, handles: readonly Handle[]): undefined {
    if (handles.length === 0) this.peer.send(this.#knownHandle, data);
    else this.peer.send(this.#knownHandle, data, { handles });
    this.#dispatcher.hasSent = true;
  }

  /** Ends the channel, and notifies the other side. Drops messages that wait for room. No-op if it has ended. */
  close(): void {
    if (this.#ended === null) this.#end(new BusError("ESHUTDOWN", "use a channel", "it was closed on this side"));
  }

  /** Ends the channel, and closes the peer if the channel owns it. */
  closeAll(): void {
    this.close();
    if (this.#owned) this.peer.close();
  }

  /** Ends the channel, for the dispatcher. */
  end(error: BusError): void {
    if (this.#ended !== null) return;
    this.#end(error);
    this.#sink.ended(error);
  }

  #end(error: BusError): void {
    this.#ended = error;
    // Disposing of one that is already gone is a no-op.
    this.#node[Symbol.dispose]();
    this.#handle?.[Symbol.dispose]();
    this.#known();
    this.#dispatcher.remove(this, this.#node, this.#handle);
  }

  /** Ends the channel because its node or handle is gone, for the dispatcher. */
  lose(): void {
    this.end(this.#gone());
  }

  #gone(): BusError {
    const link = this.#handle === null ? `node ${this.#node.id}` : `handle ${this.#handle.id}`;
    const why = "the other end has gone: it was closed, or its peer, its Worker or its process has ended";
    return new BusError("ECONNRESET", `talk over ${link}`, why);
  }

  /** Ends the channel because of a message that is malformed. */
  refuse(why: string): void {
    this.end(new BusError("EPROTO", "receive from the other end", why));
  }

  /** Takes a message, from the dispatcher. */
  deliver(message: UserMessage): void {
    if (this.#handle !== null) return this.#sink.message(message);
    const [handle, ...others] = message.handles;
    releaseAll(others);
    if (handle === undefined) return this.refuse("its first message brought no handle");
    this.#handle = handle;
    this.#dispatcher.knows(this, handle);
    this.#known();
  }
}

/** Receives for all channels of one peer. */
class Dispatcher {
  static readonly #all = new WeakMap<Peer, Dispatcher>();

  readonly peer: Peer;
  /** Whether the peer is closed with its last channel. */
  owned = false;
  /** Whether a message was sent since the last pause of the loop. */
  hasSent = false;
  readonly #byNode = new Map<Node, Channel>();
  readonly #byHandle = new Map<Handle, Channel>();
  /** Messages for nodes without a channel. */
  readonly #early = new WeakMap<Node, UserMessage[]>();
  #isRunning = false;
  #stop = new AbortController();

  private constructor(peer: Peer) {
    this.peer = peer;
  }

  static of(peer: Peer): Dispatcher {
    const known = Dispatcher.#all.get(peer);
    if (known !== undefined) return known;
    const dispatcher = new Dispatcher(peer);
    Dispatcher.#all.set(peer, dispatcher);
    return dispatcher;
  }

  static known(peer: Peer): Dispatcher | undefined {
    return Dispatcher.#all.get(peer);
  }

  has(node: Node): boolean {
    return this.#byNode.has(node);
  }

  holdsBack(node: Node): boolean {
    return this.#byNode.size > 0 || this.#early.has(node);
  }

  add(channel: Channel, node: Node, handle: Handle | null): void {
    this.#byNode.set(node, channel);
    if (handle !== null) this.#byHandle.set(handle, channel);
    const early = this.#early.get(node) ?? [];
    this.#early.delete(node);
    for (const message of early) channel.deliver(message);
    if (!this.#isRunning) this.#run();
  }

  knows(channel: Channel, handle: Handle): void {
    this.#byHandle.set(handle, channel);
  }

  remove(channel: Channel, node: Node, handle: Handle | null): void {
    if (this.#byNode.get(node) === channel) this.#byNode.delete(node);
    if (handle !== null && this.#byHandle.get(handle) === channel) this.#byHandle.delete(handle);
    if (this.#byNode.size > 0) return;
    this.#stop.abort();
    if (this.owned) this.peer.close();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#byNode.size > 0) {
      if (this.#stop.signal.aborted) this.#stop = new AbortController();
      const { signal } = this.#stop;
      try {
        this.#takeReady();
        await this.#untilSent();
        if (this.#byNode.size > 0) this.#dispatch(await this.peer.receive({ signal }));
      } catch (error) {
        // The last channel was closed; another one may have been opened since.
        if (signal.aborted && error === signal.reason) continue;
        if (!(error instanceof BusError)) throw error;
        for (const channel of [...this.#byNode.values()]) channel.end(error);
      }
    }
    this.#isRunning = false;
  }

  #takeReady(): void {
    for (let i = 0; i < READY_AT_ONCE && this.#byNode.size > 0; i++) {
      const message = this.peer.tryReceive();
      if (message === null) return;
      this.#dispatch(message);
    }
  }

  /**
   * Waits until the messages that came have caused a send, for some microtasks at most. `receive` would spin for some
   * microseconds, in vain if the reply that the other side waits for is not sent yet.
   */
  async #untilSent(): Promise<void> {
    for (let i = 0; i < REPLY_MICROTASKS && !this.hasSent; i++) await null;
    this.hasSent = false;
  }

  #dispatch(message: Message): void {
    switch (message.type) {
      case "message": {
        const channel = this.#byNode.get(message.node);
        if (channel !== undefined) return channel.deliver(message);
        const early = this.#early.get(message.node);
        if (early === undefined) this.#early.set(message.node, [message]);
        else early.push(message);
        return;
      }
      case "node-release":
        return this.#byHandle.get(message.handle)?.lose();
      case "handle-release":
        return this.#byNode.get(message.node)?.lose();
    }
  }
}

/** Whether the peer cannot be detached with this node: messages for it were or will be received here. */
export function holdsBack(peer: Peer, node: Node): boolean {
  return Dispatcher.known(peer)?.holdsBack(node) ?? false;
}

/** Releases handles that were received and are not used. */
export function releaseAll(handles: readonly Handle[]): void {
  for (const handle of handles) handle[Symbol.dispose]();
}

function areAlive(peer: Peer, node: Node, handle: Handle | null): boolean {
  try {
    peer.node(node.id);
    if (handle !== null) peer.handle(handle.id);
    return true;
  } catch (error) {
    if (error instanceof BusError && error.code === "EBADRQC") return false;
    throw error;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof BusError && error.code === "EDQUOT";
}
