/** The Workers of senders.ts: one that receives, and the others, which send to it. */

import { Peer, type Ticket } from "@bus1/bus1";
import { serve } from "../../src/scenarios/calls.ts";
import { SIZE } from "../../src/scenarios/pair.ts";

/** The ways to send and receive. */
export type Way = "bus1" | "postMessage";

let peer: Peer;
let to: bigint;
let messagePorts: MessagePort[];
/** The number of the round that has begun. */
let gate: Int32Array;

const senders: Record<Way, (count: number) => void> = {
  bus1(count) {
    const handle = peer.handle(to);
    const data = new Uint8Array(SIZE);
    for (let i = 0; i < count; i++) peer.send(handle, data);
  },
  postMessage(count) {
    const [messagePort] = messagePorts;
    const data = new Uint8Array(SIZE);
    for (let i = 0; i < count; i++) messagePort.postMessage(data);
  },
};

function check(bytes: Uint8Array): void {
  if (bytes.length !== SIZE || bytes[0] !== 0) throw new Error("received something else");
}

const receivers: Record<Way, (count: number) => void | Promise<void>> = {
  bus1(count) {
    while (count > 0) {
      const messages = peer.receiveMany(256);
      if (messages.length === 0) messages.push(peer.receiveSync()!);
      for (const message of messages) {
        if (message.type === "message") check(message.bytes);
        count--;
      }
    }
  },
  postMessage(count) {
    return new Promise((resolve) => {
      for (const messagePort of messagePorts) {
        messagePort.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
          check(data);
          if (--count === 0) resolve();
        };
      }
    });
  },
};

serve({
  /** A sender gets a handle, and one MessagePort. */
  join(ticket: Ticket, handle: bigint, begun: Int32Array, ...ports: MessagePort[]): void {
    peer = Peer.adopt(ticket);
    [to, gate, messagePorts] = [handle, begun, ports];
  },
  send(way: Way, count: number, round: number): void {
    for (;;) {
      const begun = Atomics.load(gate, 0);
      if (begun === round) break;
      Atomics.wait(gate, 0, begun);
    }
    senders[way](count);
  },
  /** Lets the senders begin. Returns the milliseconds until all messages are received. */
  async receive(way: Way, count: number, round: number): Promise<number> {
    const start = performance.now();
    Atomics.store(gate, 0, round);
    Atomics.notify(gate, 0);
    await receivers[way](count);
    return performance.now() - start;
  },
});
