/**
 * Random runs keep the rules (specification, sections 4 and 5): on every engine for some seconds, without faults and
 * with. `task soak` runs the same for minutes. `BUS1_TEST_SEED` sets the first seed.
 */

import { assert } from "@std/assert";
import { engineTest } from "../support/harness.ts";
import { firstSeed, printFigures, secondsOf } from "../support/durations.ts";
import { randomRuns } from "../history/random_runs.ts";

/** Of each engine in each runtime. */
const SECONDS = { smooth: 9, faulty: 6 };

const seed = firstSeed();
console.log(`histories from seed ${seed}`);

for (const [kind, usual] of Object.entries(SECONDS)) {
  const seconds = secondsOf(usual);
  const what = kind === "faulty" ? "with Workers terminated and peers revoked" : "without faults";
  engineTest(`histories: random runs keep the rules, ${what}`, async (engine) => {
    const figures = await randomRuns({ engine, seconds, seed, isFaulty: kind === "faulty" });
    printFigures(`histories ${what} [${engine}]`, { ...figures });
    assert(figures.messages > 100 && figures.notifications > 100 && figures.handovers > 10, "something happened");
  }, { timeout: seconds * 1000 + 60_000 });
}
