/**
 * The facade on the native engine when memory has run out: see `programs/exhausted.ts`. (native/src/test/exhaustion.zig does the
 * same for all that the library exports.)
 */

import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch } from "@std/assert";
import { run, test } from "../support/harness.ts";

const library = fileURLToPath(new URL("../../native/zig-out/test/libbus1_faulty.so", import.meta.url));

test("exhaustion: each allocation of each call fails once, and nothing else happens", async () => {
  const program = await run("exhausted.ts", { BUS1_LIBRARY: library }, 60_000);
  assertEquals([program.stderr, program.code], ["", 0]);
  assertMatch(program.stdout, /^\d\d calls failed \d{3,} times\n$/);
}, { timeout: 70_000 });

test("exhaustion: the library that others get cannot be told to fail", async () => {
  const shipped = fileURLToPath(new URL("../../native/zig-out/lib/libbus1.so", import.meta.url));
  const program = await run("exhausted.ts", { BUS1_LIBRARY: shipped }, 60_000);
  assertEquals(program.code !== 0, true);
  assertMatch(program.stderr, /bus1_test_fail/);
});
