/**
 * What a program sees of the bus, whichever engines are there.
 *
 * @module
 */

export { ERRNO } from "./abi.ts";
export type { AccountOptions, EngineName, LiveCounts, QueueLimits, Ticket } from "./engine.ts";
export { engineReport, type EngineStatus, liveCounts } from "./engines.ts";
export { Batch } from "./batch.ts";
export { Cursor } from "./cursor.ts";
export { BusError, type ErrorCode } from "./errors.ts";
export { Handle } from "./handle.ts";
export { HandleRelease, type Message, NodeRelease, UserMessage } from "./message.ts";
export { Node } from "./node.ts";
export type {
  NodeAndHandle,
  NodeOptions,
  PeerOptions,
  ReceiveOptions,
  ReceiveSyncOptions,
  SendOptions,
  WritableOptions,
} from "./options.ts";
export type { Data } from "./payload.ts";
export { Peer } from "./peer.ts";
export { Transaction } from "./transaction.ts";
