/**
 * Pairs of Workers for measurements.
 *
 * @module
 */

import { Pair } from "../../scenarios/pair.ts";
// The modules of these Workers are named by URLs alone. An import of types makes them part of every form of the package.
import type {} from "../../scenarios/one_way_worker.ts";
import type {} from "../../scenarios/round_trip_worker.ts";
import type {} from "../../scenarios/windowed_worker.ts";
import { moduleBeside } from "./workers.ts";

/** Starts the two Workers of a scenario. */
export function startPair(scenario: "one_way" | "round_trip" | "windowed"): Promise<Pair> {
  return Pair.start(moduleBeside(import.meta.url, `../../scenarios/${scenario}_worker`));
}
