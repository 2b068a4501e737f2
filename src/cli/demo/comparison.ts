/**
 * The comparison at the end of the demo: messages that bus1 and `postMessage` carry in a second, in the same run and between
 * the same two threads. Both take turns, so whatever slows the machine slows both.
 *
 * @module
 */

import type { EngineName } from "../../../mod.ts";
import { interleave, median } from "../../scenarios/measure.ts";
import { busPass, channelPass } from "../../scenarios/one_isolate.ts";
import { measureOneWay } from "../../scenarios/one_way.ts";
import { SIZE } from "../../scenarios/pair.ts";
import { startPair } from "../support/worker_pairs.ts";

/** Messages in a second, and how many times as many bus1 carries. */
export interface Comparison {
  /** The medians of the rounds. */
  bus1: number;
  postMessage: number;
  /** The ratio of each round, sorted. */
  times: number[];
}

/** The rounds that count, and those before them in which the runtime compiles. */
const ROUNDS = { rounds: 5, warmUp: 2 };

/** Messages in a pass: all passes together take less than a second on an idle machine. */
const COUNT = 10_000;

/** Compares by messages from one Worker to another, both awake. This is on the native engine. */
export async function compareWorkers(): Promise<Comparison> {
  using pair = await startPair("one_way");
  return await compare(
    () => measureOneWay(pair, "many", COUNT),
    () => measureOneWay(pair, "postMessage", COUNT),
  );
}

/** Compares by messages within this isolate. */
export async function compareHere(engine: EngineName): Promise<Comparison> {
  const { port1, port2 } = new MessageChannel();
  try {
    return await compare(busPass(engine, COUNT, SIZE), channelPass(port1, port2, COUNT, SIZE));
  } finally {
    port1.close();
  }
}

/** Compares passes that return the nanoseconds of a message. */
async function compare(
  bus1: () => number | Promise<number>,
  postMessage: () => number | Promise<number>,
): Promise<Comparison> {
  const figures = await interleave(ROUNDS, { bus1, postMessage });
  return {
    bus1: 1e9 / median(figures.bus1),
    postMessage: 1e9 / median(figures.postMessage),
    times: figures.postMessage.map((figure, round) => figure / (figures.bus1[round] ?? NaN)).sort((a, b) => a - b),
  };
}
