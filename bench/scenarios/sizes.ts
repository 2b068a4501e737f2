/**
 * One way, from 1 B to 16 MiB, within a window: see src/scenarios/windowed.ts.
 *
 * @module
 */

import { interleave, median, medianRatio } from "../../src/scenarios/measure.ts";
import { Pair } from "../../src/scenarios/pair.ts";
import { loadOf, measureWindowed } from "../../src/scenarios/windowed.ts";
import { type Curve, inThisRuntime, type Result, type Scenario } from "./scenario.ts";

const KIB = 1 << 10, MIB = 1 << 20;
const SIZES = [1, 16, 64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB];

/** The sizes with a target: how many times more messages than by `postMessage` in the same time. */
const JUDGED = new Map([[64 * KIB, "64 KiB"], [MIB, "1 MiB"]]);
const TIMES = inThisRuntime({ deno: 2, bun: 1.2 });

export const run: Scenario = async (effort) => {
  using pair = await Pair.start(new URL("../../src/scenarios/windowed_worker.ts", import.meta.url));
  const results: Result[] = [];
  const bus1: Curve["points"] = [], rival: Curve["points"] = [];
  for (const size of SIZES) {
    const load = loadOf(size, effort.quick);
    const judged = JUDGED.get(size);
    // A size without a target needs fewer rounds.
    const rounds = judged === undefined ? Math.min(effort.rounds, 7) : effort.rounds;
    const { blocking, postMessage } = await interleave({ ...effort, rounds }, {
      blocking: () => measureWindowed(pair, "blocking", load),
      postMessage: () => measureWindowed(pair, "postMessage", load),
    });
    bus1.push([size, median(blocking)]);
    rival.push([size, median(postMessage)]);
    if (judged === undefined) continue;
    results.push({
      what: `one way, ${judged}: send, receiveSync`,
      unit: "µs",
      bus1: median(blocking),
      rival: { name: "postMessage", figure: median(postMessage) },
      ratio: medianRatio(postMessage, blocking),
      target: { of: "ratio", atLeast: TIMES },
    });
  }
  return {
    results,
    curves: [{ plot: "sizes", name: "bus1", points: bus1 }, { plot: "sizes", name: "postMessage", points: rival }],
  };
};
