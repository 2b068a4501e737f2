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

import type { Message } from "../../mod.ts";
import { serve } from "./calls.ts";
import { now } from "./measure.ts";
import { type Joining, Side, SIZE } from "./pair.ts";

/** The ways to send and receive. */
export type Way =
  | "iterated"
  | "many"
  | "inPlace"
  | "postMessage"
  | "shared"
  | "sharedInPlace"
  | "floor"
  | "floorMany";

/** What is received at a time, where it is many. */
const MANY = 256;

/** What is sent at a time, where it is many. */
const FLUSH = 64;

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
  many: sendMessages,
  inPlace(count) {
    const { peer, to } = side;
    using batch = peer.batch(to);
    const { bytes } = batch;
    const data = new Uint8Array(SIZE);
    for (let i = 0; i < count; i++) {
      data[0] = i;
      bytes.set(data, batch.reserve(SIZE));
      if (i % FLUSH === FLUSH - 1) batch.flush();
    }
    batch.flush();
  },
  postMessage(count) {
    const { port } = side;
    const data = new Uint8Array(SIZE);
    for (let i = 0; i < count; i++) {
      data[0] = i;
      port.postMessage(data);
    }
  },
  shared(count) {
    const { outRing } = side;
    const data = new Uint8Array(SIZE);
    for (let i = 0; i < count; i++) {
      data[0] = i;
      outRing.push(data);
    }
  },
  sharedInPlace(count) {
    const { outRing } = side;
    const data = new Uint8Array(SIZE);
    for (let i = 0; i < count; i++) {
      data[0] = i;
      outRing.put(data);
      if (i % FLUSH === FLUSH - 1) outRing.publish();
    }
    outRing.publish();
  },
  floor: pushAll,
  floorMany: pushAll,
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
  many(arrivals) {
    const { peer } = side;
    while (arrivals.missing > 0) {
      const messages = peer.receiveMany(MANY);
      for (const message of messages) arrivals.add(firstByte(message));
      if (messages.length === 0) arrivals.add(firstByte(peer.receiveSync()));
    }
  },
  inPlace(arrivals) {
    const cursor = side.peer.cursor();
    while (arrivals.missing > 0) {
      cursor.nextSync();
      if (cursor.type !== "message") throw new Error(`received ${cursor.type}`);
      arrivals.add(cursor.bytes[cursor.start]);
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
  shared(arrivals) {
    const { inRing } = side;
    while (arrivals.missing > 0) arrivals.add(inRing.pop()[0]);
  },
  sharedInPlace(arrivals) {
    const { inRing } = side;
    const bytes = new Uint8Array(SIZE);
    while (arrivals.missing > 0) {
      inRing.take(bytes, 0);
      arrivals.add(bytes[0]);
      if (arrivals.missing % FLUSH === 0) inRing.free();
    }
  },
  floor: (arrivals) => popAll(arrivals, 1),
  floorMany: (arrivals) => popAll(arrivals, MANY),
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
  join(...joining: Joining): void {
    side = new Side(...joining);
  },
  /** Answers when it began. */
  send(way: Way, count: number): number {
    side.passGate();
    const start = now();
    senders[way](count);
    return start;
  },
  /** Answers when it had all. */
  async receive(way: Way, count: number): Promise<number> {
    const arrivals = new Arrivals(count);
    side.openGate();
    await receivers[way](arrivals);
    return now();
  },
});
