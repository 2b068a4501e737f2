/**
 * The checker against a machine that shares nothing with it (`machine.ts`). The checker passes the machine's histories.
 * Of histories with a small fault, it passes only those that the machine can do too. So it finds faults, and only
 * faults.
 *
 * The machine decides by a search for an order of steps. There are too many orders to try them all, so it gives up on
 * some histories that the checker passes: on 3 in 1000 of its own, and on 1 or 2 in 100 of the recorded ones. These
 * have many actors that the clock does not order. The checker itself always decides, for a history of any size: here
 * for each kind of small fault, and in `planted_test.ts` for each hand-written history that breaks a rule.
 *
 * Seeds are fixed, so that the machine always gives up on the same histories; `task soak` uses other seeds, and more.
 */

import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { test } from "../support/harness.ts";
import { random } from "../support/random.ts";
import { printFigures, timesOf } from "../support/durations.ts";
import { check } from "./check.ts";
import { describe, type History } from "./history.ts";
import { FAULTS, judge, type Verdict } from "./mutate.ts";
import { recordRun } from "./record_run.ts";
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

for (const variant of ["no-flag", "eager"] as const) {
  test(`mutated: the checker refuses what a machine does with the fault ${variant}`, () => {
    const rules = new Set<string>();
    for (let seed = FIRST; seed < FIRST + 40; seed++) {
      for (const { rule } of check(simulate(seed, 3, 60, variant))) rules.add(rule);
    }
    assert(rules.size > 0, "no fault was found");
    printFigures(`rules that the fault ${variant} breaks`, { rules: rules.size });
  });
}

/** The machine may give up on one history in this number, and on one more. */
const UNDECIDED = 20;

/** Plants faults in such histories: the machine must be able to do all that the checker passes, unless it gives up. */
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
  assert(length > 0 && (verdicts.get("unknown") ?? 0) <= 1 + timesOf(count) / UNDECIDED, JSON.stringify([...verdicts]));
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
    async (seed) => (await recordRun({ engine: "typescript", seed, steps: 8, mayRevoke: false })).history,
  );
}, { timeout: timesOf(120_000) });

// As short as those that the machine decides, and as long as those of the random runs.
for (const steps of [8, 200, 2000]) {
  test(`mutated: each kind of fault is found in recorded histories of ${steps} steps`, async () => {
    const left = new Set(Object.keys(FAULTS));
    for (let seed = FIRST; left.size > 0; seed++) {
      assert(seed < FIRST + 400, `not found: ${[...left].join(", ")}`);
      const { history } = await recordRun({ engine: "typescript", seed, steps, mayRevoke: false });
      for (const fault of left) {
        const wrong = structuredClone(history);
        if (FAULTS[fault](wrong, random(seed)) && check(wrong).length > 0) left.delete(fault);
      }
    }
  }, { timeout: 60_000 });
}
