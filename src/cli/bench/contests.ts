/**
 * What `bench` measures: in each contest ways to do the same take turns, round after round, so that what slows the machine
 * for a while slows them all. The measuring code is that of the project's own benchmarks (`bench/` at the top), whose
 * README says what is measured in each way, and why it is fair.
 *
 * @module
 */

import type { EngineName } from "../../../mod.ts";
import { type Effort, interleave, median, medianRatio, quartiles } from "../../scenarios/measure.ts";
import { passer } from "../../scenarios/one_isolate.ts";
import { passes } from "../../scenarios/one_way.ts";
import { Pair, SIZE } from "../../scenarios/pair.ts";
import { trips, WORK } from "../../scenarios/round_trip.ts";
import { loadOf, passes as windowed } from "../../scenarios/sizes.ts";
import type { Load } from "../../scenarios/sizes_worker.ts";
import { breath } from "../interrupt.ts";
import { moduleBeside } from "../worker.ts";

/** What came out for one of those who took part. */
export interface Standing {
  name: string;
  /** Whether it is a way of bus1's. */
  bus1: boolean;
  /** The median of the rounds, and the quartiles around it, in the contest's unit: less is better. */
  median: number;
  low: number;
  high: number;
  /** How many times as fast as `postMessage`: the median of the rounds' ratios. */
  times: number | null;
  /** The rounds. */
  figures: number[];
}

/** What came out of one contest. */
export interface Outcome {
  key: string;
  title: string;
  /** What a figure is: the time of one message, or of a question and its answer. */
  unit: "ns" | "µs";
  standings: Standing[];
}

interface Contender {
  name: string;
  bus1: boolean;
  pass(): number | Promise<number>;
}

interface Contest {
  key: string;
  title: string;
  unit: "ns" | "µs";
  /** Starts what it needs. */
  open(): Promise<{ contenders: Contender[] } & Disposable>;
}

const LARGE = 64 << 10;

/** What the others are compared with. Through a `MessageChannel`, as it is between two Workers. */
const RIVAL = "postMessage";

/** A `BroadcastChannel` of Deno's loses messages when many are on their way. */
const WINDOW = 64;

/** And it takes a hundred times as long as the others with large messages: so many times fewer of them will do. */
const SLOW = 20;

const bus1 = (name: string, pass: Contender["pass"]): Contender => ({ name: `bus1: ${name}`, bus1: true, pass });
const other = (name: string, pass: Contender["pass"]): Contender => ({ name, bus1: false, pass });

/** Two Workers of a module of the benchmarks. */
function pairOf(name: string): Promise<Pair> {
  return Pair.start(moduleBeside(import.meta.url, `../../scenarios/${name}_worker`));
}

/** Between two Workers, on the native engine. */
export function betweenWorkers({ quick }: Effort): Contest[] {
  const times = (count: number) => quick ? Math.min(count, 100) : count;
  const trip = (key: string, title: string, work: number, size: number, count: number): Contest => ({
    key,
    title,
    unit: "µs",
    async open() {
      const pair = await pairOf("round_trip");
      const small = size === SIZE, atOnce = work === 0;
      const by = (way: Parameters<typeof trips>[1], fewer: number = 1) => () =>
        trips(pair, way, Math.ceil(times(count) / fewer), work, size);
      return {
        contenders: [
          bus1("receiveSync", by("blocking")),
          bus1("receive()", by("awaiting")),
          ...small ? [other("SharedArrayBuffer ring", by("shared"))] : [],
          other(RIVAL, by("postMessage")),
          ...small ? [] : [other("postMessage, transferred", by("transferred"))],
          ...atOnce ? [other("BroadcastChannel", by("broadcast", small ? 1 : SLOW))] : [],
        ],
        [Symbol.dispose]: () => pair[Symbol.dispose](),
      };
    },
  });
  return [
    {
      key: "one-way-64",
      title: "One way, 64 B",
      unit: "ns",
      async open() {
        const pair = await pairOf("one_way"), slow = await pairOf("sizes");
        const by = (way: Parameters<typeof passes>[1], count: number) => () => passes(pair, way, times(count));
        const broadcast = { size: SIZE, window: WINDOW, count: times(5_000) };
        return {
          contenders: [
            bus1("batch, cursor", by("inPlace", 200_000)),
            bus1("send, receiveMany(256)", by("many", 50_000)),
            bus1("send, for await", by("iterated", 50_000)),
            other("SharedArrayBuffer ring", by("shared", 50_000)),
            other("SharedArrayBuffer, in place", by("sharedInPlace", 200_000)),
            other(RIVAL, by("postMessage", 50_000)),
            other("BroadcastChannel", async () => await windowed(slow, "broadcast", broadcast) * 1000),
          ],
          [Symbol.dispose]() {
            pair[Symbol.dispose]();
            slow[Symbol.dispose]();
          },
        };
      },
    },
    trip("round-trip-64", "Round trip, 64 B", 0, SIZE, 2_000),
    trip("round-trip-64-later", `Round trip, 64 B, after ${WORK} µs of work`, WORK, SIZE, 500),
    {
      key: "one-way-64k",
      title: "One way, 64 KiB",
      unit: "µs",
      async open() {
        const pair = await pairOf("sizes");
        const usual = loadOf(LARGE, quick), less = { size: LARGE, window: WINDOW, count: WINDOW };
        const by = (way: Parameters<typeof windowed>[1], load: Load = usual) => () => windowed(pair, way, load);
        return {
          contenders: [
            bus1("send, receiveSync", by("blocking")),
            other(RIVAL, by("postMessage")),
            other("postMessage, transferred", by("transferred")),
            other("BroadcastChannel", by("broadcast", less)),
          ],
          [Symbol.dispose]: () => pair[Symbol.dispose](),
        };
      },
    },
    trip("round-trip-64k", "Round trip, 64 KiB", 0, LARGE, 500),
  ];
}

/** In one isolate, on these engines. */
export function withinIsolate({ quick }: Effort, engines: readonly EngineName[]): Contest[] {
  const contest = (key: string, title: string, size: number, count: number): Contest => ({
    key,
    title,
    unit: "ns",
    open() {
      const { port1, port2 } = new MessageChannel();
      const times = quick ? 100 : count;
      const contenders = [
        ...engines.map((engine) => bus1(`${engine} engine`, passer(engine, times, size))),
        other(RIVAL, channelPasser(port1, port2, times, size)),
      ];
      return Promise.resolve({ contenders, [Symbol.dispose]: () => port1.close() });
    },
  });
  return [
    contest("one-isolate-64", "One isolate, 64 B", SIZE, 20_000),
    contest("one-isolate-64k", "One isolate, 64 KiB", LARGE, 500),
  ];
}

/** Posts messages from port to port and hears them all; nanoseconds of one. */
function channelPasser(from: MessagePort, to: MessagePort, count: number, size: number): () => Promise<number> {
  const data = new Uint8Array(size);
  return () =>
    new Promise((resolve) => {
      let heard = 0;
      const start = performance.now();
      to.onmessage = ({ data: { [0]: first } }: MessageEvent<Uint8Array>) => {
        if (first !== (heard & 255)) throw new Error("received something else");
        if (++heard === count) resolve((performance.now() - start) * 1e6 / count);
      };
      for (let i = 0; i < count; i++) {
        data[0] = i;
        from.postMessage(data);
      }
    });
}

/** How many passes a contest takes; for those who show how far it is. */
export function passesOf({ rounds, warmUp }: Effort): number {
  return rounds + warmUp;
}

/** Holds a contest. `done` hears after each round. */
export async function hold({ key, title, unit, open }: Contest, effort: Effort, done: () => void): Promise<Outcome> {
  using opened = await open();
  const { contenders } = opened;
  const turns = contenders.map(({ name, pass }, i): [string, () => Promise<number>] => [name, async () => {
    if (i === 0) done();
    await breath();
    return await pass();
  }]);
  const figures = await interleave(effort, Object.fromEntries(turns));
  const standings = contenders.map(({ name, bus1 }): Standing => {
    const [low, high] = quartiles(figures[name]);
    const times = name === RIVAL ? null : medianRatio(figures[RIVAL], figures[name]);
    return { name, bus1, median: median(figures[name]), low, high, times, figures: figures[name] };
  });
  return { key, title, unit, standings };
}
