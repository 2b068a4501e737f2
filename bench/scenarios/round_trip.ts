/**
 * Round trip: see src/scenarios/round_trip.ts.
 *
 * @module
 */

import { interleave, median, medianRatio } from "../../src/scenarios/measure.ts";
import { Pair } from "../../src/scenarios/pair.ts";
import { measureRoundTrip, WORK } from "../../src/scenarios/round_trip.ts";
import type { RoundTripName } from "./round_trip_worker.ts";
import { inThisRuntime, type Result, type Scenario } from "./scenario.ts";

/** The most that a trip may take, as a part of the time by `postMessage`. */
const BLOCKING = inThisRuntime({ deno: 0.4, bun: 0.75 });
const AWAITING = inThisRuntime({ deno: 0.3, bun: 0.5 });
const AWAITING_ASLEEP = inThisRuntime({ deno: 0.8, bun: 1.2 });

export const run: Scenario = async (effort) => {
  const count = effort.quick ? 100 : 2_000;
  using pair = await Pair.start(new URL("round_trip_worker.ts", import.meta.url));
  const figures = async (work: number) => {
    const trip = (way: RoundTripName) => () => measureRoundTrip(pair, way, count, work);
    return await interleave(effort, {
      blocking: trip("blocking"),
      postMessage: trip("postMessage"),
      awaiting: trip("awaiting"),
      shared: trip("shared"),
      floor: trip("floor"),
    });
  };
  const atOnce = await figures(0), later = await figures(WORK);
  const result = (what: string, way: "blocking" | "awaiting", after: typeof atOnce, atMost?: number): Result => ({
    what: `round trip, 64 B: ${what}`,
    unit: "µs",
    bus1: median(after[way]),
    rival: { name: "postMessage", figure: median(after.postMessage) },
    floor: median(after.floor),
    ratio: medianRatio(after[way], after.postMessage),
    target: atMost === undefined ? undefined : { of: "ratio", atMost },
  });
  const besideShared = (what: string, after: typeof atOnce): Result => ({
    ...result(what, "blocking", after, 1.1),
    rival: { name: "SharedArrayBuffer", figure: median(after.shared) },
    ratio: medianRatio(after.blocking, after.shared),
  });
  return {
    results: [
      result("receiveSync", "blocking", atOnce, BLOCKING),
      result("receive()", "awaiting", atOnce, AWAITING),
      result(`receiveSync, after ${WORK} µs`, "blocking", later),
      result(`receive(), after ${WORK} µs`, "awaiting", later, AWAITING_ASLEEP),
      besideShared("receiveSync", atOnce),
      besideShared(`receiveSync, after ${WORK} µs`, later),
    ],
  };
};
