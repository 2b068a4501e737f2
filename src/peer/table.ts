/**
 * The objects of one peer: one object for one id, for as long as that id lives. A peer that was adopted knows only ids
 * at first, and its objects are made when they are first asked for.
 *
 * It also takes what the engine delivers, because that is where ids become objects, and puts failures into words,
 * because that is where objects became ids.
 *
 * @module
 */

import { ERRNO } from "../port/abi.ts";
import { type Cursor, settleCursor } from "./cursor.ts";
import type { Engine, EnginePeer, Id, ReceiveSink } from "../port/engine.ts";
import { BusError, busError, nameOf, quote } from "../port/errors.ts";
import { type Handle, isHandle, newHandle } from "./handle.ts";
import { HandleRelease, type Message, NodeRelease, UserMessage } from "./message.ts";
import { newNode, type Node } from "./node.ts";
import type { Peer } from "./peer.ts";
import { enlist } from "./looking/open_peers.ts";
import type { Shown } from "./looking/printing.ts";
import { Turn } from "./waiting/event_loop.ts";
import type { Writers } from "./waiting/senders.ts";

export class Table implements ReceiveSink {
  /** Whether the peer was handed over: it lives, but not here. */
  handedOver = false;
  /** The cursor that is ahead of its reader, if one is. */
  cursor: Cursor | null = null;
  /** Those who wait to send, if ever anybody did. */
  writers: Writers | null = null;
  readonly turn: Turn = new Turn();
  /** What the peer is called. */
  readonly name: string | null;

  readonly #peer: Peer;
  readonly #core: EnginePeer;
  readonly #objects = new Map<Id, Node | Handle>();
  /** The node at which the last message arrived: mostly the next one does, too, and a look at the map costs more. */
  #last: Node | null = null;
  #lastId: Id = 0;
  /** What was refused through a handle for want of room: so much whoever waits there waits for. */
  #refused: Map<Id, number> | null = null;
  /** Takes the peer off the list of those that this isolate has open. */
  #delist: (() => void) | null = null;
  #number = 0;
  #one: Message | null = null;
  #all: Message[] | null = null;

  constructor(peer: Peer, core: EnginePeer, name: string | null) {
    this.#peer = peer;
    this.#core = core;
    this.name = name;
  }

  // Ids to objects. The caller knows that the id is alive and what it is.

  addNode(id: Id, data: unknown, name: string | null): Node {
    const node = newNode(this.#peer, id, data, name);
    this.#objects.set(id, node);
    return node;
  }

  addHandle(id: Id): Handle {
    const handle = newHandle(this.#peer, id);
    this.#objects.set(id, handle);
    return handle;
  }

  node(id: Id): Node {
    return this.#objects.get(id) as Node | undefined ?? this.addNode(id, undefined, this.#core.nameOf(id));
  }

  handle(id: Id): Handle {
    return this.#objects.get(id) as Handle | undefined ?? this.addHandle(id);
  }

  forget(id: Id): void {
    this.#objects.delete(id);
    if (id === this.#lastId) this.#forgetLast();
    this.#refused?.delete(id);
    this.writers?.gone(id);
  }

  clear(): void {
    this.#objects.clear();
    this.#forgetLast();
    this.#delist?.();
  }

  #forgetLast(): void {
    this.#last = null;
    this.#lastId = 0;
  }

  // What the engine delivers.

  /** Receives one message, for {@linkcode taken} to give out; answers what the engine answers. */
  takeOne(): number {
    this.settle();
    return this.#core.receive(1, this);
  }

  /** What {@linkcode takeOne} received, once. */
  taken(): Message {
    const message = this.#one as Message;
    this.#one = null;
    return message;
  }

  /** Receives the next message, if there is one. */
  tryReceive(): Message | null {
    const answer = this.takeOne();
    if (answer > 0) return this.taken();
    if (answer === 0) return null;
    throw this.failure(answer, "receive");
  }

  /** Receives up to `limit` messages to the end of `into`; answers what the engine answers. */
  takeMany(limit: number, into: Message[]): number {
    this.settle();
    this.#all = into;
    const answer = this.#core.receive(limit, this);
    this.#all = null;
    return answer;
  }

  message(
    node: Id,
    chunk: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    ids: readonly Id[],
    account: number,
  ): void {
    let handles: Handle[] | null = null;
    if (ids.length > 0) {
      handles = [];
      for (let i = 0; i < ids.length; i++) handles.push(this.addHandle(ids[i]));
    }
    if (node !== this.#lastId) {
      this.#last = this.node(node);
      this.#lastId = node;
    }
    this.#deliver(new UserMessage(this.#last!, chunk, start, end, handles, account));
  }

  nodeRelease(id: Id): void {
    this.#deliver(new NodeRelease(this.goneHandle(id)));
  }

  handleRelease(id: Id): void {
    this.#deliver(new HandleRelease(this.goneNode(id)));
  }

  /** The handle whose node is gone, for the last time. */
  goneHandle(id: Id): Handle {
    const handle = this.handle(id);
    this.forget(id);
    return handle;
  }

  /** The node whose last handle is gone, for the last time. */
  goneNode(id: Id): Node {
    const node = this.node(id);
    this.forget(id);
    return node;
  }

  /** Before anything is done that a cursor which is ahead could miss. */
  settle(): void {
    if (this.cursor !== null) settleCursor(this.cursor);
  }

  #deliver(message: Message): void {
    if (this.#all === null) this.#one = message;
    else this.#all.push(message);
  }

  // For those who look.

  /** The peer is there; `core`: the engine's, without a trace. */
  enter(engine: Engine, core: EnginePeer): void {
    this.#delist = enlist({ engine, core, settle: () => this.settle() });
  }

  /** `Peer "server"`, or by its number `Peer 2`. */
  title(): string {
    if (this.name !== null) return `Peer ${quote(this.name)}`;
    const totals = this.#number === 0 ? this.#core.totals() : 0;
    if (typeof totals !== "number") this.#number = totals.number;
    return this.#number === 0 ? "Peer" : `Peer ${this.#number}`;
  }

  /** How the peer prints. */
  shown(): Shown {
    const { engine } = this.#peer;
    if (this.handedOver) return [this.title(), { engine, handedOver: true }];
    this.settle();
    const totals = this.#core.totals();
    if (typeof totals === "number") return [this.title(), { engine, ended: totals === -ERRNO.ESHUTDOWN }];
    const { nodes, handles, queued } = totals;
    return [this.title(), { engine, nodes, handles, ...(queued === null ? {} : { queued: queued.messages }) }];
  }

  // What callers pass.

  /** What a bigint names on this peer; fails for what is no such object. */
  known(id: bigint, kind: number, noun: string): Id {
    if (typeof id !== "bigint") throw new TypeError(`look for a ${noun}: the id must be a bigint, not ${nameOf(id)}`);
    // An id beyond what a number can hold is nobody's.
    const number = id > 0n && id <= Number.MAX_SAFE_INTEGER ? Number(id) : 0;
    const answer = this.#core.kind(number);
    if (answer === kind) return number;
    throw this.failure(answer < 0 ? answer : -ERRNO.EBADRQC, `look for ${noun} ${id}`);
  }

  // Failures, in words.

  /** The failure of a call between this peer and another: says which of the two has ended. */
  failureWith(other: Peer, answer: number, doing: string, named: readonly Handle[] = []): BusError {
    if (answer === -ERRNO.ESHUTDOWN && other !== this.#peer && this.#core.kind(0) !== answer) {
      return new BusError("ESHUTDOWN", doing, "the peer it is for has ended or was handed over");
    }
    return this.failure(answer, doing, named);
  }

  /** The failure of sending `length` bytes through handles; what had no room is remembered. */
  notSent(
    answer: number,
    doing: string,
    to: readonly Id[],
    length: number,
    named: readonly (Handle | Node)[],
  ): BusError {
    if (answer === -ERRNO.EDQUOT) {
      this.#refused ??= new Map();
      for (const id of to) this.#refused.set(id, length);
      return busError(answer, doing, "the receiver's queue is full, or its user's account does not allow for more");
    }
    return this.failure(answer, doing, named);
  }

  /** How much was refused last, for whoever waits to send it; 0 if nothing was. */
  takeRefused(id: Id): number {
    const length = this.#refused?.get(id) ?? 0;
    this.#refused?.delete(id);
    return length;
  }

  /**
   * The error for a negative answer of the engine. `named` are the objects that the call was about: the first that is
   * not alive here is the one to name.
   */
  failure(answer: number, doing: string, named: readonly (Handle | Node)[] = []): BusError {
    if (answer === -ERRNO.ESHUTDOWN) {
      const name = this.name === null ? "" : ` ${quote(this.name)}`;
      return new BusError("ESHUTDOWN", doing, `the peer${name} ${this.handedOver ? "was handed over" : "has ended"}`);
    }
    if (answer === -ERRNO.EOPNOTSUPP) return busError(answer, doing, this.#core.refusal);
    if (answer !== -ERRNO.EBADRQC) return busError(answer, doing);
    for (const object of named) {
      const name = describe(object);
      if (object.peer === this.#peer) {
        if (this.#core.kind(Number(object.id)) < 0) return busError(answer, doing, `${name} is not alive on this peer`);
      } else if (object.peer.engine === this.#peer.engine) {
        return busError(answer, doing, `${name} is another peer's`);
      } else {
        return new BusError("EOPNOTSUPP", doing, `${name} is on another engine, ${object.peer.engine}`);
      }
    }
    return busError(answer, doing);
  }
}

/** `"handle 5"`, `"node 7"`, or with the names that there are: `'handle 5 of "client"'`, `'node 7 "files"'`. */
export function describe(object: Handle | Node): string {
  if (!isHandle(object)) return `node ${object.id}${object.name === null ? "" : ` ${quote(object.name)}`}`;
  const { name } = object.peer;
  return `handle ${object.id}${name === null ? "" : ` of ${quote(name)}`}`;
}

/** `"handle 5"`, `"handle 5, node 7 and 3 more"`. */
export function describeAll(objects: readonly (Handle | Node)[]): string {
  const names = objects.slice(0, 3).map(describe).join(", ");
  return objects.length > 3 ? `${names} and ${objects.length - 3} more` : names || "nothing";
}
