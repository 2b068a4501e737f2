/**
 * Latency under load: one Worker sends by a timetable, 20,000 messages a second. The figure is the time of each in flight.
 *
 * @module
 */

import { Pair } from "../../src/scenarios/pair.ts";
import type { Way } from "./latency_worker.ts";
import type { Curve, Result, Scenario } from "./scenario.ts";

/** Nanoseconds between two messages. */
const INTERVAL = 50_000;

/** One message in this number is later than the figure: 50, 90, 99, 99.9 and 99.99 % are not. */
const ONE_IN = [2, 10, 100, 1_000, 10_000];

/** Returns the value that only one in `oneIn` of the sorted values exceeds. */
function percentile(sorted: Float64Array, oneIn: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * (1 - 1 / oneIn)))];
}

export const run: Scenario = async ({ quick, rounds }) => {
  const count = quick ? 200 : 20_000;
  using pair = await Pair.start(new URL("latency_worker.ts", import.meta.url));
  const pass = async (way: Way): Promise<Float64Array> => {
    const latencies = pair.right.call<Float64Array>("receive", way, count);
    await pair.left.call("send", way, count, INTERVAL);
    return await latencies;
  };
  const ways: Way[] = ["iterated", "blocking", "postMessage"];
  const all: Record<Way, Float64Array[]> = { iterated: [], blocking: [], postMessage: [] };
  // The ways take turns, a second each. The first round does not count; all others are taken together.
  for (let round = -1; round < Math.min(rounds, 5); round++) {
    for (const way of ways) {
      const latencies = await pass(way);
      if (round >= 0) all[way].push(latencies);
    }
  }
  const sorted = (way: Way) => Float64Array.from(all[way].flatMap((values) => [...values])).sort();
  const [iterated, blocking, postMessage] = ways.map(sorted);
  const result = (what: string, bus1: Float64Array, oneIn: number): Result => ({
    what: `latency under load, 64 B: ${what}`,
    unit: "µs",
    bus1: percentile(bus1, oneIn) / 1000,
    rival: { name: "postMessage", figure: percentile(postMessage, oneIn) / 1000 },
    ratio: percentile(bus1, oneIn) / percentile(postMessage, oneIn),
  });
  const curve = (name: string, values: Float64Array): Curve => ({
    plot: "latency",
    name,
    points: ONE_IN.map((oneIn) => [oneIn, percentile(values, oneIn) / 1000]),
  });
  return {
    results: [
      result("for await, median", iterated, 2),
      result("for await, 99.9 %", iterated, 1_000),
      result("receiveSync, median", blocking, 2),
      result("receiveSync, 99.9 %", blocking, 1_000),
    ],
    curves: [curve("for await", iterated), curve("receiveSync", blocking), curve("postMessage", postMessage)],
  };
};
