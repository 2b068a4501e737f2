/**
 * Memory of a handle: what the process grows by when it makes a million of them.
 *
 * It counts resident pages, so everything is in it: the handle, its place in the table of ids, what the allocator rounds
 * up, and what JavaScript leaves behind, which is next to nothing (crowd.ts). The first hundred thousand do not count:
 * with them the runtime compiles, and its heap grows to what it needs.
 *
 * @module
 */

import process from "node:process";
import { Crowd } from "./crowd.ts";
import type { Scenario } from "./measure.ts";

export const run: Scenario = ({ quick }) => {
  const [first, counted] = quick ? [1_000, 10_000] : [100_000, 1_000_000];
  const crowd = new Crowd(first + counted);
  crowd.grow(first);
  const before = process.memoryUsage().rss;
  crowd.grow(counted);
  const bytes = (process.memoryUsage().rss - before) / counted;
  crowd.end();
  return Promise.resolve([{
    what: `native memory of a handle, over ${counted.toLocaleString("en")}`,
    unit: "bytes",
    bus1: bytes,
    target: { of: "figure", atMost: 300 },
  }]);
};
