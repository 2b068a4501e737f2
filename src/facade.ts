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
export { inspect } from "./inspect.ts";
export { HandleRelease, type Message, NodeRelease, UserMessage } from "./message.ts";
export { Node } from "./node.ts";
export type {
  AdoptOptions,
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
export type { HandleSnapshot, NodeSnapshot, PeerSnapshot, Queued, Snapshot } from "./snapshot.ts";
export {
  formatTrace,
  type TraceBase,
  type TraceCommit,
  type TraceCopy,
  type TraceCreate,
  type TracedMessage,
  type TraceEnd,
  type TraceEvent,
  type TraceOpen,
  type TraceReceive,
} from "./trace.ts";
export { Transaction } from "./transaction.ts";
