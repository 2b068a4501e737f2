/**
 * Cycles: many peers or Workers start and end, and the process then holds no more descriptors, threads or memory than
 * before. `task soak` runs more cycles.
 */

import { assert, assertEquals } from "@std/assert";
import { engines, isDeno, run, runtimeName, test } from "../support/harness.ts";
import { printFigures, timesOf } from "../support/durations.ts";

interface Held {
  descriptors: number;
  threads: number;
  heap: number;
  native: number;
}

/**
 * The fluctuation of the runtimes that is accepted. Memory is in MiB: with 10^5 peers, a leak of 256 bytes for each
 * would exceed it.
 */
const SLACK: Held = { descriptors: 4, threads: 4, heap: 4, native: 24 };

/** MiB: Deno 2.9.6 itself leaks 65 KiB for each Worker that is terminated with an open `node:net` socket. */
const LOST_BY_WORKER = isDeno ? 0.1 : 0;

/** Declares the tests of `count` peers or Workers, one for each engine. */
function cyclesOf(what: "peers" | "workers", count: number): void {
  for (const engine of engines) {
    if (engine === "typescript" && what === "workers") continue;
    test(`cycles: ${count} ${what} leave nothing behind [${engine}]`, async () => {
      const ran = await run("cycles.ts", { BUS1_ENGINE: engine, BUS1_CYCLES: `${what} ${count}` }, timesOf(300_000));
      assertEquals([ran.code, ran.killed], [0, false], ran.stderr);
      const { before, after, counts } = JSON.parse(ran.stdout) as Record<"before" | "after", Held> & {
        counts: unknown;
      };
      assertEquals(counts, { peers: 1, nodes: 0, handles: 0, messages: 0, bytes: 0 });
      for (const [name, slack] of Object.entries(SLACK)) {
        const more = after[name as keyof Held] - before[name as keyof Held];
        const lost = what === "workers" && name === "native" ? LOST_BY_WORKER * count : 0;
        assert(more <= slack + lost, `${name}: ${more} more, ${ran.stdout}`);
      }
      const change = (name: keyof Held) => `${before[name].toFixed(0)} -> ${after[name].toFixed(0)}`;
      printFigures(`cycles of ${what} [${engine}] in ${runtimeName}`, {
        cycles: count,
        descriptors: change("descriptors"),
        threads: change("threads"),
        "MiB of JavaScript heap": change("heap"),
        "MiB outside": change("native"),
      });
    }, { timeout: timesOf(310_000) });
  }
}

cyclesOf("peers", timesOf(100_000));
cyclesOf("workers", timesOf(40));
