/**
 * Round trip: one Worker asks, the other answers, 64 bytes each; the time of one question and its answer.
 *
 * While both sides answer at once, bus1 meets the answer awake, in the few microseconds before a wait sleeps. So there is
 * a second measurement, in which the other Worker works for a while before it answers, and the one who asks sleeps
 * meanwhile; that work is not counted.
 *
 * @module
 */

import { interleave, inThisRuntime, median, medianRatio, type Result, type Scenario } from "./measure.ts";
import { Pair, SIZE } from "./pair.ts";
import type { Way } from "./round_trip_worker.ts";

/** As much of the time of `postMessage`. */
const BLOCKING = inThisRuntime({ deno: 0.4, bun: 0.75 });
const AWAITING = inThisRuntime({ deno: 0.3, bun: 0.5 });
const AWAITING_ASLEEP = inThisRuntime({ deno: 0.8, bun: 1.2 });

/** Microseconds of work before an answer: longer than anybody stays awake for it. */
export const WORK = 50;

/** Answers the microseconds of a trip, without the work. */
export async function trips(pair: Pair, way: Way, count: number, work: number, size: number = SIZE): Promise<number> {
  const answered = pair.right.call("answer", way, count, work);
  const figure = await pair.left.call<number>("ask", way, count, size);
  await answered;
  return figure - work;
}

export const run: Scenario = async (effort) => {
  const count = effort.quick ? 100 : 2_000;
  using pair = await Pair.start(new URL("round_trip_worker.ts", import.meta.url));
  const figures = async (work: number) => {
    const trip = (way: Way) => () => trips(pair, way, count, work);
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
