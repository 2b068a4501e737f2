/**
 * Capability-based messages between peers: bus1, the bus of the Linux kernel RFC, for Deno and Bun.
 *
 * A {@linkcode Peer} owns *nodes*, where messages arrive, and *handles*, the capabilities to send to a node. Messages
 * carry bytes and copies of handles; a multicast is atomic, the order is causal, and whoever talked with somebody who
 * is gone is told. There is no global name space: who has no handle reaches nobody.
 *
 * @example
 * ```ts
 * import { Peer } from "@bus1/bus1";
 *
 * using server = Peer.open(); // { engine: "auto" }; server.engine says which it is
 * using client = Peer.open();
 *
 * const { node, handle } = server.createNode({ for: client }); // node: server's; handle: client's
 * client.send(handle, "ping");
 *
 * const message = await server.receive();
 * if (message.type === "message" && message.node === node) console.log(message.text()); // ping
 * ```
 *
 * @module
 */

export { ERRNO } from "./src/abi.ts";
export type { AccountOptions, EngineName, LiveCounts, QueueLimits, Ticket } from "./src/engine.ts";
export { engineReport, type EngineStatus, liveCounts } from "./src/engines.ts";
export { Batch } from "./src/batch.ts";
export { Cursor } from "./src/cursor.ts";
export { BusError, type ErrorCode } from "./src/errors.ts";
export { Handle } from "./src/handle.ts";
export { inspect } from "./src/inspect.ts";
export { HandleRelease, type Message, NodeRelease, UserMessage } from "./src/message.ts";
export { Node } from "./src/node.ts";
export type {
  AdoptOptions,
  NodeAndHandle,
  NodeOptions,
  PeerOptions,
  ReceiveOptions,
  ReceiveSyncOptions,
  SendOptions,
  WritableOptions,
} from "./src/options.ts";
export type { Data } from "./src/payload.ts";
export { Peer } from "./src/peer.ts";
export type { HandleSnapshot, NodeSnapshot, PeerSnapshot, Queued, Snapshot } from "./src/snapshot.ts";
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
} from "./src/trace.ts";
export { Transaction } from "./src/transaction.ts";
