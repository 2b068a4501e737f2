/**
 * The round trip where both Workers share one CPU: `run.ts` starts this with `taskset`. Whoever waits awake then keeps its
 * partner from answering, so what is asked is that an async wait does no harm by it: beside the same without it.
 *
 * @module
 */

import { interleave, median, medianRatio, type Result, type Scenario } from "../../src/scenarios/measure.ts";
import { Pair } from "../../src/scenarios/pair.ts";
import { trips, WORK } from "../../src/scenarios/round_trip.ts";
import type { Way } from "../../src/scenarios/round_trip_worker.ts";

export const run: Scenario = async (effort) => {
  const count = effort.quick ? 100 : 1_000;
  using pair = await Pair.start(new URL("../../src/scenarios/round_trip_worker.ts", import.meta.url));
  const results: Result[] = [];
  for (const work of [0, WORK]) {
    const trip = (way: Way) => () => trips(pair, way, count, work);
    const { awaiting, asleep, blocking, postMessage } = await interleave(effort, {
      awaiting: trip("awaiting"),
      asleep: trip("asleep"),
      blocking: trip("blocking"),
      postMessage: trip("postMessage"),
    });
    const result = (what: string, bus1: number[], name: string, rival: number[]): Result => ({
      what: `round trip, one CPU, 64 B: ${what}${work > 0 ? `, after ${work} µs` : ""}`,
      unit: "µs",
      bus1: median(bus1),
      rival: { name, figure: median(rival) },
      ratio: medianRatio(bus1, rival),
    });
    results.push(
      { ...result("receive()", awaiting, "sleeping at once", asleep), target: { of: "ratio", atMost: 1 } },
      result("receive()", awaiting, "postMessage", postMessage),
      result("receiveSync", blocking, "postMessage", postMessage),
    );
  }
  return { results };
};
