/**
 * What a peer receives: message objects, or messages that a cursor shows in place. The `type` distinguishes them:
 *
 * ```ts ignore
 * switch (message.type) {
 *   case "message":        // message.node, .bytes, .text(), .json(), .handles
 *   case "node-release":   // message.handle: its node is gone
 *   case "handle-release": // message.node: no handle to it is left
 * }
 * ```
 *
 * The cursor is in this file because the types of the nouns refer to each other: a peer makes cursors, and a cursor shows
 * nodes and handles, which know their peer. Its records are not a class of their own, in a file of its own, because that
 * took 11 % longer for each message.
 *
 * @module
 */

import { ERRNO, NO_USER } from "../port/abi.ts";
import { alignUp, partOf, textOf } from "../port/bytes.ts";
import type { EnginePeer, Id, MessageFactory } from "../port/engine.ts";
import { Chunk, NO_CHUNK, RECORD_SIZE } from "../port/records.ts";
import { type OptionNames, optionsOf } from "./arguments.ts";
import { type Handle, handlesOf } from "./handle.ts";
import type { InboxFactory, LookAhead } from "./inbox.ts";
import { printsAs, shownBytes } from "./looking/printing.ts";
import type { Untold } from "./looking/trace_reporter.ts";
import type { Node } from "./node.ts";
import type { Objects } from "./objects.ts";
import { RECEIVE_OPTIONS, RECEIVE_SYNC_OPTIONS, type ReceiveOptions, type ReceiveSyncOptions } from "./options.ts";
import type { Parts, Peer } from "./peer.ts";

/** Options of {@linkcode Peer.send} and {@linkcode Transaction.send}. */
export interface SendOptions {
  /** Handles of the sender; every receiver gets copies, which arrive as {@linkcode UserMessage.handles}. */
  handles?: readonly Handle[];
}

const SEND_OPTIONS: OptionNames<SendOptions> = { handles: true };

/** Checks the options of a send, and returns the handles to copy. */
export function transfersOf(options: SendOptions | undefined, doing: string): readonly Handle[] {
  const { handles } = optionsOf(options, SEND_OPTIONS, doing);
  return handles === undefined ? [] : handlesOf(handles, doing);
}

/** What a peer receives: bytes and handles for one of its nodes, or the notification of a release. */
export type Message = UserMessage | NodeRelease | HandleRelease;

/** Bytes, and copies of handles, that were sent to a node (`BUS1_MESSAGE_TYPE_USER`). */
export class UserMessage {
  /** Distinguishes it from the other messages. */
  readonly type: "message" = "message";
  /** The node where it arrived, which belongs to the receiver. */
  readonly node: Node;

  // An array and a view cost more than the rest of a message: they are made when they are first used.
  #handles: Handle[] | null;
  #bytes: Uint8Array<ArrayBuffer> | null = null;
  readonly #chunk: Uint8Array<ArrayBuffer>;
  readonly #start: number;
  readonly #end: number;
  readonly #account: number;

  /** Made by the bus: the bytes are those of `chunk` from `start` to before `end`. */
  constructor(
    node: Node,
    chunk: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    handles: Handle[] | null,
    account: number,
  ) {
    this.node = node;
    this.#handles = handles;
    this.#chunk = chunk;
    this.#start = start;
    this.#end = end;
    this.#account = account;
  }

  static {
    printsAs(UserMessage, (message) => {
      const { node, handles, account } = message;
      // Printing does not make the array that `bytes` returns.
      const bytes = shownBytes(message.#bytes ?? partOf(message.#chunk, message.#start, message.#end));
      return ["UserMessage", { node, ...bytes, handles, ...(account === null ? {} : { account }) }];
    });
  }

  /** The user of the peer that sent it (see {@linkcode PeerOptions.account}); `null` if that peer has no user. */
  get account(): number | null {
    return this.#account === NO_USER ? null : this.#account;
  }

  /** The handles that came with it, in the order of the sender's list. The receiver owns them and releases them. */
  get handles(): Handle[] {
    return this.#handles ??= [];
  }

  /**
   * The bytes, always the same object. The receiver owns them, and may write into them and keep them.
   *
   * Small messages to one peer may share one `ArrayBuffer`. Take a copy (`bytes.slice()`) before you pass `bytes.buffer` on
   * or transfer it to a Worker.
   */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes ??= partOf(this.#chunk, this.#start, this.#end);
  }

  /** Returns the bytes as text; bytes that are not valid UTF-8 become U+FFFD. */
  text(): string {
    return textOf(this.bytes);
  }

  /**
   * Parses the bytes as JSON. Throws a `SyntaxError` if they are not JSON. The type parameter is a promise of the caller's:
   * nothing checks that the sender has sent such a value.
   */
  json<T = unknown>(): T {
    return JSON.parse(this.text());
  }
}

/**
 * The node behind a handle is gone: its owner has released it, or has ended (`BUS1_MESSAGE_TYPE_NODE_RELEASE`). Nothing more
 * arrives about that handle, and it need not be released.
 */
export class NodeRelease {
  /** Distinguishes it from the other messages. */
  readonly type: "node-release" = "node-release";
  /** The handle, which is gone now. */
  readonly handle: Handle;

  /** Made by the bus. */
  constructor(handle: Handle) {
    this.handle = handle;
  }

  static {
    printsAs(NodeRelease, ({ handle }) => ["NodeRelease", { handle }]);
  }
}

/**
 * The last handle to a node is gone, so the node cannot be reached any more (`BUS1_MESSAGE_TYPE_HANDLE_RELEASE`). Nothing
 * more arrives at that node, and it need not be released.
 */
export class HandleRelease {
  /** Distinguishes it from the other messages. */
  readonly type: "handle-release" = "handle-release";
  /** The node, which is gone now; its `data` is still there. */
  readonly node: Node;

  /** Made by the bus. */
  constructor(node: Node) {
    this.node = node;
  }

  static {
    printsAs(HandleRelease, ({ node }) => ["HandleRelease", { node }]);
  }
}

/** Makes the messages of one peer. */
export class PeerMessages implements InboxFactory<Message> {
  readonly #objects: Objects<Peer, Node, Handle>;

  constructor(objects: Objects<Peer, Node, Handle>) {
    this.#objects = objects;
  }

  message(
    node: Id,
    chunk: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    ids: readonly Id[],
    account: number,
  ): UserMessage {
    const handles = ids.length === 0 ? null : ids.map((id) => this.#objects.addHandle(id));
    return new UserMessage(this.#objects.node(node), chunk, start, end, handles, account);
  }

  nodeRelease(id: Id): NodeRelease {
    return new NodeRelease(this.#objects.takeHandle(id));
  }

  handleRelease(id: Id): HandleRelease {
    return new HandleRelease(this.#objects.takeNode(id));
  }

  eventOf(message: Message): Untold {
    if (message.type !== "message") return eventOf(message);
    const { type, node, handles, bytes } = message;
    return eventOf({ type, node, handles, start: 0, end: bytes.length });
  }
}

/** A message, or what a cursor shows, as far as an event tells it. */
interface Received {
  readonly type: Message["type"];
  readonly node?: Node | null;
  readonly handle?: Handle | null;
  readonly handles?: readonly Handle[];
  readonly start?: number;
  readonly end?: number;
}

function eventOf({ type, node = null, handle = null, handles = [], start = 0, end = 0 }: Received): Untold {
  return {
    type: "receive",
    what: type,
    node: node && Number(node.id),
    handle: handle && Number(handle.id),
    bytes: end - start,
    handles: handles.map(({ id }) => Number(id)),
  };
}

const key = Symbol();

/** Starts a cursor, for `peer.cursor()`. */
export let newCursor: (parts: Parts) => Cursor;

/** A message that a cursor was shown, as its trace tells it. */
interface TracedRecord {
  readonly node: Id;
  readonly bytes: number;
}

/** The size in bytes, and the number, of the messages that an engine shows in one call. */
const SHOWN_SIZE = 1 << 15;
const SHOWN_LIMIT = Math.floor(SHOWN_SIZE / RECORD_SIZE);
const NO_HANDLES: readonly Handle[] = Object.freeze([]);

/**
 * Goes through the messages of a peer one by one, in place: it shows the type of each, and where its bytes are, until it
 * goes on to the next. For streams of small messages, where an object for each is most of their cost.
 *
 * A message is received when the cursor has come to it. `liveCounts()` and senders that wait for room are updated when the
 * cursor asks the engine for more. Other ways to receive may be used in between.
 *
 * @example
 * ```ts
 * import { Peer } from "@bus1/bus1";
 *
 * using server = Peer.open();
 * using client = Peer.open();
 * const { handle } = server.createNode({ for: client });
 * for (let i = 0; i < 10; i++) client.send(handle, new Uint8Array([i]));
 *
 * let sum = 0;
 * const cursor = server.cursor();
 * while (cursor.tryNext()) {
 *   for (const byte of cursor.view()) sum += byte;
 * }
 * console.log(sum); // 45
 * ```
 */
export class Cursor {
  /** The type of the current message. */
  type: Message["type"] = "message";
  /** `"message"`: where it arrived. `"handle-release"`: the node to which no handle is left. */
  node: Node | null = null;
  /** `"node-release"`: the handle to the node that is gone. */
  handle: Handle | null = null;
  /** `"message"`: the handles that came with it. */
  handles: readonly Handle[] = NO_HANDLES;
  /** `"message"`: its bytes are `bytes[start]` to `bytes[end - 1]`, until the cursor goes on. */
  bytes: Uint8Array<ArrayBuffer> = NO_CHUNK.bytes;
  /** See {@linkcode Cursor.bytes}. */
  start = 0;
  /** See {@linkcode Cursor.bytes}. */
  end = 0;

  readonly #parts: Parts;
  readonly #core: EnginePeer;
  readonly #objects: Objects<Peer, Node, Handle>;
  readonly #factory: MessageFactory<true>;
  readonly #ahead: LookAhead = { settle: () => this.#settle() };
  #chunk: Chunk = NO_CHUNK;
  /** The number of records in the chunk, the number of those that were passed, and where the next one is. */
  #shown = 0;
  #passed = 0;
  #at = 0;
  /** What was shown, if the peer has a trace: it is told of the messages that were passed. */
  #traced: TracedRecord[] = [];
  #account: number = NO_USER;
  /** The id of {@linkcode Cursor.node}: mostly the next message arrives there too. */
  #nodeId: Id = 0;

  private constructor(issuer: symbol, parts: Parts) {
    if (issuer !== key) throw new TypeError("a Cursor comes from peer.cursor(); it cannot be made");
    this.#parts = parts;
    this.#core = parts.core;
    this.#objects = parts.objects;
    const { objects } = parts;
    this.#factory = {
      message: (node, chunk, start, end, ids, account) => {
        this.#show("message", objects.node(node), null, ids.map((id) => objects.addHandle(id)));
        this.#account = account;
        this.bytes = chunk;
        this.start = start;
        this.end = end;
        return true;
      },
      nodeRelease: (id) => this.#show("node-release", null, objects.takeHandle(id)),
      handleRelease: (id) => this.#show("handle-release", objects.takeNode(id), null),
    };
  }

  static {
    newCursor = (parts) => new Cursor(key, parts);
    printsAs(Cursor, (cursor) => {
      const { type, node, handle, handles } = cursor;
      const head = `Cursor of ${cursor.#parts.identity.title()}`;
      if (type === "node-release") return [head, { type, handle }];
      if (type === "handle-release") return [head, { type, node }];
      return node === null ? [head] : [head, { type, node, ...shownBytes(cursor.view()), handles }];
    });
  }

  /**
   * Goes to the next message, if one is ready; never waits.
   *
   * Errors: `ESHUTDOWN`, `ENOMEM`.
   *
   * @returns Whether there is one. If not, the current message is not valid any more.
   */
  tryNext(): boolean {
    if ((this.#passed === this.#shown || this.#isDetached()) && !this.#look()) return this.#receive();
    const chunk = this.#chunk;
    const at = this.#at;
    this.#passed++;
    const id = chunk.idAt(at);
    if (id !== this.#nodeId) {
      this.#nodeId = id;
      this.node = this.#objects.node(id);
    }
    this.#account = chunk.accountAt(at);
    const start = at + RECORD_SIZE;
    const end = start + chunk.lengthAt(at);
    this.start = start;
    this.end = end;
    this.#at = alignUp(end);
    return true;
  }

  /** Has the engine show the next messages. Returns false if nothing is ready, or the next one must be received to be seen. */
  #look(): boolean {
    if (this.#core.look === undefined) return false;
    const { inbox, trace } = this.#parts;
    trace?.enter("receive");
    if (inbox.ahead !== this.#ahead) inbox.settle();
    if (this.#isDetached()) this.#chunk = new Chunk(SHOWN_SIZE);
    const answer = this.#core.look(this.#passed, this.#chunk.bytes, SHOWN_LIMIT);
    const passed = this.#takePassed();
    if (answer > 0) {
      this.#shown = answer;
      if (trace !== null) this.#traced = this.#shownRecords();
      inbox.ahead = this.#ahead;
      this.#show("message", null, null);
      this.bytes = this.#chunk.bytes;
    }
    if (answer !== -ERRNO.ESHUTDOWN) this.#tell(passed);
    if (answer < 0 && answer !== -ERRNO.EMSGSIZE) throw inbox.failure(answer);
    return answer > 0;
  }

  /** Whether the cursor has no chunk yet, or a reader has detached its buffer. */
  #isDetached(): boolean {
    return this.#chunk.bytes.length === 0;
  }

  #receive(): boolean {
    const { inbox, trace } = this.#parts;
    trace?.enter("receive");
    inbox.settle();
    const answer = this.#core.receive(this.#factory);
    if (answer === 0) return false;
    if (answer !== true) throw inbox.failure(answer);
    if (trace !== null) trace.tell(eventOf(this));
    return true;
  }

  /** Receives the messages that were passed, and forgets those that were shown beyond them. */
  #settle(): void {
    const answer = this.#passed > 0 ? this.#core.look?.(this.#passed, NO_CHUNK.bytes, 0) : 0;
    const passed = this.#takePassed();
    if (answer !== -ERRNO.ESHUTDOWN) this.#tell(passed);
  }

  /** Forgets what was shown; returns what the trace has to be told of it. */
  #takePassed(): TracedRecord[] {
    const passed = this.#traced.slice(0, this.#passed);
    this.#traced = [];
    const { inbox } = this.#parts;
    if (inbox.ahead === this.#ahead) inbox.ahead = null;
    this.#shown = 0;
    this.#passed = 0;
    this.#at = 0;
    this.#nodeId = 0;
    return passed;
  }

  #show(
    type: Message["type"],
    node: Node | null,
    handle: Handle | null,
    handles: readonly Handle[] = NO_HANDLES,
  ): true {
    this.type = type;
    this.node = node;
    this.handle = handle;
    this.handles = handles;
    this.#account = NO_USER;
    this.start = 0;
    this.end = 0;
    return true;
  }

  #showMessage(message: Message): void {
    if (message.type === "message") {
      this.#show("message", message.node, null, message.handles);
      this.#account = message.account ?? NO_USER;
      this.bytes = message.bytes;
      this.end = message.bytes.length;
    } else if (message.type === "node-release") {
      this.#show("node-release", null, message.handle);
    } else {
      this.#show("handle-release", message.node, null);
    }
  }

  #shownRecords(): TracedRecord[] {
    const records: TracedRecord[] = [];
    for (let at = 0; records.length < this.#shown;) {
      const bytes = this.#chunk.lengthAt(at);
      records.push({ node: this.#chunk.idAt(at), bytes });
      at = alignUp(at + RECORD_SIZE + bytes);
    }
    return records;
  }

  #tell(passed: TracedRecord[]): void {
    for (const { node, bytes } of passed) this.#parts.trace?.received(node, bytes);
  }

  /**
   * Goes to the next message, and blocks this thread until there is one: for Workers. Errors: as
   * {@linkcode Peer.receiveSync}.
   *
   * @param options `timeout`: how long to wait, in milliseconds; by default forever.
   * @returns Whether there is one; `false` after the timeout.
   */
  nextSync(options?: ReceiveSyncOptions): boolean {
    if (options !== undefined) optionsOf(options, RECEIVE_SYNC_OPTIONS, "receive");
    if (this.tryNext()) return true;
    const message = this.#parts.peer.receiveSync(options);
    if (message !== null) this.#showMessage(message);
    return message !== null;
  }

  /**
   * Goes to the next message, and awaits it. Errors: as {@linkcode Peer.receive}.
   *
   * @param options `signal`: an `AbortSignal` that ends the wait.
   */
  async next(options?: ReceiveOptions): Promise<void> {
    if (options !== undefined) optionsOf(options, RECEIVE_OPTIONS, "receive");
    const { receivers: { turn }, peer } = this.#parts;
    if (turn.isDue()) await new Promise<void>((resolve) => turn.after(resolve));
    if (!this.tryNext()) this.#showMessage(await peer.receive(options));
  }

  /** `"message"`: the user of the peer that sent it, or `null`; see {@linkcode UserMessage.account}. */
  get account(): number | null {
    return this.#account === NO_USER ? null : this.#account;
  }

  /** Returns the bytes as an array of their own, valid until the cursor goes on. */
  view(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(this.start, this.end);
  }

  /** Returns the bytes as text; bytes that are not valid UTF-8 become U+FFFD. */
  text(): string {
    return textOf(this.view());
  }
}
