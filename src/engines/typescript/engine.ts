/**
 * The TypeScript engine: the bus in plain TypeScript, for the peers of one isolate. It needs no permission and no
 * runtime's own interface, and runs in a browser as in a server.
 *
 * This file is the port ({@linkcode Engine}) and nothing else; the bus is in the files beside it, which use no ids but
 * to look objects up. {@linkcode Port} stands between a peer and its holder, so that a peer can be handed over: the
 * old port then leads to a peer that has ended, and gives its answers.
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
  NODE,
  type OpenOptions,
  type ReceiveSink,
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
import { Room } from "./queue_limit.ts";
import { Tickets } from "./tickets.ts";
import { sendOne, Transaction } from "./transaction.ts";
import { Writers } from "./room_waiters.ts";

/** Opens the engine. Each call makes one of its own; an isolate needs one. */
export function openTypeScript(): Engine {
  return new TypeScriptEngine();
}

class TypeScriptEngine implements Engine {
  readonly name = "typescript";
  readonly tickets: Tickets = new Tickets();
  readonly #counts = noCounts();
  readonly #acct = new Acct();
  #opened = 0;

  open(wake: () => void, { account, maxQueued, name = null }: OpenOptions = {}): EnginePeer | number {
    let actor: Actor | null = null;
    if (account !== undefined) {
      const answer = this.#acct.actor(account);
      if (typeof answer === "number") return answer;
      actor = answer;
    }
    const room = maxQueued === undefined ? null : new Room(maxQueued);
    return new Port(this, new Peer(++this.#opened, name, this.#counts, actor, room), wake);
  }

  adopt(ticket: Ticket, wake: () => void): EnginePeer | number {
    const peer = this.tickets.redeem(ticket.key);
    return typeof peer === "number" ? peer : new Port(this, peer, wake);
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
    for (const port of own) roots.add(peerOf(port)!);
    return connected(roots).map(inspectPeer);
  }
}

class Port implements EnginePeer {
  /** Of {@linkcode waitSync}: the facade asks for nothing else that cannot be done here. */
  readonly refusal = "nobody could send on this engine while this thread sleeps";
  readonly #engine: TypeScriptEngine;
  readonly #wake: () => void;
  #peer: Peer;

  constructor(engine: TypeScriptEngine, peer: Peer, wake: () => void) {
    this.#engine = engine;
    this.#peer = peer;
    this.#wake = wake;
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
    return new TransactionPort(this, this.#peer, transaction);
  }

  kind(id: Id): number {
    if (this.#peer.ended) return -ERRNO.ESHUTDOWN;
    const object = this.#peer.objects.get(id);
    if (object === undefined) return -ERRNO.EBADRQC;
    return object instanceof Handle ? HANDLE : NODE;
  }

  receive(limit: number, sink: ReceiveSink): number {
    return this.#peer.ended ? -ERRNO.ESHUTDOWN : this.#peer.receive(limit, sink);
  }

  arm(): number {
    if (this.#peer.ended) return -ERRNO.ESHUTDOWN;
    this.#peer.wait(this.#wake);
    return 0;
  }

  writable(to: Id, length: number): number {
    if (this.#peer.ended) return -ERRNO.ESHUTDOWN;
    const handle = this.#peer.handle(to);
    if (handle === null) return -ERRNO.EBADRQC;
    const { node } = handle;
    const answer = node.released ? 1 : this.#hasRoom(node.owner, length);
    if (answer === 0) this.#peer.wait(this.#wake);
    return answer;
  }

  #hasRoom({ room, payer }: Peer, length: number): number {
    const inQueue = room === null ? 1 : room.has(length, this.#peer);
    if (inQueue <= 0 || payer === null) return inQueue;
    const granted = payer.grants(this.#peer.actor, length);
    if (granted === 0) (payer.writers ??= new Writers()).add(this.#peer, 0);
    return granted;
  }

  disarm(): void {
    this.#peer.stopWaiting();
  }

  waitSync(slice: number, remaining: number): number {
    if (this.#peer.ended) return -ERRNO.ESHUTDOWN;
    // Whoever could send sleeps with us: this isolate is all there is.
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
    this.#peer = handedOver();
    return key;
  }

  end(): void {
    this.#engine.end(this.#peer);
  }

  static peerOf(port: EnginePeer): Peer | null {
    return typeof port === "object" && port !== null && #peer in port ? port.#peer : null;
  }
}

const peerOf = Port.peerOf;

/** A transaction of a peer, for as long as that peer is behind this port. */
class TransactionPort implements EngineTransaction {
  readonly #port: Port;
  readonly #peer: Peer;
  #transaction: Transaction | null;

  constructor(port: Port, peer: Peer, transaction: Transaction) {
    this.#port = port;
    this.#peer = peer;
    this.#transaction = transaction;
  }

  send(to: readonly Id[], data: Uint8Array, length: number, handles: readonly Id[]): number {
    if (this.#transaction === null) return -ERRNO.EINVAL;
    if (peerOf(this.#port) !== this.#peer) return -ERRNO.ESHUTDOWN;
    return this.#transaction.send(to, exactly(data, length), handles);
  }

  release(ids: readonly Id[]): number {
    if (this.#transaction === null) return -ERRNO.EINVAL;
    return peerOf(this.#port) === this.#peer ? this.#transaction.release(ids) : -ERRNO.ESHUTDOWN;
  }

  commit(): number {
    const transaction = this.#transaction;
    if (transaction === null) return -ERRNO.EINVAL;
    this.#transaction = null;
    return peerOf(this.#port) === this.#peer ? transaction.commit() : -ERRNO.ESHUTDOWN;
  }

  abort(): void {
    this.#transaction?.drop();
    this.#transaction = null;
  }
}

function noCounts(): LiveCounts {
  return { peers: 0, nodes: 0, handles: 0, messages: 0, bytes: 0 };
}

/** What the port of a peer that was handed over leads to: a peer that has ended, and was never counted. */
function handedOver(): Peer {
  const peer = new Peer(0, null, noCounts(), null, null);
  peer.end();
  return peer;
}

/** Blocks this thread, where that is allowed: not in the main thread of a browser. */
function sleep(milliseconds: number): void {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  } catch {
    // The caller looks at the clock, and comes again.
  }
}
