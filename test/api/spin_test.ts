/**
 * When a call that awaits a message spins first: often if that has recently paid off, otherwise rarely.
 */

import { assert, assertEquals } from "@std/assert";
import { Spin } from "../../src/peer/waiting/spin.ts";
import { test } from "../support/harness.ts";

/**
 * Simulates `times` waits. `partner` maps the number of looks of a wait to the result of `linger`, and to the
 * milliseconds of sleep after it. Returns how many waits chose each number of looks.
 */
function waits(spin: Spin, times: number, partner: (looks: number) => { lingered: number; slept?: number }) {
  const asked = new Map<number, number>();
  for (let i = 0; i < times; i++) {
    const looks = spin.looks();
    asked.set(looks, (asked.get(looks) ?? 0) + 1);
    const { lingered, slept } = partner(looks);
    if (looks > 0) spin.lingered(lingered);
    if (slept !== undefined) spin.slept(slept);
  }
  return asked;
}

test("spin: with early replies, every wait spins", () => {
  const asked = waits(new Spin(), 1000, () => ({ lingered: 1 }));
  assertEquals(asked.size, 1);
  assert(!asked.has(0));
});

test("spin: with late replies, or none while spinning, at most 1 wait in 50 spins", () => {
  for (
    const partner of [
      () => ({ lingered: 0, slept: 1 }), // is slow
      () => ({ lingered: 0, slept: 0.02 }), // shares the CPU
      (looks: number) => looks > 0 ? { lingered: 2 } : { lingered: 0, slept: 0.1 }, // works for as long as a wake takes
    ]
  ) {
    const asked = waits(new Spin(), 10_000, partner);
    assert(asked.get(0)! >= 9_800, `${asked.get(0)} of 10000 slept at once`);
  }
});

test("spin: a partner that becomes fast is found by spinning again", () => {
  const spin = new Spin();
  waits(spin, 10_000, () => ({ lingered: 0, slept: 1 }));
  // Now the partner replies as soon as it wakes. Once this side has spun for long, the partner replies at once.
  let found = 0;
  waits(spin, 1_000, (looks) => {
    if (looks > 1000) found++;
    return looks > 1000 || found > 0 && looks > 0 ? { lingered: 1 } : { lingered: 0, slept: 0.05 };
  });
  assert(found > 0);
  const asked = waits(spin, 100, () => ({ lingered: 1 }));
  assert(!asked.has(0), "some waits still skip spinning");
});
