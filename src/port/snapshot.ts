/**
 * Inspection results as plain data, which can be written as JSON, posted and compared. Ids are numbers here, since JSON has
 * no bigints. src/graph draws a snapshot.
 *
 * @module
 */

/** The names of the engines, in the order in which `auto` tries them. */
export type EngineName = "kernel" | "native" | "typescript";

/** What exists, as {@linkcode inspect} returns it. */
export interface Snapshot {
  /** The peers that have not ended, in the order in which they were made, engine by engine. */
  peers: PeerSnapshot[];
}

/** A peer, as {@linkcode Peer.inspect} and {@linkcode inspect} return it. */
export interface PeerSnapshot {
  /** The engine that it lives on. */
  engine: EngineName;
  /** Its number among the peers of its engine: unique in the process; on the TypeScript engine, unique in its isolate. */
  number: number;
  /** The name that it was given; see {@linkcode PeerOptions.name}. */
  name: string | null;
  /**
   * Whether this isolate operates it: then all of it is known. If it is elsewhere (in a Worker or in flight), the native
   * engine shows its nodes, the handles to them, and its own handles to nodes that exist. The kernel engine shows only that
   * it exists.
   */
  local: boolean;
  /** The nodes that it owns, by their ids; and those that it has released, as long as a handle in the snapshot leads there. */
  nodes: NodeSnapshot[];
  /** The handles that it owns, by their ids; then those that wait in its queue, with the message that brings them. */
  handles: HandleSnapshot[];
  /** The messages in its queue; `null` if that is not known: for a peer elsewhere, and on the kernel engine. */
  queued: QueueSize | null;
}

/** A node, as {@linkcode inspect} returns it. */
export interface NodeSnapshot {
  /** Its {@linkcode Node.id}, as a number. */
  id: number;
  /** The name that it was given; see {@linkcode NodeOptions.name}. */
  name: string | null;
  /** How many handles lead to it, owned by any peer or in flight; `null` if that is not known: on the kernel engine. */
  handles: number | null;
  /** Whether its owner has released it, and an owner of a handle has not received the release yet. */
  released: boolean;
  /** The messages in the queue for it; `null` as for the peer. */
  queued: QueueSize | null;
}

/** A handle, as {@linkcode inspect} returns it: its owner can reach the node. */
export interface HandleSnapshot {
  /** Its {@linkcode Handle.id}, as a number; `null` while it waits in a queue. */
  id: number | null;
  /** The {@linkcode PeerSnapshot.number} of the peer that it leads to; `null` if that is not known: on the kernel engine. */
  peer: number | null;
  /** The {@linkcode NodeSnapshot.id} of the node that it leads to; `null` as for the peer. */
  node: number | null;
  /** Whether that node is gone, and the owner of the handle has not received that yet; `null` if that is not known. */
  gone: boolean | null;
}

/** The size of a queue: messages that were sent and will be delivered. Messages about releases are not counted. */
export interface QueueSize {
  /** How many messages. */
  messages: number;
  /** How many bytes in all of them. */
  bytes: number;
}
