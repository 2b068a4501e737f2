/**
 * A channel: messages both ways between a node here and one elsewhere, until either side ends.
 *
 * Rules:
 * - Whatever comes to a peer is received by one loop, its dispatcher, while a channel is open there and no longer: so
 *   nothing keeps the process alive that nobody uses.
 * - What comes for a node whose channel is not open yet is kept until it is, or the node is gone.
 * - What the other side sent before its end is delivered before the end is told. The end is told once, and then nothing of
 *   the channel is left: its node and its handle are released.
 * - Messages leave in the order in which they were sent, also when the other's queue is full: then they wait here.
 *
 * @module
 */

import { BusError } from "../port/errors.ts";
import type { Handle } from "../peer/handle.ts";
import type { Message, UserMessage } from "../peer/message.ts";
import type { Node } from "../peer/node.ts";
import type { Data } from "../port/payload.ts";
import type { Peer } from "../peer/peer.ts";

/** What a channel's user does with what comes. Neither may throw. */
export interface Sink {
  /** What the other side sent; the handles in it are the sink's to release. */
  message(message: UserMessage): void;
  /** The channel has ended, not by `close` here. It is called once, and nothing comes after it. */
  ended(error: BusError): void;
}

/** So many messages that are ready are taken at once, before the peer is asked in a way that lets the event loop turn. */
const RUN = 8;

/** So many microtasks may pass until a message has its answer: Cap'n Web and Comlink take about a dozen. */
const TICKS = 32;

const NO_HANDLES: readonly Handle[] = [];

export class Channel {
  readonly peer: Peer;
  readonly #dispatcher: Dispatcher;
  readonly #node: Node;
  /** `null` until the other side has said how to reach it. */
  #handle: Handle | null;
  readonly #sink: Sink;
  /** Whether the peer is this channel's. */
  readonly #owned: boolean;
  #ended: BusError | null = null;
  /** What must be sent before anything else. */
  #before: Promise<void> | null = null;
  /** Called when the handle is known, or never will be. */
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
   * Opens it at a node of `peer`. Without a handle, the first message must bring one: see {@linkcode Channel.greet}. With
   * `owned`, the peer is closed with its last channel.
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

  #untilKnown(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#known = () => {
      if (this.#before === promise) this.#before = null;
      resolve();
    };
    return promise;
  }

  /** Sends the way back to here, as the first message; the handle is released when it is sent. */
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
    else {sent.then(drop, (error) => {
        drop();
        this.#fail(error);
      });}
  }

  #fail(error: unknown): void {
    if (!(error instanceof BusError)) throw error;
    this.end(error);
  }

  /**
   * Sends, at once or, if the other's queue is full, as soon as there is room. Copies of the handles go with it; the
   * handles themselves stay the caller's, until it is sent.
   *
   * Throws or rejects with what {@linkcode Peer.send} throws, with `EDQUOT` only if there never will be so much room; with
   * what ended the channel after its end.
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
      // There may be room for the bytes while an account has none for the handles: that must not keep the thread busy.
      if (refusals > 0) await new Promise((resolve) => setTimeout(resolve, 1));
      await this.peer.writable(this.#handle!);
    }
  }

  #send(data: Data, handles: readonly Handle[]): undefined {
    if (handles.length === 0) this.peer.send(this.#handle!, data);
    else this.peer.send(this.#handle!, data, { handles });
    this.#dispatcher.hasSent = true;
  }

  /** Ends it; the other side is told. What was not sent yet never is. Nothing, if it has ended. */
  close(): void {
    if (this.#ended === null) this.#end(new BusError("ESHUTDOWN", "use a channel", "it was closed on this side"));
  }

  /** The same, and closes the peer if that is this channel's. */
  closeAll(): void {
    this.close();
    if (this.#owned) this.peer.close();
  }

  /** For the dispatcher: the channel has ended. */
  end(error: BusError): void {
    if (this.#ended !== null) return;
    this.#end(error);
    this.#sink.ended(error);
  }

  #end(error: BusError): void {
    this.#ended = error;
    // Whichever of the two is gone already is left as it is.
    this.#node[Symbol.dispose]();
    this.#handle?.[Symbol.dispose]();
    this.#known();
    this.#dispatcher.remove(this, this.#node, this.#handle);
  }

  /** For the dispatcher: the node or the handle is gone. */
  lose(): void {
    this.end(this.#gone());
  }

  #gone(): BusError {
    const who = this.#handle === null ? `node ${this.#node.id}` : `handle ${this.#handle.id}`;
    const why = "the other end has gone: it was closed, or its peer, its Worker or its process has ended";
    return new BusError("ECONNRESET", `talk over ${who}`, why);
  }

  /** Ends it because of what the other side has sent. */
  refuse(why: string): void {
    this.end(new BusError("EPROTO", "receive from the other end", why));
  }

  /** For the dispatcher: something has come. */
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
  /** Whether something was sent since it was last asked. */
  hasSent = false;
  readonly #byNode = new Map<Node, Channel>();
  readonly #byHandle = new Map<Handle, Channel>();
  /** What came for nodes that nobody has opened a channel at. */
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
        // The last channel was closed, and perhaps another one opened since.
        if (signal.aborted && error === signal.reason) continue;
        if (!(error instanceof BusError)) throw error;
        for (const channel of [...this.#byNode.values()]) channel.end(error);
      }
    }
    this.#isRunning = false;
  }

  #takeReady(): void {
    for (let i = 0; i < RUN && this.#byNode.size > 0; i++) {
      const message = this.peer.tryReceive();
      if (message === null) return;
      this.#dispatch(message);
    }
  }

  /**
   * Lets what has come be answered, or what answers have set off be asked: whoever waits for a message stays awake for a
   * moment, and with it this thread, and nothing comes to one who has not yet spoken.
   */
  async #untilSent(): Promise<void> {
    for (let i = 0; i < TICKS && !this.hasSent; i++) await null;
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

/** Whether the peer cannot be handed over with this node: what has come to it is here already, or will be. */
export function holdsBack(peer: Peer, node: Node): boolean {
  return Dispatcher.known(peer)?.holdsBack(node) ?? false;
}

/** Releases handles that came and are not wanted. */
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
