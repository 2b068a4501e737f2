/**
 * One message of 1 MiB to eight peers at once, sent and received. The rival is the cost of the bytes alone: the copy in
 * of one message to one peer, which all receivers share, and eight copies out.
 *
 * The scenario runs on one thread, so each part can be measured by itself.
 *
 * @module
 */

import { type Handle, Peer } from "@bus1/bus1";
import { interleave, median, medianRatio } from "../../src/scenarios/measure.ts";
import type { Scenario } from "./scenario.ts";

const BYTES = 1 << 20;
const PEERS = 8;

/** Receives the message and checks it. Returns milliseconds. */
function receive(peer: Peer, mark: number): number {
  const start = performance.now();
  const message = peer.tryReceive();
  if (message?.type !== "message" || message.bytes[0] !== mark) throw new Error("received something else");
  return performance.now() - start;
}

export const run: Scenario = async (effort) => {
  const sender = Peer.open({ engine: "native" });
  const receivers = Array.from({ length: PEERS }, () => Peer.open({ engine: "native" }));
  const handles = receivers.map((peer) => peer.createNode({ for: sender }).handle);
  const data = new Uint8Array(BYTES);
  const times = effort.quick ? 1 : 10;
  const send = (to: Handle | Handle[], mark: number) => {
    data[0] = mark;
    const start = performance.now();
    sender.send(to, data);
    return performance.now() - start;
  };
  const figures = await interleave(effort, {
    multicast() {
      let elapsed = 0;
      for (let i = 0; i < times; i++) {
        elapsed += send(handles, i);
        for (const peer of receivers) elapsed += receive(peer, i);
      }
      return elapsed / times;
    },
    parts() {
      let elapsed = 0;
      for (let i = 0; i < times; i++) {
        // To each in turn, so that the copies out read and write the same memory as above.
        for (let j = 0; j < PEERS; j++) {
          elapsed += send(handles[j], i) / PEERS;
          elapsed += receive(receivers[j], i);
        }
      }
      return elapsed / times;
    },
  });
  return {
    results: [{
      what: `multicast, 1 MiB to ${PEERS} peers, received by all`,
      unit: "ms",
      bus1: median(figures.multicast),
      rival: { name: `1 copy in, ${PEERS} out`, figure: median(figures.parts) },
      ratio: medianRatio(figures.multicast, figures.parts),
      target: { of: "ratio", atMost: 1.5 },
    }],
  };
};
