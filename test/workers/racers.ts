/**
 * The Workers of the races: each command is one role in one race. It plays the role to its end and returns what it observed.
 *
 * Roles do not assert: they count forbidden events, and the test of the rule asserts that there were none. A role that makes
 * no progress gives up after {@linkcode PATIENCE}.
 */

import { BusError, type Handle, type Message, Peer } from "@bus1/bus1";
import type { Ticket } from "../../src/port/engine.ts";
import { random } from "../support/random.ts";
import { drain } from "../support/words.ts";
import { serve } from "../support/calls.ts";

/** The observations of `pass`: notifications of live handles, of others, and live handles without a notification. */
export interface Passed {
  notified: number;
  unexpected: number;
  unnotified: number;
}

/** The observations of `deliver`: the transactions that it sent, the nodes that came back, and forbidden events. */
export interface Delivered {
  sent: number;
  back: number;
  unexpected: number;
}

/** The observations of `consume`: the messages that arrived, and forbidden events. */
export interface Consumed {
  received: number;
  unexpected: number;
}

/** The numbers that `carry` received, and the ticket for the next holder. */
export interface Carried {
  numbers: number[];
  ticket: Ticket;
}

/** Milliseconds: far longer than any race takes, even on a busy machine. */
const PATIENCE = 30_000;

/** Waits at the gate for all other parties, so that all start together. */
function meet(gate: Int32Array, parties: number): void {
  if (Atomics.add(gate, 0, 1) + 1 === parties) Atomics.notify(gate, 0);
  for (let here = Atomics.load(gate, 0); here < parties; here = Atomics.load(gate, 0)) Atomics.wait(gate, 0, here, 100);
}

/** Returns a function that returns true, and throws once the role has taken longer than {@linkcode PATIENCE}. */
function patience(what: string): () => true {
  const end = performance.now() + PATIENCE;
  return () => {
    if (performance.now() > end) throw new Error(`${what}: gave up`);
    return true;
  };
}

/** Returns handles to a hundred own nodes. A transaction to all takes a while between its first part and its commit. */
function crowd(peer: Peer): Handle[] {
  return Array.from({ length: 100 }, () => peer.createNode().handle);
}

/** Returns numbers as bytes. */
function pack(...numbers: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(numbers).buffer);
}

function unpack({ bytes }: { bytes: Uint8Array }): Uint32Array {
  return new Uint32Array(bytes.slice().buffer);
}

/** Yields messages as they arrive, until `enough`. */
function* receiving(peer: Peer, what: string, enough: () => boolean): Generator<Message> {
  const patient = patience(what);
  while (!enough() && patient()) {
    const message = peer.receiveSync({ timeout: 50 });
    if (message) yield message;
  }
}

/** Gives a handle away: sends it and releases it, in one transaction if the engine can do that. */
function sendAndRelease(peer: Peer, to: Handle[], data: Uint8Array | string, handle: Handle): void {
  if (peer.engine === "kernel") {
    peer.send(to, data, { handles: [handle] });
    return handle.release();
  }
  using tx = peer.transaction();
  tx.send(to, data, { handles: [handle] }).release(handle).commit();
}

const adoptAt = (gate: Int32Array, parties: number, ticket: Ticket): Peer => {
  const peer = Peer.adopt(ticket);
  meet(gate, parties);
  return peer;
};

serve({
  // Rule 2: one Worker multicasts, two receive, and tell each other how many they have received.

  multicast(gate: Int32Array, ticket: Ticket, [toA, toB]: bigint[], count: number): void {
    using peer = adoptAt(gate, 3, ticket);
    const handles = [peer.handle(toA), ...crowd(peer), peer.handle(toB)];
    for (let i = 0; i < count; i++) {
      peer.send(handles, pack(i));
      peer.receiveMany();
    }
  },

  /** Sends transactions of mixed kinds: the first of `to` gets a message, the second a node release. */
  mixed(gate: Int32Array, ticket: Ticket, [toA, toB]: bigint[], count: number): void {
    using peer = adoptAt(gate, 3, ticket);
    const [a, b] = [peer.handle(toA), peer.handle(toB)];
    const batch = 100;
    for (let i = 0; i < count; i += batch) {
      const made = Array.from({ length: batch }, () => peer.createNode());
      peer.send(b, "", { handles: made.map(({ handle }) => handle) });
      for (const { node, handle } of made) {
        using tx = peer.transaction();
        tx.send(a, "").release(node, handle).commit();
      }
    }
  },

  /** Receives `count` parts of that kind. Returns how many times the other Worker had more while nothing was ready here. */
  look(
    gate: Int32Array,
    ticket: Ticket,
    kind: Message["type"],
    me: number,
    progress: Int32Array,
    count: number,
  ): number {
    using peer = adoptAt(gate, 3, ticket);
    const patient = patience("look");
    const other = 1 - me;
    let seen = 0, missed = 0;
    while (seen < count && patient()) {
      const others = Atomics.load(progress, other);
      let message = peer.tryReceive();
      while (message && message.type !== kind) message = peer.tryReceive();
      if (!message && seen < others) missed++;
      message ??= peer.receiveSync({ timeout: 5 });
      if (message?.type === kind) Atomics.store(progress, me, ++seen);
    }
    return missed;
  },

  // Rule 3: one sender sends A, then another one, which knows of A, sends B.

  /** Sends `A i` to all, with a crowd after the first of them, and then tells it outside the bus. */
  first(gate: Int32Array, ticket: Ticket, to: bigint[], outside: Int32Array, count: number): void {
    using peer = adoptAt(gate, 2, ticket);
    const [receiver, ...others] = to.map((id) => peer.handle(id));
    const handles = [receiver, ...crowd(peer), ...others];
    for (let i = 1; i <= count; i++) {
      peer.send(handles, pack(0, i));
      Atomics.store(outside, 0, i);
      peer.receiveMany();
    }
  },

  /** Sends `A i`, in twenty parts, by one peer, and then `B i` by another peer of this Worker. */
  both(gate: Int32Array, ticketA: Ticket, ticketB: Ticket, [toA, toB]: bigint[], count: number): void {
    using a = Peer.adopt(ticketA), b = adoptAt(gate, 2, ticketB);
    const twenty = Array.from({ length: 20 }, () => a.handle(toA)), handle = b.handle(toB);
    for (let i = 1; i <= count; i++) {
      a.send(twenty, pack(0, i));
      b.send(handle, pack(1, i));
    }
  },

  /** Receives them without a pause. Returns how many `B i` came before all parts of `A i`. */
  judge(gate: Int32Array, ticket: Ticket, count: number): number {
    using peer = adoptAt(gate, 2, ticket);
    const patient = patience("judge");
    let partsOfA = 0, lastB = 0, wrong = 0;
    while (lastB < count && patient()) {
      const message = peer.tryReceive();
      if (message?.type !== "message") continue;
      const [isB, number] = unpack(message);
      if (!isB) partsOfA++;
      else if (partsOfA < 20 * (lastB = number)) wrong++;
    }
    return wrong;
  },

  /** Sends `B i` whenever it learns of `A i` outside the bus. */
  second(gate: Int32Array, ticket: Ticket, to: bigint, outside: Int32Array, count: number): void {
    using peer = adoptAt(gate, 2, ticket);
    const patient = patience("second");
    const handle = peer.handle(to);
    for (let last = 0; last < count && patient();) {
      const now = Atomics.load(outside, 0);
      if (now === last) continue;
      peer.send(handle, pack(1, last = now));
    }
  },

  /** Sends `B i` whenever it receives `A i`. */
  forward(gate: Int32Array, ticket: Ticket, to: bigint, count: number): void {
    using peer = adoptAt(gate, 2, ticket);
    const handle = peer.handle(to);
    let last = 0;
    for (const message of receiving(peer, "forward", () => last === count)) {
      if (message.type === "message") peer.send(handle, pack(1, last = unpack(message)[1]));
    }
  },

  // Rule 4: many send to one.

  /** Sends `count` numbers, in all ways of sending. */
  flood(gate: Int32Array, parties: number, ticket: Ticket, to: bigint, me: number, count: number): void {
    using peer = adoptAt(gate, parties, ticket);
    const handle = peer.handle(to);
    const own = peer.createNode().handle;
    for (let i = 0; i < count;) {
      peer.send(handle, pack(me, i++));
      peer.send([own, handle], pack(me, i++));
      if (peer.engine === "kernel") continue; // it has no transactions of two messages
      using tx = peer.transaction();
      tx.send(handle, pack(me, i++)).send(handle, pack(me, i++)).commit();
    }
  },

  // Section 5: copies of one handle pass between two Workers while the owner releases the node.

  /**
   * Passes copies on, to the other Worker and to itself, and releases some, until `stage[0]` says that the node is released,
   * and somewhat longer.
   */
  pass(
    gate: Int32Array,
    stage: Int32Array,
    ticket: Ticket,
    to: bigint,
    start: bigint,
    seed: number,
  ): Passed {
    using peer = adoptAt(gate, 2, ticket);
    const pick = random(seed);
    const patient = patience("pass");
    const ways = [peer.handle(to), peer.createNode().handle];
    const live = new Set<Handle>([peer.handle(start)]);
    let unexpected = 0, notified = 0;
    const listen = (messages: Message[]) => {
      for (const message of messages) {
        if (message.type === "message") message.handles.forEach((handle) => live.add(handle));
        else if (message.type === "node-release" && live.delete(message.handle)) notified++;
        else unexpected++;
      }
    };
    for (let after = 0; after < 50 && live.size > 0 && patient(); after += Atomics.load(stage, 0)) {
      const held = [...live];
      const handle = held[pick(held.length)];
      peer.send(ways[pick(2)], "", { handles: [handle, held[pick(held.length)]] });
      while (live.size > 40 || live.size > 1 && pick(2)) {
        const [released] = live;
        peer.release(released);
        live.delete(released);
      }
      listen(drain(peer));
    }
    meet(stage.subarray(1), 2); // no Worker sends any more
    listen(drain(peer));
    meet(stage.subarray(2), 2); // no Worker closes earlier
    return { unexpected, unnotified: live.size, notified };
  },

  // Section 5: the last handle of each node is released somewhere.

  /** Passes each handle on `hops` times, sends through it and releases it. Ends with an empty message. */
  relay(gate: Int32Array, ticket: Ticket, to: bigint): number {
    using peer = adoptAt(gate, 2, ticket);
    const other = peer.handle(to);
    let ended = false, unexpected = 0;
    for (const message of receiving(peer, "relay", () => ended)) {
      if (message.type !== "message") unexpected++;
      else if (message.handles.length === 0) ended = true;
      else {
        const [handle] = message.handles;
        const [hops] = unpack(message);
        if (hops > 0) peer.send(other, pack(hops - 1), { handles: [handle] });
        peer.send(handle, "used");
        handle.release();
      }
    }
    return unexpected;
  },

  // Section 5: closing under load.

  /**
   * Sends transactions of twenty messages, which carry the only handles to a node of their own, until the receiver is gone.
   * Then awaits the release of each of these nodes.
   */
  deliver(
    gate: Int32Array,
    ticket: Ticket,
    to: bigint,
    closeAfter: number,
  ): Delivered {
    using peer = adoptAt(gate, 3, ticket);
    const handle = peer.handle(to);
    const twenty = Array.from({ length: 20 }, () => handle);
    const out = new Set<bigint>();
    const patient = patience("deliver");
    let sent = 0, back = 0, unexpected = 0, gone = false;
    const listen = (message: Message | null) => {
      if (message?.type === "node-release" && message.handle === handle && !gone) gone = true;
      else if (message?.type === "handle-release" && out.delete(message.node.id)) back++;
      else if (message && !(message.type === "message" && out.has(message.node.id))) unexpected++;
    };
    while (!gone && sent < closeAfter && patient()) {
      const own = peer.createNode();
      sendAndRelease(peer, twenty, pack(sent), own.handle);
      out.add(own.node.id);
      sent++;
      if (sent % 7 === 0) { for (const message of peer.receiveMany(5)) listen(message); }
    }
    if (sent === closeAfter) return { sent, back, unexpected }; // and closes under load itself
    while ((out.size > 0 || !gone) && patient()) listen(peer.receiveSync({ timeout: 50 }));
    return { sent, back, unexpected };
  },

  /** Receives, replies through the handle and releases it. Closes after `count` messages, or is revoked. */
  consume(gate: Int32Array, ticket: Ticket, count: number): Consumed {
    using peer = adoptAt(gate, 3, ticket);
    const next = new Map<object, number>();
    let received = 0, unexpected = 0;
    try {
      for (const message of receiving(peer, "consume", () => received >= count)) {
        if (message.type === "handle-release") continue; // a sender has closed
        if (message.type !== "message") {
          if (message.type !== "node-release") unexpected++;
          continue;
        }
        received++;
        const [number] = unpack(message);
        const before = next.get(message.node) ?? 0;
        if (number !== Math.floor(before / 20)) unexpected++;
        next.set(message.node, before + 1);
        const [reply] = message.handles;
        if (received % 3 === 0) peer.send(reply, "thanks");
        if (received % 5 !== 0) reply.release(); // the others are released by the end
      }
    } catch (error) {
      if (!(error instanceof BusError && error.code === "ESHUTDOWN")) throw error;
    }
    return { received, unexpected };
  },

  // Section 5: both sides release at the same time.

  /** Gives the handle of each of `count` nodes away, and releases the node at once. */
  giveAndRelease(gate: Int32Array, ticket: Ticket, to: bigint, count: number): number {
    using peer = adoptAt(gate, 2, ticket);
    const other = peer.handle(to);
    let unexpected = 0;
    for (let i = 0; i < count; i++) {
      const { node, handle } = peer.createNode();
      sendAndRelease(peer, [other], "", handle);
      if (i % 2) unexpected += drain(peer).filter((message) => message.type !== "handle-release").length;
      node[Symbol.dispose](); // it may be gone already
    }
    unexpected += drain(peer).filter((message) => message.type !== "handle-release").length;
    peer.send(other, "end");
    return unexpected;
  },

  /** Releases each handle when it arrives, and counts notifications of handles that were released. */
  takeAndRelease(gate: Int32Array, ticket: Ticket): number {
    using peer = adoptAt(gate, 2, ticket);
    let ended = false, unexpected = 0;
    for (const message of receiving(peer, "takeAndRelease", () => ended)) {
      if (message.type !== "message") unexpected++;
      else if (message.handles.length === 0) ended = true;
      else message.handles[0].release();
    }
    return unexpected;
  },

  // Waiting and moving.

  /** Replies to each message with the same, until its peer is notified that the last handle to it is gone. */
  echo(ticket: Ticket, to: bigint): number {
    using peer = Peer.adopt(ticket);
    const back = peer.handle(to);
    let ended = false, count = 0;
    for (const message of receiving(peer, "echo", () => ended)) {
      if (message.type === "message") peer.send(back, message.bytes), count++;
      else ended = true;
    }
    return count;
  },

  /** Receives about `count` messages, and detaches the peer with the rest of its queue. */
  carry(ticket: Ticket, count: number): Carried {
    const peer = Peer.adopt(ticket);
    const numbers: number[] = [];
    for (const message of receiving(peer, "carry", () => numbers.length >= count)) {
      if (message.type === "message") numbers.push(unpack(message)[1]);
    }
    return { ticket: peer.detach(), numbers };
  },

  /** Tries to adopt the peer at the same time as other Workers. Returns the code if that fails. */
  grab(gate: Int32Array, parties: number, ticket: Ticket): string {
    meet(gate, parties);
    try {
      Peer.adopt(ticket).close();
      return "adopted";
    } catch (error) {
      return (error as BusError).code;
    }
  },

  /** Sends forever, and returns to the event loop now and then. */
  async chatter(ticket: Ticket, to: bigint): Promise<void> {
    const peer = Peer.adopt(ticket);
    const handle = peer.handle(to);
    for (;;) {
      for (let i = 0; i < 50; i++) peer.send(handle, new Uint8Array(100), { handles: [handle] });
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  },
});
