/**
 * Comlink over bus1: an `Endpoint` whose end is noticed.
 *
 * [Comlink](https://www.npmjs.com/package/comlink) makes calls of objects elsewhere look like calls. It is a dependency of
 * yours, not of this module, which imports nothing of it. What Comlink alone leaves open is settled here:
 *
 * | over a Worker or a MessagePort | over bus1 |
 * | --- | --- |
 * | a Worker that ends leaves its callers waiting for ever | calls in flight, and all later ones, reject at once, with a `BusError` |
 * | so do the proxies that it has given away | they reject, too: each proxy is a connection of its own |
 * | nobody hears that a proxy's holder has ended | the object's `[finalizer]` is called |
 * | calls in flight are forgotten when their proxy is released, or collected | it is released when they are answered |
 *
 * The code of that `BusError` is `ECONNRESET` when the other end has gone (its peer is closed, its Worker ends, is
 * terminated or crashes, or is revoked), and `ESHUTDOWN` after the end on this side.
 *
 * Values pass as with `postMessage`, by copy; but functions without `proxy()`, shared memory, blobs, streams and the like
 * are a `DataCloneError`. Buffers in a transfer list are copied, too, and then detached. That errors arrive with their name,
 * message and stack only is Comlink's doing; its `transferHandlers` can change it.
 *
 * The two Workers of a program:
 *
 * @example main.ts
 * ```ts ignore
 * import { Peer } from "@bus1/bus1";
 * import { comlinkEndpoint, connect, handOver } from "@bus1/bus1/adapters/comlink";
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
 * worker.postMessage(handOver(theirs));
 * console.log(await greeter.greet("Ada", Comlink.proxy((text) => console.log(text)))); // Hello, Ada!
 * const asked = greeter.greet("Bob", Comlink.proxy(() => new Promise(() => {}))); // is never told
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
 *     await tell(`${name} has come`); // a function of the main thread's
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
import { type End, type Invitation, openChannel } from "./connection.ts";

export { connect, type End, handOver, type Invitation } from "./connection.ts";

/**
 * Makes the endpoint for Comlink's `wrap` or `expose` from an end of a connection.
 *
 * Who gives an end keeps its peer, which may serve any number of connections. Who gives an invitation leaves the peer to
 * the endpoint, which closes it with the last of its connections.
 *
 * Errors: those of {@linkcode Peer.adopt}; `ESHUTDOWN` if the peer has ended; `EBUSY` if the end is in use; `EBADRQC` if
 * its node and handle are of different peers. A `TypeError` if it is no end and no invitation.
 *
 * @param end What {@linkcode connect} made, or {@linkcode handOver}.
 */
export function comlinkEndpoint(end: End | Invitation): ComlinkEndpoint {
  return newEndpoint((sink) => openChannel(end, sink, "make an endpoint"));
}

const key = Symbol();
let newEndpoint: (open: (sink: Sink) => Channel) => ComlinkEndpoint;
/** Lets an endpoint stand for a port, which somebody else holds the other side of. */
let bridge: (endpoint: ComlinkEndpoint, port: MessagePort | ComlinkEndpoint) => void;

/** A call that has no answer yet. */
interface Call {
  readonly request: Request;
  /** Takes the answer, if Comlink is to get it in another way than by an event. */
  resolve?: (reply: Reply) => void;
}

/** What a port is for the other side of it. */
type Forward = (data: unknown, ports: object[]) => void;

/**
 * An `Endpoint` of Comlink's; it serves one `wrap` or one `expose`, as a `MessagePort` does. {@linkcode comlinkEndpoint}
 * makes it.
 *
 * Its events, from {@linkcode ComlinkEndpoint.start} on, are `"message"`, and `"close"` when it has ended in whichever way;
 * {@linkcode ComlinkEndpoint.error} then says why.
 */
export class ComlinkEndpoint extends EventTarget {
  readonly #channel: Channel;
  #error: BusError | null = null;
  /** What has come and was not delivered yet; last, what ended the channel. */
  readonly #inbox: (UserMessage | BusError)[] = [];
  #isStarted = false;
  #isDelivering = false;
  /** The calls that were made through this endpoint, by their ids. */
  readonly #calls = new Map<string, Call>();
  /** The release of this endpoint's proxies, which waits until their calls are answered. */
  #release: Request | null = null;
  /** The release that is being answered here: with that this endpoint ends. */
  #released: string | null = null;
  /** Where messages go instead of to listeners. */
  #forward: Forward | null = null;
  /** Whether that is a real `MessagePort`: then it can take real ports only. */
  #isPort = false;

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
    bridge = (endpoint, port) => {
      if (port instanceof ComlinkEndpoint) {
        endpoint.#forward = (data, ports) => port.#carry(data, ports);
        port.#forward = (data, ports) => endpoint.#carry(data, ports);
        port.start();
      } else {
        endpoint.#forwardTo(port);
      }
      endpoint.start();
    };
  }

  /** Why it has ended; `null` while it has not. */
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
   * Sends a message. One that finds the other's queue full is sent when there is room, and those after it with it.
   *
   * A call that cannot be sent, or comes after the end, is answered with the `BusError` that says why. Throws a
   * `DataCloneError` for what cannot pass.
   *
   * @param message A message of Comlink's.
   * @param transfer Buffers, which are detached, `MessagePort`s, and endpoints of this class: the other side gets an
   *   endpoint of this class for each of the latter two.
   */
  postMessage(message: unknown, transfer: readonly object[] = []): void {
    if (!isRequest(message)) return this.#post(message, transfer);
    if (this.#error !== null) return this.#answerLater(message, this.#error);
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
   * Ends the connection: the other end is told, after all that was sent, and calls in flight reject. If its peer came
   * with an invitation, that is closed, and with it the proxies that came through this endpoint. Nothing, if it has ended.
   */
  close(): void {
    this.#channel.closeAll();
    this.#finish(new BusError("ESHUTDOWN", "call through an endpoint", "it was closed"));
  }

  /** Ends the connection: {@linkcode ComlinkEndpoint.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  // What goes out.

  #post(message: unknown, transfer: readonly object[]): void {
    const { id } = (message ?? {}) as Partial<Reply>;
    const isLast = id !== undefined && id === this.#released;
    let sent: Promise<void> | undefined;
    try {
      if (this.#error === null) sent = this.#send(message, transfer);
      sent?.catch((error) => this.#unsent(message, error));
    } catch (error) {
      // Comlink takes what it cannot clone, but nothing else: an answer that fails is a rejection that nobody awaits.
      if (!(error instanceof BusError)) throw error;
      queueMicrotask(() => this.#unsent(message, error));
    }
    if (!isLast) return;
    const end = () => this.#end("its proxies were released");
    if (sent === undefined) end();
    else sent.then(end, end);
  }

  #send(message: unknown, transfer: readonly object[]): Promise<void> | undefined {
    const { ports, buffers } = sorted(transfer);
    const data = encode(message, ports);
    const { peer } = this.#channel;
    const made: NodeWithHandle[] = [];
    const handles: Handle[] = [];
    let sent: Promise<void> | undefined;
    try {
      for (let i = 0; i < ports.length; i++) {
        made.push(peer.createNode());
        handles.push(made[i].handle);
      }
      sent = this.#channel.send(data, handles);
    } catch (error) {
      for (const { node, handle } of made) {
        handle[Symbol.dispose]();
        node[Symbol.dispose]();
      }
      throw error;
    }
    made.forEach(({ node }, i) => bridge(newEndpoint((sink) => Channel.open(peer, node, null, sink)), ports[i]));
    const drop = () => releaseAll(handles);
    if (sent === undefined) drop();
    else sent.then(drop, drop);
    for (const buffer of buffers) buffer.transfer(0);
    return sent;
  }

  /** A message could not be sent: if it was a call or an answer, its caller is told. */
  #unsent(message: unknown, error: unknown): void {
    if (this.#error !== null) return; // all callers were told
    if (isRequest(message)) return this.#answer(message.id, this.#failure(message, error));
    const { id } = message as Partial<Reply>;
    if (typeof id !== "string") return;
    try {
      this.#send(failureOf({ id }, error, true), [])?.catch(() => {});
    } catch {
      // It fails as the answer did: the connection has ended, and all are told.
    }
  }

  /**
   * Comlink releases a proxy also when it was collected while a call is in flight, and in any case forgets those calls or
   * closes what their answers come through. So each is promised its answer now, and the release waits for them.
   */
  #holdBack(release: Request): void {
    this.#release = release;
    if (this.#forward !== null) return; // what is behind it forgets them in its own way
    for (const [id, call] of this.#calls) {
      if (call.resolve !== undefined) continue;
      const { promise, resolve } = Promise.withResolvers<Reply>();
      call.resolve = resolve;
      this.#emit({ id, then: promise.then.bind(promise) }, []);
    }
  }

  // What comes in.

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
    const ports: (MessagePort | ComlinkEndpoint)[] = [];
    let data: unknown;
    try {
      data = this.#read(message, ports);
    } catch (error) {
      if (error instanceof BusError) return this.#channel.end(error);
      return this.#channel.refuse(error instanceof Error ? error.message : String(error));
    }
    if (isRequest(data)) {
      if (data.type === RELEASE) this.#released = data.id;
      this.#emit(data, ports);
    } else if (isReply(data) && this.#calls.has(data.id)) {
      this.#answer(data.id, data, ports);
    } else {
      this.#emit(data, ports);
    }
  }

  #read(message: UserMessage, ports: (MessagePort | ComlinkEndpoint)[]): unknown {
    const handles = message.handles;
    const made: ComlinkEndpoint[] = [];
    try {
      for (const handle of handles) ports.push(this.#accept(handle, made));
      return decode(message.bytes, (index) => {
        if (index >= ports.length) throw new TypeError("a port that did not come with the message");
        return ports[index];
      });
    } catch (error) {
      for (const port of [...made, ...ports]) port.close();
      releaseAll(handles);
      throw error;
    }
  }

  /** Makes the endpoint for a handle that came; or a port, if a port is to carry it on. */
  #accept(handle: Handle, made: ComlinkEndpoint[]): MessagePort | ComlinkEndpoint {
    const { peer } = this.#channel;
    const { node, handle: back } = peer.createNode();
    const endpoint = newEndpoint((sink) => {
      const channel = Channel.open(peer, node, handle, sink);
      channel.greet(back);
      return channel;
    });
    made.push(endpoint);
    if (!this.#isPort) return endpoint;
    const { port1, port2 } = new MessageChannel();
    bridge(endpoint, port1);
    return port2;
  }

  /** Answers a call, and releases the proxies if it was the last that they waited for. */
  #answer(id: string, reply: Reply, ports: object[] = []): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    if (call.resolve !== undefined) call.resolve(reply);
    else this.#emit(reply, ports);
    if (call.request.type === RELEASE) return this.#end("its proxies were released");
    if (this.#calls.size > 0 || this.#release === null) return;
    const release = this.#release;
    this.#release = null;
    this.postMessage(release);
  }

  /** The reply to a call that failed here; what is forwarded must be cloneable. */
  #failure(request: Request, error: unknown): Reply {
    return failureOf(request, error, this.#forward !== null);
  }

  #answerLater(request: Request, error: BusError): void {
    queueMicrotask(() => this.#emit(this.#failure(request, error), []));
  }

  #emit(data: unknown, ports: object[]): void {
    if (this.#forward !== null) this.#forward(data, ports);
    else this.dispatchEvent(new MessageEvent("message", { data }));
  }

  // Bridges.

  #forwardTo(port: MessagePort): void {
    // A port has no end: it is closed when what is behind it was released, by either side.
    let released: string | null = null;
    const passes = (data: unknown) => {
      if (isRequest(data) && data.type === RELEASE) released = data.id;
      else if (isReply(data) && data.id === released) port.close();
    };
    this.#isPort = true;
    this.#forward = (data, ports) => {
      port.postMessage(data, ports as MessagePort[]);
      passes(data);
    };
    port.onmessage = ({ data, ports }) => {
      this.#carry(data, ports);
      passes(data);
    };
  }

  /** Sends what somebody else has sent: there is nobody here to catch an error. */
  #carry(data: unknown, ports: readonly object[]): void {
    try {
      this.postMessage(data, ports);
    } catch (error) {
      if (isRequest(data)) this.#emit(this.#failure(data, error), []);
      else this.#unsent(data, error);
    }
  }

  // The end.

  /** Ends it in good order, after a release. */
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
    // Nobody can reach what is exposed here any more: so that Comlink calls its finalizer.
    if (this.#released === null) this.#emit({ id: "bus1", type: RELEASE }, []);
    queueMicrotask(() => this.dispatchEvent(new Event("close")));
  }
}

/** What is in a transfer list; a `DataCloneError` if it cannot be transferred. */
function sorted(
  transfer: readonly object[],
): { ports: (MessagePort | ComlinkEndpoint)[]; buffers: ArrayBuffer[] } {
  const ports: (MessagePort | ComlinkEndpoint)[] = [], buffers: ArrayBuffer[] = [];
  for (const object of transfer) {
    if (object instanceof ArrayBuffer) buffers.push(object);
    else if (object instanceof ComlinkEndpoint || object instanceof MessagePort) ports.push(object);
    else throw new DOMException("only buffers, ports and endpoints can be transferred over bus1", "DataCloneError");
  }
  if (new Set(transfer).size < transfer.length || buffers.some(({ detached }) => detached)) {
    throw new DOMException("what is transferred is there twice, or is detached already", "DataCloneError");
  }
  return { ports, buffers };
}
