/**
 * The round trip where both Workers share one CPU: `run.ts` starts this with `taskset`. There a wait that spins keeps its
 * partner from running. So the target is that an async wait loses nothing by its spin: beside it stands the same without.
 *
 * @module
 */

import { interleave, median, medianRatio } from "../../src/scenarios/measure.ts";
import { Pair } from "../../src/scenarios/pair.ts";
import { measureRoundTrip, WORK } from "../../src/scenarios/round_trip.ts";
import type { RoundTripName } from "./round_trip_worker.ts";
import type { Result, Scenario } from "./scenario.ts";

export const run: Scenario = async (effort) => {
  const count = effort.quick ? 100 : 1_000;
  using pair = await Pair.start(new URL("round_trip_worker.ts", import.meta.url));
  const results: Result[] = [];
  for (const work of [0, WORK]) {
    const trip = (way: RoundTripName) => () => measureRoundTrip(pair, way, count, work);
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
