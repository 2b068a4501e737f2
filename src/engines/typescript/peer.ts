/**
 * A peer: the table of what it owns, and the one queue that all its nodes share.
 *
 * Everything happens in one isolate, one call after the other, and that alone keeps the rules of SPEC section 4:
 * a transaction pushes all its parts before anyone can look, and a queue keeps the order of the pushes. What is
 * left to do is the *order of the parts* within a transaction, and to drop at the front of the queue what can no
 * longer be delivered (SPEC section 5).
 *
 * A part of a queue is one of
 *
 * - a {@linkcode Message}: that message;
 * - a {@linkcode Handle}: its node is gone (`NODE_RELEASE`);
 * - a {@linkcode Node}, or {@linkcode Unheard}: one of its handles was released (`HANDLE_RELEASE`).
 *
 * @module
 */

import { ERRNO, NOBODY } from "../../port/abi.ts";
import type { Id, LiveCounts, ReceiveSink } from "../../port/engine.ts";
import type { Actor, Trace, User } from "./acct.ts";
import { Handle, Unheard } from "./handle.ts";
import { Message } from "./message.ts";
import { Node } from "./node.ts";
import { Pool } from "./pool.ts";
import { Queue } from "./queue.ts";
import type { Room } from "./queue_limit.ts";
import type { Transaction } from "./transaction.ts";

export type Part = Message | Handle | Node | Unheard;

/** For all messages that bring no handles; the sink does not keep it. */
const NO_IDS: Id[] = [];

export class Peer {
  /** What tells it from the other peers of the engine, and what its user calls it: for those who look. */
  readonly number: number;
  readonly name: string | null;
  /** What exists on the whole engine. */
  readonly counts: LiveCounts;
  /** What it owns and has an id; as ids only grow, in the order of creation. */
  readonly objects: Map<Id, Node | Handle> = new Map();
  /** Where the bytes lie that wait for it. */
  readonly pool: Pool = new Pool();
  /** Acts for it; `null`: it is of no user. */
  readonly actor: Actor | null;
  /** The actor's user, for those who receive from it. */
  readonly account: number;
  /** Who pays for what is the peer's; `null`: nobody has to. */
  readonly payer: User | null;
  /** What it lets wait in its queue; `null`: all. */
  readonly room: Room | null;
  /** Transactions that are being put together. */
  readonly transactions: Set<Transaction> = new Set();
  ended = false;

  readonly #queue = new Queue<Part>();
  #nextId: Id = 1;
  /** Who waits for the queue; called once, and never from within the call that woke it. */
  #waiter: (() => void) | null = null;

  constructor(number: number, name: string | null, counts: LiveCounts, actor: Actor | null, room: Room | null) {
    this.number = number;
    this.name = name;
    this.counts = counts;
    this.actor = actor;
    this.account = actor?.user.id ?? NOBODY;
    this.payer = actor === null || actor.user.isUnlimited ? null : actor.user;
    this.room = room;
    counts.peers++;
  }

  /** Charges what becomes this peer's, on behalf of another or of itself; `null`: nobody has to pay. */
  charge(claimant: Peer, objects: number, bytes: number): Trace | null | number {
    return this.payer === null ? null : this.payer.charge(claimant.actor, objects, bytes);
  }

  /** A node is gone: lets those look who wait for room to write to it. */
  wakeWriters(): void {
    this.room?.wakeAll();
    this.payer?.writers?.wake(Infinity);
  }

  /** Makes a node here and a handle to it on `other`. */
  newNode(other: Peer, name: string | null): { node: Node; handle: Handle } | number {
    const forNode = this.charge(this, 1, 0);
    if (typeof forNode === "number") return forNode;
    const forHandle = other.charge(other, 1, 0);
    if (typeof forHandle === "number") {
      forNode?.discharge(0);
      return forHandle;
    }
    const node = new Node(this, forNode, name);
    return { node, handle: other.#give(node, forHandle) };
  }

  /** What waits in the queue, the oldest first. */
  queued(): Iterable<Part> {
    return this.#queue;
  }

  /** Puts an object into the table under the next id. */
  allot(object: Node | Handle): Id {
    const id = this.#nextId;
    this.#nextId = id + 2; // (n << 1) | 1
    this.objects.set(id, object);
    return id;
  }

  /** The live handle of that id. */
  handle(id: Id): Handle | null {
    const object = this.objects.get(id);
    return object instanceof Handle ? object : null;
  }

  /** Makes a handle here to a node. */
  newHandle(node: Node): Handle | number {
    const charged = this.charge(this, 1, 0);
    return typeof charged === "number" ? charged : this.#give(node, charged);
  }

  /** A handle that its owner has at once, as creating and copying make them. */
  #give(node: Node, charged: Trace | null): Handle {
    const handle = new Handle(this, node);
    handle.charged = charged;
    handle.id = this.allot(handle);
    handle.goLive();
    handle.notifyLate();
    return handle;
  }

  /** Adds a part to the queue. A peer that has ended hears nothing. */
  push(part: Part): void {
    if (this.ended) {
      if (part instanceof Unheard) part.hear();
      return;
    }
    this.#queue.push(part);
    this.wake();
  }

  wait(waiter: () => void): void {
    this.#waiter = waiter;
  }

  stopWaiting(): void {
    this.#waiter = null;
  }

  /** Lets whoever waits look. */
  wake(): void {
    if (this.#waiter === null) return;
    queueMicrotask(this.#waiter);
    this.#waiter = null;
  }

  /** Delivers up to `limit` messages, dropping on the way what can no longer be delivered. */
  receive(limit: number, sink: ReceiveSink): number {
    let received = 0;
    while (received < limit) {
      const part = this.#queue.front();
      if (part === undefined) break;
      if (part instanceof Message) {
        if (part.node.released) {
          this.#queue.shift();
          part.discard();
          continue;
        }
        if (!part.takeBytes()) return received > 0 ? received : -ERRNO.ENOMEM;
        this.#queue.shift();
        this.#deliver(part, sink);
      } else {
        this.#queue.shift();
        const object = part instanceof Unheard ? part.node : part;
        // Not if it was released by the receiver, meanwhile; nor if this is not the last handle.
        const isTold = !object.released && object.receiveRelease();
        if (part instanceof Unheard) part.hear();
        if (!isTold) continue;
        if (object instanceof Handle) sink.nodeRelease(object.id);
        else sink.handleRelease(object.id);
      }
      received++;
    }
    return received;
  }

  #deliver(message: Message, sink: ReceiveSink): void {
    const { node, chunk, start, end, handles, account } = message;
    message.leave();
    let ids = NO_IDS;
    if (handles.length > 0) {
      ids = handles.map((handle) => handle.id = this.allot(handle));
      for (const handle of handles) handle.notifyLate();
    }
    sink.message(node.id, chunk, start, end, ids, account);
  }

  /** Releases all that is here, as one transaction. */
  end(): void {
    if (this.ended) return;
    this.dropTransactions();
    this.ended = true; // the queue is sealed
    this.counts.peers--;

    const messages: Message[] = [];
    const handles: Handle[] = [];
    for (let part = this.#queue.shift(); part !== undefined; part = this.#queue.shift()) {
      if (part instanceof Unheard) part.hear();
      if (!(part instanceof Message)) continue;
      messages.push(part);
      for (const handle of part.handles) handles.push(handle);
    }
    const nodes: Node[] = [];
    for (const object of this.objects.values()) {
      if (object instanceof Node) nodes.push(object);
      else handles.push(object);
    }
    for (const node of nodes) node.release();
    for (const handle of handles) handle.release();
    for (const message of messages) message.leave();
    this.pool.clear();
    this.actor?.leave();
    this.wakeWriters();
    this.wake();
  }

  /** What is being put together comes to nothing. */
  dropTransactions(): void {
    for (const transaction of this.transactions) transaction.drop();
  }
}
