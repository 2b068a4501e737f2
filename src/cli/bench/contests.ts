/**
 * The contests of `bench`. In each, contenders take turns, round after round, so that whatever slows the machine for a while
 * slows them all. The measuring code is that of the project's own benchmarks (`bench/README.md` in the repository says what
 * each way does, and why the comparison is fair).
 *
 * @module
 */

import type { EngineName } from "../../../mod.ts";
import { type Effort, interleave, median, medianRatio, quartiles } from "../../scenarios/measure.ts";
import { busPass, channelPass } from "../../scenarios/one_isolate.ts";
import { measureOneWay, type OneWayName } from "../../scenarios/one_way.ts";
import { type Pair, SIZE } from "../../scenarios/pair.ts";
import { measureRoundTrip, type RoundTripName, WORK } from "../../scenarios/round_trip.ts";
import { type Load, loadOf, measureWindowed, type WindowedName } from "../../scenarios/windowed.ts";
import { turnEventLoop } from "../support/interrupt.ts";
import { startPair } from "../support/worker_pairs.ts";

/** The result of one contender. */
interface Standing {
  name: string;
  /** Whether it is a way of bus1. */
  bus1: boolean;
  /** The median of the rounds, and the quartiles around it, in the contest's unit: less is better. */
  median: number;
  low: number;
  high: number;
  /** The speed as a multiple of that of `postMessage`: the median of the rounds' ratios. `null` for `postMessage` itself. */
  times: number | null;
  /** The figure of each round. */
  figures: number[];
}

/** The result of one contest. */
export interface Outcome {
  key: string;
  title: string;
  /** The unit of a figure: the time of one message, or of a question and its reply. */
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
  /** Starts what the contenders need. */
  open(): Promise<{ contenders: Contender[] } & Disposable>;
}

const LARGE = 64 << 10;

/** The contender that the others are compared with. */
const RIVAL = "postMessage";

/** The most messages in flight on a `BroadcastChannel`: in Deno it loses messages when many more are. */
const BROADCAST_WINDOW = 64;

/** With large messages a `BroadcastChannel` takes up to a hundred times as long as the others: it gets fewer of them. */
const BROADCAST_FEWER = 20;

const bus1 = (name: string, pass: Contender["pass"]): Contender => ({ name: `bus1: ${name}`, bus1: true, pass });
const other = (name: string, pass: Contender["pass"]): Contender => ({ name, bus1: false, pass });

/** Returns the contests between two Workers, on the native engine. */
export function betweenWorkers({ quick }: Effort): Contest[] {
  const times = (count: number) => quick ? Math.min(count, 100) : count;
  return [
    oneWaySmall(times),
    roundTrip("round-trip-64", "Round trip, 64 B", 0, SIZE, times(2_000)),
    roundTrip("round-trip-64-later", `Round trip, 64 B, after ${WORK} µs of work`, WORK, SIZE, times(500)),
    oneWayLarge(quick),
    roundTrip("round-trip-64k", "Round trip, 64 KiB", 0, LARGE, times(500)),
  ];
}

function oneWaySmall(times: (count: number) => number): Contest {
  return {
    key: "one-way-64",
    title: "One way, 64 B",
    unit: "ns",
    async open() {
      const pair = await startPair("one_way"), windowed = await startPair("windowed");
      const by = (way: OneWayName, count: number) => () => measureOneWay(pair, way, times(count));
      const broadcast = { size: SIZE, window: BROADCAST_WINDOW, count: times(5_000) };
      return {
        contenders: [
          bus1("batch, cursor", by("inPlace", 200_000)),
          bus1("send, receiveMany(256)", by("many", 50_000)),
          bus1("send, for await", by("iterated", 50_000)),
          other("SharedArrayBuffer ring", by("shared", 50_000)),
          other("SharedArrayBuffer, in place", by("sharedInPlace", 200_000)),
          other(RIVAL, by("postMessage", 50_000)),
          other("BroadcastChannel", async () => await measureWindowed(windowed, "broadcast", broadcast) * 1000),
        ],
        ...disposing(pair, windowed),
      };
    },
  };
}

function oneWayLarge(quick: boolean): Contest {
  return {
    key: "one-way-64k",
    title: "One way, 64 KiB",
    unit: "µs",
    async open() {
      const pair = await startPair("windowed");
      const usual = loadOf(LARGE, quick), less = { size: LARGE, window: BROADCAST_WINDOW, count: BROADCAST_WINDOW };
      const by = (way: WindowedName, load: Load = usual) => () => measureWindowed(pair, way, load);
      return {
        contenders: [
          bus1("send, receiveSync", by("blocking")),
          other(RIVAL, by("postMessage")),
          other("postMessage, transferred", by("transferred")),
          other("BroadcastChannel", by("broadcast", less)),
        ],
        ...disposing(pair),
      };
    },
  };
}

function roundTrip(key: string, title: string, work: number, size: number, count: number): Contest {
  return {
    key,
    title,
    unit: "µs",
    async open() {
      const pair = await startPair("round_trip");
      const isSmall = size === SIZE, atOnce = work === 0;
      const by = (way: RoundTripName, fewer: number = 1) => () =>
        measureRoundTrip(pair, way, Math.ceil(count / fewer), work, size);
      return {
        contenders: [
          bus1("receiveSync", by("blocking")),
          bus1("receive()", by("awaiting")),
          ...isSmall ? [other("SharedArrayBuffer ring", by("shared"))] : [],
          other(RIVAL, by("postMessage")),
          ...isSmall ? [] : [other("postMessage, transferred", by("transferred"))],
          ...atOnce ? [other("BroadcastChannel", by("broadcast", isSmall ? 1 : BROADCAST_FEWER))] : [],
        ],
        ...disposing(pair),
      };
    },
  };
}

function disposing(...pairs: Pair[]): Disposable {
  return {
    [Symbol.dispose]() {
      for (const pair of pairs) pair[Symbol.dispose]();
    },
  };
}

/** Returns the contests within one isolate, on these engines. */
export function withinIsolate({ quick }: Effort, engines: readonly EngineName[]): Contest[] {
  const contest = (key: string, title: string, size: number, count: number): Contest => ({
    key,
    title,
    unit: "ns",
    open() {
      const { port1, port2 } = new MessageChannel();
      const times = quick ? 100 : count;
      const contenders = [
        ...engines.map((engine) => bus1(`${engine} engine`, busPass(engine, times, size))),
        other(RIVAL, channelPass(port1, port2, times, size)),
      ];
      return Promise.resolve({ contenders, [Symbol.dispose]: () => port1.close() });
    },
  });
  return [
    contest("one-isolate-64", "One isolate, 64 B", SIZE, 20_000),
    contest("one-isolate-64k", "One isolate, 64 KiB", LARGE, 500),
  ];
}

/** Returns the number of rounds of a contest, of which `hold` reports each. */
export function roundsOf({ rounds, warmUp }: Effort): number {
  return rounds + warmUp;
}

/** Holds a contest. Calls `begun` at the beginning of each round. */
export async function hold({ key, title, unit, open }: Contest, effort: Effort, begun: () => void): Promise<Outcome> {
  using opened = await open();
  const { contenders } = opened;
  const turns = contenders.map(({ name, pass }, i): [string, () => Promise<number>] => [name, async () => {
    if (i === 0) begun();
    await turnEventLoop();
    return await pass();
  }]);
  const figures = await interleave(effort, Object.fromEntries(turns));
  const rival = figures[RIVAL] ?? [];
  const standings = contenders.map(({ name, bus1 }): Standing => {
    const own = figures[name] ?? [];
    const [low, high] = quartiles(own);
    return {
      name,
      bus1,
      median: median(own),
      low,
      high,
      times: name === RIVAL ? null : medianRatio(rival, own),
      figures: own,
    };
  });
  return { key, title, unit, standings };
}
