/**
 * Many handles: the time of a send must not depend on their number.
 *
 * Ten of them are in use, spread over all: so the time is that of the library's tables. The last line is for information: all
 * of a million handles are in use, in an order that the CPU cannot predict. There each send also waits for main memory.
 *
 * @module
 */

import type { MessageFactory } from "../../src/port/engine.ts";
import { interleave, median, medianRatio } from "../../src/scenarios/measure.ts";
import { SIZE } from "../../src/scenarios/pair.ts";
import { Crowd, must } from "./crowd.ts";
import type { Curve, Result, Scenario } from "./scenario.ts";

/** The numbers of handles that a peer has while it sends. */
const COUNTS = [10, 100, 1_000, 10_000, 100_000, 1_000_000];

/** The most that a send may take, as a multiple of its time with ten handles. */
const FLAT = 1.25;

/** The number of messages that are sent before they are received. */
const BATCH = 256;

const factory: MessageFactory<true> = { message: () => true, nodeRelease: () => true, handleRelease: () => true };

class SendingCrowd extends Crowd {
  constructor(count: number) {
    super(count);
    this.grow(count);
  }

  /** Sends through `handles` in turn. Returns the nanoseconds of one send. */
  send(handles: Float64Array, count: number): number {
    const data = new Uint8Array(SIZE);
    let elapsed = 0;
    for (let sent = 0; sent < count; sent += BATCH) {
      const start = performance.now();
      for (let i = 0; i < BATCH; i++) must(this.sender.send(handles[(sent + i) % handles.length], data, data.length));
      elapsed += performance.now() - start;
      for (let received = 0; received < BATCH;) received += must(this.receiver.receiveMany(BATCH, factory, []));
    }
    return elapsed * 1e6 / count;
  }
}

/** Returns ten ids, spread over all. */
function sample(ids: Float64Array): Float64Array {
  return Float64Array.from({ length: 10 }, (_, i) => ids[Math.floor(i * ids.length / 10)]);
}

/** Returns all ids, in an order that the CPU cannot predict. */
function shuffled(ids: Float64Array): Float64Array {
  const order = ids.slice();
  let state = 1;
  for (let i = order.length - 1; i > 0; i--) {
    state = Math.imul(state, 0x9e3779b1) + 0x7f4a7c15 >>> 0;
    const j = Math.floor(state / 2 ** 32 * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

const words = (count: number) => count.toLocaleString("en");

export const run: Scenario = async (effort) => {
  const counts = effort.quick ? COUNTS.slice(0, 2) : COUNTS;
  const sends = effort.quick ? BATCH : 100 * BATCH;
  const crowds = counts.map((count) => new SendingCrowd(count));
  const measured = async (choose: (ids: Float64Array) => Float64Array): Promise<Map<number, number[]>> => {
    const figures = await interleave(
      effort,
      Object.fromEntries(crowds.map((crowd) => {
        const ids = choose(crowd.ids);
        return [crowd.ids.length, () => crowd.send(ids, sends)];
      })),
    );
    return new Map(counts.map((count) => [count, figures[count]]));
  };
  const few = await measured(sample), all = await measured(shuffled);
  for (const crowd of crowds) crowd.end();
  const most = counts.at(-1)!;
  const result = (what: string, figures: Map<number, number[]>): Result => ({
    what: `send, one of ${words(most)} handles, ${what}`,
    unit: "ns",
    bus1: median(figures.get(most)!),
    rival: { name: `${words(counts[0])} handles`, figure: median(figures.get(counts[0])!) },
    ratio: medianRatio(figures.get(most)!, figures.get(counts[0])!),
  });
  const curve = (name: string, figures: Map<number, number[]>): Curve => ({
    plot: "handles",
    name,
    points: counts.map((count) => [count, median(figures.get(count)!)]),
  });
  return {
    results: [
      { ...result("ten in use", few), target: { of: "ratio", atMost: FLAT } },
      result("all in use", all),
    ],
    curves: [curve("ten in use", few), curve("all in use", all)],
  };
};
