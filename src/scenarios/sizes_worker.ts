/**
 * The two Workers of sizes.ts. The sender waits when it is a window ahead, on all ways alike: large messages that nobody
 * takes yet would be memory, and not speed.
 */

import { serve } from "./calls.ts";
import { now } from "./measure.ts";
import { type Joining, Side } from "./pair.ts";

/** The ways to send and receive. */
export type Way = "blocking" | "postMessage" | "transferred" | "broadcast";

/** How much is sent and received. */
export interface Load {
  size: number;
  count: number;
  /** How many messages may be on their way; even. */
  window: number;
}

let side: Side;

/** Counts what comes, and gives the sender credit for it half a window at a time: so it need not be woken for each. */
class Arrivals {
  readonly #load: Load;
  #arrived = 0;

  constructor(load: Load) {
    this.#load = load;
  }

  get complete(): boolean {
    return this.#arrived === this.#load.count;
  }

  add(bytes: Uint8Array): void {
    const { size, window } = this.#load;
    if (bytes.length !== size || bytes[size - 1] !== (this.#arrived & 255)) throw new Error("received something else");
    if (++this.#arrived % (window / 2) === 0) side.give(window / 2);
  }
}

const senders: Record<Way, (data: Uint8Array) => void> = {
  blocking: (data) => side.peer.send(side.to, data),
  postMessage: (data) => side.port.postMessage(data),
  transferred(data) {
    const copy = data.slice(); // what is transferred is gone, and here the sender keeps its bytes
    side.port.postMessage(copy, [copy.buffer]);
  },
  broadcast: (data) => side.channel.postMessage(data),
};

const receivers: Record<Way, (arrivals: Arrivals) => void | Promise<void>> = {
  blocking(arrivals) {
    while (!arrivals.complete) {
      const message = side.peer.receiveSync();
      if (message?.type !== "message") throw new Error(`received ${message?.type}`);
      arrivals.add(message.bytes);
    }
  },
  postMessage: (arrivals) => hear(side.port, arrivals),
  transferred: (arrivals) => hear(side.port, arrivals),
  broadcast: (arrivals) => hear(side.channel, arrivals),
};

function hear(channel: MessagePort | BroadcastChannel, arrivals: Arrivals): Promise<void> {
  return new Promise((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
      arrivals.add(data);
      if (arrivals.complete) resolve();
    };
  });
}

serve({
  join(...joining: Joining): void {
    side = new Side(...joining);
  },
  /** Answers when it began. */
  send(way: Way, { size, count, window }: Load): number {
    const send = senders[way];
    const data = new Uint8Array(size);
    side.passGate();
    const start = now();
    for (let i = 0; i < count; i++) {
      side.spend(i + 1 - window);
      data[size - 1] = i;
      send(data);
    }
    return start;
  },
  /** Answers when it had all. */
  async receive(way: Way, load: Load): Promise<number> {
    const arrivals = new Arrivals(load);
    side.openGate();
    await receivers[way](arrivals);
    return now();
  },
});
