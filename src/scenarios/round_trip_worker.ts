/**
 * The two Workers of round_trip.ts. The answer is what came with the question.
 *
 * `postMessage` at its best: answered from within the handler that got the question, nothing awaited.
 *
 * @module
 */

import type { Message } from "../../mod.ts";
import type { EnginePeer } from "../port/engine.ts";
import { serve } from "./calls.ts";
import { openPeer } from "./crowd.ts";
import { type Joining, Side, SIZE } from "./pair.ts";

/** The ways to ask and answer. */
export type Way =
  | "blocking"
  | "awaiting"
  | "asleep"
  | "postMessage"
  | "transferred"
  | "broadcast"
  | "shared"
  | "floor";

/** What all peers of the native engine are made of. */
const NATIVE_PEER: EnginePeer = Object.getPrototypeOf(openPeer());

let side: Side;

/** Does `work` without that an async wait stays awake for a moment: its engine then seems not to know how. */
async function withoutLinger(work: () => void | Promise<void>): Promise<void> {
  const { linger } = NATIVE_PEER;
  NATIVE_PEER.linger = undefined;
  try {
    await work();
  } finally {
    NATIVE_PEER.linger = linger;
  }
}

function bytesOf(message: Message | null): Uint8Array {
  if (message?.type !== "message") throw new Error(`received ${message?.type}`);
  return message.bytes;
}

/** Keeps this thread busy. */
function work(microseconds: number): void {
  if (microseconds === 0) return;
  const end = performance.now() + microseconds / 1000;
  while (performance.now() < end);
}

const askers: Record<Way, (data: Uint8Array<ArrayBuffer>, count: number) => void | Promise<void>> = {
  blocking(data, count) {
    const { peer, to } = side;
    for (let i = 0; i < count; i++) {
      peer.send(to, data);
      bytesOf(peer.receiveSync());
    }
  },
  async awaiting(data, count) {
    const { peer, to } = side;
    for (let i = 0; i < count; i++) {
      peer.send(to, data);
      bytesOf(await peer.receive());
    }
  },
  asleep: (data, count) => withoutLinger(() => askers.awaiting(data, count)),
  postMessage: (data, count) => askBy(side.port, data, count),
  transferred(data, count) {
    const { port } = side;
    return new Promise((resolve) => {
      let answers = 0;
      port.onmessage = ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>) => {
        if (++answers === count) resolve();
        else port.postMessage(data, [data.buffer]);
      };
      port.postMessage(data, [data.buffer]);
    });
  },
  broadcast: (data, count) => askBy(side.channel, data, count),
  shared(data, count) {
    const { outRing, inRing } = side;
    for (let i = 0; i < count; i++) {
      outRing.push(data);
      inRing.pop();
    }
  },
  floor(data, count) {
    const { floor, out, in: ring } = side;
    for (let i = 0; i < count; i++) {
      floor.floor_push(out, data);
      while (floor.floor_pop(ring, data, 1) === 0) floor.floor_wait(ring);
    }
  },
};

function askBy(channel: MessagePort | BroadcastChannel, data: Uint8Array, count: number): Promise<void> {
  return new Promise((resolve) => {
    let answers = 0;
    channel.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
      if (++answers === count) resolve();
      else channel.postMessage(data);
    };
    channel.postMessage(data);
  });
}

const answerers: Record<Way, (count: number, microseconds: number) => void | Promise<void>> = {
  blocking(count, microseconds) {
    const { peer, to } = side;
    for (let i = 0; i < count; i++) {
      const bytes = bytesOf(peer.receiveSync());
      work(microseconds);
      peer.send(to, bytes);
    }
  },
  async awaiting(count, microseconds) {
    const { peer, to } = side;
    for (let i = 0; i < count; i++) {
      const bytes = bytesOf(await peer.receive());
      work(microseconds);
      peer.send(to, bytes);
    }
  },
  asleep: (count, microseconds) => withoutLinger(() => answerers.awaiting(count, microseconds)),
  postMessage: (count, microseconds) => answerBy(side.port, count, microseconds),
  transferred(count, microseconds) {
    const { port } = side;
    return new Promise((resolve) => {
      let questions = 0;
      port.onmessage = ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>) => {
        work(microseconds);
        port.postMessage(data, [data.buffer]);
        if (++questions === count) resolve();
      };
    });
  },
  broadcast: (count, microseconds) => answerBy(side.channel, count, microseconds),
  shared(count, microseconds) {
    const { outRing, inRing } = side;
    for (let i = 0; i < count; i++) {
      const bytes = inRing.pop();
      work(microseconds);
      outRing.push(bytes);
    }
  },
  floor(count, microseconds) {
    const { floor, out, in: ring } = side;
    const data = new Uint8Array(SIZE);
    for (let i = 0; i < count; i++) {
      while (floor.floor_pop(ring, data, 1) === 0) floor.floor_wait(ring);
      work(microseconds);
      floor.floor_push(out, data);
    }
  },
};

function answerBy(channel: MessagePort | BroadcastChannel, count: number, microseconds: number): Promise<void> {
  return new Promise((resolve) => {
    let questions = 0;
    channel.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
      work(microseconds);
      channel.postMessage(data);
      if (++questions === count) resolve();
    };
  });
}

serve({
  join(...joining: Joining): void {
    side = new Side(...joining);
  },
  /** Answers the microseconds of one trip. */
  async ask(way: Way, count: number, size: number): Promise<number> {
    side.passGate();
    const start = performance.now();
    await askers[way](new Uint8Array(size), count);
    return (performance.now() - start) * 1000 / count;
  },
  async answer(way: Way, count: number, microseconds: number): Promise<void> {
    const done = answerers[way];
    side.openGate();
    await done(count, microseconds);
  },
});
