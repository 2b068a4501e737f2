/**
 * Messages read where they lie, without an object for each.
 *
 * A cursor runs ahead of its reader: the engine shows it many messages at a time, which stay in the queue until the
 * reader has passed them. Whatever else is done with the peer lets it first say how far it is (`Table.settle`); so
 * nothing is lost, and nothing is delivered that should not be any more.
 *
 * @module
 */

import { ERRNO, NOBODY } from "../port/abi.ts";
import { alignUp, textOf } from "../port/bytes.ts";
import { Chunk, NO_CHUNK, RECORD_SIZE } from "../port/records.ts";
import type { EnginePeer, Id, ReceiveSink } from "../port/engine.ts";
import type { Handle } from "./handle.ts";
import type { Message } from "./message.ts";
import type { Node } from "./node.ts";
import type { ReceiveOptions, ReceiveSyncOptions } from "./options.ts";
import type { Peer } from "./peer.ts";
import { printsAs, shownBytes } from "./looking/printing.ts";
import type { Table } from "./table.ts";

const key = Symbol();

/** Starts a cursor, for `peer.cursor()`. */
export let newCursor: (peer: Peer, table: Table, core: EnginePeer) => Cursor;

/** Receives what the cursor has passed, and forgets what it was shown beyond. */
export let settleCursor: (cursor: Cursor) => void;

/** Of what is shown at a time. */
const SIZE = 1 << 15;
const LIMIT = Math.floor(SIZE / RECORD_SIZE);
const NO_HANDLES: readonly Handle[] = Object.freeze([]);

/**
 * Goes through the messages of a peer one by one, in place: it tells what each is, and where its bytes lie, until it goes
 * on to the next. For streams of small messages, where an object for each is most of what they cost.
 *
 * A message is received when the cursor has come to it; `liveCounts()`, and those who wait for room, hear of it when the
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
 * while (cursor.next()) {
 *   if (cursor.type === "message") sum += cursor.bytes[cursor.start];
 * }
 * console.log(sum); // 45
 * ```
 */
export class Cursor {
  /** What the cursor is at. */
  type: Message["type"] = "message";
  /** `"message"`: where it arrived. `"handle-release"`: the node that nobody can reach any more. */
  node: Node | null = null;
  /** `"node-release"`: the handle whose node is gone. */
  handle: Handle | null = null;
  /** `"message"`: the handles that came with it. */
  handles: readonly Handle[] = NO_HANDLES;
  /** `"message"`: its bytes are `bytes[start]` to `bytes[end - 1]`, until the cursor goes on. */
  bytes: Uint8Array<ArrayBuffer> = NO_CHUNK.bytes;
  /** See {@linkcode Cursor.bytes}. */
  start = 0;
  /** See {@linkcode Cursor.bytes}. */
  end = 0;

  readonly #peer: Peer;
  readonly #table: Table;
  readonly #core: EnginePeer;
  readonly #sink: ReceiveSink;
  #chunk: Chunk = NO_CHUNK;
  /** Of the records in the chunk: how many there are, how many were passed, and where the next one is. */
  #shown = 0;
  #passed = 0;
  #at = 0;
  #account: number = NOBODY;
  /** Where the last record's message arrived: mostly it is the same again. */
  #nodeId: Id = 0;

  private constructor(issuer: symbol, peer: Peer, table: Table, core: EnginePeer) {
    if (issuer !== key) throw new TypeError("a Cursor comes from peer.cursor(); it cannot be made");
    this.#peer = peer;
    this.#table = table;
    this.#core = core;
    this.#sink = {
      message: (node, chunk, start, end, ids, account) => {
        this.#show("message", table.node(node), null, ids.map((id) => table.addHandle(id)));
        this.#account = account;
        this.bytes = chunk;
        this.start = start;
        this.end = end;
      },
      nodeRelease: (id) => this.#show("node-release", null, table.goneHandle(id)),
      handleRelease: (id) => this.#show("handle-release", table.goneNode(id), null),
    };
  }

  static {
    newCursor = (peer, table, core) => new Cursor(key, peer, table, core);
    printsAs(Cursor, (cursor) => {
      const { type, node, handle, handles } = cursor;
      const head = `Cursor of ${cursor.#table.title()}`;
      if (type === "node-release") return [head, { type, handle }];
      if (type === "handle-release") return [head, { type, node }];
      return node === null ? [head] : [head, { type, node, ...shownBytes(cursor.view()), handles }];
    });
    settleCursor = (cursor) => cursor.#settle();
  }

  /**
   * Goes to the next message that is ready.
   *
   * Errors: `ESHUTDOWN`, `ENOMEM`.
   *
   * @returns Whether there is one. If not, what the cursor was at is not valid any more.
   */
  next(): boolean {
    if ((this.#passed === this.#shown || this.#isDetached()) && !this.#look()) return this.#receive();
    const chunk = this.#chunk;
    const at = this.#at;
    this.#passed++;
    const id = chunk.idAt(at);
    if (id !== this.#nodeId) {
      this.#nodeId = id;
      this.node = this.#table.node(id);
    }
    this.#account = chunk.accountAt(at);
    const start = at + RECORD_SIZE;
    const end = start + chunk.lengthAt(at);
    this.start = start;
    this.end = end;
    this.#at = alignUp(end);
    return true;
  }

  /** Has the engine show what comes next. False if there is nothing, or it must be received to be seen. */
  #look(): boolean {
    if (this.#core.look === undefined) return false;
    if (this.#table.cursor !== this) this.#table.settle();
    if (this.#isDetached()) this.#chunk = new Chunk(SIZE);
    const answer = this.#core.look(this.#passed, this.#chunk, LIMIT);
    this.#forget();
    if (answer > 0) {
      this.#shown = answer;
      this.#table.cursor = this;
      this.#show("message", null, null);
      this.bytes = this.#chunk.bytes;
      return true;
    }
    if (answer < 0 && answer !== -ERRNO.EMSGSIZE) throw this.#table.failure(answer, "receive");
    return false;
  }

  /** Whether there is no chunk yet, or a reader has given its buffer away. */
  #isDetached(): boolean {
    return this.#chunk.bytes.length === 0;
  }

  #receive(): boolean {
    this.#table.settle();
    const answer = this.#core.receive(1, this.#sink);
    if (answer < 0) throw this.#table.failure(answer, "receive");
    return answer > 0;
  }

  #settle(): void {
    if (this.#passed > 0) this.#core.look!(this.#passed, NO_CHUNK, 0);
    this.#forget();
  }

  #forget(): void {
    this.#table.cursor = null;
    this.#shown = 0;
    this.#passed = 0;
    this.#at = 0;
    this.#nodeId = 0;
  }

  #show(
    type: Message["type"],
    node: Node | null,
    handle: Handle | null,
    handles: readonly Handle[] = NO_HANDLES,
  ): void {
    this.type = type;
    this.node = node;
    this.handle = handle;
    this.handles = handles;
    this.#account = NOBODY;
    this.start = 0;
    this.end = 0;
  }

  /**
   * Goes to the next message, and blocks this thread until there is one: for Workers. Errors: as
   * {@linkcode Peer.receiveSync}.
   *
   * @param options `timeout`: how long to wait, in milliseconds; by default for ever.
   * @returns Whether there is one; `false` on time-out.
   */
  nextSync(options?: ReceiveSyncOptions): boolean {
    if (this.next()) return true;
    const message = this.#peer.receiveSync(options);
    if (message !== null) this.#showMessage(message);
    return message !== null;
  }

  /**
   * Goes to the next message, and waits for it. Errors: as {@linkcode Peer.receive}.
   *
   * @param options `signal`: an `AbortSignal` that ends the wait.
   */
  async nextAsync(options?: ReceiveOptions): Promise<void> {
    const { turn } = this.#table;
    if (turn.isDue()) await new Promise<void>((resolve) => turn.after(resolve));
    if (!this.next()) this.#showMessage(await this.#peer.receive(options));
  }

  #showMessage(message: Message): void {
    if (message.type === "message") {
      this.#show("message", message.node, null, message.handles);
      this.#account = message.account ?? NOBODY;
      this.bytes = message.bytes;
      this.end = message.bytes.length;
    } else if (message.type === "node-release") {
      this.#show("node-release", null, message.handle);
    } else {
      this.#show("handle-release", message.node, null);
    }
  }

  /** `"message"`: the user of the peer that sent it, or `null`; see {@linkcode UserMessage.account}. */
  get account(): number | null {
    return this.#account === NOBODY ? null : this.#account;
  }

  /** The bytes as an array of their own, valid until the cursor goes on. */
  view(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(this.start, this.end);
  }

  /** The bytes as text; what is not valid UTF-8 becomes U+FFFD. */
  text(): string {
    return textOf(this.view());
  }
}
