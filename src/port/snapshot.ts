/**
 * What is seen of the bus, as plain data: it can be written as JSON, posted, and compared. `graph/` draws it.
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
  /** What tells it from the other peers of its engine: in the whole process, but on the TypeScript engine in its isolate. */
  number: number;
  /** What its maker calls it; see {@linkcode PeerOptions.name}. */
  name: string | null;
  /**
   * Whether who looked operates it: then all of it is known. Of a peer elsewhere, in a Worker or on its way to one, the
   * native engine shows its nodes and who can reach them, and the handles that lead to nodes that are there; the kernel
   * engine shows that it is there.
   */
  local: boolean;
  /** The nodes that it owns, by their ids; and those that it has released, as long as handles that are seen lead there. */
  nodes: NodeSnapshot[];
  /** The handles that it owns, by their ids; behind them those that wait in its queue, with the message that brings them. */
  handles: HandleSnapshot[];
  /** What waits to be received by it; `null` if that is not known: of a peer elsewhere, and on the kernel engine. */
  queued: QueueSize | null;
}

/** A node, as {@linkcode inspect} sees it. */
export interface NodeSnapshot {
  /** Its {@linkcode Node.id}, as a number. */
  id: number;
  /** What its maker calls it; see {@linkcode NodeOptions.name}. */
  name: string | null;
  /** How many handles lead to it, at all peers and on their way; `null` if that is not known: on the kernel engine. */
  handles: number | null;
  /** Whether its owner has released it, and the owner of a handle has yet to be told. */
  released: boolean;
  /** What waits to be received there; `null` as for the peer. */
  queued: QueueSize | null;
}

/** A handle, as {@linkcode inspect} sees it: its owner can reach the node. */
export interface HandleSnapshot {
  /** Its {@linkcode Handle.id}, as a number; `null` while it waits in a queue. */
  id: number | null;
  /** The {@linkcode PeerSnapshot.number} of the peer that it leads to; `null` if that is not known: on the kernel engine. */
  peer: number | null;
  /** The {@linkcode NodeSnapshot.id} of the node that it leads to; `null` as for the peer. */
  node: number | null;
  /** Whether that node is gone, and the owner of the handle has yet to be told; `null` if that is not known. */
  gone: boolean | null;
}

/** What waits in a queue: messages that are sent, and will be delivered. News of releases are not counted. */
export interface QueueSize {
  /** How many messages. */
  messages: number;
  /** How many bytes in all of them. */
  bytes: number;
}
