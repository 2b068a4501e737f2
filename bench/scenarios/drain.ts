/**
 * The time to receive one of the messages that have queued up: of a thousand messages to a million.
 *
 * @module
 */

import { Peer } from "@bus1/bus1";
import { interleave, median, medianRatio } from "../../src/scenarios/measure.ts";
import { SIZE } from "../../src/scenarios/pair.ts";
import type { Scenario } from "./scenario.ts";

const COUNTS = [1_000, 10_000, 100_000, 1_000_000];

/** Received at a time. */
const MANY = 1024;

export const run: Scenario = async (effort) => {
  const counts = effort.quick ? COUNTS.slice(0, 2) : COUNTS;
  const server = Peer.open({ engine: "native" }), client = Peer.open({ engine: "native" });
  const { handle } = server.createNode({ for: client });
  const drain = (count: number): number => {
    const batch = client.batch(handle);
    for (let i = 0; i < count; i++) batch.bytes[batch.reserve(SIZE)] = i;
    batch.flush();
    const start = performance.now();
    for (let received = 0; received < count;) {
      const messages = server.receiveMany(MANY);
      for (const message of messages) {
        if (message.type !== "message" || message.bytes[0] !== (received++ & 255)) {
          throw new Error("received something else");
        }
      }
    }
    return (performance.now() - start) * 1e6 / count;
  };
  const figures = await interleave(effort, Object.fromEntries(counts.map((count) => [count, () => drain(count)])));
  const [less, most] = counts.slice(-2);
  const words = (count: number) => `${count.toLocaleString("en")} messages`;
  return {
    results: [{
      what: `receiveMany, of ${words(most)} that have queued up`,
      unit: "ns",
      bus1: median(figures[most]),
      rival: { name: words(less), figure: median(figures[less]) },
      ratio: medianRatio(figures[most], figures[less]),
      target: { of: "ratio", atMost: 1.25 },
    }],
    curves: [{ plot: "drain", name: "bus1", points: counts.map((count) => [count, median(figures[count])]) }],
  };
};
