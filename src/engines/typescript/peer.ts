/**
 * A peer: the table of what it owns, and the one queue that all its nodes share.
 *
 * Everything happens in one isolate, one call after the other. That alone keeps the rules for order (specification,
 * section 4): a transaction pushes all its parts before any receiver can look, and a queue keeps the order of the
 * pushes. Two tasks remain: to order the parts within a transaction, and to drop parts that can no longer be delivered
 * (specification, section 5).
 *
 * A part of a queue is one of
 *
 * - a {@linkcode Message}: that message;
 * - a {@linkcode Handle}: its node is gone (`NODE_RELEASE`);
 * - a {@linkcode Node}, or {@linkcode DeferredDischarge}: one of its handles was released (`HANDLE_RELEASE`).
 *
 * @module
 */

import { ERRNO, NO_USER } from "../../port/abi.ts";
import type { Id, LiveCounts, MessageFactory } from "../../port/engine.ts";
import type { Actor, Claim, User } from "./acct.ts";
import { DeferredDischarge, Handle } from "./handle.ts";
import { Message } from "./message.ts";
import { Node } from "./node.ts";
import { Pool } from "./pool.ts";
import { Queue } from "./queue.ts";
import type { QueueLimit } from "./queue_limit.ts";
import type { Transaction } from "./transaction.ts";

export type Part = Message | Handle | Node | DeferredDischarge;

/** The ids of all messages without handles; the factory does not keep the array. */
const NO_IDS: Id[] = [];

export class Peer {
  /** A number that no other peer of the engine has or had. */
  readonly number: number;
  /** The name that inspection shows. */
  readonly name: string | null;
  /** The counts of the whole engine. */
  readonly counts: LiveCounts;
  /** The objects that it owns and that have an id, in the order of creation, because ids only grow. */
  readonly objects: Map<Id, Node | Handle> = new Map();
  /** The memory of the small messages in its queue. */
  readonly pool: Pool = new Pool();
  /** The actor of its user; `null` if it has no user. */
  readonly actor: Actor | null;
  /** The id of its user, which its receivers see. */
  readonly account: number;
  /** The user that pays for its objects; `null` if they cost nothing. */
  readonly payer: User | null;
  /** The limit of its queue; `null` if there is none. */
  readonly queueLimit: QueueLimit | null;
  /** The transactions that are not committed. */
  readonly transactions: Set<Transaction> = new Set();
  ended = false;

  readonly #queue = new Queue<Part>();
  #nextId: Id = 1;
  /** The callback that the next wake calls, once, and never from within the call that caused it. */
  #waiter: (() => void) | null = null;

  constructor(
    number: number,
    name: string | null,
    counts: LiveCounts,
    actor: Actor | null,
    queueLimit: QueueLimit | null,
  ) {
    this.number = number;
    this.name = name;
    this.counts = counts;
    this.actor = actor;
    this.account = actor?.user.id ?? NO_USER;
    this.payer = actor === null || actor.user.isUnlimited ? null : actor.user;
    this.queueLimit = queueLimit;
    counts.peers++;
  }

  /**
   * Charges objects that this peer gets, on behalf of another peer or of itself. Returns `null` if they cost nothing.
   */
  charge(claimant: Peer, objects: number, bytes: number): Claim | null | number {
    return this.payer === null ? null : this.payer.charge(claimant.actor, objects, bytes);
  }

  /** Wakes the room waiters, after a node was released or the peer has ended. */
  wakeRoomWaiters(): void {
    this.queueLimit?.wakeAll();
    this.payer?.roomWaiters?.wake(Infinity);
  }

  /** Makes a node on this peer and a handle to it on `other`. */
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

  /** Iterates over the queue, the oldest part first. */
  queued(): Iterable<Part> {
    return this.#queue;
  }

  /** Gives an object the next id. */
  allot(object: Node | Handle): Id {
    const id = this.#nextId;
    this.#nextId = id + 2; // (n << 1) | 1
    this.objects.set(id, object);
    return id;
  }

  /** Returns the live handle with that id; `null` if there is none. */
  handle(id: Id): Handle | null {
    const object = this.objects.get(id);
    return object instanceof Handle ? object : null;
  }

  /** Makes a handle of this peer to a node. */
  newHandle(node: Node): Handle | number {
    const charged = this.charge(this, 1, 0);
    return typeof charged === "number" ? charged : this.#give(node, charged);
  }

  /** Makes a handle that has its id at once. */
  #give(node: Node, charged: Claim | null): Handle {
    const handle = new Handle(this, node);
    handle.charged = charged;
    handle.id = this.allot(handle);
    handle.goLive();
    handle.notifyLate();
    return handle;
  }

  /** Adds a part to the queue. A peer that has ended is not notified. */
  push(part: Part): void {
    if (this.ended) {
      if (part instanceof DeferredDischarge) part.finish();
      return;
    }
    this.#queue.push(part);
    this.wake();
  }

  /** Calls `waiter` once, after the next part is pushed, room is made or the peer ends. */
  wait(waiter: () => void): void {
    this.#waiter = waiter;
  }

  stopWaiting(): void {
    this.#waiter = null;
  }

  /** Calls the waiter in a microtask. */
  wake(): void {
    if (this.#waiter === null) return;
    queueMicrotask(this.#waiter);
    this.#waiter = null;
  }

  /**
   * Delivers the next message, after dropping parts that can no longer be delivered. Returns `0` if nothing is left.
   */
  receive<M>(factory: MessageFactory<M>): M | number {
    for (let part = this.#queue.front(); part !== undefined; part = this.#queue.front()) {
      if (part instanceof Message) {
        if (!part.node.released) return this.#deliver(part, factory);
        this.#queue.shift();
        part.discard();
      } else {
        this.#queue.shift();
        const object = part instanceof DeferredDischarge ? part.node : part;
        // Not delivered if the receiver has released the object meanwhile, or if other handles to the node are left.
        const isDelivered = !object.released && object.receiveRelease();
        if (part instanceof DeferredDischarge) part.finish();
        if (!isDelivered) continue;
        return object instanceof Handle ? factory.nodeRelease(object.id) : factory.handleRelease(object.id);
      }
    }
    return 0;
  }

  #deliver<M>(message: Message, factory: MessageFactory<M>): M | number {
    if (!message.takeBytes()) return -ERRNO.ENOMEM;
    this.#queue.shift();
    const { node, chunk, start, end, handles, account } = message;
    message.leave();
    let ids = NO_IDS;
    if (handles.length > 0) {
      ids = handles.map((handle) => handle.id = this.allot(handle));
      for (const handle of handles) handle.notifyLate();
    }
    return factory.message(node.id, chunk, start, end, ids, account);
  }

  /** Releases everything that the peer has, as one transaction. */
  end(): void {
    if (this.ended) return;
    this.dropTransactions();
    this.ended = true; // the queue is sealed
    this.counts.peers--;

    const messages: Message[] = [];
    const handles: Handle[] = [];
    for (let part = this.#queue.shift(); part !== undefined; part = this.#queue.shift()) {
      if (part instanceof DeferredDischarge) part.finish();
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
    this.wakeRoomWaiters();
    this.wake();
  }

  /** Drops the transactions that are not committed. */
  dropTransactions(): void {
    for (const transaction of this.transactions) transaction.drop();
  }
}
