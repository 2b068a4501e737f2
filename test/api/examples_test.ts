/** The example programs in `test/programs/examples`: each runs in its own process, on each engine. */

import { assertEquals } from "@std/assert";
import type { EngineName } from "../../src/port/engine.ts";
import { engines, MIXED, run, test } from "../support/harness.ts";

/** The lines that each program prints, and the engines on which it runs. */
const programs: Record<string, { prints: string[]; only?: readonly EngineName[]; notOnKernel?: string }> = {
  "hello.ts": { prints: ["ping"] },
  "receiving.ts": {
    prints: [
      "message 7 1 1",
      "dispatched dispatch me",
      "node-release true",
      "handle-release true",
      "closed",
      "message",
      "the reason",
      "null 0 null",
      "2 1 1 0 0", // the client and its released node, the other peer, its node and its handle
    ],
  },
  "capabilities.ts": {
    prints: [
      "1,2,3",
      "message",
      "handle-release",
      "1,1,1",
      "message+node-release,message,message",
    ],
    notOnKernel: MIXED,
  },
  "workers.ts": { prints: ["ESHUTDOWN", "hello true"], only: ["kernel", "native"] },
  "errors.ts": { prints: ["EBADRQC 56 true", "EBADRQC 56 true", "done", "ESHUTDOWN 108 true", "TypeError"] },
};

for (const [program, { prints, only, notOnKernel }] of Object.entries(programs)) {
  for (const engine of engines) {
    if (only && !only.includes(engine) || engine === "kernel" && notOnKernel) continue;
    test(`examples: ${program} [${engine}]`, async () => {
      const ran = await run(`examples/${program}`, { BUS1_ENGINE: engine });
      assertEquals([ran.stdout.trimEnd().split("\n"), ran.code, ran.killed], [prints, 0, false], ran.stderr);
    });
  }
}
