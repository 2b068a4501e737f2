/**
 * The TypeScript engine: the bus in plain TypeScript, for the peers of one isolate. It needs no permission and no
 * runtime's own interface, and runs in a browser as in a server.
 *
 * This file implements the port ({@linkcode Engine}) and nothing else; the bus is in the files beside it, which use ids only
 * to find objects. {@linkcode TypeScriptPeer} stands between a peer and its owner, so that a peer can be detached: the old
 * owner's object then leads to a peer that has ended.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import {
  type Engine,
  type EnginePeer,
  type EngineTransaction,
  HANDLE,
  type Id,
  type LiveCounts,
  type MessageFactory,
  NODE,
  type OpenOptions,
  type Ticket,
  type Totals,
} from "../../port/engine.ts";
import type { PeerSnapshot } from "../../port/snapshot.ts";
import { exactly } from "../../port/bytes.ts";
import { Acct, type Actor } from "./acct.ts";
import { Handle } from "./handle.ts";
import { connected, inspectPeer, totalsOf } from "./inspect.ts";
import { Node } from "./node.ts";
import { Peer } from "./peer.ts";
import { QueueLimit } from "./queue_limit.ts";
import { Tickets } from "./tickets.ts";
import { sendOne, Transaction } from "./transaction.ts";
import { RoomWaiters } from "./room_waiters.ts";

/** Makes an engine. Each call makes a bus of its own; an isolate needs one. */
export function openTypeScript(): Engine {
  return new TypeScriptEngine();
}

class TypeScriptEngine implements Engine {
  readonly name = "typescript";
  readonly tickets: Tickets = new Tickets();
  readonly #counts = noCounts();
  readonly #acct = new Acct();
  #opened = 0;

  open({ account, maxQueued, name = null }: OpenOptions = {}): EnginePeer | number {
    let actor: Actor | null = null;
    if (account !== undefined) {
      const answer = this.#acct.actor(account);
      if (typeof answer === "number") return answer;
      actor = answer;
    }
    const limit = maxQueued === undefined ? null : new QueueLimit(maxQueued);
    return new TypeScriptPeer(this, new Peer(++this.#opened, name, this.#counts, actor, limit));
  }

  adopt(ticket: Ticket): EnginePeer | number {
    const peer = this.tickets.redeem(ticket.key);
    return typeof peer === "number" ? peer : new TypeScriptPeer(this, peer);
  }

  revoke(ticket: Ticket): number {
    const peer = this.tickets.find(ticket.key);
    if (typeof peer === "number") return peer;
    if (peer !== null) this.end(peer);
    return 0;
  }

  end(peer: Peer): void {
    this.tickets.forget(peer);
    peer.end();
  }

  liveCounts(): LiveCounts {
    return { ...this.#counts };
  }

  inspect(own: readonly EnginePeer[]): PeerSnapshot[] {
    const roots = new Set<Peer>(this.tickets.peers());
    for (const it of own) {
      const peer = peerOf(it);
      if (peer !== null) roots.add(peer);
    }
    return connected(roots).map(inspectPeer);
  }
}

class TypeScriptPeer implements EnginePeer {
  /** The reason of {@linkcode waitSync}: every other refusal has its reason in the facade. */
  readonly refusal = "no peer could send on this engine while this thread sleeps";
  readonly #engine: TypeScriptEngine;
  #peer: Peer;

  constructor(engine: TypeScriptEngine, peer: Peer) {
    this.#engine = engine;
    this.#peer = peer;
  }

  get ended(): boolean {
    return this.#peer.ended;
  }

  descriptor(): number {
    return this.#peer.ended ? -ERRNO.ESHUTDOWN : -ERRNO.EOPNOTSUPP;
  }

  createNode(other: EnginePeer, out: Id[], name: string | null = null): number {
    const receiver = peerOf(other);
    if (receiver === null) return -ERRNO.EOPNOTSUPP;
    if (this.#peer.ended || receiver.ended) return -ERRNO.ESHUTDOWN;
    const made = this.#peer.newNode(receiver, name);
    if (typeof made === "number") return made;
    out[0] = made.node.id;
    out[1] = made.handle.id;
    return 0;
  }

  copy(handle: Id, other: EnginePeer): number {
    const receiver = peerOf(other);
    if (receiver === null) return -ERRNO.EOPNOTSUPP;
    if (this.#peer.ended || receiver.ended) return -ERRNO.ESHUTDOWN;
    const source = this.#peer.handle(handle);
    if (source === null) return -ERRNO.EBADRQC;
    const made = receiver.newHandle(source.node);
    return typeof made === "number" ? made : made.id;
  }

  send(to: Id, data: Uint8Array, length: number): number {
    return sendOne(this.#peer, to, exactly(data, length));
  }

  sendMany(to: readonly Id[], data: Uint8Array, length: number, handles: readonly Id[]): number {
    const transaction = new Transaction(this.#peer);
    const result = transaction.send(to, exactly(data, length), handles);
    return result < 0 ? result : transaction.commit();
  }

  release(ids: readonly Id[]): number {
    const transaction = new Transaction(this.#peer);
    const result = transaction.release(ids);
    return result < 0 ? result : transaction.commit();
  }

  transaction(): EngineTransaction | number {
    if (this.#peer.ended) return -ERRNO.ESHUTDOWN;
    const transaction = new Transaction(this.#peer);
    this.#peer.transactions.add(transaction);
    return new TypeScriptTransaction(this, this.#peer, transaction);
  }

  kind(id: Id): number {
    if (this.#peer.ended) return -ERRNO.ESHUTDOWN;
    const object = this.#peer.objects.get(id);
    if (object === undefined) return -ERRNO.EBADRQC;
    return object instanceof Handle ? HANDLE : NODE;
  }

  receive<M>(factory: MessageFactory<M>): M | number {
    return this.#peer.ended ? -ERRNO.ESHUTDOWN : this.#peer.receive(factory);
  }

  receiveMany<M>(limit: number, factory: MessageFactory<M>, into: M[]): number {
    if (this.#peer.ended) return -ERRNO.ESHUTDOWN;
    for (let received = 0; received < limit; received++) {
      const message = this.#peer.receive(factory);
      if (typeof message === "number") return received > 0 ? received : message;
      into.push(message);
    }
    return limit;
  }

  arm(wake: () => void): number {
    if (this.#peer.ended) return -ERRNO.ESHUTDOWN;
    this.#peer.wait(wake);
    return 0;
  }

  writable(to: Id, length: number, wake: () => void): number {
    if (this.#peer.ended) return -ERRNO.ESHUTDOWN;
    const handle = this.#peer.handle(to);
    if (handle === null) return -ERRNO.EBADRQC;
    const { node } = handle;
    const answer = node.released ? 1 : this.#hasRoom(node.owner, length);
    if (answer === 0) this.#peer.wait(wake);
    return answer;
  }

  #hasRoom({ queueLimit, payer }: Peer, length: number): number {
    const inQueue = queueLimit === null ? 1 : queueLimit.has(length, this.#peer);
    if (inQueue <= 0 || payer === null) return inQueue;
    const granted = payer.grants(this.#peer.actor, length);
    if (granted === 0) (payer.roomWaiters ??= new RoomWaiters()).add(this.#peer, 0);
    return granted;
  }

  disarm(): void {
    this.#peer.stopWaiting();
  }

  waitSync(slice: number, remaining: number): number {
    if (this.#peer.ended) return -ERRNO.ESHUTDOWN;
    // Every peer of this engine is in this isolate, and would sleep too.
    if (remaining === Infinity) return -ERRNO.EOPNOTSUPP;
    sleep(slice);
    return 0;
  }

  nameOf(id: Id): string | null {
    const object = this.#peer.objects.get(id);
    return object instanceof Node ? object.name : null;
  }

  totals(): Totals | number {
    return this.#peer.ended ? -ERRNO.ESHUTDOWN : totalsOf(this.#peer);
  }

  inspect(): PeerSnapshot | number {
    return this.#peer.ended ? -ERRNO.ESHUTDOWN : inspectPeer(this.#peer);
  }

  detach(): string | number {
    if (this.#peer.ended) return -ERRNO.ESHUTDOWN;
    this.#peer.dropTransactions();
    const key = this.#engine.tickets.issue(this.#peer);
    this.#peer.stopWaiting();
    this.#peer = endedPeer();
    return key;
  }

  end(): void {
    this.#engine.end(this.#peer);
  }

  static peerOf(it: EnginePeer): Peer | null {
    return typeof it === "object" && it !== null && #peer in it ? it.#peer : null;
  }
}

const peerOf = TypeScriptPeer.peerOf;

/** A transaction of a peer, until that peer is detached. */
class TypeScriptTransaction implements EngineTransaction {
  readonly #owner: TypeScriptPeer;
  readonly #peer: Peer;
  #transaction: Transaction | null;

  constructor(owner: TypeScriptPeer, peer: Peer, transaction: Transaction) {
    this.#owner = owner;
    this.#peer = peer;
    this.#transaction = transaction;
  }

  send(to: readonly Id[], data: Uint8Array, length: number, handles: readonly Id[]): number {
    if (this.#transaction === null) return -ERRNO.EINVAL;
    if (peerOf(this.#owner) !== this.#peer) return -ERRNO.ESHUTDOWN;
    return this.#transaction.send(to, exactly(data, length), handles);
  }

  release(ids: readonly Id[]): number {
    if (this.#transaction === null) return -ERRNO.EINVAL;
    return peerOf(this.#owner) === this.#peer ? this.#transaction.release(ids) : -ERRNO.ESHUTDOWN;
  }

  commit(): number {
    const transaction = this.#transaction;
    if (transaction === null) return -ERRNO.EINVAL;
    this.#transaction = null;
    return peerOf(this.#owner) === this.#peer ? transaction.commit() : -ERRNO.ESHUTDOWN;
  }

  abort(): void {
    this.#transaction?.drop();
    this.#transaction = null;
  }
}

function noCounts(): LiveCounts {
  return { peers: 0, nodes: 0, handles: 0, messages: 0, bytes: 0 };
}

/** Makes the peer that stands in for one that was detached: it has ended, and was never counted. */
function endedPeer(): Peer {
  const peer = new Peer(0, null, noCounts(), null, null);
  peer.end();
  return peer;
}

/** Blocks this thread, where that is allowed: not in the main thread of a browser. */
function sleep(milliseconds: number): void {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  } catch {
    // The caller checks the clock, and calls again.
  }
}
