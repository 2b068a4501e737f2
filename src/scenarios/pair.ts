/**
 * Two Workers and all the ways between them: a peer in each, with a handle to the other's node; a port in each, for
 * `postMessage`, and a channel that both have; a ring in shared memory for each direction; the floor; and a gate, at which
 * a sender waits until its receiver is ready.
 *
 * Why the rival is a `MessagePort`: between two Workers it is what there is, unless one has started the other; then
 * `Worker.postMessage` between the two is neither faster nor slower by more than the noise, in either runtime.
 *
 * @module
 */

import { type Handle, Peer, type Ticket } from "../../mod.ts";
import { Agent } from "./calls.ts";
import { type Floor, openFloor } from "./floor.ts";
import { SharedRing } from "./shared_ring.ts";

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
    const shared: Shared = {
      gate: new Int32Array(new SharedArrayBuffer(4)),
      credit: new Int32Array(new SharedArrayBuffer(4)),
      rings: [SharedRing.memory(), SharedRing.memory()],
      channel: crypto.randomUUID(),
    };
    const joinings: Joining[] = [[0, ours.detach(), toRight, port1, shared], [
      1,
      theirs.detach(),
      toLeft,
      port2,
      shared,
    ]];
    await left.call("join", ...joinings[0]);
    await right.call("join", ...joinings[1]);
    return new Pair(left, right);
  }

  [Symbol.dispose](): void {
    this.left.terminate();
    this.right.terminate();
  }
}

/** Memory of both. */
interface Shared {
  gate: Int32Array;
  /** See {@linkcode Side.spend}. */
  credit: Int32Array;
  rings: [SharedArrayBuffer, SharedArrayBuffer];
  /** The name of the channel. */
  channel: string;
}

/** What each of the two gets from outside, to make a {@linkcode Side} of. */
export type Joining = [number: number, ticket: Ticket, to: bigint, port: MessagePort, shared: Shared];

/** One of the two, seen from inside. */
export class Side {
  readonly peer: Peer;
  /** The handle to the other's node. */
  readonly to: Handle;
  readonly port: MessagePort;
  /** What is posted here, the other one gets. */
  readonly channel: BroadcastChannel;
  /** The ring in which this side sends, and the one in which it receives. */
  readonly out: number;
  readonly in: number;
  readonly outRing: SharedRing;
  readonly inRing: SharedRing;
  readonly #gate: Int32Array;
  readonly #credit: Int32Array;
  #floor?: Floor;

  constructor(...[number, ticket, to, port, { gate, credit, rings, channel }]: Joining) {
    this.peer = Peer.adopt(ticket);
    this.to = this.peer.handle(to);
    this.port = port;
    this.channel = new BroadcastChannel(channel);
    this.out = number;
    this.in = 1 - number;
    this.outRing = new SharedRing(rings[this.out]);
    this.inRing = new SharedRing(rings[this.in]);
    this.#gate = gate;
    this.#credit = credit;
  }

  /** The floor. Its library is built for whole runs only, so it is opened when it is asked for. */
  get floor(): Floor {
    return this.#floor ??= openFloor();
  }

  /** The receiver is ready. It has given no credit yet. */
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

  /** Waits until the receiver has given so much credit since it opened the gate: so the sender does not run ahead. */
  spend(needed: number): void {
    for (;;) {
      const given = Atomics.load(this.#credit, 0);
      if (given >= needed) return;
      Atomics.wait(this.#credit, 0, given);
    }
  }

  /** Gives the sender credit. */
  give(more: number): void {
    Atomics.add(this.#credit, 0, more);
    Atomics.notify(this.#credit, 0);
  }
}
