/**
 * Cap'n Web over bus1: an `RpcTransport` whose other end is a peer, in a Worker or in another process, or in this isolate.
 *
 * [Cap'n Web](https://www.npmjs.com/package/capnweb) calls methods of objects elsewhere, passes functions and objects by
 * reference, and pipelines: what depends on a result is sent before that has come. It is a dependency of yours, not of
 * this module, which imports nothing of it.
 *
 * When the other end goes (its peer is closed, its Worker ends, is terminated or crashes, or is revoked) `receive()`
 * rejects, with `ECONNRESET`: so the session breaks, and with it all calls in flight and all later ones, at once. When the
 * session ends here, the transport ends with it, and the other end hears it.
 *
 * The two Workers of a program:
 *
 * @example main.ts
 * ```ts ignore
 * import { Peer } from "@bus1/bus1";
 * import { capnwebTransport, connect, handOver } from "@bus1/bus1/adapters/capnweb";
 * import { RpcSession, RpcTarget } from "capnweb";
 *
 * export class Greeter extends RpcTarget {
 *   greet(name: string, tell: (text: string) => void): string {
 *     tell(`${name} has come`); // a function of the Worker's
 *     return `Hello, ${name}!`;
 *   }
 * }
 *
 * using server = Peer.open(); // one peer for all Workers, or one for each
 * const [ours, theirs] = connect(server, Peer.open());
 * const session = new RpcSession(capnwebTransport(ours), new Greeter());
 *
 * const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
 * worker.postMessage(handOver(theirs));
 * await new Promise((ended) => session.getRemoteMain().onRpcBroken(ended)); // until the Worker is done
 * worker.terminate();
 * ```
 *
 * @example worker.ts
 * ```ts ignore
 * import { capnwebTransport } from "@bus1/bus1/adapters/capnweb";
 * import { RpcSession } from "capnweb";
 * import type { Greeter } from "./main.ts";
 *
 * self.onmessage = async ({ data }) => {
 *   const session = new RpcSession<Greeter>(capnwebTransport(data));
 *   using main = session.getRemoteMain(); // at the end of the block the session ends
 *   console.log(await main.greet("Ada", (text) => console.log(text)));
 * };
 * ```
 *
 * @example Both ends in one isolate, on any engine
 * ```ts
 * import { Peer } from "@bus1/bus1";
 * import { capnwebTransport, connect } from "@bus1/bus1/adapters/capnweb";
 * import { RpcSession, RpcTarget } from "capnweb"; // in Deno: "npm:capnweb"
 *
 * class Counter extends RpcTarget {
 *   #count = 0;
 *   add(n: number): number {
 *     return this.#count += n;
 *   }
 * }
 * class Api extends RpcTarget {
 *   counter(): Counter {
 *     return new Counter();
 *   }
 * }
 *
 * using server = Peer.open();
 * using client = Peer.open();
 * const [ours, theirs] = connect(server, client);
 * new RpcSession(capnwebTransport(ours), new Api());
 * using api = new RpcSession<Api>(capnwebTransport(theirs)).getRemoteMain();
 *
 * using counter = api.counter(); // not awaited
 * console.log(await counter.add(2)); // 2: one round trip for both calls
 * ```
 *
 * @module
 */

import { BusError } from "../port/errors.ts";
import type { UserMessage } from "../peer/message.ts";
import { type Channel, releaseAll } from "./channel.ts";
import { type End, type Invitation, openChannel } from "./connection.ts";

export { connect, type End, handOver, type Invitation } from "./connection.ts";

/**
 * Makes the transport for an `RpcSession` from an end of a connection.
 *
 * Who gives an end keeps its peer, which may serve any number of connections. Who gives an invitation leaves the peer to
 * the transport, which closes it when it ends.
 *
 * Errors: those of {@linkcode Peer.adopt}; `ESHUTDOWN` if the peer has ended; `EBUSY` if the end is in use; `EBADRQC` if
 * its node and handle are of different peers. A `TypeError` if it is no end and no invitation.
 *
 * @param end What {@linkcode connect} made, or {@linkcode handOver}.
 */
export function capnwebTransport(end: End | Invitation): CapnwebTransport {
  return new CapnwebTransport(end);
}

interface Receiver {
  resolve(message: string): void;
  reject(error: BusError): void;
}

/**
 * An `RpcTransport` of Cap'n Web's, each message a message of the bus. {@linkcode capnwebTransport} makes it, and an
 * `RpcSession` uses it.
 */
export class CapnwebTransport {
  readonly #channel: Channel;
  /** What came before somebody asked for it, the next first. */
  #inbox: string[] = [];
  #next = 0;
  readonly #receivers: Receiver[] = [];
  #error: BusError | null = null;

  /** See {@linkcode capnwebTransport}. */
  constructor(end: End | Invitation) {
    this.#channel = openChannel(end, {
      message: (message) => this.#message(message),
      ended: (error) => this.#ended(error),
    }, "make a transport");
  }

  /**
   * Sends a message; one that finds the other's queue full waits until there is room, and those after it with it.
   *
   * Throws or rejects with a `BusError` when it cannot be sent: the session then ends.
   */
  send(message: string): void | Promise<void> {
    return this.#channel.send(message);
  }

  /** Resolves with the next message; rejects with a `BusError` when the other end has gone, or this one has ended. */
  receive(): Promise<string> {
    if (this.#next < this.#inbox.length) return Promise.resolve(this.#take());
    if (this.#error !== null) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => this.#receivers.push({ resolve, reject }));
  }

  /**
   * Ends the connection: the other end is told, after all that was sent. What waits for room is not sent any more. Nothing,
   * if it has ended.
   */
  abort(_reason?: unknown): void {
    this.#channel.end(new BusError("ESHUTDOWN", "use a transport", "the session has ended"));
  }

  /** Ends the connection: {@linkcode CapnwebTransport.abort}. */
  [Symbol.dispose](): void {
    this.abort();
  }

  #take(): string {
    const message = this.#inbox[this.#next++];
    if (this.#next === this.#inbox.length) {
      this.#inbox = [];
      this.#next = 0;
    }
    return message;
  }

  #message(message: UserMessage): void {
    releaseAll(message.handles); // Cap'n Web sends none
    const receiver = this.#receivers.shift();
    if (receiver === undefined) this.#inbox.push(message.text());
    else receiver.resolve(message.text());
  }

  #ended(error: BusError): void {
    this.#error = error;
    for (const receiver of this.#receivers.splice(0)) receiver.reject(error);
  }
}
