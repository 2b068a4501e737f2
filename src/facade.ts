/**
 * What a program sees of the bus, whichever engines are there.
 *
 * @module
 */

export { ERRNO } from "./port/abi.ts";
export type { AccountOptions, EngineName, LiveCounts, QueueLimits, Ticket } from "./port/engine.ts";
export { engineReport, type EngineStatus, liveCounts } from "./engines/registry.ts";
export { Batch } from "./peer/batch.ts";
export { Cursor } from "./peer/cursor.ts";
export { BusError, type ErrorCode } from "./port/errors.ts";
export { Handle } from "./peer/handle.ts";
export { inspect } from "./peer/looking/inspect.ts";
export { HandleRelease, type Message, NodeRelease, UserMessage } from "./peer/message.ts";
export { Node } from "./peer/node.ts";
export type {
  AdoptOptions,
  NodeAndHandle,
  NodeOptions,
  PeerOptions,
  ReceiveOptions,
  ReceiveSyncOptions,
  SendOptions,
  WritableOptions,
} from "./peer/options.ts";
export type { Data } from "./port/payload.ts";
export { Peer } from "./peer/peer.ts";
export type { HandleSnapshot, NodeSnapshot, PeerSnapshot, Queued, Snapshot } from "./port/snapshot.ts";
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
} from "./port/trace.ts";
export { Transaction } from "./peer/transaction.ts";
