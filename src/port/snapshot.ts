/**
 * Snapshots: what inspection shows of the bus, as plain data. They can be written as JSON, posted, and compared; `graph/`
 * draws them.
 *
 * Ids are numbers here, unlike in the rest of the API, because snapshots are written as JSON. {@linkcode Peer.handle} and
 * {@linkcode Peer.node} accept them.
 *
 * @module
 */

/** The names of the engines, in the order in which `auto` tries them. */
export type EngineName = "kernel" | "native" | "typescript";

/** What exists, as {@linkcode inspect} sees it. */
export interface Snapshot {
  /** The peers that have not ended, in the order in which they were made, engine by engine. */
  peers: PeerSnapshot[];
}

/** A peer, as {@linkcode Peer.inspect} and {@linkcode inspect} see it. */
export interface PeerSnapshot {
  /** The engine that it lives on. */
  engine: EngineName;
  /**
   * Distinguishes it from the other peers of its engine: in the whole process, but on the TypeScript engine in its isolate.
   */
  number: number;
  /** Its name; see {@linkcode PeerOptions.name}. */
  name: string | null;
  /**
   * Whether it belongs to the isolate that inspects; then everything about it is known. Of another isolate's peer, or one that
   * is detached, the native engine shows its nodes, the peers that have handles to them, and its handles to existing nodes.
   * The kernel engine shows only that it exists.
   */
  local: boolean;
  /** The nodes that it owns, by id; and those that it has released, as long as handles that are shown lead to them. */
  nodes: NodeSnapshot[];
  /** The handles that it owns, by id; after them those that wait in its queue, with the message that carries them. */
  handles: HandleSnapshot[];
  /** The size of its queue; `null` if it is not known: of another isolate's peer, and on the kernel engine. */
  queued: QueueSize | null;
}

/** A node, as {@linkcode inspect} sees it. */
export interface NodeSnapshot {
  /** Its {@linkcode Node.id}, as a number, because snapshots are written as JSON. */
  id: number;
  /** Its name; see {@linkcode NodeOptions.name}. */
  name: string | null;
  /** How many handles lead to it, at all peers and in flight; `null` if it is not known: on the kernel engine. */
  handles: number | null;
  /** Whether its owner has released it, and the owner of a handle has not yet received that. */
  released: boolean;
  /** The size of what waits to be received there; `null` as for the peer. */
  queued: QueueSize | null;
}

/** A handle, as {@linkcode inspect} sees it: its owner can reach the node. */
export interface HandleSnapshot {
  /** Its {@linkcode Handle.id}, as a number, because snapshots are written as JSON; `null` while it waits in a queue. */
  id: number | null;
  /** The {@linkcode PeerSnapshot.number} of the node's owner; `null` if it is not known: on the kernel engine. */
  peer: number | null;
  /** The {@linkcode NodeSnapshot.id} of the node that it leads to; `null` as for the peer. */
  node: number | null;
  /** Whether that node is gone, and the owner of the handle has not yet received that; `null` if it is not known. */
  gone: boolean | null;
}

/** The size of a queue: the messages that were sent and will be delivered. Notifications of releases do not count. */
export interface QueueSize {
  /** How many messages. */
  messages: number;
  /** How many bytes in all of them. */
  bytes: number;
}
