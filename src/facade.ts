/**
 * Everything that a program imports from the bus, whichever engines are added.
 *
 * @module
 */

export { ERRNO } from "./port/abi.ts";
export type { AccountOptions, EngineName, LiveCounts, QueueLimits, Ticket } from "./port/engine.ts";
export { engineReport, type EngineStatus, liveCounts } from "./engines/registry.ts";
export { Batch } from "./peer/batch.ts";
export { BusError, type ErrorCode } from "./port/errors.ts";
export { Handle } from "./peer/handle.ts";
export { inspect } from "./peer/looking/inspect.ts";
export { Cursor, HandleRelease, type Message, NodeRelease, type SendOptions, UserMessage } from "./peer/message.ts";
export { Node, type NodeOptions, type NodeWithHandle } from "./peer/node.ts";
export type { AdoptOptions, PeerOptions, ReceiveOptions, ReceiveSyncOptions, WritableOptions } from "./peer/options.ts";
export type { Data } from "./port/payload.ts";
export { Peer } from "./peer/peer.ts";
export type { HandleSnapshot, NodeSnapshot, PeerSnapshot, QueueSize, Snapshot } from "./port/snapshot.ts";
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
