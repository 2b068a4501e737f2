/**
 * The port: what an engine is to the facade.
 *
 * The facade (`peer.ts` and its neighbours) knows classes, options and words; an engine knows ids and
 * bytes. Rules that every engine keeps:
 *
 * - An {@linkcode Id} means something on its own peer only. Whatever number is passed, the answer is an
 *   errno, never a crash: `0` is never an id, so the facade passes `0` for an object of another peer.
 * - Functions answer a negative errno (`-EBADRQC`) on failure and have then done nothing; otherwise `0` or
 *   what their comment says. They throw nothing. `-ESHUTDOWN` (the peer has ended or was handed over) comes
 *   before `-EBADRQC`.
 * - Bytes are copied in before a call returns, and given out only once. What is to be sent are the first `length` bytes
 *   of `data`; that number is true, while `data.length` may be another, or a lie.
 *
 * @module
 */

import type { Chunk } from "./records.ts";
import type { PeerSnapshot, Queued } from "./snapshot.ts";

/** The names of the engines, in the order in which `auto` tries them. */
export type EngineName = "kernel" | "native" | "typescript";

/** An id on one peer: an odd integer, allotted as `(n << 1) | 1`, never reused. */
export type Id = number;

/** What exists now on an engine; see {@linkcode liveCounts}. */
export interface LiveCounts {
  /** Peers that have not ended. */
  peers: number;
  /** Nodes that their owner has not released. */
  nodes: number;
  /** Handles that are owned or on their way. */
  handles: number;
  /** User messages that were committed and not yet received or discarded, one for each receiver. */
  messages: number;
  /** Payload bytes held for those messages; receivers of one multicast share them. */
  bytes: number;
}

/**
 * A peer on its way from one thread to another, made by `peer.detach()`. It is plain data and survives
 * `postMessage`; `Peer.adopt(ticket)` takes the peer over, once, and `Peer.revoke(ticket)` ends it.
 */
export interface Ticket {
  /** The engine that the peer lives on. */
  readonly engine: EngineName;
  /** What that engine knows the peer by; unguessable. */
  readonly key: string;
}

/** Who pays for what a peer has, for `Peer.open({ account })`. */
export interface AccountOptions {
  /** The user, from 0 to 4,294,967,294: peers of the same user on one bus share what he has. */
  user: number;
  /**
   * How many nodes, handles and messages the user may have, or `Infinity`; by default what he has already, or else
   * 16,777,216. A user whose limits are both `Infinity` pays for nothing.
   */
  objects?: number;
  /** How many bytes may wait for the user in messages, or `Infinity`; by default as above, or else 64 GiB. */
  bytes?: number;
}

/** How much may wait in the queue of a peer, for `Peer.open({ maxQueued })`. */
export interface QueueLimits {
  /** How many messages; by default as many as come. */
  messages?: number;
  /** How many bytes in all of them; by default as many as come. */
  bytes?: number;
}

/** What a new peer is to be like. */
export interface OpenOptions {
  readonly account?: AccountOptions;
  readonly maxQueued?: QueueLimits;
  /** What it is called by those who look; `null` if it has no name, which an empty one is, too. */
  readonly name?: string | null;
}

/** A peer in numbers. */
export interface Totals {
  /** See {@linkcode PeerSnapshot.number}. */
  readonly number: number;
  readonly name: string | null;
  readonly nodes: number;
  readonly handles: number;
  readonly queued: Queued | null;
}

/** Takes what {@linkcode EnginePeer.receive} delivers; the facade's side of a receive. */
export interface ReceiveSink {
  /**
   * A user message for `node`: its bytes are `chunk[start..end]`, now the receiver's own. `account` is the sender's user,
   * or `NOBODY`.
   */
  message(
    node: Id,
    chunk: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    handles: readonly Id[],
    account: number,
  ): void;
  /** The node behind `handle` is gone, and so, from now on, is that id. */
  nodeRelease(handle: Id): void;
  /** The last handle to `node` is gone, and so, from now on, is that id. */
  handleRelease(node: Id): void;
}

/** One engine, as found and opened in this isolate. */
export interface Engine {
  readonly name: EngineName;
  /**
   * Makes a peer. `wake` is called after {@linkcode EnginePeer.arm}; see there. Answers an errno on failure: `-EINVAL` if
   * the user has other limits already, `-EOPNOTSUPP` if the engine knows no such option.
   */
  open(wake: () => void, options?: OpenOptions): EnginePeer | number;
  /**
   * Makes a peer of a descriptor, which is the peer's from then on. Engines without descriptors have no such thing.
   * On failure it is as it was: `-EBADF` if it is none or is a peer's already, `-EOPNOTSUPP` if there is no bus behind it.
   */
  take?(fd: number, wake: () => void, name?: string | null): EnginePeer | number;
  /** Takes over the peer of a ticket; `-EBADRQC` if it is spent, `-EOPNOTSUPP` if it is another isolate's. */
  adopt(ticket: Ticket, wake: () => void): EnginePeer | number;
  /** Ends the peer of a ticket, wherever it is; `0` also if it has ended already. */
  revoke(ticket: Ticket): number;
  /** What exists on this engine now. */
  liveCounts(): LiveCounts;
  /** All peers that can be seen from here, and of `own`, which are this isolate's, all there is to see. */
  inspect(own: readonly EnginePeer[]): PeerSnapshot[];
}

/** One peer of an engine, and all that its owner can do with it. */
export interface EnginePeer {
  /** Why the last call that answered `-EOPNOTSUPP` did, in words; on engines that have something to say. */
  readonly refusal?: string;
  /** Answers the descriptor, which stays the peer's. Engines without descriptors have no such thing. */
  descriptor?(): number;
  /** Makes a node here and a handle to it on `other`; writes both ids, `out[0]` the node, `out[1]` the handle. */
  createNode(other: EnginePeer, out: Id[], name?: string | null): number;
  /** Makes a handle on `other` to the node of `handle`; answers its id. */
  copy(handle: Id, other: EnginePeer): number;
  /** Sends `data` through one handle. */
  send(to: Id, data: Uint8Array, length: number): number;
  /**
   * Sends several messages through one handle, in order, each as a transaction of its own. They lie in the first `size`
   * bytes of `frames`: of each its length as a word of 32 bits, a word that is not used, and its bytes, filled up to a
   * multiple of 8. Answers how many: all, or those before the first that cannot be sent; if there are none, why. Without
   * it they are sent one by one.
   */
  sendEach?(to: Id, frames: Uint8Array, size: number): number;
  /** Sends `data` through all of `to`, with copies of `handles`, as one transaction. */
  sendMany(to: readonly Id[], data: Uint8Array, length: number, handles: readonly Id[]): number;
  /** Releases nodes and handles, as one transaction; an id named twice counts once. */
  release(ids: readonly Id[]): number;
  /** Starts a transaction. */
  transaction(): EngineTransaction | number;
  /** Answers `NODE` or `HANDLE` for an id of this peer, else `-EBADRQC`. */
  kind(id: Id): number;
  /** What a node was called when it was made; `null` also if there is no such node. */
  nameOf(node: Id): string | null;
  /** What it has, in numbers. Like {@linkcode inspect} it changes nothing. */
  totals(): Totals | number;
  /** All that it has. What {@linkcode look} has shown is in its queue. */
  inspect(): PeerSnapshot | number;
  /** Receives up to `limit` messages into `sink`; answers how many, `0` if nothing is ready. */
  receive(limit: number, sink: ReceiveSink): number;
  /**
   * Receives the first `taken` messages, which it showed before, and shows up to `limit` of those that follow, which stay
   * where they are, as records (`records.ts`) from the start of `chunk`. Answers how many; `-EMSGSIZE` if the
   * first must be received to be seen. Without it {@linkcode receive} is what there is.
   */
  look?(taken: number, chunk: Chunk, limit: number): number;
  /**
   * Looks so many times whether something has come, awake. `1` if something can be received, and came within a few
   * microseconds; `2` if it came later; or `0`. Without it nothing could come meanwhile.
   */
  linger?(looks: number): number;
  /**
   * Asks for one call of `wake`, from the event loop, when a receive may succeed or the peer has ended. The
   * caller receives once more after this and before it sleeps. Keeps the process alive, where the engine can,
   * until the wake or {@linkcode disarm}.
   */
  arm(): number;
  /**
   * Answers `1` if a message of so many bytes through the handle would be taken, or its node is gone; or `0`, and then
   * there will be one call of `wake`, as after {@linkcode arm}, when that may have changed. `-EDQUOT` if it never will.
   */
  writable(to: Id, length: number): number;
  /** Takes back {@linkcode arm}, and what {@linkcode writable} asks for. */
  disarm(): void;
  /**
   * Blocks this thread until a receive may succeed, at most `slice` milliseconds (a fraction, too) and possibly less:
   * the caller looks again. `remaining` (milliseconds, or `Infinity`) is how long it would go on doing so;
   * `-EOPNOTSUPP` if that could never end.
   */
  waitSync(slice: number, remaining: number): number;
  /** Hands the peer over: it is of no more use here. Answers the key of its ticket, or an errno. */
  detach(): string | number;
  /** Ends the peer. Nothing, if it has ended. */
  end(): void;
}

export { HANDLE, NODE } from "./abi.ts";

/** A transaction being put together. Adding checks, and adds nothing if the check fails. */
export interface EngineTransaction {
  /** Adds one message to each of `to`. */
  send(to: readonly Id[], data: Uint8Array, length: number, handles: readonly Id[]): number;
  /** Adds releases of nodes and handles. */
  release(ids: readonly Id[]): number;
  /** Checks all once more, and lets it happen. The transaction is spent in every case. */
  commit(): number;
  /** Drops it: nothing happened. */
  abort(): void;
}
