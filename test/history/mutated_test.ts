/**
 * The checker against a machine that shares nothing with it (`machine.ts`): it passes what the machine did, and of
 * histories with a small fault it passes those alone that the machine can do, too. So it is neither blind nor fussy.
 *
 * Seeds are fixed, so that what takes the machine too long to judge does not change; `task soak` takes others, and more.
 */

import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { random } from "../random.ts";
import { timesOf } from "../soaking.ts";
import { check } from "./check.ts";
import { describe, type History } from "./history.ts";
import { judge, type Verdict } from "./mutate.ts";
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
});

/** Judges faults planted in such histories; all that are passed must be possible, and few be too hard to tell. */
async function judgeAll(
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
  assert(length > 0 && (verdicts.get("unknown") ?? 0) <= timesOf(count) / 5, `${JSON.stringify([...verdicts])}`);
  return verdicts;
}

test("mutated: faults in what a machine did are caught, or no faults", async () => {
  const verdicts = await judgeAll(200, (seed) => simulate(seed, 2 + seed % 2, 8 + seed % 8));
  const faults = ["drop an item", "double an item", "swap items", "delay an item", "change an item", "drop an event"];
  for (const fault of [...faults, "double an event", "swap events", "delay an event"]) {
    assert(verdicts.has(`caught: ${fault}`), fault);
  }
}, { timeout: timesOf(120_000) });

test("mutated: faults in recorded histories are caught, or no faults", async () => {
  await judgeAll(
    40,
    async (seed) => (await record({ engine: "typescript", seed, steps: 8, mayRevoke: false })).history,
  );
}, { timeout: timesOf(120_000) });
