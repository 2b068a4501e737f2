/** The programs of VISION.md, as a user has them: each in a process of its own, on each engine. */

import { assertEquals } from "@std/assert";
import type { EngineName } from "../src/engine.ts";
import { engines, run, test } from "./harness.ts";

/** What each program prints, a line an item. */
const programs: Record<string, { prints: string[]; only?: EngineName }> = {
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
  },
  "workers.ts": { prints: ["ESHUTDOWN", "hello true"], only: "native" },
  "errors.ts": { prints: ["EBADRQC 56 true", "EBADRQC 56 true", "done", "ESHUTDOWN 108 true", "TypeError"] },
};

for (const [program, { prints, only }] of Object.entries(programs)) {
  for (const engine of engines) {
    if (only && only !== engine) continue;
    test(`vision: ${program} [${engine}]`, async () => {
      const ran = await run(`vision/${program}`, { BUS1_ENGINE: engine });
      assertEquals([ran.stdout.trimEnd().split("\n"), ran.code, ran.killed], [prints, 0, false], ran.stderr);
    });
  }
}
