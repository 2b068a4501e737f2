/** `doctor`: its diagnosis with all permissions, with some and with none, and on devices with and without faults. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ABI } from "../../src/port/abi.ts";
import { type Diagnosis, VARIABLES } from "../../src/cli/doctor/diagnosis.ts";
import { selfTests } from "../../src/cli/doctor/self_test.ts";
import { help } from "../../src/cli/doctor.ts";
import { VERSION } from "../../src/cli/support/version.ts";
import { CLI, cli, execute, MAIN, ROOT, unasked } from "../support/command.ts";
import { isDeno, test } from "../support/harness.ts";

const library = fileURLToPath(new URL("../../native/zig-out/lib/libbus1.so", import.meta.url));

/** Returns the exit code of `doctor --json`, and the diagnosis. */
async function diagnosed(env: Record<string, string> = {}, command = CLI): Promise<[code: number | null, Diagnosis]> {
  const { code, stdout, stderr } = await execute([...command, "doctor", "--json"], { env });
  assertEquals(stderr, "");
  return [code, JSON.parse(stdout)];
}

/** Returns the types of a value, with the keys of its objects; of a list the types of its elements, each once. */
function shape(value: unknown): unknown {
  if (value === null) return "null";
  if (Array.isArray(value)) return [...new Set(value.map((each) => JSON.stringify(shape(each))))].sort();
  if (typeof value !== "object") return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, value]) => [key, shape(value)]));
}

function each(...shapes: object[]): string[] {
  return shapes.map((shape) => JSON.stringify(shape)).sort();
}

const string = "string", number = "number", boolean = "boolean";

test("doctor: --json has these keys, and they are documented", async () => {
  const [code, found] = await diagnosed();
  assertEquals(code, 0);
  assertEquals(shape(found), {
    version: string,
    runtime: { name: string, version: string },
    system: { os: string, kernel: string, arch: string },
    library: { path: string, from: string, opened: boolean, reason: "null" },
    abi: { expected: number, found: number },
    device: { path: string, from: string, state: string, faults: [], reason: string },
    engines: each({ engine: string, available: boolean, chosen: boolean, reason: string }),
    permissions: isDeno ? each({ name: string, target: string, state: string, why: string }) : "null",
    environment: each(
      { name: string, readable: boolean, value: string, about: string },
      { name: string, readable: boolean, value: "null", about: string },
    ),
    tests: each({ engine: string, what: string, result: string, milliseconds: number, detail: "null" }),
    live: { peers: number, nodes: number, handles: number, messages: number, bytes: number },
    advice: each().concat('"string"'),
    ok: boolean,
  });
  const documented = help.slice(help.indexOf("JSON: "), help.indexOf("Exit codes: "));
  const keys = (value: unknown): string[] => {
    if (Array.isArray(value)) return value.flatMap(keys);
    return value === null || typeof value !== "object"
      ? []
      : Object.entries(value).flatMap(([k, v]) => [k, ...keys(v)]);
  };
  for (const key of new Set(keys(found))) assertMatch(documented, new RegExp(`\\b${key}\\b`), key);
});

test("doctor: with all permissions the native engine is taken, and messages pass", async () => {
  const [code, found] = await diagnosed();
  assertEquals([code, found.ok, found.version], [0, true, VERSION]);
  assertEquals(found.runtime.name, isDeno ? "deno" : "bun");
  assertEquals(`${found.runtime.name}/${found.runtime.version}`, navigator.userAgent.toLowerCase());
  assertEquals(found.library, { path: library, from: "package", opened: true, reason: null });
  assertEquals(found.abi, { expected: ABI, found: ABI });
  assertEquals(found.engines.map(({ engine, available, chosen }) => [engine, available, chosen]), [
    ["kernel", false, false],
    ["native", true, true],
    ["typescript", true, false],
  ]);
  assertEquals([found.device.path, found.device.from, found.device.state], ["/dev/bus1", "default", "unusable"]);
  assertEquals(found.tests.map(({ engine, what, result }) => `${engine} ${what} ${result}`), [
    "native message passed",
    "native worker passed",
    "typescript message passed",
  ]);
  assertEquals(found.live, { peers: 0, nodes: 0, handles: 0, messages: 0, bytes: 0 });
  assertEquals(found.advice, ["a program with a /dev/bus1: deno run -A jsr:@bus1/bus1/cli run COMMAND"]);
});

test("doctor: it follows the environment, and reports it", async () => {
  const [code, found] = await diagnosed({ BUS1_ENGINE: "typescript", BUS1_DEVICE: "/dev/null" });
  assertEquals([code, found.ok], [0, true]);
  assertEquals(found.engines.filter(({ chosen }) => chosen).map(({ engine }) => engine), ["typescript"]);
  assertEquals(found.device, {
    path: "/dev/null",
    from: "BUS1_DEVICE",
    state: "unusable",
    faults: [],
    reason: "/dev/null does not answer as a bus1 device does",
  });
  assertEquals(found.environment.find(({ name }) => name === "BUS1_DEVICE")!.value, "/dev/null");
});

test("doctor: without the library it says why, and the TypeScript engine is taken", async () => {
  const [code, found] = await diagnosed({ BUS1_LIBRARY: "/no/such/library.so" });
  assertEquals([code, found.ok], [0, true]);
  const { reason, ...others } = found.library;
  assertEquals(others, { path: "/no/such/library.so", from: "BUS1_LIBRARY", opened: false });
  assertStringIncludes(reason!, "/no/such/library.so cannot be opened");
  assertEquals([found.abi.found, found.device.state], [null, "unknown"]);
  assertEquals(found.tests.map(({ engine, what, result }) => `${engine} ${what} ${result}`), [
    "typescript message passed",
  ]);
  assertEquals(found.advice, [`the native engine: ${reason}`]);
});

test("doctor: exit code 1 if programs find no engine", async () => {
  const nowhere = { BUS1_ENGINE: "native", BUS1_LIBRARY: "/no/such/library.so" };
  const settings: Record<string, string>[] = [{ BUS1_ENGINE: "steam" }, nowhere];
  for (const env of settings) {
    const [code, found] = await diagnosed(env);
    assertEquals([code, found.ok], [1, false]);
    assertEquals(found.engines.filter(({ chosen }) => chosen), []);
    assertStringIncludes(found.advice.at(-1)!, `BUS1_ENGINE is "${env.BUS1_ENGINE}": unset it, or set it to`);
    const { code: again, stdout } = await cli(["doctor"], { env });
    assertEquals(again, 1);
    assertMatch(stdout, /\nPrograms find no engine here\.\n$/);
  }
});

test("doctor: a self-test on an engine that does not work fails, and says why", async () => {
  const tests = await selfTests(["kernel"]);
  assertEquals(tests.map(({ what, result }) => [what, result]), [["message", "failed"], ["worker", "failed"]]);
  for (const { detail } of tests) assertStringIncludes(detail!, 'the engine "kernel" does not work here');
});

test("doctor: for people it prints lines, without colours in a pipe", async () => {
  const { code, stdout, stderr } = await cli(["doctor"]);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, `bus1 ${VERSION}\n  runs in `);
  assertMatch(stdout, /\n {2}native {7}taken {2}the first one that works here\n/);
  assertMatch(stdout, /\n {2}native {7}a message from a Worker {4}passed {2}[\d.]+ m?s\n/);
  assertMatch(stdout, /\nIt works: programs take the engine native\.\n$/);
  assertEquals(/\nPermissions\n/.test(stdout), isDeno);
  assert(!stdout.includes("\x1b"));
  assert(stdout.split("\n").every((line) => line === line.trimEnd()), "no white space at the end of lines");
});

/** Returns the command line inside `cli run` with these options. */
function onDevice(...options: string[]): string[] {
  return [...CLI, "run", ...options, "--", ...CLI];
}

test("doctor: on a device that keeps the contract the kernel engine is taken", async () => {
  const [code, found] = await diagnosed({}, onDevice());
  assertEquals([code, found.ok], [0, true]);
  assertEquals(found.device, { path: "/dev/bus1", from: "default", state: "works", faults: [], reason: null });
  assertEquals(found.engines.map(({ engine, chosen }) => [engine, chosen])[0], ["kernel", true]);
  assertEquals(found.tests.map(({ engine, what, result }) => `${engine} ${what} ${result}`), [
    ...["kernel message passed", "kernel worker passed", "native message passed", "native worker passed"],
    "typescript message passed",
  ]);
  assertEquals(found.advice, []);
});

test("doctor: on a device with faults it names them, and the native engine is taken", async () => {
  const [code, found] = await diagnosed({}, onDevice("--quirks", "rfc"));
  assertEquals([code, found.ok], [0, true]);
  assertEquals([found.device.state, found.device.reason], ["faulty", null]);
  const faults = [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12].map((number) => `F${number}`);
  assertEquals(found.device.faults.map(({ name }) => name), faults);
  assertEquals(found.engines.filter(({ chosen }) => chosen).map(({ engine }) => engine), ["native"]);
  assertEquals(found.tests.filter(({ result }) => result !== "passed"), [], "the rest of the device works");
  assertEquals(found.tests.length, 5);
  const { stdout } = await execute([...onDevice("--quirks", "rfc"), "doctor"]);
  assertMatch(stdout, /\n {15}faulty: 11 faults\n {15}F1 {2}it reads arrays of transfers wrongly\n/);
});

/** Returns the diagnosis in Deno with these permissions only. It must not ask for others. */
async function permitted(flags: string[]): Promise<Diagnosis> {
  const [closed, terminal] = await unasked(["run", "--no-check", ...flags, MAIN, "doctor", "--json"]);
  for (const { code, stderr } of [closed, terminal]) assertEquals([code, stderr], [0, ""]);
  assertEquals(shape(JSON.parse(closed.stdout)), shape(JSON.parse(terminal.stdout)));
  return JSON.parse(closed.stdout);
}

const inDeno = { elsewhere: !isDeno && "Bun has no permissions", timeout: 120_000 };

test("doctor: without any permission it asks for none, reports what it can, and what would help", async () => {
  const found = await permitted([]);
  assertEquals(found.system.kernel, null);
  assertEquals([found.library.path, found.library.opened, found.device.state], [null, false, "unknown"]);
  assertEquals(found.tests.map(({ engine, what, result }) => `${engine} ${what} ${result}`), [
    "typescript message passed",
  ]);
  assertEquals(new Set(found.permissions!.map(({ state }) => state)), new Set(["prompt"]));
  assertEquals(
    new Set(found.environment.map(({ readable, value }) => `${readable} ${value}`)),
    new Set(["false null"]),
  );
  // The flags that it advises are enough.
  const flags = /deno run (.*)$/.exec(found.advice[0])![1].split(" ");
  const better = await permitted(flags);
  assertEquals(new Set(better.permissions!.map(({ state }) => state)), new Set(["granted"]));
  assertEquals(better.tests.filter(({ result }) => result === "passed").length, 3);
  assert(better.system.kernel !== null && better.library.opened);
}, inDeno);

test("doctor: if no Worker may be started, that test is skipped, and the missing flag is named", async () => {
  const found = await permitted(["--allow-ffi"]);
  const { result, detail } = found.tests.find(({ what }) => what === "worker")!;
  assertEquals([result, found.ok], ["skipped", true]);
  assertEquals(detail, `Deno may not load the module of a Worker: --allow-read=${ROOT} permits it`);
}, inDeno);

test("doctor: reports a denied permission as denied", async () => {
  const found = await permitted(["--deny-ffi", "--allow-env"]);
  assertEquals(found.permissions!.find(({ name }) => name === "ffi")!.state, "denied");
  assertEquals(found.permissions!.filter(({ name, state }) => name === "env" && state !== "granted"), []);
}, inDeno);

test("doctor: it knows every environment variable that the package reads", async () => {
  const read = new Set<string>();
  for (const file of await readdir(join(ROOT, "src"), { recursive: true })) {
    if (!file.endsWith(".ts")) continue;
    const text = await readFile(join(ROOT, "src", file), "utf8");
    for (const [, name] of text.matchAll(/environmentVariable\("(\w+)"\)/g)) read.add(name);
  }
  assertEquals([...read].sort(), VARIABLES.map(({ name }) => name).sort());
});
