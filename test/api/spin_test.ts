/**
 * Who awaits stays awake where that pays, and elsewhere hardly ever.
 */

import { assert, assertEquals } from "@std/assert";
import { Spin } from "../../src/peer/waiting/spin.ts";
import { test } from "../support/harness.ts";

/** Waits so often, and answers how often each number of looks was asked for; `partner` answers a number of looks. */
function waits(patience: Spin, times: number, partner: (looks: number) => { answer: number; slept?: number }) {
  const asked = new Map<number, number>();
  for (let i = 0; i < times; i++) {
    const looks = patience.looks();
    asked.set(looks, (asked.get(looks) ?? 0) + 1);
    const { answer, slept } = partner(looks);
    if (looks > 0) patience.lingered(answer);
    if (slept !== undefined) patience.slept(slept);
  }
  return asked;
}

test("patience: who is answered soon stays awake each time", () => {
  const asked = waits(new Spin(), 1000, () => ({ answer: 1 }));
  assertEquals(asked.size, 1);
  assert(!asked.has(0));
});

test("patience: who is answered late, or never while awake, sleeps at once but for 1 wait in 50", () => {
  for (
    const partner of [
      () => ({ answer: 0, slept: 1 }), // takes its time
      () => ({ answer: 0, slept: 0.02 }), // shares the CPU
      (looks: number) => looks > 0 ? { answer: 2 } : { answer: 0, slept: 0.1 }, // works for as long as a wake takes
    ]
  ) {
    const asked = waits(new Spin(), 10_000, partner);
    assert(asked.get(0)! >= 9_800, `${asked.get(0)} of 10000 slept at once`);
  }
});

test("patience: two who slept find each other awake", () => {
  const patience = new Spin();
  waits(patience, 10_000, () => ({ answer: 0, slept: 1 }));
  // Now the partner answers as soon as it is woken, and at once from when this one has tried for long.
  let found = 0;
  waits(patience, 1_000, (looks) => {
    if (looks > 1000) found++;
    return looks > 1000 || found > 0 && looks > 0 ? { answer: 1 } : { answer: 0, slept: 0.05 };
  });
  assert(found > 0);
  const asked = waits(patience, 100, () => ({ answer: 1 }));
  assert(!asked.has(0), "it is still drowsy");
});
