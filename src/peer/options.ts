/**
 * The options of a peer's calls. Those that contain nodes, handles or peers are declared beside these.
 *
 * @module
 */

import type { Fd } from "../port/descriptor.ts";
import type { AccountOptions, EngineName, QueueLimits } from "../port/engine.ts";
import type { TraceEvent } from "../port/trace.ts";
import type { OptionNames } from "./arguments.ts";

/** Options of {@linkcode Peer.open}. */
export interface PeerOptions {
  /** The engine; by default `"auto"`, the first that works here. Peers that exchange messages must be on one engine. */
  engine?: EngineName | "auto";
  /**
   * The descriptor of an existing peer, for example one that another process has sent, instead of a new peer: its number,
   * or an `Fd` of `@bus1/bus1/uapi`. The descriptor belongs to the peer from then on, which closes it; the `Fd` is then as
   * if it were closed. It requires the kernel engine, which is then the default.
   *
   * Its handles and nodes keep their ids. Handles are found by their ids at once, nodes after something has arrived there.
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
   * The user that pays for the peer's nodes and handles and for what waits in its queue. Receivers see it as the sender's
   * account. No user can take much more than an equal share of another user's limit. By default the peer has no user and
   * pays for nothing; all peers without a user claim from others like one user. On the kernel engine the user is that of
   * the process, and this option is not accepted.
   *
   * All peers of one user have one set of limits, for as long as such a peer exists or anything is charged to or by the
   * user. Other code of this process can name any user: between such code an account protects against mistakes, not attacks.
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
   * The maximum size of the peer's queue. A message that does not fit is refused with `EDQUOT` when it is sent, or added to
   * a transaction; {@linkcode Peer.writable} waits for room. By default the queue is not limited. Not on the kernel engine.
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
   * The name that diagnostics show: {@linkcode inspect}, graphs, errors, and `console.log`. It has no meaning for the bus,
   * and several peers may have the same name. Text that is not valid Unicode has U+FFFD in it. Do not put secrets in names.
   */
  name?: string;
  /**
   * Is called for each thing that the peer does from now on, in this isolate: what it makes, sends, releases and receives,
   * and its end. It is called within the call that does it. What it throws does not change that call, and becomes an
   * uncaught error. It may inspect the peer and close it, but not use it otherwise: `EOPNOTSUPP`. `formatTrace` makes a line
   * of an event.
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
  /** As {@linkcode PeerOptions.trace}. */
  trace?: (event: TraceEvent) => void;
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
  /** How long to wait, in milliseconds; by default forever. */
  timeout?: number;
}

export const PEER_OPTIONS: OptionNames<PeerOptions> = {
  engine: true,
  fd: true,
  account: true,
  maxQueued: true,
  name: true,
  trace: true,
};
export const ADOPT_OPTIONS: OptionNames<AdoptOptions> = { trace: true };
export const WRITABLE_OPTIONS: OptionNames<WritableOptions> = { signal: true };
export const RECEIVE_OPTIONS: OptionNames<ReceiveOptions> = { signal: true };
export const RECEIVE_SYNC_OPTIONS: OptionNames<ReceiveSyncOptions> = { timeout: true };
