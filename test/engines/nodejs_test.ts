/**
 * Node.js: what the package needs there, and all the ways in which its threads end. The suite `node` runs the other
 * tests in Node.js, too.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch } from "@std/assert";
import { ERRNO } from "../../src/port/abi.ts";
import { isNode, run, test, throwsTypeError } from "../support/harness.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const inNode = { elsewhere: !isNode && "it needs the threads of Node.js", timeout: 60_000 };

// Compiles without the types and modules of Node.js, so only interfaces of the language and of the web are found.
const options = ["--ignoreConfig", "--module", "nodenext", "--target", "es2023", "--lib", "esnext,dom,dom.iterable"]
  .concat(["--types", "", "--rewriteRelativeImportExtensions"]);

const program = `
import { engineReport, Peer } from "./mod.js";

const server = Peer.open(), client = Peer.open();
const { node, handle } = server.createNode({ for: client });
setTimeout(() => client.send(handle, "ping"), 1);
const message = await server.receive();
console.log(server.engine, message.text(), message.node === node);
client.close();
for await (const { type } of server) {
  console.log(type);
  server.close();
}
console.log(engineReport().find(({ engine }) => engine === "native").reason);
`;

test("nodejs: the package needs the language and the web only, and runs without the library", () => {
  const folder = mkdtempSync(join(tmpdir(), "bus1-node-"));
  try {
    execFileSync(`${root}/node_modules/.bin/tsc`, [`${root}/mod.ts`, "--outDir", folder, ...options]);
    writeFileSync(join(folder, "program.mjs"), program);
    const env = { ...process.env, BUS1_LIBRARY: join(folder, "none.so") };
    const printed = execFileSync("node", [join(folder, "program.mjs")], { encoding: "utf8", timeout: 10_000, env });
    const [engine, type, reason] = printed.trimEnd().split("\n");
    assertEquals([engine, type], ["typescript ping true", "handle-release"]);
    assertMatch(reason, /none\.so cannot be opened: .*No such file/);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, { elsewhere: isNode && "it starts Node.js itself", timeout: 60_000 });

test(
  "nodejs: when a thread ends in any way, its partners are notified and the process continues",
  async () => {
    const ran = await run("threads.ts", { BUS1_ENGINE: "native" }, 50_000);
    assertEquals([ran.stdout.trimEnd().split("\n"), ran.code, ran.killed], [
      [
        "terminated while it awaits: message handle-release",
        "terminated while it blocks: message handle-release",
        "terminated while it is busy: message handle-release",
        "by process.exit: message handle-release",
        "by an error: message handle-release",
        "out of memory: message handle-release",
        "0 0 0 0 0",
        "ended early",
      ],
      0,
      false,
    ], ran.stderr);
  },
  inNode,
);

test("nodejs: the addon accepts numbers and typed arrays, uses their memory in place, and refuses other values", () => {
  type Functions = Record<"bus1_kind" | "bus1_live_counts", (...values: unknown[]) => unknown>;
  const addon = { exports: {} as Functions };
  process.dlopen(addon, join(root, "native/zig-out/lib/libbus1.so"));
  const { bus1_kind, bus1_live_counts } = addon.exports;
  for (const values of [["1", 1, 1], [1, 1], [], [1n, 1, 1], [1, 1, {}]]) throwsTypeError(() => bus1_kind(...values));
  for (const value of [undefined, null, 5, 5n, "text", [0, 0, 0, 0, 0], new ArrayBuffer(40), {}]) {
    throwsTypeError(() => bus1_live_counts(value));
  }
  for (const buffer of [new ArrayBuffer(72), new SharedArrayBuffer(72)]) {
    const whole = new Float64Array(buffer).fill(NaN);
    assertEquals(bus1_live_counts(whole.subarray(2, 7)), 0);
    assertEquals([...whole].map(Number.isNaN), [true, true, false, false, false, false, false, true, true]);
  }
  assertEquals(bus1_kind(-1, 1e10, 1.5), -ERRNO.EBADRQC);
}, inNode);

test("nodejs: if addons are disabled, the report says so and auto chooses the TypeScript engine", async () => {
  const ran = await run("report.ts", { BUS1_ENGINE: "", NODE_OPTIONS: "--no-addons" });
  assertMatch(ran.stdout, /^opened typescript\n[^]*loading addons is disabled/, ran.stderr);
}, inNode);
