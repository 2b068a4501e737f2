/**
 * Finds the supervisor of `cli run`, in the order in which library.ts finds the library: `BUS1_SUPERVISOR` names it; in a working
 * copy it is the one that `zig build` made; else it is the package's own, from the cache, or from memory where the cache
 * cannot be used or executed.
 *
 * @module
 */

import { environmentVariable } from "../port/environment.ts";
import { SUPERVISORS } from "./builds/supervisors.ts";
import { builtFile } from "./built_file.ts";
import { inCache, type Placed } from "./cache.ts";
import { openLibc } from "./libc.ts";
import { inMemory } from "./memfd.ts";
import type { Runtime } from "./runtimes/runtime.ts";

/** The places to try, in this order. */
export function supervisors(runtime: Runtime): (() => Placed)[] {
  const named = environmentVariable("BUS1_SUPERVISOR");
  if (named !== undefined) return [() => ({ path: named })];
  const built = builtFile(runtime, "bin/bus1-supervisor");
  if (built?.isThere) return [() => built];
  const build = SUPERVISORS[runtime.machine];
  if (build === undefined) return [() => ({ reason: `the package has no supervisor for ${runtime.machine}` })];
  const fromMemory = () => {
    const libc = openLibc(runtime);
    return "reason" in libc ? libc : inMemory(runtime, libc, build);
  };
  return [() => inCache(runtime, build), fromMemory];
}
