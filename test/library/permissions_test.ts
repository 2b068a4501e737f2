/**
 * Deno's permissions: with `--allow-ffi` alone the native engine serves, with none at all the TypeScript engine does, and
 * nothing ever asks. Each program runs twice: with its input closed, where Deno refuses instead of asking, and on a
 * terminal of its own, where it would ask and wait for the answer.
 */

import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ROOT, startDeno, unasked } from "../support/command.ts";
import { isDeno, run, test } from "../support/harness.ts";

const library = fileURLToPath(new URL("../../native/zig-out/lib/libbus1.so", import.meta.url));

/** What a program prints with these permissions, which is the same with a terminal and without. */
async function printed(program: string, flags: string[]): Promise<string[]> {
  const args = ["run", "--no-check", ...flags, `test/programs/${program}`];
  const outputs = [];
  for (const { code, stdout, stderr } of await unasked(args)) {
    assertEquals(code, 0, stdout + stderr);
    outputs.push(stdout.trimEnd().split("\n"));
  }
  assertEquals(outputs[0], outputs[1]);
  return outputs[0];
}

const inDeno = { elsewhere: !isDeno && "Bun has no permissions", timeout: 60_000 };

test("permissions: in Bun there are none, and nothing is missing", async () => {
  const { stdout, stderr } = await run("permitted.ts", { BUS1_ENGINE: "", BUS1_LIBRARY: "" }, 60_000);
  assertEquals(stdout.trimEnd().split("\n"), [
    "native awaited blocked handle-release 0",
    "native works",
    "the first one that works here",
  ], stderr);
}, { elsewhere: isDeno && "Deno has permissions", timeout: 70_000 });

for (const flags of [["--allow-ffi"], [`--allow-ffi=${library}`], ["--allow-ffi", "--allow-env"]]) {
  test(`permissions: ${flags.join(" ").replace(ROOT, "")} is enough for the native engine`, async () => {
    const [used, works] = await printed("permitted.ts", flags);
    assertEquals([used, works], ["native awaited blocked handle-release 0", "native works"]);
  }, inDeno);
}

test("permissions: Workers need --allow-read for their modules, and nothing else", async () => {
  assertEquals(await printed("examples/workers.ts", ["--allow-ffi", "--allow-read=."]), ["ESHUTDOWN", "hello true"]);
}, inDeno);

for (const flags of [[], ["--allow-ffi=/nonexistent.so"], ["--deny-ffi", "--allow-env"], ["--allow-net"]]) {
  test(`permissions: with ${flags.join(" ") || "none"} the TypeScript engine serves, and says why`, async () => {
    const [used, code, reason] = await printed("permitted.ts", flags);
    assertEquals([used, code], ["typescript awaited blocked handle-release 0", "EOPNOTSUPP"]);
    assertStringIncludes(reason, "run Deno with --allow-ffi");
  }, inDeno);
}

test("permissions: what asks is noticed", async () => {
  const script = `data:text/javascript,${encodeURIComponent("Deno.readTextFileSync('README.md')")}`;
  const ran = await startDeno(["run", "--no-check", script], "n\n");
  assert(/requests/.test(ran.stdout) && !ran.killed, JSON.stringify(ran));
}, inDeno);
