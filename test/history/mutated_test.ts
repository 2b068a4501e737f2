/**
 * The checker against a machine that shares nothing with it (`machine.ts`): it passes what the machine did, and of
 * histories with a small fault it passes those alone that the machine can do, too. So it is neither blind nor fussy.
 *
 * The machine judges by looking for an order of steps, of which there are more than anybody can try. So it gives up on
 * some histories that the checker passes: of those that it made itself on 3 in 1000, of recorded ones on 1 or 2 in 100, all
 * with many actors that the clock does not put in order. What is always decided is whether the checker finds a fault, in
 * a history of any size: here each kind of small fault, and in `planted_test.ts` each story that breaks a rule.
 *
 * Seeds are fixed, so that what the machine gives up on does not change; `task soak` takes others, and more.
 */

import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { test } from "../support/harness.ts";
import { random } from "../support/random.ts";
import { printFigures, timesOf } from "../support/durations.ts";
import { check } from "./check.ts";
import { describe, type History } from "./history.ts";
import { FAULTS, judge, type Verdict } from "./mutate.ts";
import { record } from "./recording.ts";
import { simulate } from "./simulate.ts";

const FIRST = Number(process.env.BUS1_TEST_SEED || 0);

function show({ actors }: History): string {
  return actors.map(({ name, events }) => events.map((event) => `${name} ${describe(event)}`).join("\n")).join("\n");
}

test("mutated: what a machine does at random passes", () => {
  for (let seed = FIRST; seed < FIRST + timesOf(1000); seed++) {
    const history = simulate(seed, 1 + seed % 4, 5 + seed % 60);
    assertEquals(check(history), [], `seed ${seed}`);
  }
  printFigures("the checker on what a machine did", { histories: timesOf(1000) });
});

/** The machine may give up on one of so many, and one more. */
const OPEN = 20;

/** Judges faults planted in such histories: all that are passed must be possible, as far as the machine can tell. */
async function judgeAll(
  what: string,
  count: number,
  make: (seed: number) => History | Promise<History>,
): Promise<Map<string, number>> {
  const verdicts = new Map<string, number>();
  for (let seed = FIRST; seed < FIRST + timesOf(count); seed++) {
    const history = await make(seed);
    const found = judge(history, random(seed ^ 0x5555));
    if (found === null) continue;
    const wrong: Verdict[] = ["missed", "false alarm"];
    if (wrong.includes(found.verdict)) {
      throw new Error(`${found.verdict}: ${found.fault}, seed ${seed}\n${show(history)}`);
    }
    for (const key of [found.verdict, `${found.verdict}: ${found.fault}`]) {
      verdicts.set(key, (verdicts.get(key) ?? 0) + 1);
    }
  }
  const { length } = [...verdicts.keys()];
  assert(length > 0 && (verdicts.get("unknown") ?? 0) <= 1 + timesOf(count) / OPEN, JSON.stringify([...verdicts]));
  const [caught, valid, open] = ["caught", "valid", "unknown"].map((verdict) => verdicts.get(verdict) ?? 0);
  printFigures(`the checker on faults in ${what} histories`, { caught, valid, undecided: open });
  return verdicts;
}

test("mutated: faults in what a machine did are caught, or no faults", async () => {
  const verdicts = await judgeAll("simulated", 200, (seed) => simulate(seed, 2 + seed % 2, 8 + seed % 8));
  const faults = ["drop an item", "double an item", "swap items", "delay an item", "change an item", "drop an event"];
  for (const fault of [...faults, "double an event", "swap events", "delay an event"]) {
    assert(verdicts.has(`caught: ${fault}`), fault);
  }
}, { timeout: timesOf(120_000) });

test("mutated: faults in recorded histories are caught, or no faults", async () => {
  await judgeAll(
    "recorded",
    40,
    async (seed) => (await record({ engine: "typescript", seed, steps: 8, mayRevoke: false })).history,
  );
}, { timeout: timesOf(120_000) });

// As the machine judges them, and as long as those of the random runs.
for (const steps of [8, 200, 2000]) {
  test(`mutated: each kind of fault is found in recorded histories of ${steps} steps`, async () => {
    const left = new Set(Object.keys(FAULTS));
    for (let seed = FIRST; left.size > 0; seed++) {
      assert(seed < FIRST + 400, `not found: ${[...left].join(", ")}`);
      const { history } = await record({ engine: "typescript", seed, steps, mayRevoke: false });
      for (const fault of left) {
        const wrong = structuredClone(history);
        if (FAULTS[fault](wrong, random(seed)) && check(wrong).length > 0) left.delete(fault);
      }
    }
  }, { timeout: 60_000 });
}
