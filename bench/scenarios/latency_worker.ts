/**
 * The two Workers of latency.ts.
 *
 * The sender has a timetable, and each message carries the time at which it was due to be sent. So if something delays the
 * sender, the messages behind it count as late, as they are for a user.
 */

import { serve } from "../../src/scenarios/calls.ts";
import { type Joining, Side, SIZE } from "../../src/scenarios/pair.ts";
import { openFloor } from "../rivals/floor.ts";

/** The ways to send and receive. */
export type Way = "iterated" | "blocking" | "postMessage";

const floor = openFloor();
let side: Side;

const senders: Record<Way, (data: Uint8Array) => void> = {
  iterated: (data) => side.peer.send(side.to, data),
  blocking: (data) => side.peer.send(side.to, data),
  postMessage: (data) => side.messagePort.postMessage(data),
};

/** The nanoseconds that each message was in flight. */
class Latencies {
  readonly values: Float64Array;
  #count = 0;

  constructor(count: number) {
    this.values = new Float64Array(count);
  }

  get complete(): boolean {
    return this.#count === this.values.length;
  }

  add(bytes: Uint8Array): void {
    const sent = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0);
    this.values[this.#count++] = floor.floor_now() - sent;
  }
}

const receivers: Record<Way, (latencies: Latencies) => void | Promise<void>> = {
  async iterated(latencies) {
    for await (const message of side.peer) {
      if (message.type === "message") latencies.add(message.bytes);
      if (latencies.complete) break;
    }
  },
  blocking(latencies) {
    while (!latencies.complete) {
      const message = side.peer.receiveSync();
      if (message?.type === "message") latencies.add(message.bytes);
    }
  },
  postMessage(latencies) {
    const { messagePort } = side;
    return new Promise((resolve) => {
      messagePort.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
        latencies.add(data);
        if (latencies.complete) resolve();
      };
    });
  },
};

serve({
  join(joining: Joining, messagePort: MessagePort): void {
    side = new Side(joining, messagePort);
  },
  send(way: Way, count: number, interval: number): void {
    const send = senders[way];
    const data = new Uint8Array(SIZE), view = new DataView(data.buffer);
    side.passGate();
    const start = floor.floor_now() + interval;
    for (let i = 0; i < count; i++) {
      const due = start + i * interval;
      while (floor.floor_now() < due);
      view.setFloat64(0, due);
      send(data);
    }
  },
  async receive(way: Way, count: number): Promise<Float64Array> {
    const latencies = new Latencies(count);
    side.openGate();
    await receivers[way](latencies);
    return latencies.values;
  },
});
