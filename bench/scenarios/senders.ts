/**
 * From 1 to 8 Workers that send to one peer as fast as they can: the messages that arrive in a second.
 *
 * For `postMessage` each sender has a channel of its own to the receiver, because a channel has one sender at each end.
 *
 * @module
 */

import { Peer } from "@bus1/bus1";
import { Agent } from "../../src/scenarios/calls.ts";
import { type Effort, interleave, median } from "../../src/scenarios/measure.ts";
import type { Curve, Scenario } from "./scenario.ts";
import type { Way } from "./senders_worker.ts";

const COUNTS = [1, 2, 4, 8];
const MODULE = new URL("senders_worker.ts", import.meta.url).href;

/** Returns the messages in a second with this number of senders, by each way. */
async function rates(effort: Effort, senders: number): Promise<Record<Way, number>> {
  const total = effort.quick ? 800 : 80_000;
  const [receiver, ...others] = await Agent.startMany(senders + 1, MODULE);
  const server = Peer.open({ engine: "native" });
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const ports: MessagePort[] = [];
  for (const other of others) {
    const client = Peer.open({ engine: "native" });
    const { handle } = server.createNode({ for: client });
    const { port1, port2 } = new MessageChannel();
    ports.push(port2);
    await other.call("join", client.detach(), handle.id, gate, port1);
  }
  await receiver.call("join", server.detach(), 0n, gate, ...ports);
  let round = 0;
  const pass = async (way: Way): Promise<number> => {
    round++;
    const sent = others.map((other) => other.call("send", way, total / senders, round));
    const milliseconds = await receiver.call<number>("receive", way, total, round);
    await Promise.all(sent);
    return total / milliseconds * 1000;
  };
  // There is no target, so fewer rounds are enough.
  const figures = await interleave({ ...effort, rounds: Math.min(effort.rounds, 7) }, {
    bus1: () => pass("bus1"),
    postMessage: () => pass("postMessage"),
  });
  for (const agent of [receiver, ...others]) agent.terminate();
  return { bus1: median(figures.bus1), postMessage: median(figures.postMessage) };
}

export const run: Scenario = async (effort) => {
  const curves: Record<Way, Curve> = {
    bus1: { plot: "senders", name: "bus1", points: [] },
    postMessage: { plot: "senders", name: "postMessage", points: [] },
  };
  for (const senders of effort.quick ? COUNTS.slice(0, 2) : COUNTS) {
    const { bus1, postMessage } = await rates(effort, senders);
    curves.bus1.points.push([senders, bus1]);
    curves.postMessage.points.push([senders, postMessage]);
  }
  return { results: [], curves: Object.values(curves) };
};
