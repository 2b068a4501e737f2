/**
 * The port: what an engine is to the facade.
 *
 * The facade (src/peer) knows classes, options and words; an engine knows ids and bytes. Rules that every engine keeps:
 *
 * - An {@linkcode Id} is meaningful on its own peer only. Whatever number is passed, the result is an errno, never a
 *   crash: `0` is never an id, so the facade passes `0` for an object of another peer.
 * - A function returns a negative errno (`-EBADRQC`) on failure and has then changed nothing. On success it returns `0`,
 *   or what its comment says. It throws nothing. `-ESHUTDOWN` (the peer has ended or was detached) takes precedence over
 *   `-EBADRQC`.
 * - Bytes are copied before a call returns, and are given out only once. A call sends the first `length` bytes of `data`.
 *   Trust `length`: a subclass can misreport `data.length`.
 *
 * @module
 */

import type { EngineName, PeerSnapshot, QueueSize } from "./snapshot.ts";

export type { EngineName };

/** An id on one peer: an odd integer, allotted as `(n << 1) | 1`, never reused. */
export type Id = number;

/** What exists on an engine now; see {@linkcode liveCounts}. */
export interface LiveCounts {
  /** Peers that have not ended. */
  peers: number;
  /** Nodes that their owner has not released. */
  nodes: number;
  /** Handles that are owned or in flight. */
  handles: number;
  /** User messages that were committed and not yet received or discarded, one for each receiver. */
  messages: number;
  /** Payload bytes held for those messages; receivers of one multicast share them. */
  bytes: number;
}

/**
 * A peer in flight from one thread to another, made by `peer.detach()`. It is plain data and survives `postMessage`.
 * `Peer.adopt(ticket)` takes the peer over, once; `Peer.revoke(ticket)` ends it.
 */
export interface Ticket {
  /** The engine that the peer lives on. */
  readonly engine: EngineName;
  /** The engine's name for that peer; unguessable. */
  readonly key: string;
}

/** The user that pays for a peer, for `Peer.open({ account })`. */
export interface AccountOptions {
  /** The user, from 0 to 4,294,967,294. Peers of the same user on one bus share its limits. */
  user: number;
  /**
   * How many nodes, handles and messages the user may have, or `Infinity`. The default is the limit that the user has
   * already, or else 16,777,216. A user with both limits `Infinity` pays for nothing.
   */
  objects?: number;
  /** How many bytes may wait for the user in messages, or `Infinity`. The default is as above, or else 64 GiB. */
  bytes?: number;
}

/** The maximum size of a peer's queue, for `Peer.open({ maxQueued })`. */
export interface QueueLimits {
  /** How many messages may wait; by default any number. */
  messages?: number;
  /** How many bytes may wait in all of them; by default any number. */
  bytes?: number;
}

/** The options of a new peer. */
export interface OpenOptions {
  readonly account?: AccountOptions;
  readonly maxQueued?: QueueLimits;
  /** The name that inspection shows; `null` if it is unset or empty. */
  readonly name?: string | null;
}

/** A peer in numbers. */
export interface Totals {
  /** See {@linkcode PeerSnapshot.number}. */
  readonly number: number;
  readonly name: string | null;
  readonly nodes: number;
  readonly handles: number;
  readonly queued: QueueSize | null;
}

/** Makes the objects that {@linkcode EnginePeer.receive} returns: the facade's messages. None is `null` or a number. */
export interface MessageFactory<M> {
  /**
   * Makes a user message for `node`. Its bytes are `chunk[start..end]`, which are the receiver's own from now on.
   * `account` is the sender's user, or `NO_USER`. The array `handles` is valid during the call only.
   */
  message(
    node: Id,
    chunk: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    handles: readonly Id[],
    account: number,
  ): M;
  /** Makes the message that the node behind `handle` is gone. That id is not valid from now on. */
  nodeRelease(handle: Id): M;
  /** Makes the message that the last handle to `node` is gone. That id is not valid from now on. */
  handleRelease(node: Id): M;
}

/** One engine, as it was found and opened in this isolate. */
export interface Engine {
  readonly name: EngineName;
  /**
   * Makes a peer. Returns `-EINVAL` if the user exists with other limits, `-EOPNOTSUPP` if the engine has no such option.
   */
  open(options?: OpenOptions): EnginePeer | number;
  /**
   * Makes a peer from a descriptor, which is the peer's from then on. On failure the descriptor is unchanged: `-EBADF` if
   * it is not open or is a peer's already, `-EOPNOTSUPP` if it leads to no bus. An engine without this method takes no
   * descriptors.
   */
  take?(fd: number, name?: string | null): EnginePeer | number;
  /** Takes over the peer of a ticket; `-EBADRQC` if the ticket is spent, `-EOPNOTSUPP` if it is another isolate's. */
  adopt(ticket: Ticket): EnginePeer | number;
  /** Ends the peer of a ticket, wherever it is; `0` also if it has ended already. */
  revoke(ticket: Ticket): number;
  /** Counts what exists on this engine now. */
  liveCounts(): LiveCounts;
  /** Returns all peers that can be seen from this isolate. Those in `own`, which this isolate has, are shown in full. */
  inspect(own: readonly EnginePeer[]): PeerSnapshot[];
}

/**
 * One peer of an engine, with everything that its owner can do. An engine without an optional method is slower, and
 * otherwise the same.
 */
export interface EnginePeer {
  /** The reason for the last `-EOPNOTSUPP`, in words; on engines that have one. */
  readonly refusal?: string;
  /** Whether the peer has ended, or was detached. */
  readonly ended: boolean;
  /** Returns the descriptor, which stays the peer's; `-EOPNOTSUPP` on engines without descriptors. */
  descriptor(): number;
  /** Makes a node here and a handle to it on `other`; writes both ids: `out[0]` the node, `out[1]` the handle. */
  createNode(other: EnginePeer, out: Id[], name?: string | null): number;
  /** Makes a handle on `other` to the node of `handle`; returns its id. */
  copy(handle: Id, other: EnginePeer): number;
  /** Sends `data` through one handle. */
  send(to: Id, data: Uint8Array, length: number): number;
  /**
   * Sends several messages through one handle, in order, each as a transaction of its own. They lie in the first `size`
   * bytes of `frames`. A frame is the message's length (32 bits), an unused word (32 bits), and the message's bytes, padded
   * to a multiple of 8. Returns the number of messages sent: all, or those before the first that cannot be sent. If the
   * first cannot be sent, returns its errno. Without this method the facade sends them one by one.
   */
  sendEach?(to: Id, frames: Uint8Array, size: number): number;
  /** Sends `data` through all of `to`, with copies of `handles`, as one transaction. */
  sendMany(to: readonly Id[], data: Uint8Array, length: number, handles: readonly Id[]): number;
  /** Releases nodes and handles, as one transaction; an id that occurs twice counts once. */
  release(ids: readonly Id[]): number;
  /** Starts a transaction. */
  transaction(): EngineTransaction | number;
  /** Returns `NODE` or `HANDLE` for an id of this peer, else `-EBADRQC`. */
  kind(id: Id): number;
  /** Returns the name that a node was given when it was made; `null` also for an unknown node. */
  nameOf(node: Id): string | null;
  /** Counts what the peer has. Like {@linkcode inspect} it changes nothing. */
  totals(): Totals | number;
  /** Returns everything that the peer has. Messages that {@linkcode look} has shown are still in its queue. */
  inspect(): PeerSnapshot | number;
  /** Receives one message, which `factory` makes; returns `0` if nothing is ready. */
  receive<M>(factory: MessageFactory<M>): M | number;
  /**
   * Receives up to `limit` messages, which `factory` makes, and appends them to `into`. Returns how many, `0` if nothing is
   * ready. If it fails after the first, `into` has the messages before the failure.
   */
  receiveMany<M>(limit: number, factory: MessageFactory<M>, into: M[]): number;
  /**
   * Receives the first `taken` messages, which the last call showed. Then shows up to `limit` of those that follow, which
   * stay in the queue, as records (`records.ts`) from the start of `chunk`. Returns how many are shown;
   * `-EMSGSIZE` if the first must be received to be seen. Without this method the facade receives them one by one.
   */
  look?(taken: number, chunk: Uint8Array, limit: number): number;
  /**
   * Spins: looks up to `looks` times whether a message has arrived. Returns `1` if one can be received and arrived within
   * a few microseconds, `2` if it arrived later, or `0`. An engine on which nothing can arrive meanwhile has no such method.
   */
  linger?(looks: number): number;
  /**
   * Asks for one call of `wake`, from the event loop, when a receive may succeed or the peer has ended. The caller receives
   * once more after this and before it sleeps. Keeps the process alive, where the engine can, until the wake or
   * {@linkcode disarm}. A peer has one wake: the caller passes the same function every time.
   */
  arm(wake: () => void): number;
  /**
   * Returns `1` if a message of `length` bytes through the handle would be accepted, or its node is gone. Otherwise returns
   * `0`, and `wake` is called once when that may have changed, as after {@linkcode arm}. `-EDQUOT` if it never will.
   */
  writable(to: Id, length: number, wake: () => void): number;
  /** Takes back the wake that {@linkcode arm} and {@linkcode writable} have asked for. */
  disarm(): void;
  /**
   * Blocks this thread until a receive may succeed, at most `slice` milliseconds (also a fraction) and possibly less: the
   * caller looks again. `remaining` (milliseconds, or `Infinity`) is the time for which the caller will go on;
   * `-EOPNOTSUPP` if that wait could never end.
   */
  waitSync(slice: number, remaining: number): number;
  /** Detaches the peer: it cannot be used here any more. Returns the key of its ticket, or an errno. */
  detach(): string | number;
  /** Ends the peer. No-op if it has ended. */
  end(): void;
}

export { HANDLE, NODE } from "./abi.ts";

/** A transaction that is being built. A call that adds something checks it first, and adds nothing if the check fails. */
export interface EngineTransaction {
  /** Adds one message to each of `to`. */
  send(to: readonly Id[], data: Uint8Array, length: number, handles: readonly Id[]): number;
  /** Adds releases of nodes and handles. */
  release(ids: readonly Id[]): number;
  /** Checks everything once more, and commits it. The transaction is spent in every case. */
  commit(): number;
  /** Drops the transaction: nothing has happened. */
  abort(): void;
}
