/**
 * Memory of a peer, a node, a handle and a queued message: the growth of the process when it makes many of them.
 *
 * The figures count resident pages, so everything is in them: the object, its place in the table of ids, the allocator's rounding, and
 * the garbage of JavaScript, which is close to nothing (crowd.ts). The first tenth does not count: during it the runtime
 * compiles, and its heap grows to the size that it needs.
 *
 * @module
 */

import process from "node:process";
import { SIZE } from "../../src/scenarios/pair.ts";
import { Crowd, must, openPeer } from "./crowd.ts";
import type { Result, Scenario } from "./scenario.ts";

/** Returns the bytes of one object, of the `count` that `make` makes. */
function bytesOf(count: number, make: (count: number) => void): number {
  make(count / 10);
  const before = process.memoryUsage().rss;
  make(count);
  return (process.memoryUsage().rss - before) / count;
}

function times(make: () => void): (count: number) => void {
  return (count) => {
    for (let i = 0; i < count; i++) make();
  };
}

export const run: Scenario = ({ quick }) => {
  const million = quick ? 10_000 : 1_000_000;
  const peers = quick ? 100 : 10_000;
  const crowd = new Crowd(million * 1.1);
  const { receiver, sender } = crowd;
  const result = (what: string, bytes: number): Result => ({
    what: `native memory of ${what}`,
    unit: "bytes",
    bus1: bytes,
  });
  const handle = result("a handle", bytesOf(million, (count) => crowd.grow(count)));
  const made = [0, 0], data = new Uint8Array(SIZE);
  const results: Result[] = [
    { ...handle, target: { of: "figure", atMost: 300 } },
    result("a node with a handle", bytesOf(million, times(() => must(receiver.createNode(receiver, made))))),
    result(
      "a queued message of 64 B",
      bytesOf(million, times(() => must(sender.send(crowd.ids[0], data, data.length)))),
    ),
    result("a peer", bytesOf(peers, times(openPeer))),
  ];
  return Promise.resolve({ results });
};
