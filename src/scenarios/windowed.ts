/**
 * One way, with messages of any size: the sender is never more than a window ahead of the receiver. Without a window, large
 * messages pile up, and the figure is the speed of the memory.
 *
 * The receiver gives credit half a window at a time, so the sender is not woken for each message.
 *
 * @module
 */

import { serve } from "./calls.ts";
import { now } from "./measure.ts";
import { type Joining, type Pair, Side, wayOf } from "./pair.ts";

/** The messages of one pass. */
export interface Load {
  /** The length of each, in bytes. */
  size: number;
  count: number;
  /** The most messages in flight; an even number. */
  window: number;
}

const MIB = 1 << 20;

/** The most messages and bytes in a pass. */
const COUNT = 10_000, BYTES = 64 * MIB;

/** The most messages and bytes in flight. */
const WINDOW = 512, WINDOW_BYTES = 8 * MIB;

/** Returns the usual load for a size. */
export function loadOf(size: number, quick: boolean): Load {
  const window = 2 * Math.max(1, Math.min(WINDOW, Math.floor(WINDOW_BYTES / size)) >> 1);
  return { size, window, count: Math.max(window, quick ? 4 : Math.min(COUNT, Math.floor(BYTES / size))) };
}

/** Returns the microseconds of a message. */
export async function measureWindowed(pair: Pair, way: WindowedName, load: Load): Promise<number> {
  const end = pair.right.call<number>("receive", way, load);
  const start = await pair.left.call<number>("send", way, load);
  return (await end - start) / load.count / 1000;
}

interface Windowed {
  send(side: Side, data: Uint8Array): void;
  receive(side: Side, arrivals: Arrivals): void | Promise<void>;
}

const WINDOWED = {
  blocking: {
    send: ({ peer, to }, data) => peer.send(to, data),
    receive({ peer }, arrivals) {
      while (!arrivals.complete) {
        const message = peer.receiveSync();
        if (message?.type !== "message") throw new Error(`received ${message?.type}`);
        arrivals.add(message.bytes);
      }
    },
  },
  postMessage: {
    send: ({ messagePort }, data) => messagePort.postMessage(data),
    receive: ({ messagePort }, arrivals) => receiveAll(messagePort, arrivals),
  },
  transferred: {
    send({ messagePort }, data) {
      const copy = data.slice(); // a transferred buffer is gone, and the sender is to keep its bytes
      messagePort.postMessage(copy, [copy.buffer]);
    },
    receive: ({ messagePort }, arrivals) => receiveAll(messagePort, arrivals),
  },
  broadcast: {
    send: ({ broadcastChannel }, data) => broadcastChannel.postMessage(data),
    receive: ({ broadcastChannel }, arrivals) => receiveAll(broadcastChannel, arrivals),
  },
} satisfies Record<string, Windowed>;

/** The name of a way. */
export type WindowedName = keyof typeof WINDOWED;

function receiveAll(channel: MessagePort | BroadcastChannel, arrivals: Arrivals): Promise<void> {
  return new Promise((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
      arrivals.add(data);
      if (arrivals.complete) resolve();
    };
  });
}

/** Counts and checks the messages that arrive, and gives the sender credit for them. */
class Arrivals {
  readonly #load: Load;
  readonly #side: Side;
  #arrived = 0;

  constructor(load: Load, side: Side) {
    this.#load = load;
    this.#side = side;
  }

  get complete(): boolean {
    return this.#arrived === this.#load.count;
  }

  add(bytes: Uint8Array): void {
    const { size, window } = this.#load;
    if (bytes.length !== size || bytes[size - 1] !== (this.#arrived & 255)) throw new Error("received something else");
    if (++this.#arrived % (window / 2) === 0) this.#side.giveCredit(window / 2);
  }
}

/** Serves the ways in a Worker of a {@linkcode Pair}. */
export function serveWindowed(): void {
  let side: Side;
  serve({
    join(joining: Joining, messagePort: MessagePort): void {
      side = new Side(joining, messagePort);
    },
    /** Returns the time before the first message. */
    send(way: string, { size, count, window }: Load): number {
      const { send } = wayOf<Windowed>(WINDOWED, way);
      const data = new Uint8Array(size);
      side.passGate();
      const start = now();
      for (let i = 0; i < count; i++) {
        side.awaitCredit(i + 1 - window);
        data[size - 1] = i;
        send(side, data);
      }
      return start;
    },
    /** Returns the time after the last message. */
    async receive(way: string, load: Load): Promise<number> {
      const { receive } = wayOf<Windowed>(WINDOWED, way);
      const arrivals = new Arrivals(load, side);
      side.openGate();
      await receive(side, arrivals);
      return now();
    },
  });
}
