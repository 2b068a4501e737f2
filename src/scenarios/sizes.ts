/**
 * One way, from 1 B to 16 MiB: two Workers, the sender never more than a window ahead of the receiver.
 *
 * @module
 */

import { type Curve, interleave, inThisRuntime, median, medianRatio, type Result, type Scenario } from "./measure.ts";
import { Pair } from "./pair.ts";
import type { Load, Way } from "./sizes_worker.ts";

const KIB = 1 << 10, MIB = 1 << 20;
const SIZES = [1, 16, 64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB];

/** Those with a target: as many times more messages than `postMessage` in the same time. */
const JUDGED = new Map([[64 * KIB, "64 KiB"], [MIB, "1 MiB"]]);
const TIMES = inThisRuntime({ deno: 2, bun: 1.2 });

/** In a pass, messages and bytes at most; and what may be on its way, in bytes and messages. */
const COUNT = 10_000, BYTES = 64 * MIB;
const WINDOW_BYTES = 8 * MIB, WINDOW = 512;

/** How much is sent of a size. */
export function loadOf(size: number, quick: boolean): Load {
  const window = 2 * Math.max(1, Math.min(WINDOW, Math.floor(WINDOW_BYTES / size)) >> 1);
  return { size, window, count: Math.max(window, quick ? 4 : Math.min(COUNT, Math.floor(BYTES / size))) };
}

/** Answers the microseconds of a message. */
export async function passes(pair: Pair, way: Way, load: Load): Promise<number> {
  const end = pair.right.call<number>("receive", way, load);
  const start = await pair.left.call<number>("send", way, load);
  return (await end - start) / load.count / 1000;
}

export const run: Scenario = async (effort) => {
  using pair = await Pair.start(new URL("sizes_worker.ts", import.meta.url));
  const results: Result[] = [];
  const bus1: Curve["points"] = [], rival: Curve["points"] = [];
  for (const size of SIZES) {
    const load = loadOf(size, effort.quick);
    const judged = JUDGED.get(size);
    // Where nothing is judged, fewer rounds will do.
    const rounds = judged === undefined ? Math.min(effort.rounds, 7) : effort.rounds;
    const { blocking, postMessage } = await interleave({ ...effort, rounds }, {
      blocking: () => passes(pair, "blocking", load),
      postMessage: () => passes(pair, "postMessage", load),
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
