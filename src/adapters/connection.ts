/**
 * A connection: two peers, each with a node at which it receives from the other and a handle through which it sends to
 * it. The adapters run on it. Their users make a connection, detach one end for a Worker, and adopt it there.
 *
 * @module
 */

import "../engines/native_engines.ts"; // a Worker that imports only an adapter can adopt what is detached to it
import type { Ticket } from "../port/engine.ts";
import { BusError, nameOf } from "../port/errors.ts";
import { type Handle, isHandle } from "../peer/handle.ts";
import { Node } from "../peer/node.ts";
import { Peer } from "../peer/peer.ts";
import { Channel, holdsBack, type Sink } from "./channel.ts";

/** One end of a connection, made by {@linkcode connect}; node and handle are of one peer. */
export interface ConnectionEnd {
  /** The node at which messages from the other end arrive. */
  readonly node: Node;
  /** The handle to the other end. */
  readonly handle: Handle;
}

/**
 * A {@linkcode ConnectionEnd} in transit to another thread, with its peer; made by {@linkcode detach}. It is the peer's
 * ticket, with the ids of the node and the handle: plain data, and unguessable.
 */
export interface ConnectionTicket extends Ticket {
  /** The id of the node. */
  readonly node: bigint;
  /** The id of the handle. */
  readonly handle: bigint;
}

/**
 * Connects two peers: each gets a node of its own and a handle to the other's. A peer can have many connections.
 *
 * While an end of a peer is in use, the adapter receives all messages of that peer and hands them to its connections;
 * other code must not receive there.
 *
 * Errors: those of {@linkcode Peer.createNode}, and then nothing is created. A `TypeError` if an argument is not a
 * peer.
 *
 * @returns The end of `one`, and that of `other`.
 *
 * @example
 * ```ts
 * import { Peer } from "@bus1/bus1";
 * import { connect } from "@bus1/bus1/adapters/capnweb"; // "@bus1/bus1/adapters/comlink" has the same
 *
 * using server = Peer.open();
 * using client = Peer.open();
 * const [ours, theirs] = connect(server, client);
 * console.log(ours.node.peer === server, theirs.handle.peer === client); // true true
 * ```
 */
export function connect(one: Peer, other: Peer): [one: ConnectionEnd, other: ConnectionEnd] {
  for (const peer of [one, other]) {
    if (!(peer instanceof Peer)) throw new TypeError(`connect: expected a Peer, not ${nameOf(peer)}`);
  }
  const there = one.createNode({ for: other });
  try {
    const back = other.createNode({ for: one });
    return [{ node: there.node, handle: back.handle }, { node: back.node, handle: there.handle }];
  } catch (error) {
    there.handle.release(); // before the node, so that no notification is sent
    there.node.release();
    throw error;
  }
}

/**
 * Detaches an end, with its peer and all that is queued there, as {@linkcode Peer.detach} detaches a peer. The
 * transport or endpoint that is made of the ticket owns the peer, and closes it with the connection.
 *
 * A ticket that is never adopted keeps the other end waiting: if a Worker does not start, end the peer with
 * {@linkcode Peer.revoke}, which takes this ticket too.
 *
 * Errors: `ESHUTDOWN`; `EBADRQC` if the node and the handle are of different peers; `EBUSY` if an end of the peer is in
 * use. A `TypeError` if it is not an end of a connection.
 *
 * @returns Plain data, which may be posted to a Worker.
 */
export function detach(end: ConnectionEnd): ConnectionTicket {
  const { peer, node, handle } = partsOf(end, "detach an end");
  if (holdsBack(peer, node)) {
    throw new BusError(
      "EBUSY",
      "detach an end",
      "its peer has a connection in use, or has received messages for this one",
    );
  }
  return { ...peer.detach(), node: node.id, handle: handle.id };
}

/** Opens the channel of an end, or of a ticket; the channel of a ticket owns its peer. */
export function openChannel(end: ConnectionEnd | ConnectionTicket, sink: Sink, doing: string): Channel {
  if (typeof end !== "object" || end === null || !("key" in end)) {
    const { peer, node, handle } = partsOf(end, doing);
    return Channel.open(peer, node, handle, sink);
  }
  const peer = Peer.adopt(end);
  try {
    return Channel.open(peer, peer.node(end.node), peer.handle(end.handle), sink, true);
  } catch (error) {
    peer.close();
    throw error;
  }
}

function partsOf(end: ConnectionEnd, doing: string): { peer: Peer; node: Node; handle: Handle } {
  if (typeof end !== "object" || end === null) {
    throw new TypeError(`${doing}: expected an end of a connection, or its ticket, not ${nameOf(end)}`);
  }
  const { node, handle } = end;
  if (!(node instanceof Node)) throw new TypeError(`${doing}: the node of the end must be a Node, not ${nameOf(node)}`);
  if (!isHandle(handle)) throw new TypeError(`${doing}: the handle of the end must be a Handle, not ${nameOf(handle)}`);
  if (node.peer !== handle.peer) {
    throw new BusError("EBADRQC", doing, `node ${node.id} and handle ${handle.id} are not of one peer`);
  }
  return { peer: node.peer, node, handle };
}
