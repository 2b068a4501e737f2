/**
 * A call that awaits spins where that pays off, and elsewhere hardly ever.
 */

import { assert, assertEquals } from "@std/assert";
import { Spin } from "../../src/peer/waiting/spin.ts";
import { test } from "../support/harness.ts";

/** Waits `times` times, and counts how often each number of looks was asked for. `partner` replies to a number of looks. */
function waits(spin: Spin, times: number, partner: (looks: number) => { answer: number; slept?: number }) {
  const asked = new Map<number, number>();
  for (let i = 0; i < times; i++) {
    const looks = spin.looks();
    asked.set(looks, (asked.get(looks) ?? 0) + 1);
    const { answer, slept } = partner(looks);
    if (looks > 0) spin.lingered(answer);
    if (slept !== undefined) spin.slept(slept);
  }
  return asked;
}

test("spin: a wait with an early reply spins each time", () => {
  const asked = waits(new Spin(), 1000, () => ({ answer: 1 }));
  assertEquals(asked.size, 1);
  assert(!asked.has(0));
});

test("spin: after late replies, or none while awake, all but 1 wait in 50 sleep at once", () => {
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

test("spin: two partners that slept find each other awake", () => {
  const spin = new Spin();
  waits(spin, 10_000, () => ({ answer: 0, slept: 1 }));
  // Now the partner replies as soon as it is woken, and at once after this wait has spun for long.
  let found = 0;
  waits(spin, 1_000, (looks) => {
    if (looks > 1000) found++;
    return looks > 1000 || found > 0 && looks > 0 ? { answer: 1 } : { answer: 0, slept: 0.05 };
  });
  assert(found > 0);
  const asked = waits(spin, 100, () => ({ answer: 1 }));
  assert(!asked.has(0), "it is still drowsy");
});
