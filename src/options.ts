/**
 * The options of a peer's calls, and what they return.
 *
 * @module
 */

import type { EngineName } from "./engine.ts";
import type { Handle } from "./handle.ts";
import type { Fd } from "./kernel/fd.ts";
import type { Node } from "./node.ts";
import type { Peer } from "./peer.ts";

/** Options of {@linkcode Peer.open}. */
export interface PeerOptions {
  /** The engine; by default `"auto"`, the first that works here. All peers that are to meet must be on one engine. */
  engine?: EngineName | "auto";
  /**
   * The descriptor of a peer that somebody gave us, instead of a new one: its number, or an `Fd` of `@bus1/bus1/uapi`.
   * It belongs to the peer from then on, which closes it; the `Fd` is then as one that was closed. It needs the kernel
   * engine, and is reason enough to take that.
   */
  fd?: number | Fd;
}

/** Options of {@linkcode Peer.createNode}. */
export interface NodeOptions {
  /** Who gets the handle; by default the peer that makes the node. */
  for?: Peer;
  /** The node's {@linkcode Node.data}. */
  data?: unknown;
}

/** What {@linkcode Peer.createNode} makes. */
export interface NodeAndHandle {
  /** The receiving end, the maker's. */
  node: Node;
  /** The sending end, of the peer it was made for. */
  handle: Handle;
}

/** Options of {@linkcode Peer.send} and {@linkcode Transaction.send}. */
export interface SendOptions {
  /** Handles of the sender's; every receiver gets copies, which arrive as {@linkcode UserMessage.handles}. */
  handles?: readonly Handle[];
}

/** Options of {@linkcode Peer.receive}. */
export interface ReceiveOptions {
  /** Ends the wait: the promise rejects with its reason, and no message is lost. */
  signal?: AbortSignal;
}

/** Options of {@linkcode Peer.receiveSync}. */
export interface ReceiveSyncOptions {
  /** How long to wait, in milliseconds; by default for ever. */
  timeout?: number;
}
