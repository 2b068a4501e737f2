/**
 * Cap'n Web over bus1: an `RpcTransport` to a peer in a Worker, in another process, or in this isolate.
 *
 * [Cap'n Web](https://www.npmjs.com/package/capnweb) calls methods of remote objects, passes functions and objects by
 * reference, and pipelines: a call that depends on a result is sent before the result has come. Your program depends on
 * it; this module does not import it.
 *
 * When the other end goes (its peer is closed or revoked; its Worker ends, crashes or is terminated), `receive()`
 * rejects with `ECONNRESET`. So the session breaks, and all calls in flight and all later calls reject at once. When
 * the session ends here, the transport ends with it, and the other end is notified.
 *
 * The two Workers of a program:
 *
 * @example main.ts
 * ```ts ignore
 * import { Peer } from "@bus1/bus1";
 * import { capnwebTransport, connect, detach } from "@bus1/bus1/adapters/capnweb";
 * import { RpcSession, RpcTarget } from "capnweb";
 *
 * export class Greeter extends RpcTarget {
 *   greet(name: string, tell: (text: string) => void): string {
 *     tell(`${name} has come`); // a function in the Worker
 *     return `Hello, ${name}!`;
 *   }
 * }
 *
 * using server = Peer.open(); // one peer for all Workers, or one for each
 * const [ours, theirs] = connect(server, Peer.open());
 * const session = new RpcSession(capnwebTransport(ours), new Greeter());
 *
 * const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
 * worker.postMessage(detach(theirs));
 * await new Promise((ended) => session.getRemoteMain().onRpcBroken(ended)); // until the Worker has finished
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
 *   using main = session.getRemoteMain(); // the session ends with this block
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
import { type ConnectionEnd, type ConnectionTicket, openChannel } from "./connection.ts";

export { connect, type ConnectionEnd, type ConnectionTicket, detach } from "./connection.ts";

/**
 * Makes the transport for an `RpcSession` from an end of a connection.
 *
 * The peer of an end stays the caller's, and may serve any number of connections. The peer of a ticket becomes the
 * transport's, which closes it when it ends.
 *
 * Errors: those of {@linkcode Peer.adopt}; `ESHUTDOWN` if the peer has ended; `EBUSY` if the end is in use; `EBADRQC`
 * if its node and handle are of different peers. A `TypeError` if it is neither an end nor a ticket.
 *
 * @param end An end made by {@linkcode connect}, or a ticket made by {@linkcode detach}.
 */
export function capnwebTransport(end: ConnectionEnd | ConnectionTicket): CapnwebTransport {
  return new CapnwebTransport(end);
}

interface Receiver {
  resolve(message: string): void;
  reject(error: BusError): void;
}

/**
 * An `RpcTransport` for an `RpcSession` of Cap'n Web, made by {@linkcode capnwebTransport}. Each of its messages is one
 * message of the bus.
 */
export class CapnwebTransport {
  readonly #channel: Channel;
  /** Messages that came before a call of `receive`, oldest first. */
  #inbox: string[] = [];
  #next = 0;
  readonly #receivers: Receiver[] = [];
  #error: BusError | null = null;

  /** See {@linkcode capnwebTransport}. */
  constructor(end: ConnectionEnd | ConnectionTicket) {
    this.#channel = openChannel(end, {
      message: (message) => this.#message(message),
      ended: (error) => this.#ended(error),
    }, "make a transport");
  }

  /**
   * Sends a message. If the receiver's queue is full, this message and later ones wait until there is room.
   *
   * Throws or rejects with a `BusError` if it cannot be sent: then the session ends.
   */
  send(message: string): void | Promise<void> {
    return this.#channel.send(message);
  }

  /** Resolves with the next message; rejects with a `BusError` when the other end has gone, or this one has ended. */
  receive(): Promise<string> {
    const message = this.#take();
    if (message !== undefined) return Promise.resolve(message);
    if (this.#error !== null) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => this.#receivers.push({ resolve, reject }));
  }

  /**
   * Ends the connection: the other end is notified, after all that was sent. Messages that wait for room are dropped.
   * No-op if it has ended.
   */
  abort(_reason?: unknown): void {
    this.#channel.end(new BusError("ESHUTDOWN", "use a transport", "the session has ended"));
  }

  /** Ends the connection: {@linkcode CapnwebTransport.abort}. */
  [Symbol.dispose](): void {
    this.abort();
  }

  /** Takes the oldest message off the inbox; reading on is cheaper than shifting a long array. */
  #take(): string | undefined {
    const message = this.#inbox[this.#next];
    if (message !== undefined && ++this.#next === this.#inbox.length) {
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
