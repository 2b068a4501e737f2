/**
 * Records a random run on an engine: several Workers, or on the engine that has one isolate only, several tasks, do
 * whatever can be done with peers that they hand to each other.
 *
 * @module
 */

import type { EngineName } from "../../src/port/engine.ts";
import { random } from "../support/random.ts";
import { act, type Part } from "./actor.ts";
import { Conductor } from "./conductor.ts";
import { Crew } from "./crew.ts";
import type { History } from "./history.ts";
import { newMemory } from "./shared.ts";

/** What a run is like. What is not said follows from the seed. */
export interface RunOptions {
  engine: EngineName;
  seed: number;
  /** Steps of each actor. */
  steps?: number;
  /** The Workers to take, and to leave for the next run; without them some are started. */
  crew?: Crew;
  /** Whether Workers are terminated and peers revoked from outside. */
  isFaulty?: boolean;
  /** Whether actors may revoke what they gave away. */
  mayRevoke?: boolean;
}

/** A run that is over. */
export interface Run {
  history: History;
  /** What the run was like. */
  shape: string;
}

/** Records one run. */
export async function record(options: RunOptions): Promise<Run> {
  const { engine, seed, steps = 2000, crew, isFaulty = false, mayRevoke = true } = options;
  const pick = random(seed);
  const workers = 2 + pick(3);
  const tasks = 1 + pick(2);
  const actors = workers * tasks;
  const memory = newMemory(engine, actors + 1);
  const conductor = new Conductor(memory, actors);
  const parcels = await conductor.open(actors * (1 + pick(2)));
  const revokes = mayRevoke && (isFaulty || pick(2) === 0);
  const parts = Array.from({ length: actors }, (_, actor): Part => ({
    ...{ actor, actors, steps, revokes, runSeed: seed, seed: seed + 1 + actor },
    parcels: parcels.filter((_, i) => i % actors === actor),
    mixed: engine !== "kernel" as string,
  }));

  const own = crew ?? new Crew();
  const victims = isFaulty && engine !== "typescript" ? 1 + pick(workers - 1) : 0;
  const faults = async () => {
    const kills = Array.from({ length: victims }, (_, worker) => conductor.kill(own, worker, pick(steps)));
    const revocations = Array.from({ length: isFaulty ? 3 : 0 }, () => conductor.revoke(pick));
    await Promise.all([...kills, ...revocations]);
  };
  try {
    const played = engine === "typescript"
      ? parts.map((part) => act(memory, part))
      : await own.play(memory, parts, tasks);
    const survivors = played.map((play, worker) => worker < victims ? play.catch(() => {}) : play);
    await Promise.all([conductor.lead(faults, isFaulty), ...survivors]);
  } finally {
    conductor.stop();
    if (own !== crew) await own.dismiss();
  }
  const shape = `${workers} x ${tasks} actors, ${parcels.length} peers, ${victims} Workers terminated`;
  return { history: conductor.history(), shape };
}
