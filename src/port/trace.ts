/**
 * The events of a peer's trace, as plain data: everything that the peer does. See {@linkcode PeerOptions.trace}.
 *
 * Ids are numbers here, unlike in the rest of the API, because events are written as JSON.
 *
 * @module
 */

import type { EngineName } from "./snapshot.ts";

/** Takes the events of a peer's trace. */
export type Trace = (event: TraceEvent) => void;

/** The fields of all events. */
export interface TraceBase {
  /** The peer, as {@linkcode PeerSnapshot} names it. */
  peer: { engine: EngineName; number: number; name: string | null };
  /** The time in milliseconds, as `performance.now()` counts them. */
  time: number;
}

/** A message that was sent, once through each of the handles. */
export interface TracedMessage {
  /** The ids of the handles that it was sent through. */
  to: number[];
  /** How many bytes it has. */
  bytes: number;
  /** The ids of the handles of which it carries copies. */
  handles: number[];
}

/** The peer was opened, or adopted here. */
export interface TraceOpen extends TraceBase {
  /** Distinguishes it from the other events. */
  type: "open" | "adopt";
}

/** A node was made, and a handle to it. */
export interface TraceCreate extends TraceBase {
  /** Distinguishes it from the other events. */
  type: "create";
  /** The id of the node. */
  node: number;
  /** The name of the node. */
  name: string | null;
  /** The number of the peer that got the handle. */
  for: number;
  /** The id of the handle, on that peer. */
  handle: number;
}

/** A handle was copied to a peer. */
export interface TraceCopy extends TraceBase {
  /** Distinguishes it from the other events. */
  type: "copy";
  /** The id of the handle that was copied. */
  handle: number;
  /** The number of the peer that got the copy. */
  for: number;
  /** The id of the copy, on that peer. */
  copy: number;
}

/** Messages were sent, and nodes and handles released: as one transaction. */
export interface TraceCommit extends TraceBase {
  /** Distinguishes it from the other events. */
  type: "commit";
  /** What was sent. */
  messages: TracedMessage[];
  /** The ids of the nodes and handles that were released. */
  released: number[];
}

/** Something was received. */
export interface TraceReceive extends TraceBase {
  /** Distinguishes it from the other events. */
  type: "receive";
  /** The `type` of the {@linkcode Message}. */
  what: "message" | "node-release" | "handle-release";
  /** The id of the node where it arrived, or to which no handle is left; `null` for a `"node-release"`. */
  node: number | null;
  /** `"node-release"`: the id of the handle to the node that is gone; otherwise `null`. */
  handle: number | null;
  /** `"message"`: how many bytes it has. */
  bytes: number;
  /** `"message"`: the ids of the handles that came with it. */
  handles: number[];
}

/** The peer was detached, or closed here. That it was ended from another isolate is not reported. */
export interface TraceEnd extends TraceBase {
  /** Distinguishes it from the other events. */
  type: "detach" | "close";
}

/**
 * Something that a peer has done. Calls that fail do nothing, and are not reported.
 *
 * Ids are those of the peer's own nodes and handles, if nothing else is said. What another peer does with a handle that it was
 * given is reported by the trace of that peer. Ids are numbers, because events are written as JSON; {@linkcode Peer.handle} and
 * {@linkcode Peer.node} accept them.
 */
export type TraceEvent = TraceOpen | TraceCreate | TraceCopy | TraceCommit | TraceReceive | TraceEnd;

/**
 * Formats an event as a line of text.
 *
 * @example
 * ```ts
 * import { formatTrace, Peer } from "@bus1/bus1";
 *
 * const trace = (event: Parameters<typeof formatTrace>[0]) => console.log(formatTrace(event));
 * using server = Peer.open({ name: "server", trace });
 * const { handle } = server.createNode({ name: "echo" });
 * server.send(handle, "hello");
 * server.tryReceive();
 * // 0.312 server: open
 * // 0.405 server: create node 1 "echo", handle 3
 * // 0.433 server: send 5 bytes to 3
 * // 0.468 server: receive 5 bytes at node 1
 * ```
 *
 * @returns The time in milliseconds, the peer, and what it did.
 */
export function formatTrace(event: TraceEvent): string {
  const { number, name } = event.peer;
  return `${event.time.toFixed(3)} ${name ?? `peer ${number}`}: ${sentence(event)}`;
}

function sentence(event: TraceEvent): string {
  switch (event.type) {
    case "create": {
      const name = event.name === null ? "" : ` ${JSON.stringify(event.name)}`;
      return `create node ${event.node}${name}, handle ${event.handle}${holder(event)}`;
    }
    case "copy":
      return `copy handle ${event.handle}: handle ${event.copy}${holder(event)}`;
    case "commit":
      return [...event.messages.map(sent), ...released(event.released)].join("; ") || "commit nothing";
    case "receive":
      if (event.what === "node-release") return `receive node-release of handle ${event.handle}`;
      if (event.what === "handle-release") return `receive handle-release of node ${event.node}`;
      return `receive ${bytes(event.bytes)}${along(event.handles)} at node ${event.node}`;
    default:
      return event.type;
  }
}

function holder({ peer, for: other }: TraceCreate | TraceCopy): string {
  return other === peer.number ? "" : ` of peer ${other}`;
}

function sent({ to, bytes: length, handles }: TracedMessage): string {
  return `send ${bytes(length)}${along(handles)} to ${to.join(", ") || "no handle"}`;
}

function released(ids: number[]): string[] {
  return ids.length === 0 ? [] : [`release ${ids.join(", ")}`];
}

function bytes(count: number): string {
  return count === 1 ? "1 byte" : `${count} bytes`;
}

function along(handles: number[]): string {
  return handles.length === 0 ? "" : ` with ${handles.length === 1 ? "handle" : "handles"} ${handles.join(", ")}`;
}
