/**
 * However often peers and Workers come and go, the process holds no more than before: no descriptor, thread or memory.
 *
 * `task soak` lets them come and go more often.
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

/** What the runtimes take and give back as they like; memory in MiB, less than 256 bytes for each of 10^5 peers. */
const SLACK: Held = { descriptors: 4, threads: 4, heap: 4, native: 24 };

/** Deno 2.9.6 keeps 65 KiB for each Worker that is terminated with a `node:net` socket open, with or without us. */
const LOST_BY_WORKER = isDeno ? 0.1 : 0;

function lives(what: "peers" | "workers", count: number): void {
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

lives("peers", timesOf(100_000));
lives("workers", timesOf(40));
