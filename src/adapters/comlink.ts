/**
 * Comlink over bus1: an `Endpoint` that notices the end of the other side.
 *
 * [Comlink](https://www.npmjs.com/package/comlink) makes calls to remote objects look like local calls. Your program
 * depends on it; this module does not import it. It adds what Comlink alone does not do:
 *
 * | over a Worker or a MessagePort | over bus1 |
 * | --- | --- |
 * | a Worker that ends leaves its callers waiting forever | calls in flight, and all later ones, reject at once, with a `BusError` |
 * | so do the proxies that it has given away | they reject, too: each proxy is a connection of its own |
 * | the end of a proxy's holder is not noticed | the object's `[finalizer]` is called |
 * | calls in flight are forgotten when their proxy is released, or collected | it is released when they have their results |
 *
 * The code of that `BusError` is `ECONNRESET` when the other end has gone (its peer is closed, its Worker ends, is
 * terminated or crashes, or is revoked), and `ESHUTDOWN` after the end on this side.
 *
 * Values pass as with `postMessage`, by copy; but functions without `proxy()`, shared memory, blobs, streams and the
 * like are a `DataCloneError`. Buffers in a transfer list are copied, and then detached. Errors arrive with their name,
 * message and stack only; this is how Comlink works, and its `transferHandlers` can change it.
 *
 * The two Workers of a program:
 *
 * @example main.ts
 * ```ts ignore
 * import { Peer } from "@bus1/bus1";
 * import { comlinkEndpoint, connect, detach } from "@bus1/bus1/adapters/comlink";
 * import * as Comlink from "comlink";
 *
 * export interface Greeter {
 *   greet(name: string, tell: (text: string) => void): Promise<string>;
 * }
 *
 * using server = Peer.open(); // one peer for all Workers, or one for each
 * const [ours, theirs] = connect(server, Peer.open());
 * using endpoint = comlinkEndpoint(ours);
 * const greeter = Comlink.wrap<Greeter>(endpoint);
 *
 * const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
 * worker.postMessage(detach(theirs));
 * console.log(await greeter.greet("Ada", Comlink.proxy((text) => console.log(text)))); // Hello, Ada!
 * const asked = greeter.greet("Bob", Comlink.proxy(() => new Promise(() => {}))); // never settles
 * worker.terminate();
 * await asked.catch((error) => {
 *   console.log(error.code); // ECONNRESET
 * });
 * ```
 *
 * @example worker.ts
 * ```ts ignore
 * import { comlinkEndpoint } from "@bus1/bus1/adapters/comlink";
 * import * as Comlink from "comlink";
 * import type { Greeter } from "./main.ts";
 *
 * const greeter: Greeter = {
 *   async greet(name, tell) {
 *     await tell(`${name} has come`); // a function in the main thread
 *     return `Hello, ${name}!`;
 *   },
 * };
 *
 * self.onmessage = ({ data }) => Comlink.expose(greeter, comlinkEndpoint(data));
 * ```
 *
 * @example Both ends in one isolate, on any engine
 * ```ts
 * import { Peer } from "@bus1/bus1";
 * import { comlinkEndpoint, connect } from "@bus1/bus1/adapters/comlink";
 * import * as Comlink from "comlink"; // in Deno: "npm:comlink"
 *
 * using server = Peer.open();
 * using client = Peer.open();
 * const [ours, theirs] = connect(server, client);
 * Comlink.expose({ add: (a: number, b: number) => a + b }, comlinkEndpoint(ours));
 *
 * const api = Comlink.wrap<{ add(a: number, b: number): number }>(comlinkEndpoint(theirs));
 * console.log(await api.add(1, 2)); // 3
 *
 * server.close();
 * await api.add(1, 2).catch((error) => console.log(error.code)); // ECONNRESET
 * ```
 *
 * @module
 */

import { BusError } from "../port/errors.ts";
import type { Handle } from "../peer/handle.ts";
import type { UserMessage } from "../peer/message.ts";
import type { NodeWithHandle } from "../peer/node.ts";
import { Channel, releaseAll, type Sink } from "./channel.ts";
import { decode, encode } from "./clone.ts";
import { failureOf, isReply, isRequest, RELEASE, type Reply, type Request } from "./comlink_protocol.ts";
import { type ConnectionEnd, type ConnectionTicket, openChannel } from "./connection.ts";

export { connect, type ConnectionEnd, type ConnectionTicket, detach } from "./connection.ts";

/**
 * Makes the endpoint for Comlink's `wrap` or `expose` from an end of a connection.
 *
 * The peer of an end stays the caller's, and may serve any number of connections. The peer of a ticket becomes the
 * endpoint's, which closes it with the last of its connections.
 *
 * Errors: those of {@linkcode Peer.adopt}; `ESHUTDOWN` if the peer has ended; `EBUSY` if the end is in use; `EBADRQC`
 * if its node and handle are of different peers. A `TypeError` if it is neither an end nor a ticket.
 *
 * @param end An end made by {@linkcode connect}, or a ticket made by {@linkcode detach}.
 */
export function comlinkEndpoint(end: ConnectionEnd | ConnectionTicket): ComlinkEndpoint {
  return newEndpoint((sink) => openChannel(end, sink, "make an endpoint"));
}

const key = Symbol();
let newEndpoint: (open: (sink: Sink) => Channel) => ComlinkEndpoint;
/** Forwards messages between an endpoint and a `MessagePort` or another endpoint, in both directions. */
let bridge: (endpoint: ComlinkEndpoint, other: MessagePort | ComlinkEndpoint) => void;

/** A call that has no reply yet. */
interface Call {
  readonly request: Request;
  /** Takes the reply, if Comlink gets it by a promise and not by an event. */
  resolve?: (reply: Reply) => void;
}

/** Takes a message in the place of listeners. */
type Forward = (data: unknown, transfer: object[]) => void;

/**
 * An `Endpoint` of Comlink, made by {@linkcode comlinkEndpoint}. It serves one `wrap` or one `expose`, as a
 * `MessagePort` does.
 *
 * Its events, from {@linkcode ComlinkEndpoint.start} on, are `"message"`, and `"close"` when it has ended in any way;
 * {@linkcode ComlinkEndpoint.error} then has the reason.
 */
export class ComlinkEndpoint extends EventTarget {
  readonly #channel: Channel;
  #error: BusError | null = null;
  /** Messages that were not delivered yet; last, the error that ended the channel. */
  readonly #inbox: (UserMessage | BusError)[] = [];
  #isStarted = false;
  #isDelivering = false;
  /** The calls that were made through this endpoint, by their ids. */
  readonly #calls = new Map<string, Call>();
  /** The release of this endpoint's proxies, which waits until their calls have replies. */
  #release: Request | null = null;
  /** The id of the release that is being replied to here; this endpoint ends with the reply. */
  #released: string | null = null;
  /** Takes messages in the place of listeners. */
  #forward: Forward | null = null;
  /** Whether that is a real `MessagePort`, which can transfer other real `MessagePort`s only. */
  #forwardsToMessagePort = false;

  private constructor(issuer: symbol, open: (sink: Sink) => Channel) {
    if (issuer !== key) throw new TypeError("a ComlinkEndpoint comes from comlinkEndpoint; it cannot be made");
    super();
    const take = (item: UserMessage | BusError) => {
      this.#inbox.push(item);
      if (this.#isStarted && !this.#isDelivering) this.#deliver();
    };
    this.#channel = open({ message: take, ended: take });
  }

  static {
    newEndpoint = (open) => new ComlinkEndpoint(key, open);
    bridge = (endpoint, other) => {
      if (other instanceof ComlinkEndpoint) {
        endpoint.#forward = (data, transfer) => other.#carry(data, transfer);
        other.#forward = (data, transfer) => endpoint.#carry(data, transfer);
        other.start();
      } else {
        endpoint.#forwardTo(other);
      }
      endpoint.start();
    };
  }

  /** The reason of its end; `null` before. */
  get error(): BusError | null {
    return this.#error;
  }

  /** Begins to deliver messages; Comlink calls it. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    if (this.#inbox.length > 0) queueMicrotask(() => this.#deliver());
  }

  /**
   * Sends a message. If the receiver's queue is full, this message and later ones wait until there is room.
   *
   * A call that cannot be sent, or is made after the end, rejects with the `BusError` that has the reason. Throws a
   * `DataCloneError` for values that cannot pass.
   *
   * @param message A message of Comlink's.
   * @param transfer Buffers, which are detached, `MessagePort`s, and endpoints of this class: the other side gets an
   *   endpoint of this class for each of the latter two.
   */
  postMessage(message: unknown, transfer: readonly object[] = []): void {
    if (!isRequest(message)) return this.#post(message, transfer);
    if (this.#error !== null) return this.#replyLater(message, this.#error);
    if (message.type === RELEASE && this.#calls.size > 0) return this.#holdBack(message);
    this.#calls.set(message.id, { request: message });
    try {
      this.#post(message, transfer);
    } catch (error) {
      this.#calls.delete(message.id);
      throw error;
    }
  }

  /**
   * Ends the connection: the other end is notified, after all that was sent, and calls in flight reject. If its peer
   * came with a ticket, the peer is closed, and with it the proxies that came through this endpoint. No-op if it has
   * ended.
   */
  close(): void {
    this.#channel.closeAll();
    this.#finish(new BusError("ESHUTDOWN", "call through an endpoint", "it was closed"));
  }

  /** Ends the connection: {@linkcode ComlinkEndpoint.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  // Sending.

  #post(message: unknown, transfer: readonly object[]): void {
    const { id } = (message ?? {}) as Partial<Reply>;
    const isLast = id !== undefined && id === this.#released;
    let sent: Promise<void> | undefined;
    try {
      if (this.#error === null) sent = this.#send(message, transfer);
      sent?.catch((error) => this.#unsent(message, error));
    } catch (error) {
      // Comlink catches a DataCloneError and nothing else: any other error would be an unhandled rejection.
      if (!(error instanceof BusError)) throw error;
      queueMicrotask(() => this.#unsent(message, error));
    }
    if (!isLast) return;
    const end = () => this.#end("its proxies were released");
    if (sent === undefined) end();
    else sent.then(end, end);
  }

  #send(message: unknown, transfer: readonly object[]): Promise<void> | undefined {
    const { endpoints, buffers } = sorted(transfer);
    const data = encode(message, endpoints);
    const { peer } = this.#channel;
    const made: (NodeWithHandle & { endpoint: MessagePort | ComlinkEndpoint })[] = [];
    let sent: Promise<void> | undefined;
    try {
      for (const endpoint of endpoints) made.push({ endpoint, ...peer.createNode() });
      sent = this.#channel.send(data, made.map(({ handle }) => handle));
    } catch (error) {
      for (const { node, handle } of made) {
        handle[Symbol.dispose]();
        node[Symbol.dispose]();
      }
      throw error;
    }
    for (const { node, endpoint } of made) {
      bridge(newEndpoint((sink) => Channel.open(peer, node, null, sink)), endpoint);
    }
    const drop = () => releaseAll(made.map(({ handle }) => handle));
    if (sent === undefined) drop();
    else sent.then(drop, drop);
    for (const buffer of buffers) buffer.transfer(0);
    return sent;
  }

  /** Reports that a message could not be sent to the caller, if it was a call or a reply. */
  #unsent(message: unknown, error: unknown): void {
    if (this.#error !== null) return; // all calls were rejected
    if (isRequest(message)) return this.#reply(message.id, this.#failure(message, error));
    const { id } = message as Partial<Reply>;
    if (typeof id !== "string") return;
    try {
      this.#send(failureOf({ id }, error, true), [])?.catch(() => {});
    } catch {
      // This reply fails as the first did: the connection has ended, and all calls are rejected.
    }
  }

  /**
   * Delays a release until all calls have replies. Comlink releases a proxy even if it was garbage-collected while a
   * call is in flight, and then forgets that call or closes its `MessagePort`. So each call gets a promise of its reply
   * now.
   */
  #holdBack(release: Request): void {
    this.#release = release;
    if (this.#forward !== null) return; // the program behind it has its own way to forget them
    for (const [id, call] of this.#calls) {
      if (call.resolve !== undefined) continue;
      const { promise, resolve } = Promise.withResolvers<Reply>();
      call.resolve = resolve;
      this.#emit({ id, then: promise.then.bind(promise) }, []);
    }
  }

  // Receiving.

  #deliver(): void {
    this.#isDelivering = true;
    try {
      for (let item = this.#inbox.shift(); item !== undefined; item = this.#inbox.shift()) {
        if (item instanceof BusError) this.#finish(item);
        else this.#message(item);
      }
    } finally {
      this.#isDelivering = false;
    }
  }

  #message(message: UserMessage): void {
    if (this.#error !== null) return releaseAll(message.handles);
    const endpoints: (MessagePort | ComlinkEndpoint)[] = [];
    let data: unknown;
    try {
      data = this.#read(message, endpoints);
    } catch (error) {
      if (error instanceof BusError) return this.#channel.end(error);
      return this.#channel.refuse(error instanceof Error ? error.message : String(error));
    }
    if (isRequest(data)) {
      if (data.type === RELEASE) this.#released = data.id;
      this.#emit(data, endpoints);
    } else if (isReply(data) && this.#calls.has(data.id)) {
      this.#reply(data.id, data, endpoints);
    } else {
      this.#emit(data, endpoints);
    }
  }

  #read(message: UserMessage, endpoints: (MessagePort | ComlinkEndpoint)[]): unknown {
    const handles = message.handles;
    const made: ComlinkEndpoint[] = [];
    try {
      for (const handle of handles) endpoints.push(this.#accept(handle, made));
      return decode(message.bytes, (index) => {
        if (index >= endpoints.length) throw new TypeError("an endpoint that did not come with the message");
        return endpoints[index];
      });
    } catch (error) {
      for (const endpoint of [...made, ...endpoints]) endpoint.close();
      releaseAll(handles);
      throw error;
    }
  }

  /** Makes the endpoint for a received handle; or a `MessagePort`, if a `MessagePort` forwards it. */
  #accept(handle: Handle, made: ComlinkEndpoint[]): MessagePort | ComlinkEndpoint {
    const { peer } = this.#channel;
    const { node, handle: back } = peer.createNode();
    const endpoint = newEndpoint((sink) => {
      const channel = Channel.open(peer, node, handle, sink);
      channel.greet(back);
      return channel;
    });
    made.push(endpoint);
    if (!this.#forwardsToMessagePort) return endpoint;
    const { port1, port2 } = new MessageChannel();
    bridge(endpoint, port1);
    return port2;
  }

  /** Gives a call its reply, and releases the proxies if they waited for this call only. */
  #reply(id: string, reply: Reply, endpoints: object[] = []): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    if (call.resolve !== undefined) call.resolve(reply);
    else this.#emit(reply, endpoints);
    if (call.request.type === RELEASE) return this.#end("its proxies were released");
    if (this.#calls.size > 0 || this.#release === null) return;
    const release = this.#release;
    this.#release = null;
    this.postMessage(release);
  }

  /** Returns the reply to a call that failed here; a forwarded reply must be cloneable. */
  #failure(request: Request, error: unknown): Reply {
    return failureOf(request, error, this.#forward !== null);
  }

  #replyLater(request: Request, error: BusError): void {
    queueMicrotask(() => this.#emit(this.#failure(request, error), []));
  }

  #emit(data: unknown, endpoints: object[]): void {
    if (this.#forward !== null) this.#forward(data, endpoints);
    else this.dispatchEvent(new MessageEvent("message", { data }));
  }

  // Bridges.

  #forwardTo(messagePort: MessagePort): void {
    // A MessagePort does not notice its end: it is closed when the object behind it was released, by either side.
    let released: string | null = null;
    const passes = (data: unknown) => {
      if (isRequest(data) && data.type === RELEASE) released = data.id;
      else if (isReply(data) && data.id === released) messagePort.close();
    };
    this.#forwardsToMessagePort = true;
    this.#forward = (data, transfer) => {
      messagePort.postMessage(data, transfer as MessagePort[]);
      passes(data);
    };
    messagePort.onmessage = ({ data, ports }) => {
      this.#carry(data, ports);
      passes(data);
    };
  }

  /** Sends a forwarded message. No caller here can catch an error, so it becomes a reply. */
  #carry(data: unknown, endpoints: readonly object[]): void {
    try {
      this.postMessage(data, endpoints);
    } catch (error) {
      if (isRequest(data)) this.#emit(this.#failure(data, error), []);
      else this.#unsent(data, error);
    }
  }

  // The end.

  /** Ends the connection after a release. */
  #end(why: string): void {
    this.#channel.close();
    this.#finish(new BusError("ESHUTDOWN", "call through an endpoint", why));
  }

  #finish(error: BusError): void {
    if (this.#error !== null) return;
    this.#error = error;
    const calls = [...this.#calls.values()];
    if (this.#release !== null) calls.push({ request: this.#release });
    this.#calls.clear();
    this.#release = null;
    for (const { request, resolve } of calls) {
      const reply = this.#failure(request, error);
      if (resolve !== undefined) resolve(reply);
      else this.#emit(reply, []);
    }
    for (const item of this.#inbox.splice(0)) if (!(item instanceof BusError)) releaseAll(item.handles);
    // No caller can reach the exposed object any more: this makes Comlink call its finalizer.
    if (this.#released === null) this.#emit({ id: "bus1", type: RELEASE }, []);
    queueMicrotask(() => this.dispatchEvent(new Event("close")));
  }
}

/** Sorts a transfer list; throws a `DataCloneError` if an object cannot be transferred. */
function sorted(
  transfer: readonly object[],
): { endpoints: (MessagePort | ComlinkEndpoint)[]; buffers: ArrayBuffer[] } {
  const endpoints: (MessagePort | ComlinkEndpoint)[] = [], buffers: ArrayBuffer[] = [];
  for (const object of transfer) {
    if (object instanceof ArrayBuffer) buffers.push(object);
    else if (object instanceof ComlinkEndpoint || object instanceof MessagePort) endpoints.push(object);
    else {throw new DOMException(
        "only ArrayBuffers, MessagePorts and endpoints can be transferred over bus1",
        "DataCloneError",
      );}
  }
  if (new Set(transfer).size < transfer.length || buffers.some(({ detached }) => detached)) {
    throw new DOMException("an object in the transfer list is there twice, or is detached already", "DataCloneError");
  }
  return { endpoints, buffers };
}
