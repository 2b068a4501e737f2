/**
 * The two Workers of one_way.ts.
 *
 * Every message carries its number, modulo 256, in its first byte, and the receiver reads it: so nobody gets away with
 * data that was never unpacked, and what was received is what was sent.
 *
 * `postMessage` at its best: no transfer, which costs more than 64 bytes; nothing awaited between messages; one handler
 * that is never changed while messages come.
 *
 * @module
 */

import type { Message, Ticket } from "@bus1/bus1";
import { serve } from "../test/workers/calls.ts";
import { Side, SIZE } from "./pair.ts";

/** The ways to send and receive. */
export type Way = "iterated" | "batched" | "postMessage" | "floor" | "floorBatched";

/** What is received at a time, where it is batched. */
const BATCH = 256;

let side: Side;

/** Counts what comes. */
class Arrivals {
  readonly #count: number;
  #arrived = 0;

  constructor(count: number) {
    this.#count = count;
  }

  get missing(): number {
    return this.#count - this.#arrived;
  }

  add(firstByte: number): void {
    if (firstByte !== (this.#arrived & 255)) throw new Error(`message ${this.#arrived} has the number ${firstByte}`);
    this.#arrived++;
  }
}

function firstByte(message: Message | null): number {
  if (message?.type !== "message") throw new Error(`received ${message?.type}`);
  return message.bytes[0];
}

const senders: Record<Way, (count: number) => void> = {
  iterated: sendMessages,
  batched: sendMessages,
  postMessage(count) {
    const { port } = side;
    const data = new Uint8Array(SIZE);
    for (let i = 0; i < count; i++) {
      data[0] = i;
      port.postMessage(data);
    }
  },
  floor: pushAll,
  floorBatched: pushAll,
};

function sendMessages(count: number): void {
  const { peer, to } = side;
  const data = new Uint8Array(SIZE);
  for (let i = 0; i < count; i++) {
    data[0] = i;
    peer.send(to, data);
  }
}

function pushAll(count: number): void {
  const { floor, out } = side;
  const data = new Uint8Array(SIZE);
  for (let i = 0; i < count; i++) {
    data[0] = i;
    while (floor.floor_push(out, data) === 0);
  }
}

const receivers: Record<Way, (arrivals: Arrivals) => void | Promise<void>> = {
  async iterated(arrivals) {
    for await (const message of side.peer) {
      arrivals.add(firstByte(message));
      if (arrivals.missing === 0) break;
    }
  },
  batched(arrivals) {
    const { peer } = side;
    while (arrivals.missing > 0) {
      const messages = peer.receiveMany(BATCH);
      for (const message of messages) arrivals.add(firstByte(message));
      if (messages.length === 0) arrivals.add(firstByte(peer.receiveSync()));
    }
  },
  postMessage(arrivals) {
    const { port } = side;
    return new Promise((resolve) => {
      port.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
        arrivals.add(data[0]);
        if (arrivals.missing === 0) resolve();
      };
    });
  },
  floor: (arrivals) => popAll(arrivals, 1),
  floorBatched: (arrivals) => popAll(arrivals, BATCH),
};

function popAll(arrivals: Arrivals, batch: number): void {
  const { floor, in: ring } = side;
  const places = new Uint8Array(SIZE * batch);
  while (arrivals.missing > 0) {
    const popped = floor.floor_pop(ring, places, batch);
    for (let i = 0; i < popped; i++) arrivals.add(places[i * SIZE]);
    if (popped === 0) floor.floor_wait(ring);
  }
}

serve({
  join(number: number, ticket: Ticket, to: bigint, port: MessagePort, gate: Int32Array): void {
    side = new Side(number, ticket, to, port, gate);
  },
  /** Answers when it began. */
  send(way: Way, count: number): number {
    side.passGate();
    const start = side.floor.floor_now();
    senders[way](count);
    return start;
  },
  /** Answers when it had all. */
  async receive(way: Way, count: number): Promise<number> {
    const arrivals = new Arrivals(count);
    side.openGate();
    await receivers[way](arrivals);
    return side.floor.floor_now();
  },
});
