/**
 * One way: one Worker sends message after message, the other receives them. The time is from before the first is sent until
 * the last is received, divided by the number of messages.
 *
 * Every message carries its number, modulo 256, in its first byte, and the receiver checks it. So no way wins by leaving its
 * data packed, and the test fails if a message is lost or out of order.
 *
 * `postMessage` is at its best here: the bytes are cloned, because a transfer costs more than 64 bytes; nothing is awaited
 * between two messages; and one handler serves all messages of a pass.
 *
 * @module
 */

import type { Message } from "../../mod.ts";
import { serve } from "./calls.ts";
import { now } from "./measure.ts";
import { type Joining, type Pair, Side, SIZE, wayOf } from "./pair.ts";

/** A way to send messages, and to receive them on the other side. */
export interface OneWay {
  send(side: Side, count: number): void;
  receive(side: Side, arrivals: Arrivals): void | Promise<void>;
}

/** Returns the nanoseconds of a message. `way` is one that the Workers of the pair serve. */
export async function measureOneWay(pair: Pair, way: string, count: number): Promise<number> {
  const end = pair.right.call<number>("receive", way, count);
  const start = await pair.left.call<number>("send", way, count);
  return (await end - start) / count;
}

/** Serves these ways in a Worker of a {@linkcode Pair}. */
export function serveOneWay(ways: Record<string, OneWay>): void {
  let side: Side;
  serve({
    join(joining: Joining, messagePort: MessagePort): void {
      side = new Side(joining, messagePort);
    },
    /** Returns the time before the first message. */
    send(way: string, count: number): number {
      const { send } = wayOf(ways, way);
      side.passGate();
      const start = now();
      send(side, count);
      return start;
    },
    /** Returns the time after the last message. */
    async receive(way: string, count: number): Promise<number> {
      const { receive } = wayOf(ways, way);
      const arrivals = new Arrivals(count);
      side.openGate();
      await receive(side, arrivals);
      return now();
    },
  });
}

/** Counts the messages that arrive, and checks their numbers. */
export class Arrivals {
  readonly #count: number;
  #arrived = 0;

  constructor(count: number) {
    this.#count = count;
  }

  get missing(): number {
    return this.#count - this.#arrived;
  }

  add(firstByte: number | undefined): void {
    if (firstByte !== (this.#arrived & 255)) throw new Error(`message ${this.#arrived} has the number ${firstByte}`);
    this.#arrived++;
  }
}

/** The number of messages that `receiveMany` returns at most. */
const MANY = 256;

/** The number of messages that are made visible at a time, where a way can do that. */
const FLUSH = 64;

/** The ways that every installation has. */
export const ONE_WAY = {
  /** `send`, and `for await`. */
  iterated: {
    send,
    async receive({ peer }, arrivals) {
      for await (const message of peer) {
        arrivals.add(firstByteOf(message));
        if (arrivals.missing === 0) break;
      }
    },
  },
  /** `send`, and `receiveMany`; `receiveSync` where nothing is ready. */
  many: {
    send,
    receive({ peer }, arrivals) {
      while (arrivals.missing > 0) {
        const messages = peer.receiveMany(MANY);
        for (const message of messages) arrivals.add(firstByteOf(message));
        if (messages.length === 0) arrivals.add(firstByteOf(peer.receiveSync()));
      }
    },
  },
  /** A batch, and a cursor: no object for a message. */
  inPlace: {
    send({ peer, to }, count) {
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
    receive({ peer }, arrivals) {
      const cursor = peer.cursor();
      while (arrivals.missing > 0) {
        cursor.nextSync();
        if (cursor.type !== "message") throw new Error(`received ${cursor.type}`);
        arrivals.add(cursor.bytes[cursor.start]);
      }
    },
  },
  postMessage: {
    send({ messagePort }, count) {
      const data = new Uint8Array(SIZE);
      for (let i = 0; i < count; i++) {
        data[0] = i;
        messagePort.postMessage(data);
      }
    },
    receive({ messagePort }, arrivals) {
      return new Promise((resolve) => {
        messagePort.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
          arrivals.add(data[0]);
          if (arrivals.missing === 0) resolve();
        };
      });
    },
  },
  /** A ring in shared memory, a message at a time. */
  shared: {
    send({ outRing }, count) {
      const data = new Uint8Array(SIZE);
      for (let i = 0; i < count; i++) {
        data[0] = i;
        outRing.push(data);
      }
    },
    receive({ inRing }, arrivals) {
      while (arrivals.missing > 0) arrivals.add(inRing.pop()[0]);
    },
  },
  /** The same, several messages at a time, received into one buffer. */
  sharedInPlace: {
    send({ outRing }, count) {
      const data = new Uint8Array(SIZE);
      for (let i = 0; i < count; i++) {
        data[0] = i;
        outRing.put(data);
        if (i % FLUSH === FLUSH - 1) outRing.publish();
      }
      outRing.publish();
    },
    receive({ inRing }, arrivals) {
      const bytes = new Uint8Array(SIZE);
      while (arrivals.missing > 0) {
        inRing.take(bytes, 0);
        arrivals.add(bytes[0]);
        if (arrivals.missing % FLUSH === 0) inRing.free();
      }
    },
  },
} satisfies Record<string, OneWay>;

/** The name of a way that every installation has. */
export type OneWayName = keyof typeof ONE_WAY;

function send({ peer, to }: Side, count: number): void {
  const data = new Uint8Array(SIZE);
  for (let i = 0; i < count; i++) {
    data[0] = i;
    peer.send(to, data);
  }
}

function firstByteOf(message: Message | null): number | undefined {
  if (message?.type !== "message") throw new Error(`received ${message?.type}`);
  return message.bytes[0];
}
