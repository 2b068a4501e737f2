/**
 * The kernel engine beside a C program that makes the same ioctls on the same device: round trips of 64 bytes, on one
 * thread, and between two Workers that sleep while they wait. `run.ts` gives it an emulated device.
 *
 * @module
 */

import { Peer } from "@bus1/bus1";
import { Agent } from "../../src/scenarios/calls.ts";
import { openIoctls, worked } from "../rivals/ioctls.ts";
import type { Way } from "./kernel_worker.ts";
import { interleave, median, medianRatio } from "../../src/scenarios/measure.ts";
import { SIZE } from "../../src/scenarios/pair.ts";
import type { Result, Scenario } from "./scenario.ts";

/** The most that bus1 may take, as a multiple of the C program's time. */
const TARGET = { of: "ratio", atMost: 1.5 } as const;

/** Returns a pass of round trips on one thread. A pass returns the microseconds of one. */
function alone(count: number): () => number {
  const peers = [Peer.open({ engine: "kernel" }), Peer.open({ engine: "kernel" })];
  const handles = peers.map((peer, i) => peers[1 - i].createNode({ for: peer }).handle);
  const data = new Uint8Array(SIZE);
  return () => {
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      for (let from = 0; from < 2; from++) {
        data[0] = i;
        peers[from].send(handles[from], data);
        const message = peers[1 - from].tryReceive();
        if (message?.type !== "message" || message.bytes[0] !== data[0]) throw new Error("received something else");
      }
    }
    return (performance.now() - start) * 1000 / count;
  };
}

export const run: Scenario = async (effort) => {
  const count = effort.quick ? 50 : 2_000;
  const ioctls = openIoctls();
  worked(ioctls.ioctls_open());

  const [asker, replier] = await Agent.startMany(2, new URL("kernel_worker.ts", import.meta.url).href);
  const ours = Peer.open({ engine: "kernel" }), theirs = Peer.open({ engine: "kernel" });
  const toTheirs = theirs.createNode({ for: ours }).handle.id, toOurs = ours.createNode({ for: theirs }).handle.id;
  await asker.call("join", ours.detach(), toTheirs);
  await replier.call("join", theirs.detach(), toOurs);
  const trips = async (way: Way): Promise<number> => {
    const replied = replier.call("reply", way, count);
    const figure = await asker.call<number>("ask", way, count);
    await replied;
    return figure;
  };

  const figures = await interleave(effort, {
    alone: alone(count),
    aloneInC: () => worked(ioctls.ioctls_alone(count)) / 1000,
    blocking: () => trips("facade"),
    blockingInC: () => trips("ioctls"),
  });
  const result = (what: string, bus1: number[], inC: number[]): Result => ({
    what: `kernel engine, round trip, 64 B: ${what}`,
    unit: "µs",
    bus1: median(bus1),
    rival: { name: "C", figure: median(inC) },
    ratio: medianRatio(bus1, inC),
    target: TARGET,
  });
  return {
    results: [
      result("one thread", figures.alone, figures.aloneInC),
      result("two Workers, receiveSync", figures.blocking, figures.blockingInC),
    ],
  };
};
