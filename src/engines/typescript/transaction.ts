/**
 * A transaction (`b1_op`): messages, node releases and handle releases that happen as one.
 *
 * A failure happens while something is added, or in the check at the start of {@linkcode Transaction.commit}. When a message
 * is added, its bytes and handles are copied and charged, and its room is reserved; they count nowhere until the commit.
 * After the check, nothing can fail.
 *
 * @module
 */

import { ERRNO, MAX_DATA } from "../../port/abi.ts";
import { ownCopy } from "../../port/bytes.ts";
import type { Id } from "../../port/engine.ts";
import { Handle } from "./handle.ts";
import { Message, NO_HANDLES, type Share } from "./message.ts";
import type { Node } from "./node.ts";
import type { Peer } from "./peer.ts";
import { POOLED } from "./pool.ts";

export class Transaction {
  readonly #peer: Peer;
  readonly #messages: Message[] = [];
  readonly #nodes: Node[] = [];
  readonly #handles: Handle[] = [];
  /** Handles that the messages use, as destination or as source of a copy. */
  readonly #used: Handle[] = [];
  /** The bytes of all messages; those of a multicast count once. */
  #bytes = 0;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  send(to: readonly Id[], data: Uint8Array, handles: readonly Id[]): number {
    if (this.#peer.ended) return -ERRNO.ESHUTDOWN;
    if (data.length > MAX_DATA) return -ERRNO.EMSGSIZE;
    const destinations = this.#find(to);
    const sources = this.#find(handles);
    if (destinations === null || sources === null) return -ERRNO.EBADRQC;
    const [first] = destinations;
    if (first === undefined) return 0;

    let chunk: Uint8Array<ArrayBuffer>;
    let start = 0;
    let share: Share | null = null;
    if (destinations.length === 1 && data.length <= POOLED) {
      const pool = first.node.owner.pool;
      start = pool.store(data);
      chunk = pool.chunk;
    } else {
      const copy = ownCopy(data);
      if (copy === null) return -ERRNO.ENOMEM;
      chunk = copy;
      if (destinations.length > 1) share = { holders: destinations.length };
    }
    const before = this.#messages.length;
    for (const { node } of destinations) {
      const copies = sources.length === 0 ? NO_HANDLES : sources.map((source) => new Handle(node.owner, source.node));
      const message = new Message(this.#peer.account, node, chunk, start, start + data.length, share, copies);
      const answer = admit(message, this.#peer);
      if (answer < 0) {
        for (const added of this.#messages.splice(before)) added.drop();
        return answer;
      }
      this.#messages.push(message);
    }
    this.#bytes += data.length;
    for (const handle of destinations) this.#used.push(handle);
    for (const handle of sources) this.#used.push(handle);
    return 0;
  }

  release(ids: readonly Id[]): number {
    if (this.#peer.ended) return -ERRNO.ESHUTDOWN;
    const objects: (Node | Handle)[] = [];
    for (const id of ids) {
      const object = this.#peer.objects.get(id);
      if (object === undefined) return -ERRNO.EBADRQC;
      objects.push(object);
    }
    for (const object of objects) {
      if (object instanceof Handle) this.#handles.push(object);
      else this.#nodes.push(object);
    }
    return 0;
  }

  commit(): number {
    this.#peer.transactions.delete(this);
    if (this.#peer.ended) return -ERRNO.ESHUTDOWN;
    const isReleased = (object: Handle | Node) => object.released;
    if (this.#used.some(isReleased) || this.#nodes.some(isReleased) || this.#handles.some(isReleased)) {
      this.drop();
      return -ERRNO.EBADRQC;
    }

    const { counts } = this.#peer;
    counts.messages += this.#messages.length;
    counts.bytes += this.#bytes;
    for (const message of this.#messages) {
      for (const handle of message.handles) handle.goLive();
    }

    for (const message of this.#messages) message.node.owner.push(message);
    for (const node of this.#nodes) node.release();
    for (const handle of this.#handles) handle.release();

    // These have no receiver any more. Discarding each is a transaction of its own, after this one.
    for (const message of this.#messages) if (message.node.owner.ended) message.discard();
    if (this.#nodes.length > 0) this.#peer.wakeRoomWaiters();
    return 0;
  }

  /** Drops the transaction: nothing has happened. */
  drop(): void {
    this.#peer.transactions.delete(this);
    for (const message of this.#messages.splice(0)) message.drop();
  }

  /** Finds the live handles of these ids; `null` if one is not. */
  #find(ids: readonly Id[]): Handle[] | null {
    const handles: Handle[] = [];
    for (const id of ids) {
      const handle = this.#peer.handle(id);
      if (handle === null) return null;
      handles.push(handle);
    }
    return handles;
  }
}

/** Charges a message and its handles, and reserves its room. On failure returns an errno, and has changed nothing. */
function admit(message: Message, from: Peer): number {
  const { owner } = message.node;
  if (owner.ended) return 0; // the message is discarded: it costs nothing
  const bytes = message.end - message.start;
  const charged = owner.charge(from, 1 + message.handles.length, bytes);
  if (typeof charged === "number") return charged;
  message.charged = charged;
  for (const handle of message.handles) handle.charged = charged;
  if (owner.queueLimit === null) return 0;
  if (!owner.queueLimit.reserve(bytes)) {
    message.drop();
    return -ERRNO.EDQUOT;
  }
  message.reserved = owner.queueLimit;
  return 0;
}

/** Sends one message to one receiver, without handles: the fast path of such a transaction. */
export function sendOne(peer: Peer, to: Id, data: Uint8Array): number {
  if (peer.ended) return -ERRNO.ESHUTDOWN;
  const handle = peer.handle(to);
  if (handle === null) return -ERRNO.EBADRQC;
  const length = data.length;
  if (length > MAX_DATA) return -ERRNO.EMSGSIZE;
  const { node } = handle;
  const receiver = node.owner;
  if (receiver.ended) return 0;

  let message: Message;
  if (length <= POOLED) {
    const start = receiver.pool.store(data);
    message = new Message(peer.account, node, receiver.pool.chunk, start, start + length, null, NO_HANDLES);
  } else {
    const copy = ownCopy(data);
    if (copy === null) return -ERRNO.ENOMEM;
    message = new Message(peer.account, node, copy, 0, length, null, NO_HANDLES);
  }
  if (receiver.payer !== null || receiver.queueLimit !== null) {
    const answer = admit(message, peer);
    if (answer < 0) return answer;
  }
  peer.counts.messages++;
  peer.counts.bytes += length;
  receiver.push(message);
  return 0;
}
