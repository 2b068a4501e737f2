/**
 * One way: see src/scenarios/one_way.ts.
 *
 * @module
 */

import { interleave, median, medianRatio } from "../../src/scenarios/measure.ts";
import { measureOneWay } from "../../src/scenarios/one_way.ts";
import { Pair } from "../../src/scenarios/pair.ts";
import type { OneWayName } from "./one_way_worker.ts";
import { inThisRuntime, type Result, type Scenario } from "./scenario.ts";

/** How many times more messages than by `postMessage` in the same time. */
const TIMES = inThisRuntime({ deno: 30, bun: 7 });

export const run: Scenario = async (effort) => {
  const [count, more] = effort.quick ? [1_000, 1_000] : [50_000, 200_000];
  using pair = await Pair.start(new URL("one_way_worker.ts", import.meta.url));
  const pass = (way: OneWayName, count: number) => () => measureOneWay(pair, way, count);
  const { iterated, many, inPlace, postMessage, shared, sharedInPlace, floor, floorMany } = await interleave(effort, {
    iterated: pass("iterated", count),
    postMessage: pass("postMessage", count),
    many: pass("many", count),
    shared: pass("shared", count),
    inPlace: pass("inPlace", more),
    sharedInPlace: pass("sharedInPlace", more),
    floor: pass("floor", count),
    floorMany: pass("floorMany", more),
  });
  const besidePostMessage = (what: string, bus1: number[], floor: number[]): Result => ({
    what: `one way, 64 B: ${what}`,
    unit: "ns",
    bus1: median(bus1),
    rival: { name: "postMessage", figure: median(postMessage) },
    floor: median(floor),
    ratio: medianRatio(postMessage, bus1),
    target: { of: "ratio", atLeast: TIMES },
  });
  const besideShared = (what: string, bus1: number[], floor: number[], name: string, ring: number[]): Result => ({
    what: `one way, 64 B: ${what}`,
    unit: "ns",
    bus1: median(bus1),
    rival: { name, figure: median(ring) },
    floor: median(floor),
    ratio: medianRatio(bus1, ring),
    target: { of: "ratio", atMost: 1.1 },
  });
  return {
    results: [
      // The target is for this way or the next.
      { ...besidePostMessage("send, for await", iterated, floor), target: undefined },
      besidePostMessage("send, receiveMany(256)", many, floorMany),
      { ...besidePostMessage("batch, cursor", inPlace, floorMany), target: { of: "figure", atMost: 30 } },
      besideShared("send, receiveMany(256)", many, floorMany, "SharedArrayBuffer", shared),
      besideShared("batch, cursor", inPlace, floorMany, "SharedArrayBuffer, in place", sharedInPlace),
    ],
  };
};
