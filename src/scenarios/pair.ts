/**
 * Two Workers and all channels between them:
 * - a peer in each, with a handle to the other's node;
 * - a MessagePort in each, for `postMessage`, and a BroadcastChannel that both have;
 * - a ring in shared memory for each direction;
 * - a gate, at which a sender waits until its receiver is ready, and a credit, so that a sender does not run ahead.
 *
 * `postMessage` is measured through a MessagePort, because between two Workers there is nothing else, unless one of them has
 * started the other. Then `Worker.postMessage` between the two is as fast, within the noise, in Deno and in Bun.
 *
 * @module
 */

import { type Handle, Peer, type Ticket } from "../../mod.ts";
import { Agent } from "./calls.ts";
import { SharedRing } from "./shared_ring.ts";

/** The length of every message, in bytes, where nothing else is said. */
export const SIZE = 64;

/** The two Workers, seen from outside. Disposing it terminates them. */
export class Pair {
  readonly left: Agent;
  readonly right: Agent;

  private constructor(left: Agent, right: Agent) {
    this.left = left;
    this.right = right;
  }

  /** Starts two Workers of a module that serves `join`. */
  static async start(module: URL): Promise<Pair> {
    const [left, right] = await Promise.all([Agent.start(module.href), Agent.start(module.href)]);
    const ours = Peer.open({ engine: "native" }), theirs = Peer.open({ engine: "native" });
    const toRight = theirs.createNode({ for: ours }).handle.id, toLeft = ours.createNode({ for: theirs }).handle.id;
    const { port1, port2 } = new MessageChannel();
    const toTheRight = SharedRing.memory(), toTheLeft = SharedRing.memory();
    const shared = {
      gate: new Int32Array(new SharedArrayBuffer(4)),
      credit: new Int32Array(new SharedArrayBuffer(4)),
      channel: crypto.randomUUID(),
    };
    const forLeft: Joining = {
      ...shared,
      number: 0,
      ticket: ours.detach(),
      to: toRight,
      out: toTheRight,
      in: toTheLeft,
    };
    const forRight: Joining = {
      ...shared,
      number: 1,
      ticket: theirs.detach(),
      to: toLeft,
      out: toTheLeft,
      in: toTheRight,
    };
    await left.call("join", forLeft, port1);
    await right.call("join", forRight, port2);
    return new Pair(left, right);
  }

  [Symbol.dispose](): void {
    this.left.terminate();
    this.right.terminate();
  }
}

/** The parts of a {@linkcode Side}, except its MessagePort. */
export interface Joining {
  /** The number of the Worker: left is 0, right is 1. */
  number: 0 | 1;
  /** Its peer. */
  ticket: Ticket;
  /** The id of the handle to the other's node. */
  to: bigint;
  /** The memory of the rings in which it sends and receives. */
  out: SharedArrayBuffer;
  in: SharedArrayBuffer;
  gate: Int32Array;
  credit: Int32Array;
  /** The name of the BroadcastChannel. */
  channel: string;
}

/** One of the two Workers, seen from inside. */
export class Side {
  /** The number of the Worker: left is 0, right is 1. */
  readonly number: 0 | 1;
  readonly peer: Peer;
  /** The handle to the other's node. */
  readonly to: Handle;
  /** The MessagePort to the other. */
  readonly messagePort: MessagePort;
  /** The channel to the other: messages that are posted here arrive there. */
  readonly broadcastChannel: BroadcastChannel;
  /** The ring in which this side sends, and the one in which it receives. */
  readonly outRing: SharedRing;
  readonly inRing: SharedRing;
  readonly #gate: Int32Array;
  readonly #credit: Int32Array;

  constructor(joining: Joining, messagePort: MessagePort) {
    this.number = joining.number;
    this.peer = Peer.adopt(joining.ticket);
    this.to = this.peer.handle(joining.to);
    this.messagePort = messagePort;
    this.broadcastChannel = new BroadcastChannel(joining.channel);
    this.outRing = new SharedRing(joining.out);
    this.inRing = new SharedRing(joining.in);
    this.#gate = joining.gate;
    this.#credit = joining.credit;
  }

  /** Tells the sender that this receiver is ready. No credit is given yet. */
  openGate(): void {
    Atomics.store(this.#credit, 0, 0);
    Atomics.store(this.#gate, 0, 1);
    Atomics.notify(this.#gate, 0);
  }

  /** Waits until the receiver is ready. */
  passGate(): void {
    while (Atomics.load(this.#gate, 0) === 0) Atomics.wait(this.#gate, 0, 0);
    Atomics.store(this.#gate, 0, 0);
  }

  /** Waits until the receiver has given this much credit since it opened the gate. */
  awaitCredit(needed: number): void {
    for (;;) {
      const given = Atomics.load(this.#credit, 0);
      if (given >= needed) return;
      Atomics.wait(this.#credit, 0, given);
    }
  }

  /** Gives the sender credit for this number of further messages. */
  giveCredit(count: number): void {
    Atomics.add(this.#credit, 0, count);
    Atomics.notify(this.#credit, 0);
  }
}

/** Returns the way of a name, of those that a Worker serves. */
export function wayOf<Way>(ways: Record<string, Way>, name: string): Way {
  const way = ways[name];
  if (way === undefined) throw new TypeError(`there is no way ${name}`);
  return way;
}
