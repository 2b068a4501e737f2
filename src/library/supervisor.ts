/**
 * Where the supervisor of `cli run` is, as library.ts has it for the library: the one that `BUS1_SUPERVISOR` names; in a
 * working copy what `zig build` has made; else the package's own, in the cache, or in memory where no program can be
 * started from the cache.
 *
 * @module
 */

import { environmentVariable } from "../port/environment.ts";
import { supervisorFor } from "./builds.ts";
import { inCache, type Placed, prepare } from "./cache.ts";
import { openLibc } from "./libc.ts";
import { inMemory } from "./memfd.ts";
import { builtFile } from "./locate.ts";
import type { Runtime } from "./runtimes/runtime.ts";

/** Where to find it, in the order in which to try. */
export async function supervisors(runtime: Runtime): Promise<(() => Placed)[]> {
  const named = environmentVariable("BUS1_SUPERVISOR");
  if (named !== undefined) return [() => ({ path: named })];
  const built = builtFile(runtime, "bin/bus1-supervisor");
  if (built?.isThere) return [() => built];
  const prepared = await prepare(runtime, supervisorFor(runtime.machine));
  if ("reason" in prepared) return [() => prepared];
  const fromMemory = () => {
    const libc = openLibc(runtime);
    return "reason" in libc ? libc : inMemory(runtime, libc, prepared);
  };
  return [() => inCache(runtime, prepared), fromMemory];
}
