/**
 * Round trip: one Worker asks, the other replies with the bytes that it received. The time is that of one question and its
 * reply.
 *
 * If the other side replies at once, a wait of bus1 ends while it still spins. So a measurement can also let the other side
 * work before it replies, longer than a wait spins: then the asking side sleeps. That work is not counted.
 *
 * `postMessage` is at its best here: the reply is posted from within the handler that received the question, and nothing is
 * awaited.
 *
 * @module
 */

import type { Message } from "../../mod.ts";
import { serve } from "./calls.ts";
import { type Joining, type Pair, Side, SIZE, wayOf } from "./pair.ts";

/** A way to ask, and to reply on the other side. */
export interface RoundTrip {
  ask(side: Side, data: Uint8Array<ArrayBuffer>, count: number): void | Promise<void>;
  /** Works for some microseconds before each reply. */
  reply(side: Side, count: number, microseconds: number): void | Promise<void>;
}

/** Microseconds of work before a reply: longer than a wait spins, which is at most some 13 µs. */
export const WORK = 50;

/** Returns the microseconds of a trip, without the work. `way` is one that the Workers of the pair serve. */
export async function measureRoundTrip(
  pair: Pair,
  way: string,
  count: number,
  work: number,
  size: number = SIZE,
): Promise<number> {
  const replied = pair.right.call("reply", way, count, work);
  const figure = await pair.left.call<number>("ask", way, count, size);
  await replied;
  return figure - work;
}

/** Serves these ways in a Worker of a {@linkcode Pair}. */
export function serveRoundTrip(ways: Record<string, RoundTrip>): void {
  let side: Side;
  serve({
    join(joining: Joining, messagePort: MessagePort): void {
      side = new Side(joining, messagePort);
    },
    /** Returns the microseconds of one trip. */
    async ask(way: string, count: number, size: number): Promise<number> {
      const { ask } = wayOf(ways, way);
      side.passGate();
      const start = performance.now();
      await ask(side, new Uint8Array(size), count);
      return (performance.now() - start) * 1000 / count;
    },
    async reply(way: string, count: number, microseconds: number): Promise<void> {
      const { reply } = wayOf(ways, way);
      side.openGate();
      await reply(side, count, microseconds);
    },
  });
}

/** Keeps this thread busy. */
export function work(microseconds: number): void {
  if (microseconds === 0) return;
  const end = performance.now() + microseconds / 1000;
  while (performance.now() < end);
}

/** The ways that every installation has. */
export const ROUND_TRIP = {
  /** `receiveSync` on both sides. */
  blocking: {
    ask({ peer, to }, data, count) {
      for (let i = 0; i < count; i++) {
        peer.send(to, data);
        bytesOf(peer.receiveSync());
      }
    },
    reply({ peer, to }, count, microseconds) {
      for (let i = 0; i < count; i++) {
        const bytes = bytesOf(peer.receiveSync());
        work(microseconds);
        peer.send(to, bytes);
      }
    },
  },
  /** `await receive()` on both sides. */
  awaiting: {
    async ask({ peer, to }, data, count) {
      for (let i = 0; i < count; i++) {
        peer.send(to, data);
        bytesOf(await peer.receive());
      }
    },
    async reply({ peer, to }, count, microseconds) {
      for (let i = 0; i < count; i++) {
        const bytes = bytesOf(await peer.receive());
        work(microseconds);
        peer.send(to, bytes);
      }
    },
  },
  postMessage: {
    ask: ({ messagePort }, data, count) => post(messagePort, data, count),
    reply: ({ messagePort }, count, microseconds) => postBack(messagePort, count, microseconds),
  },
  broadcast: {
    ask: ({ broadcastChannel }, data, count) => post(broadcastChannel, data, count),
    reply: ({ broadcastChannel }, count, microseconds) => postBack(broadcastChannel, count, microseconds),
  },
  /** `postMessage`, with the buffer transferred to and fro. */
  transferred: {
    ask({ messagePort }, data, count) {
      return new Promise((resolve) => {
        let replies = 0;
        messagePort.onmessage = ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>) => {
          if (++replies === count) resolve();
          else messagePort.postMessage(data, [data.buffer]);
        };
        messagePort.postMessage(data, [data.buffer]);
      });
    },
    reply({ messagePort }, count, microseconds) {
      return new Promise((resolve) => {
        let questions = 0;
        messagePort.onmessage = ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>) => {
          work(microseconds);
          messagePort.postMessage(data, [data.buffer]);
          if (++questions === count) resolve();
        };
      });
    },
  },
  /** A ring in shared memory for each direction. */
  shared: {
    ask({ outRing, inRing }, data, count) {
      for (let i = 0; i < count; i++) {
        outRing.push(data);
        inRing.pop();
      }
    },
    reply({ outRing, inRing }, count, microseconds) {
      for (let i = 0; i < count; i++) {
        const bytes = inRing.pop();
        work(microseconds);
        outRing.push(bytes);
      }
    },
  },
} satisfies Record<string, RoundTrip>;

/** The name of a way that every installation has. */
export type RoundTripName = keyof typeof ROUND_TRIP;

function bytesOf(message: Message | null): Uint8Array {
  if (message?.type !== "message") throw new Error(`received ${message?.type}`);
  return message.bytes;
}

function post(channel: MessagePort | BroadcastChannel, data: Uint8Array, count: number): Promise<void> {
  return new Promise((resolve) => {
    let replies = 0;
    channel.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
      if (++replies === count) resolve();
      else channel.postMessage(data);
    };
    channel.postMessage(data);
  });
}

function postBack(channel: MessagePort | BroadcastChannel, count: number, microseconds: number): Promise<void> {
  return new Promise((resolve) => {
    let questions = 0;
    channel.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
      work(microseconds);
      channel.postMessage(data);
      if (++questions === count) resolve();
    };
  });
}
