/**
 * The peer: what a program holds of the bus, and the way to everything else.
 *
 * It checks types, turns objects into ids and ids into objects, and leaves all else to an engine, which it knows as the
 * port of `engine.ts` only.
 *
 * @module
 */

import { ERRNO } from "../port/abi.ts";
import { calledOf, destinationsOf, handleIds, objectIds, optionsOf, signalOf, transfersOf } from "./arguments.ts";
import { type Batch, newBatch } from "./batch.ts";
import { type Cursor, newCursor } from "./cursor.ts";
import { type Engine, type EngineName, type EnginePeer, HANDLE, type Id, NODE, type Ticket } from "../port/engine.ts";
import { chooseEngine } from "../engines/registry.ts";
import { BusError, nameOf } from "../port/errors.ts";
import { type Handle, handleId, isHandle } from "./handle.ts";
import type { Message } from "./message.ts";
import { Messages } from "./messages.ts";
import type { Node } from "./node.ts";
import { adoption, type Opening, opening } from "./open.ts";
import type {
  AdoptOptions,
  NodeAndHandle,
  NodeOptions,
  PeerOptions,
  ReceiveOptions,
  ReceiveSyncOptions,
  SendOptions,
  WritableOptions,
} from "./options.ts";
import { type Data, toPayload } from "../port/payload.ts";
import { block, receiveMany, timeoutOf } from "./receiving.ts";
import { aboutToClose } from "./looking/open_peers.ts";
import { printsAs, titlesBy } from "./looking/printing.ts";
import type { PeerSnapshot } from "../port/snapshot.ts";
import { describe, describeAll, Table } from "./table.ts";
import { ticketFailure, ticketOf } from "./ticket.ts";
import { newTransaction, type Transaction } from "./transaction.ts";
import { Waiters } from "./waiting/receivers.ts";

const key = Symbol();

/**
 * An isolated participant of the bus (`b1_peer`). It owns nodes, at which messages arrive, and handles, through which
 * it sends; all its nodes share one queue.
 *
 * Messages arrive whole and in an order that agrees with what caused what: a transaction is received by all or by none;
 * who was told of a message finds it; and news of a release come after all that was sent before.
 *
 * A peer belongs to one thread. {@linkcode Peer.detach} hands it over to another. When it ends, by
 * {@linkcode Peer.close} or `using`, or with its Worker, all that it owns is released, and those it talked with are
 * told.
 *
 * After its end everything but `close` throws `ESHUTDOWN`.
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
  readonly #engine: Engine;
  /** The engine's peer, for what it does with others of its engine. */
  readonly #plain: EnginePeer;
  /** The same, unless it is traced. */
  readonly #core: EnginePeer;
  readonly #table: Table;
  readonly #waiters: Waiters;
  /** For {@linkcode EnginePeer.createNode}, which writes two ids. */
  readonly #ids: Id[] = [0, 0];

  private constructor(issuer: symbol, opening: Opening) {
    if (issuer !== key) throw new TypeError("a Peer comes from Peer.open or Peer.adopt; it cannot be made");
    this.#engine = opening.engine;
    this.#plain = opening.make(() => this.#waiters.wake());
    this.#core = opening.traced(this.#plain);
    this.#table = new Table(this, this.#core, opening.nameOf(this.#plain));
    this.#waiters = new Waiters(this.#core, this.#table);
    this.#table.enter(this.#engine, this.#plain);
  }

  static {
    titlesBy((peer) => peer.#table.title());
    printsAs(Peer, (peer) => peer.#table.shown());
  }

  /**
   * Makes a peer (`b1_peer_new`, opening `/dev/bus1`); or takes one over whose descriptor somebody gave us.
   *
   * Errors: `EOPNOTSUPP` if the engine does not work here, with the reason, or takes no descriptor, or the descriptor is
   * no peer's; `EBADF` if it is none, or that of a peer which this process has already; `EINVAL` if `BUS1_ENGINE` names
   * no engine, or the user of `account` has other limits than these; `ENOMEM`. A `TypeError` if an option is of the
   * wrong type. The descriptor then stays the caller's.
   */
  static open(options?: PeerOptions): Peer {
    return new Peer(key, opening(options));
  }

  /**
   * Takes over a peer that was handed over, with all that it owns and all that waits in its queue. Its nodes and
   * handles keep their ids: {@linkcode Peer.node} and {@linkcode Peer.handle} give the objects.
   *
   * Errors: `EBADRQC` if the ticket is spent, or the peer has ended; `EOPNOTSUPP` if its engine does not work here, or
   * hands no peer to another isolate. A `TypeError` if it is no ticket.
   *
   * @param ticket What {@linkcode Peer.detach} returned, wherever that was. It adopts once.
   * @param options `trace`: as for {@linkcode Peer.open}; who had it before kept theirs.
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
    return new Peer(key, adoption(ticket, options));
  }

  /**
   * Ends a peer that was handed over, at once, wherever it is and whatever it is doing, as {@linkcode Peer.close}
   * would: a `receiveSync` that waits there throws `ESHUTDOWN`. If it has ended already, nothing.
   *
   * Errors: `EOPNOTSUPP` if its engine does not work here, or knows nothing of other isolates. A `TypeError` if it is
   * no ticket.
   *
   * @param ticket What {@linkcode Peer.detach} returned, adopted or not.
   */
  static revoke(ticket: Ticket): void {
    const doing = "revoke a peer";
    const checked = ticketOf(ticket, doing);
    const answer = chooseEngine(checked.engine, doing).revoke(checked);
    if (answer < 0) throw ticketFailure(answer, checked, doing);
  }

  /** The engine that the peer lives on. */
  get engine(): EngineName {
    return this.#engine.name;
  }

  /** What it was called when it was opened; `null` if it has no name. It keeps its name when it is handed over. */
  get name(): string | null {
    return this.#table.name;
  }

  /**
   * Tells what the peer has, and what waits for it, as plain data: see {@linkcode inspect}, which tells of all of them.
   * It changes nothing.
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
   * console.log(node.name, node.handles, queued); // files 1 { messages: 1, bytes: 5 }
   * ```
   */
  inspect(): PeerSnapshot {
    this.#table.settle();
    const seen = this.#core.inspect();
    if (typeof seen === "number") throw this.#table.failure(seen, "inspect a peer");
    return seen;
  }

  /**
   * The peer's descriptor, on the kernel engine: one like any other, which other processes can be given or inherit; they
   * then have the same peer, which lives until all have closed it. It is closed when a program is executed, unless it is
   * passed on as one of those that the program gets. This peer goes on owning it: do not close it.
   *
   * Errors: `EOPNOTSUPP` on the other engines; `ESHUTDOWN`.
   */
  get fd(): number {
    const answer = this.#core.descriptor?.() ?? this.#core.kind(0);
    if (answer >= 0) return answer;
    const doing = "get a peer's descriptor";
    if (answer !== -ERRNO.EBADRQC) throw this.#table.failure(answer, doing);
    throw new BusError("EOPNOTSUPP", doing, `the engine ${this.engine} has none`);
  }

  /**
   * Makes a node on this peer, and a handle to it (`b1_peer_new_node`, `BUS1_CMD_TRANSFER` with
   * `BUS1_TRANSFER_FLAG_CREATE`).
   *
   * Errors: `ESHUTDOWN` if either peer has ended; `EOPNOTSUPP` if they are on different engines; `EDQUOT` or `EXFULL` if
   * the account of either does not allow for it; `ENOMEM`.
   *
   * @param options `for`: the peer that gets the handle, by default this one. `data`: the node's `data`. `name`: what it is
   * called.
   *
   * @example
   * ```ts
   * import { Peer } from "@bus1/bus1";
   *
   * using server = Peer.open();
   * using client = Peer.open();
   * const { handle } = server.createNode({ for: client, data: (text: string) => console.log("got", text) });
   *
   * client.send(handle, "ping");
   * const message = server.tryReceive();
   * if (message?.type === "message") message.node.data(message.text()); // got ping
   * ```
   */
  createNode(options?: NodeOptions): NodeAndHandle {
    const doing = "create a node";
    const { for: owner = this, data, name: called } = optionsOf(options, doing);
    const name = calledOf(called, doing);
    this.#meet(owner, doing);
    const ids = this.#ids;
    const answer = this.#core.createNode(owner.#plain, ids, name);
    if (answer < 0) throw this.#table.failureWith(owner, answer, doing);
    return { node: this.#table.addNode(ids[0], data, name), handle: owner.#table.addHandle(ids[1]) };
  }

  /**
   * The handle of that id, always the same object.
   *
   * Errors: `ESHUTDOWN`; `EBADRQC` if this peer has no such handle. A `TypeError` if the id is no bigint.
   */
  handle(id: bigint): Handle {
    return this.#table.handle(this.#table.known(id, HANDLE, "handle"));
  }

  /**
   * The node of that id, always the same object.
   *
   * Errors: `ESHUTDOWN`; `EBADRQC` if this peer has no such node. A `TypeError` if the id is no bigint.
   */
  node(id: bigint): Node {
    return this.#table.node(this.#table.known(id, NODE, "node"));
  }

  /**
   * Sends a message (`b1_op_send_message` and `b1_op_commit`, `BUS1_CMD_SEND`). To several handles it is one atomic
   * multicast. That a receiver is gone is no error.
   *
   * Errors: `ESHUTDOWN`; `EBADRQC` if a handle is released or another peer's; `EMSGSIZE` above `0x7ffff000` bytes;
   * `EDQUOT` if a receiver's queue is full ({@linkcode Peer.writable} waits for room), and `EDQUOT` or `EXFULL` if its
   * user's account does not allow for it; `ENOMEM`; `EOPNOTSUPP` for a handle of another engine, or what a faulty device
   * cannot do. A `TypeError` if something is of the wrong class, or the data detached. Nothing has been sent then.
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
   *   const [a, b] = request.json().add;
   *   server.send(request.handles[0], String(a + b));
   * }
   * const answer = client.tryReceive();
   * if (answer?.type === "message") console.log(answer.text()); // 3
   * ```
   */
  send(to: Handle | readonly Handle[], data: Data, options?: SendOptions): void {
    if (options !== undefined || !isHandle(to)) return this.#sendMany(to, data, options);
    const id = handleId(to, this, "send");
    const { bytes, length } = toPayload(data, "send");
    const answer = this.#core.send(id, bytes, length);
    if (answer < 0) throw this.#table.notSent(answer, `send to ${describe(to)}`, [id], length, [to]);
  }

  #sendMany(to: Handle | readonly Handle[], data: Data, options: SendOptions | undefined): void {
    const destinations = destinationsOf(to, "send");
    const handles = transfersOf(options, "send");
    const toIds = handleIds(destinations, this, "send");
    const ids = handleIds(handles, this, "send");
    const { bytes, length } = toPayload(data, "send");
    const answer = this.#core.sendMany(toIds, bytes, length, ids);
    if (answer < 0) {
      const doing = `send to ${describeAll(destinations)}`;
      throw this.#table.notSent(answer, doing, toIds, length, [...destinations, ...handles]);
    }
  }

  /**
   * Waits until a message to this handle finds room in the receiver's queue, and on its user's account: as long as the
   * last one that was refused with `EDQUOT`, or else a message without bytes or handles. Others may be quicker, so send
   * and wait again until it is sent. Resolves also when the node is gone, or this handle. The wait keeps the process
   * alive where the engine can, and uses no CPU.
   *
   * Rejects with `EDQUOT` if there never will be so much room; with the signal's reason on abort; with `ESHUTDOWN` when
   * this peer has ended or is handed over; with `EBADRQC` if the handle is released or another peer's; with `ENOMEM`; with
   * `EOPNOTSUPP` on the kernel engine; with a `TypeError` if something is of the wrong class.
   *
   * @param options `signal`: an `AbortSignal` that ends the wait.
   */
  writable(handle: Handle, options?: WritableOptions): Promise<void> {
    try {
      const id = handleId(handle, this, "wait to send");
      const signal = signalOf(options, "wait to send");
      if (signal?.aborted) return Promise.reject(signal.reason);
      return this.#waiters.writers.wait(handle, id, this.#table.takeRefused(id), signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Gathers many messages to one handle, to be sent by few calls: see {@linkcode Batch}. A `TypeError` if `to` is no
   * handle; that it is alive, and this peer's, is checked when something is sent.
   */
  batch(to: Handle): Batch {
    return newBatch(this.#table, this.#core, to, handleId(to, this, "batch"));
  }

  /**
   * Makes a handle on another peer to the same node (`b1_peer_new_handle`, `BUS1_CMD_TRANSFER`): for whoever holds both
   * peers. If the node is gone already, that peer receives a `"node-release"`.
   *
   * Errors: `ESHUTDOWN` if either peer has ended; `EBADRQC` if the handle is released or another peer's; `EOPNOTSUPP`
   * if the peers are on different engines; `EDQUOT` or `EXFULL` if the account of `peer` does not allow for it; `ENOMEM`.
   *
   * @param handle A handle of this peer.
   * @param peer Who gets the copy; this peer itself is possible.
   * @returns The copy, the other peer's.
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
    this.#meet(peer, "copy");
    const answer = this.#core.copy(id, peer.#plain);
    if (answer < 0) throw this.#table.failureWith(peer, answer, `copy ${describe(handle)}`, [handle]);
    return peer.#table.addHandle(answer);
  }

  /**
   * Releases nodes and handles, as one transaction (`BUS1_CMD_RELEASE`). The same one twice counts once.
   *
   * Errors: `ESHUTDOWN`; `EBADRQC` if one of them is released already or another peer's. Nothing is released then.
   *
   * @example
   * ```ts
   * import { Peer } from "@bus1/bus1";
   *
   * using peer = Peer.open();
   * const { node, handle } = peer.createNode();
   * peer.release(node, handle);
   * console.log(peer.tryReceive()); // null: who released it itself, is not told
   * ```
   */
  release(...objects: (Node | Handle)[]): void {
    const ids = objectIds(objects, this, "release");
    this.#table.settle();
    const answer = this.#core.release(ids);
    if (answer < 0) throw this.#table.failure(answer, `release ${describeAll(objects)}`, objects);
    for (const id of ids) this.#table.forget(id);
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
   * tx.commit(); // not committed: nothing happened
   * ```
   */
  transaction(): Transaction {
    const core = this.#core.transaction();
    if (typeof core === "number") throw this.#table.failure(core, "start a transaction");
    return newTransaction(this, this.#table, core);
  }

  /**
   * Receives the next message, if there is one (`b1_peer_pop`, `BUS1_CMD_RECV`).
   *
   * Errors: `ESHUTDOWN`, `ENOMEM`.
   *
   * @returns The message, or `null` if nothing is ready.
   */
  tryReceive(): Message | null {
    return this.#table.tryReceive();
  }

  /**
   * Receives all that is ready, up to a limit.
   *
   * Errors: `ESHUTDOWN`, `ENOMEM`. A `TypeError` if the limit is no whole number from 0 on, or `Infinity`.
   *
   * @param limit How many at most; by default all. Others may go on sending meanwhile.
   * @returns The messages, in order; none, if nothing is ready.
   */
  receiveMany(limit: number = Infinity): Message[] {
    return receiveMany(this.#table, limit);
  }

  /** Goes through the messages one by one, without an object for each: see {@linkcode Cursor}. */
  cursor(): Cursor {
    return newCursor(this, this.#table, this.#core);
  }

  /**
   * Receives the next message, and waits for it. Those who wait are served in the order in which they came. The wait
   * keeps the process alive where the engine can, and uses no CPU.
   *
   * Rejects with the signal's reason on abort, also if it was aborted before; with `ESHUTDOWN` as soon as the peer has
   * ended or is handed over; with a `TypeError` if the signal is none.
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
      const signal = signalOf(options, "receive");
      if (signal?.aborted) return Promise.reject(signal.reason);
      const message = this.#waiters.ready();
      return message === null ? this.#waiters.wait(signal) : Promise.resolve(message);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Receives the next message, and blocks this thread until there is one: for Workers, whose event loop has nothing
   * else to do.
   *
   * Errors: `ESHUTDOWN`, also if the peer ends meanwhile; `ENOMEM`; `EOPNOTSUPP` without a time-out on the TypeScript
   * engine if nothing is ready, as nobody could send while this thread sleeps. A `TypeError` if the time-out is no
   * number from 0 on.
   *
   * @param options `timeout`: how long to wait, in milliseconds; by default for ever.
   * @returns The message, or `null` on time-out.
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
    const timeout = timeoutOf(options);
    const message = this.tryReceive();
    if (message !== null || timeout === 0) return message;
    try {
      return block(this.#table, this.#core, timeout);
    } finally {
      // The wake of those who await may have been spent on this wait.
      this.#waiters.wake();
    }
  }

  /**
   * Receives message after message. The loop ends when the peer is closed, here or from elsewhere, and throws
   * `ESHUTDOWN` if it is handed over. Leaving the loop leaves the peer as it is.
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
    return new Messages(
      () => this.#waiters.ready(),
      () => this.#waiters.wait(undefined),
      () => !this.#table.handedOver,
    );
  }

  /**
   * Hands the peer over: it moves, with all that it owns and all that waits in its queue, to whoever adopts the ticket.
   * This object is of no more use: it throws `ESHUTDOWN`, and its pending receives reject with that. The `data` of its
   * nodes stays behind. If nobody adopts it, it ends with this isolate.
   *
   * Errors: `ESHUTDOWN`.
   *
   * @returns Plain data, which may be posted to a Worker; for {@linkcode Peer.adopt} and {@linkcode Peer.revoke}.
   */
  detach(): Ticket {
    this.#table.settle();
    const answer = this.#core.detach();
    if (typeof answer === "number") throw this.#table.failure(answer, "hand a peer over");
    this.#table.handedOver = true;
    this.#leave();
    return Object.freeze({ engine: this.#engine.name, key: answer });
  }

  /**
   * Ends the peer (`b1_peer_end`, the last `close` of its descriptor): its nodes and handles are released, what waits
   * in its queue is discarded, its pending receives reject with `ESHUTDOWN`. Nothing, if it has ended or was handed
   * over.
   */
  close(): void {
    if (this.#table.handedOver) return;
    this.#table.settle();
    aboutToClose();
    this.#core.end();
    this.#leave();
  }

  /** Ends the peer: {@linkcode Peer.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #leave(): void {
    this.#table.writers?.fail(() => this.#table.failure(-ERRNO.ESHUTDOWN, "wait to send"));
    this.#waiters.fail(() => this.#table.failure(-ERRNO.ESHUTDOWN, "receive"));
    this.#table.clear();
  }

  /** `other` must be a peer that can meet this one. */
  #meet(other: Peer, doing: string): void {
    if (typeof other !== "object" || other === null || !(#core in other)) {
      throw new TypeError(`${doing}: expected a Peer, not ${nameOf(other)}`);
    }
    if (other.#engine === this.#engine) return;
    for (const peer of [this, other]) {
      const answer = peer.#core.kind(0);
      if (answer === -ERRNO.ESHUTDOWN) throw this.#table.failureWith(other, answer, doing);
    }
    const [here, there] = [this.engine, other.engine];
    throw new BusError("EOPNOTSUPP", doing, `this peer is on the engine ${here}, and the other one on ${there}`);
  }
}
