/**
 * The list of all scenarios, in the order of the table. `run.ts` reads their conditions, and `program.ts` loads one of them.
 *
 * @module
 */

import type { Scenario } from "./scenario.ts";

/** A scenario, and what it needs. */
interface Entry {
  load(): Promise<{ run: Scenario }>;
  /** Whether it measures no runtime: it runs once, in Deno. */
  alone?: true;
  /** Whether it runs with one CPU. */
  oneCpu?: true;
  /** Whether it needs a device: it gets an emulated one. */
  onDevice?: true;
}

/** The scenarios by their names. */
export const SCENARIOS: Readonly<Record<string, Entry>> = {
  one_way: { load: () => import("./one_way.ts") },
  round_trip: { load: () => import("./round_trip.ts") },
  one_cpu: { load: () => import("./one_cpu.ts"), oneCpu: true },
  processes: { load: () => import("./processes.ts") },
  kernel: { load: () => import("./kernel.ts"), onDevice: true },

  sizes: { load: () => import("./sizes.ts") },
  multicast: { load: () => import("./multicast.ts") },
  latency: { load: () => import("./latency.ts") },
  senders: { load: () => import("./senders.ts") },
  one_isolate: { load: () => import("./one_isolate.ts") },
  core: { load: () => import("./core.ts"), alone: true },
  handles: { load: () => import("./handles.ts") },
  drain: { load: () => import("./drain.ts") },
  memory: { load: () => import("./memory.ts") },
  ending: { load: () => import("./ending.ts") },
  adapters: { load: () => import("./adapters.ts") },
};
