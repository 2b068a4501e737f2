/**
 * Records a random run on an engine: several Workers make random calls on peers that they hand to each other. On the
 * TypeScript engine, which has one isolate only, they are asynchronous tasks.
 *
 * @module
 */

import type { EngineName } from "../../src/port/engine.ts";
import { random } from "../support/random.ts";
import { type Role, runActor } from "./actor.ts";
import { Coordinator } from "./coordinator.ts";
import { WorkerPool } from "./worker_pool.ts";
import type { History } from "./history.ts";
import { newMemory } from "./shared_memory.ts";

/** The parameters of a run. Those left out follow from the seed. */
interface RunOptions {
  engine: EngineName;
  seed: number;
  /** Steps of each actor. */
  steps?: number;
  /** Workers to use, and to leave for the next run; without them some are started. */
  pool?: WorkerPool;
  /** Whether Workers are terminated and peers revoked from outside. */
  isFaulty?: boolean;
  /** Whether actors may revoke what they gave away. */
  mayRevoke?: boolean;
}

/** A run that is over. */
interface Run {
  history: History;
  /** The number of actors, peers and terminated Workers, in words. */
  shape: string;
}

/** Records one run. */
export async function recordRun(options: RunOptions): Promise<Run> {
  const { engine, seed, steps = 2000, pool, isFaulty = false, mayRevoke = true } = options;
  const pick = random(seed);
  const workers = 2 + pick(3);
  const tasks = 1 + pick(2);
  const actors = workers * tasks;
  const memory = newMemory(engine, actors + 1);
  const coordinator = new Coordinator(memory, actors);
  const detachedPeers = await coordinator.open(actors * (1 + pick(2)));
  const revokes = mayRevoke && (isFaulty || pick(2) === 0);
  const roles = Array.from({ length: actors }, (_, actor): Role => ({
    ...{ actor, actors, steps, revokes, runSeed: seed, seed: seed + 1 + actor },
    detachedPeers: detachedPeers.filter((_, i) => i % actors === actor),
    mixed: engine !== "kernel" as string,
  }));

  const own = pool ?? new WorkerPool();
  const victims = isFaulty && engine !== "typescript" ? 1 + pick(workers - 1) : 0;
  const faults = async () => {
    const kills = Array.from({ length: victims }, (_, worker) => coordinator.kill(own, worker, pick(steps)));
    const revocations = Array.from({ length: isFaulty ? 3 : 0 }, () => coordinator.revoke(pick));
    await Promise.all([...kills, ...revocations]);
  };
  try {
    const played = engine === "typescript"
      ? roles.map((role) => runActor(memory, role))
      : await own.run(memory, roles, tasks);
    const survivors = played.map((play, worker) => worker < victims ? play.catch(() => {}) : play);
    await Promise.all([coordinator.run(faults, isFaulty), ...survivors]);
  } finally {
    coordinator.stop();
    if (own !== pool) await own.terminate();
  }
  const shape = `${workers} x ${tasks} actors, ${detachedPeers.length} peers, ${victims} Workers terminated`;
  return { history: coordinator.history(), shape };
}
