/**
 * Round trip: one Worker asks, the other answers, 64 bytes each; the time of one question and its answer.
 *
 * While both sides answer at once, bus1 meets the answer awake, in the few microseconds before a `receiveSync` sleeps.
 * So there is a second measurement, in which the other Worker works for a while before it answers, and the one who asks
 * sleeps meanwhile; that work is not counted.
 *
 * @module
 */

import { interleave, median, medianRatio, type Result, type Scenario } from "./measure.ts";
import { Pair } from "./pair.ts";
import type { Way } from "./round_trip_worker.ts";

/** As much of the time of `postMessage`. */
const TARGET = "Deno" in globalThis ? 0.5 : 0.85;

/** Microseconds of work before an answer: longer than anybody stays awake for it. */
const WORK = 50;

export const run: Scenario = async (effort) => {
  const count = effort.quick ? 100 : 2_000;
  using pair = await Pair.start(new URL("round_trip_worker.ts", import.meta.url));
  const trips = async (way: Way, work = 0): Promise<number> => {
    const answered = pair.right.call("answer", way, count, work);
    const figure = await pair.left.call<number>("ask", way, count);
    await answered;
    return figure - work;
  };
  const figures = await interleave(effort, {
    blocking: () => trips("blocking"),
    postMessage: () => trips("postMessage"),
    awaiting: () => trips("awaiting"),
    floor: () => trips("floor"),
    blockingAfterWork: () => trips("blocking", WORK),
    postMessageAfterWork: () => trips("postMessage", WORK),
    awaitingAfterWork: () => trips("awaiting", WORK),
    floorAfterWork: () => trips("floor", WORK),
  });
  const result = (what: string, bus1: number[], rival: number[], floor: number[]): Result => ({
    what: `round trip, 64 B: ${what}`,
    unit: "µs",
    bus1: median(bus1),
    rival: { name: "postMessage", figure: median(rival) },
    floor: median(floor),
    ratio: medianRatio(bus1, rival),
  });
  const { blocking, postMessage, awaiting, floor } = figures;
  const { blockingAfterWork, postMessageAfterWork, awaitingAfterWork, floorAfterWork } = figures;
  return [
    { ...result("receiveSync", blocking, postMessage, floor), target: { of: "ratio", atMost: TARGET } },
    result("receive()", awaiting, postMessage, floor),
    result(`receiveSync, after ${WORK} µs`, blockingAfterWork, postMessageAfterWork, floorAfterWork),
    result(`receive(), after ${WORK} µs`, awaitingAfterWork, postMessageAfterWork, floorAfterWork),
  ];
};
