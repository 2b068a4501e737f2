/**
 * Deno's permissions: with `--allow-ffi` alone the native engine serves, with none at all the TypeScript engine does, and
 * nothing ever asks. Each program runs twice: with its input closed, where Deno refuses instead of asking, and on a
 * terminal of its own, where it would ask and wait for the answer.
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { isDeno, type Ran, run, test } from "./harness.ts";

const library = fileURLToPath(new URL("../native/zig-out/lib/libbus1.so", import.meta.url));
const root = fileURLToPath(new URL("../", import.meta.url));

/** Runs its arguments on a terminal of their own; Python, which we need anyway, has what it takes. */
const ON_TERMINAL = ["-c", "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"];

/**
 * Starts Deno, on a terminal on which that is typed. Not with `node:child_process`, which gives a Deno without permissions
 * all of them.
 */
async function start(args: string[], typed: string | null): Promise<Ran> {
  const isTerminal = typed !== null;
  const env = { ...process.env, NO_COLOR: "1", BUS1_ENGINE: "", BUS1_LIBRARY: "", DENO_NO_PROMPT: "" };
  const stdin = isTerminal ? "piped" : "null";
  const [program, ...rest] = isTerminal
    ? ["python3", ...ON_TERMINAL, Deno.execPath(), ...args]
    : [Deno.execPath(), ...args];
  const child = new Deno.Command(program, { args: rest, cwd: root, env, stdin, stdout: "piped", stderr: "piped" })
    .spawn();
  // While its input is open the terminal is; who asks forgets what was typed before, so it is typed again and again.
  const input = isTerminal ? child.stdin.getWriter() : null;
  const typing = setInterval(() => input?.write(new TextEncoder().encode(typed ?? "")).catch(() => {}), 100);
  let killed = false;
  const timer = setTimeout(() => {
    killed = true;
    child.kill("SIGKILL");
  }, 20_000);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  clearInterval(typing);
  await input?.close().catch(() => {});
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr), killed };
}

/** What a program prints with these permissions, which is the same with a terminal and without. */
async function printed(program: string, flags: string[]): Promise<string[]> {
  const args = ["run", "--no-check", ...flags, `test/programs/${program}`];
  const outputs = [];
  for (const typed of [null, ""]) {
    const ran = await start(args, typed);
    const all = ran.stdout + ran.stderr;
    assertFalse(/requests|prompt/i.test(all), all);
    assertEquals([ran.code, ran.killed], [0, false], all);
    outputs.push(ran.stdout.trimEnd().split(/\r?\n/));
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
  test(`permissions: ${flags.join(" ").replace(root, "")} is enough for the native engine`, async () => {
    const [used, works] = await printed("permitted.ts", flags);
    assertEquals([used, works], ["native awaited blocked handle-release 0", "native works"]);
  }, inDeno);
}

test("permissions: Workers need --allow-read for their modules, and nothing else", async () => {
  assertEquals(await printed("vision/workers.ts", ["--allow-ffi", "--allow-read=."]), ["ESHUTDOWN", "hello true"]);
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
  const ran = await start(["run", "--no-check", script], "n\n");
  assert(/requests/.test(ran.stdout) && !ran.killed, JSON.stringify(ran));
}, inDeno);
