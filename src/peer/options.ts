/**
 * The options of a peer's calls, and what they return.
 *
 * @module
 */

import type { Fd } from "../port/descriptor.ts";
import type { AccountOptions, EngineName, QueueLimits } from "../port/engine.ts";
import type { Handle } from "./handle.ts";
import type { Node } from "./node.ts";
import type { Peer } from "./peer.ts";
import type { TraceEvent } from "../port/trace.ts";

/** Options of {@linkcode Peer.open}. */
export interface PeerOptions {
  /** The engine; by default `"auto"`, the first that works here. All peers that are to meet must be on one engine. */
  engine?: EngineName | "auto";
  /**
   * The descriptor of a peer that somebody gave us, instead of a new one: its number, or an `Fd` of `@bus1/bus1/uapi`.
   * It belongs to the peer from then on, which closes it; the `Fd` is then as one that was closed. It needs the kernel
   * engine, and is reason enough to take that.
   *
   * Its handles and nodes keep their ids. Handles are found by them at once, and nodes when something has come from them.
   *
   * @example
   * ```ts ignore
   * import { Peer } from "@bus1/bus1";
   * import * as uapi from "@bus1/bus1/uapi";
   *
   * using peer = Peer.open({ fd: uapi.recvFd("/run/app/peer.sock") }); // there: uapi.sendFd(path, peer.fd)
   * ```
   */
  fd?: number | Fd;
  /**
   * The user who pays for the peer's nodes and handles and for what waits in its queue, and who is named to those who
   * receive from it. No user can take more of another's than nearly an equal share, so that none is left without. By
   * default the peer is of no user and pays for nothing, and all such peers together claim from others as one user would.
   * In the kernel the user is that of the process: its engine takes no account.
   *
   * All peers of one user have one set of limits, for as long as there are any, or something of theirs waits somewhere.
   * Other code of this process can name any user: between such code an account guards against mistakes, not malice.
   *
   * @example
   * ```ts
   * import { Peer } from "@bus1/bus1";
   *
   * const engine = "typescript";
   * using server = Peer.open({ engine, account: { user: 1, objects: 1000, bytes: 64 << 20 } });
   * using client = Peer.open({ engine, account: { user: 2 } });
   * const { handle } = server.createNode({ for: client });
   *
   * client.send(handle, "hello");
   * const message = server.tryReceive();
   * if (message?.type === "message") console.log(message.account); // 2
   * ```
   */
  account?: AccountOptions;
  /**
   * How much may wait in the peer's queue: what does not fit is refused with `EDQUOT` when it is sent, or added to a
   * transaction, and {@linkcode Peer.writable} waits for room. Without it the queue takes what comes. Not on the kernel
   * engine.
   *
   * @example
   * ```ts
   * import { BusError, Peer } from "@bus1/bus1";
   *
   * const engine = "typescript";
   * using server = Peer.open({ engine, maxQueued: { messages: 1 } });
   * using client = Peer.open({ engine });
   * const { handle } = server.createNode({ for: client });
   *
   * client.send(handle, "one");
   * try {
   *   client.send(handle, "two");
   * } catch (error) {
   *   if (error instanceof BusError) console.log(error.code); // EDQUOT
   * }
   * server.tryReceive();
   * await client.writable(handle);
   * client.send(handle, "two");
   * ```
   */
  maxQueued?: QueueLimits;
  /**
   * What the peer is called by those who look: in {@linkcode inspect}, in graphs, in errors, when it is printed. To the bus
   * it means nothing; several peers may have the same. Text that is no valid Unicode has U+FFFD in it.
   */
  name?: string;
  /**
   * Is told of all that the peer does from now on, here, event by event: what it makes, sends, releases and receives, and
   * its end. It is called from within the call that does it; what it throws does not change what that does, and is thrown
   * as an error that nobody catches. It may look at the peer and close it, but not use it otherwise: `EOPNOTSUPP`.
   * `formatTrace` makes a line of an event. Without a trace nothing is done for it.
   *
   * @example
   * ```ts
   * import { Peer, type TraceEvent } from "@bus1/bus1";
   *
   * const events: TraceEvent[] = [];
   * using peer = Peer.open({ trace: (event) => events.push(event) });
   * peer.send(peer.createNode().handle, "hello");
   * console.log(events.map(({ type }) => type)); // [ "open", "create", "commit" ]
   * ```
   */
  trace?: (event: TraceEvent) => void;
}

/** Options of {@linkcode Peer.adopt}. */
export interface AdoptOptions {
  /** As for {@linkcode PeerOptions.trace}. */
  trace?: (event: TraceEvent) => void;
}

/** Options of {@linkcode Peer.createNode}. */
export interface NodeOptions {
  /** Who gets the handle; by default the peer that makes the node. */
  for?: Peer;
  /** The node's {@linkcode Node.data}. */
  data?: unknown;
  /** What the node is called by those who look; as for {@linkcode PeerOptions.name}. It moves with the peer. */
  name?: string;
}

/** What {@linkcode Peer.createNode} makes. */
export interface NodeAndHandle {
  /** The receiving end, the maker's. */
  node: Node;
  /** The sending end, of the peer it was made for. */
  handle: Handle;
}

/** Options of {@linkcode Peer.send} and {@linkcode Transaction.send}. */
export interface SendOptions {
  /** Handles of the sender's; every receiver gets copies, which arrive as {@linkcode UserMessage.handles}. */
  handles?: readonly Handle[];
}

/** Options of {@linkcode Peer.writable}. */
export interface WritableOptions {
  /** Ends the wait: the promise rejects with its reason. */
  signal?: AbortSignal;
}

/** Options of {@linkcode Peer.receive}. */
export interface ReceiveOptions {
  /** Ends the wait: the promise rejects with its reason, and no message is lost. */
  signal?: AbortSignal;
}

/** Options of {@linkcode Peer.receiveSync}. */
export interface ReceiveSyncOptions {
  /** How long to wait, in milliseconds; by default for ever. */
  timeout?: number;
}
