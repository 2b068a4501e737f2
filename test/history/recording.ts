/**
 * Records a random run on an engine: several Workers (or, on the engine that has one isolate only, several tasks) do
 * whatever can be done with peers that they hand to each other, and are then led to an end at which all has been received.
 *
 * The conductor leads: when all actors have done their work they drain their queues until nothing comes any more, close
 * some of their peers, drain again, and close the rest. So a history ends with looks that show what is missing.
 *
 * @module
 */

import type { EngineName } from "../../src/engine.ts";
import { random } from "../random.ts";
import { Agent } from "../workers/calls.ts";
import { act, type Part } from "./actor.ts";
import type { History } from "./history.ts";
import { Holding } from "./holding.ts";
import { readLog, Recorder } from "./recorder.ts";
import { CLOSE, CLOSE_SOME, DRAIN, type Memory, newMemory, type Parcel, say, WORK } from "./shared.ts";

/** What a run is like. What is not said follows from the seed. */
export interface RunOptions {
  engine: EngineName;
  seed: number;
  /** Steps of each actor. */
  steps?: number;
  /** The Workers to take; they are started if there are too few of them, and left for the next run. */
  crew?: Agent[];
}

/** A run that is over. */
export interface Run {
  history: History;
  /** In a word: what the run was like. */
  shape: string;
}

/** Records one run. */
export async function record({ engine, seed, steps = 600, crew: workers = [] }: RunOptions): Promise<Run> {
  const pick = random(seed);
  const hasThreads = engine !== "typescript";
  const crew = 2 + pick(3);
  const tasks = 1 + pick(2);
  const actors = crew * tasks;
  const memory = newMemory(engine, actors + 1);
  const conductor = new Conductor(memory, actors);

  const parcels = await conductor.open(actors * (1 + pick(2)));
  const parts = Array.from({ length: actors }, (_, actor): Part => ({
    ...{ actor, actors, steps, runSeed: seed, seed: seed + 1 + actor },
    parcels: parcels.filter((_, i) => i % actors === actor),
    mixed: engine !== ("kernel" as EngineName),
    revokes: pick(2) === 0,
  }));
  const played = hasThreads ? await inWorkers(memory, parts, tasks, workers) : parts.map((part) => act(memory, part));
  await Promise.all([conductor.lead(), ...played]);
  return { history: conductor.history(), shape: `${crew} x ${tasks} actors, ${parcels.length} peers` };
}

/** Begins to play in Workers, so many parts in each. */
async function inWorkers(memory: Memory, parts: Part[], each: number, crew: Agent[]): Promise<Promise<void>[]> {
  const shares = Array.from({ length: parts.length / each }, (_, i) => parts.slice(i * each, (i + 1) * each));
  while (crew.length < shares.length) crew.push(await Agent.start(new URL("actor_worker.ts", import.meta.url).href));
  return shares.map((share, i) => crew[i].call<void>("play", memory, share));
}

/** Opens the first peers, says when what is to be done, and collects what happened. It is an actor itself, the last. */
class Conductor {
  readonly #memory: Memory;
  readonly #actors: number;
  readonly #recorder: Recorder;
  readonly #sink: Holding;

  constructor(memory: Memory, actors: number) {
    this.#memory = memory;
    this.#actors = actors;
    this.#recorder = new Recorder(memory.logs[actors], memory, actors, true);
    this.#sink = Holding.open(memory, this.#recorder);
  }

  /** Opens peers, each with handles to some of the others. */
  async open(count: number): Promise<Parcel[]> {
    const peers = Array.from({ length: count }, () => Holding.open(this.#memory, this.#recorder));
    for (const peer of peers) for (const other of peers) peer.createNode(other);
    for (const peer of peers) this.#sink.giveSink(peer);
    const parcels = [];
    for (const peer of peers) parcels.push((await peer.detach(this.#memory))!);
    return parcels;
  }

  /** Leads the run to its end. */
  async lead(): Promise<void> {
    say(this.#memory, WORK);
    await this.#answered();
    this.#recorder.note("quiet", []); // no call is under way, so whoever was revoked has ended
    // What was discarded while the queues were drained has released handles.
    for (const what of [DRAIN, DRAIN, CLOSE_SOME, DRAIN, DRAIN, CLOSE]) {
      say(this.#memory, what);
      await this.#answered();
    }
    await this.#sink.close();
  }

  async #answered(): Promise<void> {
    const { baton } = this.#memory;
    const all = () => baton.subarray(2, 2 + this.#actors).every((heard) => heard === baton[1]);
    while (!all()) {
      this.#sink.empty();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** What happened. */
  history(): History {
    const actors = this.#memory.logs.map((log, actor) => ({
      name: actor === this.#actors ? "conductor" : `actor ${actor}`,
      events: readLog(log),
    }));
    return { actors };
  }
}
