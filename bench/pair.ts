/**
 * Two Workers and all the ways between them: a peer in each, with a handle to the other's node; a port in each, for
 * `postMessage`; the floor; and a gate, at which a sender waits until its receiver is ready.
 *
 * Why the rival is a `MessagePort`: between two Workers it is what there is, unless one has started the other; then
 * `Worker.postMessage` between the two is neither faster nor slower by more than the noise, in either runtime.
 *
 * @module
 */

import { type Handle, Peer, type Ticket } from "@bus1/bus1";
import { Agent } from "../test/workers/calls.ts";
import { type Floor, openFloor } from "./floor.ts";

/** The bytes of every message. */
export const SIZE = 64;

/** The two, seen from outside. */
export class Pair {
  readonly left: Agent;
  readonly right: Agent;

  private constructor(left: Agent, right: Agent) {
    this.left = left;
    this.right = right;
  }

  /** Starts two Workers of a module that serves `join`. */
  static async start(module: URL): Promise<Pair> {
    const [left, right] = await Agent.crew(2, module.href);
    const ours = Peer.open({ engine: "native" }), theirs = Peer.open({ engine: "native" });
    const toRight = theirs.createNode({ for: ours }).handle.id, toLeft = ours.createNode({ for: theirs }).handle.id;
    const { port1, port2 } = new MessageChannel();
    const gate = new Int32Array(new SharedArrayBuffer(4));
    await left.call("join", 0, ours.detach(), toRight, port1, gate);
    await right.call("join", 1, theirs.detach(), toLeft, port2, gate);
    return new Pair(left, right);
  }

  [Symbol.dispose](): void {
    this.left.terminate();
    this.right.terminate();
  }
}

/** One of the two, seen from inside. */
export class Side {
  readonly peer: Peer;
  /** The handle to the other's node. */
  readonly to: Handle;
  readonly port: MessagePort;
  readonly floor: Floor = openFloor();
  /** The ring in which this side sends, and the one in which it receives. */
  readonly out: number;
  readonly in: number;
  readonly #gate: Int32Array;

  constructor(number: number, ticket: Ticket, to: bigint, port: MessagePort, gate: Int32Array) {
    this.peer = Peer.adopt(ticket);
    this.to = this.peer.handle(to);
    this.port = port;
    this.out = number;
    this.in = 1 - number;
    this.#gate = gate;
  }

  /** The receiver is ready. */
  openGate(): void {
    Atomics.store(this.#gate, 0, 1);
    Atomics.notify(this.#gate, 0);
  }

  /** Waits until the receiver is ready. */
  passGate(): void {
    while (Atomics.load(this.#gate, 0) === 0) Atomics.wait(this.#gate, 0, 0);
    Atomics.store(this.#gate, 0, 0);
  }
}
