/**
 * A participant on the bus and the entry point of the API.
 *
 * This file checks types and turns objects into ids and back. An engine does the rest, behind the port (src/port/engine.ts).
 *
 * @module
 */

import { ERRNO } from "../port/abi.ts";
import { type EngineName, type EnginePeer, HANDLE, type Id, NODE, type Ticket } from "../port/engine.ts";
import { BusError, nameOf } from "../port/errors.ts";
import { type Data, toPayload } from "../port/payload.ts";
import type { PeerSnapshot } from "../port/snapshot.ts";
import { givenName, optionsOf, signalOf, timeoutOf } from "./arguments.ts";
import { type Batch, newBatch } from "./batch.ts";
import { describeHandle, destinationsOf, type Handle, handleId, handleIds, isHandle, newHandle } from "./handle.ts";
import { printsAs, titlesBy } from "./looking/printing.ts";
import type { TraceReporter } from "./looking/trace_reporter.ts";
import { type Cursor, type Message, newCursor, PeerMessages, type SendOptions, transfersOf } from "./message.ts";
import { describe, describeAll, newNode, type Node, NODE_OPTIONS, objectIds } from "./node.ts";
import type { NodeOptions, NodeWithHandle } from "./node.ts";
import { adoptPeer, type OpenedPeer, openPeer, revokePeer } from "./open.ts";
import { type Nouns, PeerParts } from "./parts.ts";
import { RECEIVE_OPTIONS, RECEIVE_SYNC_OPTIONS, WRITABLE_OPTIONS } from "./options.ts";
import type { AdoptOptions, PeerOptions, ReceiveOptions, ReceiveSyncOptions, WritableOptions } from "./options.ts";
import { newTransaction, type Transaction } from "./transaction.ts";
import { MessageIterator } from "./waiting/message_iterator.ts";

const key = Symbol();

/** The parts of a peer, for the transactions and cursors that it makes. */
export type Parts = PeerParts<Peer, Node, Handle, Message>;

let isPeer: (value: unknown) => value is Peer;

const NOUNS: Nouns<Peer, Node, Handle, Message> = {
  objects: { node: newNode, handle: newHandle },
  describe,
  messages: (objects) => new PeerMessages(objects),
};

/**
 * An isolated participant on the bus (`b1_peer`). It owns nodes, at which messages arrive, and handles, through which it
 * sends. All its nodes share one queue.
 *
 * A transaction is received by all its receivers or by none, and messages arrive in causal order: a program that was told of
 * a message finds it, and the notification of a release comes after everything that was sent before it.
 *
 * A peer belongs to one thread; {@linkcode Peer.detach} moves it to another. When it ends, by {@linkcode Peer.close},
 * `using`, or with its Worker, everything that it owns is released, and the peers connected to it are notified.
 *
 * After its end every method except `close` throws `ESHUTDOWN`.
 *
 * @example
 * ```ts
 * import { Peer } from "@bus1/bus1";
 *
 * using server = Peer.open();
 * using client = Peer.open();
 *
 * const { node, handle } = server.createNode({ for: client });
 * client.send(handle, "ping");
 *
 * const message = await server.receive();
 * if (message.type === "message" && message.node === node) console.log(message.text()); // ping
 * ```
 */
export class Peer {
  readonly #parts: Parts;
  // Two of the parts, which most calls need.
  readonly #core: EnginePeer;
  readonly #trace: TraceReporter | null;
  /** For {@linkcode EnginePeer.createNode}, which writes two ids. */
  readonly #ids: [node: Id, handle: Id] = [0, 0];

  private constructor(issuer: symbol, opened: OpenedPeer) {
    if (issuer !== key) throw new TypeError("a Peer comes from Peer.open or Peer.adopt; it cannot be made");
    this.#core = opened.core;
    this.#parts = new PeerParts(this, opened, NOUNS);
    this.#trace = this.#parts.trace;
  }

  static {
    isPeer = (value): value is Peer => typeof value === "object" && value !== null && #core in value;
    titlesBy((peer: Peer) => peer.#parts.identity.title());
    printsAs(Peer, (peer) => {
      const { identity, inbox } = peer.#parts;
      if (!identity.detached) inbox.settle();
      return identity.shown();
    });
  }

  /**
   * Makes a peer (`b1_peer_new`, opening `/dev/bus1`), or makes an object for an existing peer from its descriptor. If it
   * fails, the descriptor stays the caller's.
   *
   * Errors:
   * - `EOPNOTSUPP` if the engine does not work here, with the reason; if it takes no descriptors; or if the descriptor is not
   *   a peer's.
   * - `EBADF` if the descriptor is not open, or is that of a peer which this process has already.
   * - `EINVAL` if `BUS1_ENGINE` names no engine, or if the user of `account` exists with other limits.
   * - `ENOMEM`.
   * - A `TypeError` if an option is unknown or of the wrong type.
   */
  static open(options?: PeerOptions): Peer {
    return new Peer(key, openPeer(options));
  }

  /**
   * Takes over a detached peer, with everything that it owns and its queue. Its nodes and handles keep their ids:
   * {@linkcode Peer.node} and {@linkcode Peer.handle} return the objects.
   *
   * Errors: `EBADRQC` if the ticket is spent, or the peer has ended; `EOPNOTSUPP` if its engine does not work here, or cannot
   * move a peer to another isolate. A `TypeError` if it is not a ticket.
   *
   * @param ticket What {@linkcode Peer.detach} has returned, in any isolate. It adopts once.
   * @param options `trace`: as for {@linkcode Peer.open}; a trace does not move with the peer.
   *
   * @example
   * ```ts
   * import { Peer } from "@bus1/bus1";
   *
   * using server = Peer.open();
   * const client = Peer.open();
   * const { handle } = server.createNode({ for: client });
   * const ticket = client.detach(); // may travel to a Worker, with handle.id
   *
   * using adopted = Peer.adopt(ticket);
   * adopted.send(adopted.handle(handle.id), "hello");
   * ```
   */
  static adopt(ticket: Ticket, options?: AdoptOptions): Peer {
    return new Peer(key, adoptPeer(ticket, options));
  }

  /**
   * Ends a peer that was detached, at once, wherever it is and whatever it is doing, as {@linkcode Peer.close} would. A
   * `receiveSync` that blocks there throws `ESHUTDOWN`. No-op if the peer has ended.
   *
   * Errors: `EOPNOTSUPP` if its engine does not work here, or does not reach other isolates. A `TypeError` if it is not a
   * ticket.
   *
   * @param ticket What {@linkcode Peer.detach} has returned, adopted or not.
   */
  static revoke(ticket: Ticket): void {
    revokePeer(ticket);
  }

  /** The engine that the peer lives on. */
  get engine(): EngineName {
    return this.#parts.identity.engine;
  }

  /** The name that the peer was opened with; `null` if it has none. It moves with the peer. */
  get name(): string | null {
    return this.#parts.identity.name;
  }

  /**
   * Returns what the peer has, and the size of its queue, as plain data; {@linkcode inspect} does this for all peers. It
   * changes nothing.
   *
   * Errors: `ESHUTDOWN`, `ENOMEM`.
   *
   * @example
   * ```ts
   * import { Peer } from "@bus1/bus1";
   *
   * using peer = Peer.open({ name: "server" });
   * const { handle } = peer.createNode({ name: "files" });
   * peer.send(handle, "hello");
   * const { nodes: [node], queued } = peer.inspect();
   * console.log(node?.name, node?.handles, queued); // files 1 { messages: 1, bytes: 5 }
   * ```
   */
  inspect(): PeerSnapshot {
    this.#parts.inbox.settle();
    const seen = this.#core.inspect();
    if (typeof seen === "number") throw this.#parts.failures.failure(seen, "inspect a peer");
    return seen;
  }

  /**
   * The peer's descriptor, on the kernel engine. It can be passed to other processes, which then have the same peer; the peer
   * lives until all of them have closed it. It is closed on `exec`, unless it is passed on to the new program. The
   * descriptor stays this peer's: do not close it.
   *
   * Errors: `EOPNOTSUPP` on the other engines; `ESHUTDOWN`.
   */
  get fd(): number {
    const answer = this.#core.descriptor();
    if (answer >= 0) return answer;
    const doing = "get a peer's descriptor";
    if (answer !== -ERRNO.EOPNOTSUPP) throw this.#parts.failures.failure(answer, doing);
    throw new BusError("EOPNOTSUPP", doing, `the engine ${this.engine} has none`);
  }

  /**
   * Makes a node on this peer, and a handle to it (`b1_peer_new_node`, `BUS1_CMD_TRANSFER` with
   * `BUS1_TRANSFER_FLAG_CREATE`).
   *
   * Errors: `ESHUTDOWN` if either peer has ended; `EOPNOTSUPP` if they are on different engines; `EDQUOT` or `EXFULL` if
   * either account does not allow for it; `ENOMEM`. A `TypeError` if an option is unknown or of the wrong type.
   *
   * @param options `for`: the peer that gets the handle, by default this one. `data`: the node's `data`. `name`: the name that
   * diagnostics show.
   *
   * @example
   * ```ts
   * import { Peer } from "@bus1/bus1";
   *
   * using server = Peer.open();
   * using client = Peer.open();
   * const { node, handle } = server.createNode({ for: client, data: (text: string) => console.log("got", text) });
   *
   * client.send(handle, "ping");
   * const message = server.tryReceive();
   * if (message?.type === "message" && message.node === node) node.data(message.text()); // got ping
   * ```
   */
  createNode<Data = unknown>(options?: NodeOptions<Data>): NodeWithHandle<Data> {
    const doing = "create a node";
    if (isPeer(options)) throw new TypeError(`${doing}: the peer that gets the handle belongs in { for: peer }`);
    const { for: owner = this, data, name: given } = optionsOf(options, NODE_OPTIONS, doing);
    const name = givenName(given, doing);
    this.#requireSameBus(owner, doing);
    this.#trace?.enter(doing);
    const ids = this.#ids;
    const answer = this.#core.createNode(owner.#core, ids, name);
    if (answer < 0) throw this.#parts.failures.failureWith(owner, answer, doing);
    const [id, handleId] = ids;
    const node = this.#parts.objects.addNode(id, data, name) as Node<Data>;
    const handle = owner.#parts.objects.addHandle(handleId);
    this.#trace?.tell({ type: "create", node: id, name, for: owner.#parts.identity.number, handle: handleId });
    return { node, handle };
  }

  /**
   * Returns the handle with that id, always the same object.
   *
   * Errors: `ESHUTDOWN`; `EBADRQC` if this peer has no such handle. A `TypeError` if the id is not a bigint or a safe integer.
   */
  handle(id: bigint | number): Handle {
    return this.#parts.objects.handle(this.#parts.find(id, HANDLE, "handle"));
  }

  /**
   * Returns the node with that id, always the same object.
   *
   * Errors: `ESHUTDOWN`; `EBADRQC` if this peer has no such node. A `TypeError` if the id is not a bigint or a safe integer.
   */
  node(id: bigint | number): Node {
    return this.#parts.objects.node(this.#parts.find(id, NODE, "node"));
  }

  /**
   * Sends a message (`b1_op_send_message` and `b1_op_commit`, `BUS1_CMD_SEND`). To several handles it is one atomic
   * multicast. Sending to a receiver that is gone is not an error. If the call fails, nothing was sent.
   *
   * Errors:
   * - `ESHUTDOWN`; `EBADRQC` if a handle is released or another peer's; `ENOMEM`.
   * - `EMSGSIZE` above `0x7ffff000` bytes.
   * - `EDQUOT` if a receiver's queue is full; {@linkcode Peer.writable} waits for room. `EDQUOT` or `EXFULL` if its user's
   *   account does not allow for more.
   * - `EOPNOTSUPP` for a handle of another engine, or for what a faulty device cannot do.
   * - A `TypeError` if a value is of the wrong class, an option is unknown, or the data's buffer is detached.
   *
   * @param to A handle, or an array of handles: each gets a message of its own, the same handle twice gets two.
   * @param data The bytes, which are copied: text as UTF-8, an `ArrayBuffer` or a view on one.
   * @param options `handles`: handles of this peer, of which every receiver gets copies, in this order.
   *
   * @example
   * ```ts
   * import { Peer } from "@bus1/bus1";
   *
   * using server = Peer.open();
   * using client = Peer.open();
   * const { handle } = server.createNode({ for: client });
   * const reply = client.createNode();
   *
   * client.send(handle, JSON.stringify({ add: [1, 2] }), { handles: [reply.handle] });
   *
   * const request = server.tryReceive();
   * if (request?.type === "message") {
   *   const { add: [a, b] } = request.json<{ add: [number, number] }>();
   *   server.send(request.handles, String(a + b));
   * }
   * const sum = client.tryReceive();
   * if (sum?.type === "message") console.log(sum.text()); // 3
   * ```
   */
  send(to: Handle | readonly Handle[], data: Data, options?: SendOptions): void {
    if (options !== undefined || !isHandle(to)) return this.#sendMany(to, data, options);
    const id = handleId(to, this, "send");
    const { bytes, length } = toPayload(data, "send");
    const trace = this.#trace; // in Bun a second read of the field costs a fifth of a send
    trace?.enter("send");
    const answer = this.#core.send(id, bytes, length);
    if (answer < 0) throw this.#parts.notSent(answer, `send to ${describeHandle(to)}`, [id], length, [to]);
    trace?.sent([id], length);
  }

  #sendMany(to: Handle | readonly Handle[], data: Data, options: SendOptions | undefined): void {
    const destinations = destinationsOf(to, "send");
    const handles = transfersOf(options, "send");
    const toIds = handleIds(destinations, this, "send");
    const ids = handleIds(handles, this, "send");
    const { bytes, length } = toPayload(data, "send");
    this.#trace?.enter("send");
    const answer = this.#core.sendMany(toIds, bytes, length, ids);
    if (answer < 0) {
      const doing = `send to ${describeAll(destinations)}`;
      throw this.#parts.notSent(answer, doing, toIds, length, [...destinations, ...handles]);
    }
    this.#trace?.sent(toIds, length, ids);
  }

  /**
   * Waits until a message to this handle has room in the receiver's queue, and on its user's account. The wait is for a
   * message as long as the last one that was refused with `EDQUOT`, or else for a message without bytes or handles. Another
   * sender may take the room first, so send and wait again until it is sent. Resolves also when the node or this handle is
   * gone. The wait keeps the process alive where the engine can, and uses no CPU.
   *
   * Rejects:
   * - with `EDQUOT` if there never will be room for a message of that size;
   * - with the signal's reason on abort;
   * - with `ESHUTDOWN` when this peer has ended or is detached;
   * - with `EBADRQC` if the handle is released or another peer's; with `ENOMEM`;
   * - with `EOPNOTSUPP` on the kernel engine;
   * - with a `TypeError` if a value is of the wrong class, or an option is unknown.
   *
   * @param options `signal`: an `AbortSignal` that ends the wait.
   */
  writable(handle: Handle, options?: WritableOptions): Promise<void> {
    const doing = "wait to send";
    try {
      const id = handleId(handle, this, doing);
      const signal = signalOf(optionsOf(options, WRITABLE_OPTIONS, doing).signal, doing);
      if (signal?.aborted) return Promise.reject(signal.reason);
      const length = this.#parts.senders.takeRefused(id);
      const failure = (answer: number) =>
        this.#parts.failures.failure(answer, `${doing} to ${describeHandle(handle)}`, [handle]);
      return this.#parts.senders.wait({ id, length, signal, failure });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Starts a batch: many messages to one handle, sent by few calls. See {@linkcode Batch}. A `TypeError` if `to` is not a
   * handle. Whether it is alive and this peer's is checked when the batch sends.
   */
  batch(to: Handle): Batch {
    const id = handleId(to, this, "batch");
    return newBatch({
      core: this.#core,
      id,
      trace: this.#trace,
      title: () => this.#parts.identity.title(),
      failure: (answer, doing, length) =>
        this.#parts.notSent(answer, `${doing} ${describeHandle(to)}`, [id], length, [to]),
    });
  }

  /**
   * Makes a handle on another peer to the same node (`b1_peer_new_handle`, `BUS1_CMD_TRANSFER`), for a program that has both
   * peers. If the node is gone already, that peer receives a `"node-release"`.
   *
   * Errors: `ESHUTDOWN` if either peer has ended; `EBADRQC` if the handle is released or another peer's; `EOPNOTSUPP` if the
   * peers are on different engines; `EDQUOT` or `EXFULL` if the account of `peer` does not allow for it; `ENOMEM`.
   *
   * @param handle A handle of this peer.
   * @param peer The peer that gets the copy; this peer itself is possible.
   * @returns The copy, which belongs to `peer`.
   *
   * @example
   * ```ts
   * import { Peer } from "@bus1/bus1";
   *
   * using server = Peer.open();
   * using client = Peer.open();
   * using worker = Peer.open();
   * const { handle } = server.createNode({ for: client });
   *
   * const copy = client.copy(handle, worker);
   * worker.send(copy, "hello");
   * ```
   */
  copy(handle: Handle, peer: Peer): Handle {
    const id = handleId(handle, this, "copy");
    this.#requireSameBus(peer, "copy");
    this.#trace?.enter("copy");
    const answer = this.#core.copy(id, peer.#core);
    if (answer < 0) throw this.#parts.failures.failureWith(peer, answer, `copy ${describeHandle(handle)}`, [handle]);
    const copy = peer.#parts.objects.addHandle(answer);
    this.#trace?.tell({ type: "copy", handle: id, for: peer.#parts.identity.number, copy: answer });
    return copy;
  }

  /**
   * Releases nodes and handles, as one transaction (`BUS1_CMD_RELEASE`). An object that occurs twice counts once. If the call
   * fails, nothing was released.
   *
   * Errors: `ESHUTDOWN`; `EBADRQC` if an object is released already or another peer's.
   *
   * @example
   * ```ts
   * import { Peer } from "@bus1/bus1";
   *
   * using peer = Peer.open();
   * const { node, handle } = peer.createNode();
   * peer.release(node, handle);
   * console.log(peer.tryReceive()); // null: a peer is not notified of its own releases
   * ```
   */
  release(...objects: (Node | Handle)[]): void {
    const ids = objectIds(objects, this, "release");
    this.#trace?.enter("release");
    this.#parts.inbox.settle();
    const answer = this.#core.release(ids);
    if (answer < 0) throw this.#parts.failures.failure(answer, `release ${describeAll(objects)}`, objects);
    for (const id of ids) this.#parts.objects.forget(id);
    this.#trace?.committed([], ids);
  }

  /**
   * Starts a transaction (`b1_op_new`): messages and releases that happen as one. Several may be open at once.
   *
   * Errors: `ESHUTDOWN`, `ENOMEM`.
   *
   * @example
   * ```ts
   * import { Peer } from "@bus1/bus1";
   *
   * using server = Peer.open();
   * using client = Peer.open();
   * const { handle } = server.createNode({ for: client });
   *
   * using tx = client.transaction();
   * tx.send(handle, "the last word").release(handle);
   * tx.commit(); // without commit, nothing happens
   * ```
   */
  transaction(): Transaction {
    const doing = "start a transaction";
    this.#trace?.enter(doing);
    const core = this.#core.transaction();
    if (typeof core === "number") throw this.#parts.failures.failure(core, doing);
    return newTransaction(this.#parts, core);
  }

  /**
   * Receives the next message, if there is one (`b1_peer_pop`, `BUS1_CMD_RECV`); never waits.
   *
   * Errors: `ESHUTDOWN`, `ENOMEM`.
   *
   * @returns The message, or `null` if nothing is ready.
   */
  tryReceive(): Message | null {
    return this.#parts.inbox.tryReceive();
  }

  /**
   * Receives all messages that are ready, up to a limit.
   *
   * Errors: `ESHUTDOWN`, `ENOMEM`. A `TypeError` if the limit is not a whole number from 0 on, or `Infinity`.
   *
   * @param limit The largest number of messages; by default all. Other threads may go on sending meanwhile.
   * @returns The messages, in order; an empty array if nothing is ready.
   */
  receiveMany(limit: number = Infinity): Message[] {
    return this.#parts.inbox.receiveMany(limit);
  }

  /** Starts a cursor, which reads the messages one by one without an object for each. See {@linkcode Cursor}. */
  cursor(): Cursor {
    return newCursor(this.#parts);
  }

  /**
   * Receives the next message, and awaits it. Calls that wait are served in the order in which they came. The wait keeps the
   * process alive where the engine can, and uses no CPU.
   *
   * Rejects with the signal's reason on abort, also if it was aborted before; with `ESHUTDOWN` as soon as the peer has ended
   * or is detached; with a `TypeError` if an option is unknown or of the wrong type.
   *
   * @param options `signal`: an `AbortSignal` that ends the wait.
   *
   * @example
   * ```ts
   * import { Peer } from "@bus1/bus1";
   *
   * using peer = Peer.open();
   * const signal = AbortSignal.timeout(10);
   * await peer.receive({ signal }).catch((reason) => console.log(reason.name)); // TimeoutError
   * ```
   */
  receive(options?: ReceiveOptions): Promise<Message> {
    try {
      const signal = signalOf(optionsOf(options, RECEIVE_OPTIONS, "receive").signal, "receive");
      if (signal?.aborted) return Promise.reject(signal.reason);
      const message = this.#parts.receivers.ready();
      return message === null ? this.#parts.receivers.wait(signal) : Promise.resolve(message);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Receives the next message, and blocks this thread until there is one: for Workers that need
   * their event loop for nothing else.
   *
   * Errors: `ESHUTDOWN`, also if the peer ends meanwhile; `ENOMEM`; `EOPNOTSUPP` without a timeout on the TypeScript engine
   * if nothing is ready, because no peer could send while this thread sleeps. A `TypeError` if an option is unknown, or the
   * timeout is not a number from 0 on.
   *
   * @param options `timeout`: how long to wait, in milliseconds; by default forever.
   * @returns The message, or `null` after the timeout.
   *
   * @example
   * ```ts
   * import { Peer } from "@bus1/bus1";
   *
   * using peer = Peer.open();
   * console.log(peer.receiveSync({ timeout: 10 })); // null
   * ```
   */
  receiveSync(options?: ReceiveSyncOptions): Message | null {
    const timeout = timeoutOf(optionsOf(options, RECEIVE_SYNC_OPTIONS, "receive").timeout, "receive");
    const message = this.tryReceive();
    if (message !== null || timeout === 0) return message;
    try {
      return this.#parts.inbox.block(timeout);
    } finally {
      // The wake of the calls that await may have been spent on this wait.
      this.#parts.wake.wake();
    }
  }

  /**
   * Receives message after message. The loop ends when the peer is closed, here or from elsewhere, and throws `ESHUTDOWN` if
   * it is detached. Leaving the loop does not change the peer.
   *
   * @example
   * ```ts
   * import { Peer } from "@bus1/bus1";
   *
   * using server = Peer.open();
   * using client = Peer.open();
   * const { handle } = server.createNode({ for: client });
   * client.send(handle, "one");
   * client.release(handle);
   *
   * for await (const message of server) {
   *   if (message.type === "message") console.log(message.text()); // one
   *   if (message.type === "handle-release") break;
   * }
   * ```
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    return new MessageIterator(this.#parts.receivers, this.#parts.identity);
  }

  /**
   * Detaches the peer: it can move, with everything that it owns and its queue, to the isolate that adopts the ticket. This
   * object cannot be used any more: it throws `ESHUTDOWN`, and its pending receives reject with that. The `data` of its nodes
   * does not move. A ticket that is not adopted ends with this isolate, and the peer with it.
   *
   * Errors: `ESHUTDOWN`.
   *
   * @returns Plain data, which may be posted to a Worker; for {@linkcode Peer.adopt} and {@linkcode Peer.revoke}.
   */
  detach(): Ticket {
    return Object.freeze({ engine: this.engine, key: this.#parts.detach() });
  }

  /**
   * Ends the peer (`b1_peer_end`, the last `close` of its descriptor): releases its nodes and handles, discards its queue,
   * and rejects its pending receives with `ESHUTDOWN`. No-op if the peer has ended or was detached.
   */
  close(): void {
    this.#parts.close();
  }

  /** Ends the peer: {@linkcode Peer.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Throws a `TypeError`: JSON cannot carry a peer. */
  toJSON(): never {
    throw new TypeError("JSON cannot carry a Peer: detach it, and send its ticket; inspect() returns it as plain data");
  }

  #requireSameBus(other: Peer, doing: string): void {
    if (!isPeer(other)) throw new TypeError(`${doing}: expected a Peer, not ${nameOf(other)}`);
    this.#parts.requireSameBus(other.#parts, doing);
  }
}
