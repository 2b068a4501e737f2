/**
 * One way: one Worker sends message after message, the other receives them. From before the first is sent until the last
 * has been received, by message.
 *
 * @module
 */

import { interleave, median, medianRatio, type Result, type Scenario } from "./measure.ts";
import type { Way } from "./one_way_worker.ts";
import { Pair } from "./pair.ts";

/** As many times more messages than `postMessage` in the same time. */
const TARGET = "Deno" in globalThis ? 10 : 4;

export const run: Scenario = async (effort) => {
  const count = effort.quick ? 1_000 : 50_000;
  using pair = await Pair.start(new URL("one_way_worker.ts", import.meta.url));
  const pass = async (way: Way): Promise<number> => {
    const end = pair.right.call<number>("receive", way, count);
    const start = await pair.left.call<number>("send", way, count);
    return (await end - start) / count;
  };
  const figures = await interleave(effort, {
    iterated: () => pass("iterated"),
    postMessage: () => pass("postMessage"),
    batched: () => pass("batched"),
    floor: () => pass("floor"),
    floorBatched: () => pass("floorBatched"),
  });
  const result = (what: string, bus1: number[], floor: number[]): Result => ({
    what,
    unit: "ns",
    bus1: median(bus1),
    rival: { name: "postMessage", figure: median(figures.postMessage) },
    floor: median(floor),
    ratio: medianRatio(figures.postMessage, bus1),
    target: { of: "ratio", atLeast: TARGET },
  });
  return [
    result("one way, 64 B: send, for await", figures.iterated, figures.floor),
    result("one way, 64 B: send, receiveMany(256)", figures.batched, figures.floorBatched),
  ];
};
