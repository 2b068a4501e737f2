/**
 * A connection: two peers, each with a node at which it hears the other and a handle through which it speaks to it. The
 * adapters run on it, and it is what their users make, hand to a Worker, and take over there.
 *
 * @module
 */

import "../engines/native_engines.ts"; // a Worker that imports nothing else of the package can take over what is handed to it
import type { Ticket } from "../port/engine.ts";
import { BusError, nameOf } from "../port/errors.ts";
import { type Handle, isHandle } from "../peer/handle.ts";
import { Node } from "../peer/node.ts";
import { Peer } from "../peer/peer.ts";
import { Channel, holdsBack, type Sink } from "./channel.ts";

/** One end of a connection; both are of one peer. {@linkcode connect} makes them. */
export interface End {
  /** Where what the other end sends arrives. */
  readonly node: Node;
  /** The way to the other end. */
  readonly handle: Handle;
}

/** An {@linkcode End} on its way to another thread, with its peer; plain data, made by {@linkcode handOver}. */
export interface Invitation {
  /** For {@linkcode Peer.adopt}; and for {@linkcode Peer.revoke}, if nobody is there to adopt it. */
  readonly ticket: Ticket;
  /** The id of the node. */
  readonly node: bigint;
  /** The id of the handle. */
  readonly handle: bigint;
}

/**
 * Connects two peers: each gets a node of its own and a handle to the other's. A peer can have many connections.
 *
 * While an end of a peer is in use, the adapter receives all that comes to that peer, and hands it to the connection that
 * it is for; nobody else should receive there.
 *
 * Errors: those of {@linkcode Peer.createNode}. Nothing is made then. A `TypeError` if one is no peer.
 *
 * @returns The end of `one`, and that of `other`.
 *
 * @example
 * ```ts
 * import { Peer } from "@bus1/bus1";
 * import { connect } from "@bus1/bus1/adapters/capnweb"; // and by "@bus1/bus1/adapters/comlink", the same
 *
 * using server = Peer.open();
 * using client = Peer.open();
 * const [ours, theirs] = connect(server, client);
 * console.log(ours.node.peer === server, theirs.handle.peer === client); // true true
 * ```
 */
export function connect(one: Peer, other: Peer): [one: End, other: End] {
  for (const peer of [one, other]) {
    if (!(peer instanceof Peer)) throw new TypeError(`connect: expected a Peer, not ${nameOf(peer)}`);
  }
  const there = one.createNode({ for: other });
  try {
    const back = other.createNode({ for: one });
    return [{ node: there.node, handle: back.handle }, { node: back.node, handle: there.handle }];
  } catch (error) {
    there.handle.release(); // and then the node: so nobody hears of it
    there.node.release();
    throw error;
  }
}

/**
 * Hands an end over, with its peer and all that waits there, to whoever makes a transport or an endpoint of the
 * invitation: they then own the peer, and close it with the connection.
 *
 * Who never adopts it keeps the other end waiting: end it with `Peer.revoke(invitation.ticket)` when a Worker does not
 * start.
 *
 * Errors: `ESHUTDOWN`; `EBADRQC` if the node and the handle are of different peers; `EBUSY` if an end of the peer is in
 * use. A `TypeError` if it is no end.
 *
 * @returns Plain data, which may be posted to a Worker.
 */
export function handOver(end: End): Invitation {
  const { peer, node, handle } = partsOf(end, "hand an end over");
  if (holdsBack(peer, node)) {
    throw new BusError("EBUSY", "hand an end over", "its peer has a connection in use, or what came for this one");
  }
  return { ticket: peer.detach(), node: node.id, handle: handle.id };
}

/** Opens the channel of an end, or of an invitation, whose peer then is the channel's to close. */
export function openChannel(end: End | Invitation, sink: Sink, doing: string): Channel {
  if (typeof end !== "object" || end === null || !("ticket" in end)) {
    const { peer, node, handle } = partsOf(end, doing);
    return Channel.open(peer, node, handle, sink);
  }
  const peer = Peer.adopt(end.ticket);
  try {
    return Channel.open(peer, peer.node(end.node), peer.handle(end.handle), sink, true);
  } catch (error) {
    peer.close();
    throw error;
  }
}

function partsOf(end: End, doing: string): { peer: Peer; node: Node; handle: Handle } {
  if (typeof end !== "object" || end === null) {
    throw new TypeError(`${doing}: expected an end of a connection, or an invitation, not ${nameOf(end)}`);
  }
  const { node, handle } = end;
  if (!(node instanceof Node)) throw new TypeError(`${doing}: the node of the end must be a Node, not ${nameOf(node)}`);
  if (!isHandle(handle)) throw new TypeError(`${doing}: the handle of the end must be a Handle, not ${nameOf(handle)}`);
  if (node.peer !== handle.peer) {
    throw new BusError("EBADRQC", doing, `node ${node.id} and handle ${handle.id} are not of one peer`);
  }
  return { peer: node.peer, node, handle };
}
