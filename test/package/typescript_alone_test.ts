/** `@bus1/bus1/typescript`: the facade with the TypeScript engine alone, for where nothing native can be. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as whole from "@bus1/bus1";
import * as alone from "@bus1/bus1/typescript";
import { tool } from "../../tools/toolchain.ts";
import { heard, isDeno, run, test } from "../support/harness.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const entry = join(root, "src/typescript.ts");

function inFolder(use: (folder: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), "bus1-alone-"));
    try {
      await use(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

/** Bundles a module as for a browser. */
async function bundle(entry: string, folder: string, ...options: string[]): Promise<void> {
  const bun = isDeno ? (await tool("bun"))[0] : process.execPath;
  const args = ["build", entry, "--target=browser", "--minify", `--outdir=${folder}`, ...options];
  execFileSync(bun, args, { stdio: ["ignore", "ignore", "pipe"] });
}

test("alone: it has all that the package has", () => {
  assertEquals(Object.keys(alone).sort(), Object.keys(whole).sort());
});

test("alone: a program that imports both has one bus, with the same classes", () => {
  assert(alone.Peer === whole.Peer && alone.BusError === whole.BusError);
  const engine = "typescript";
  using a = alone.Peer.open({ engine }), b = whole.Peer.open({ engine });
  b.send(a.createNode({ for: b }).handle, "met");
  assertEquals(heard(a), ["met"]);
});

test("alone: the others may come later, and auto stays with what it took", async () => {
  const { stdout, stderr } = await run("late.ts", { BUS1_ENGINE: "" });
  assertEquals(stdout.trimEnd().split("\n"), [
    "alone typescript false false true",
    "both typescript native met",
    "typescript it was taken before the others were imported",
  ], stderr);
});

test(
  "alone: bundled for a browser, nothing of what is native is in it, and it is small",
  inFolder(async (folder) => {
    await bundle(entry, folder, "--sourcemap=external");
    const { sources } = JSON.parse(readFileSync(join(folder, "typescript.js.map"), "utf8")) as { sources: string[] };
    const found = sources.map((source) => source.slice(source.indexOf("src/")));
    assert(found.includes("src/peer/peer.ts") && found.includes("src/engines/typescript/engine.ts"), found.join(" "));
    assertEquals(
      found.filter((source) => /^src\/(library|uapi|cli|engines\/(native|kernel))|native_engines/.test(source)),
      [],
    );
    const text = readFileSync(join(folder, "typescript.js"), "utf8");
    for (const word of ["dlopen", "bun:ffi", "getBuiltinModule", "libbus1", "import("]) {
      assert(!text.includes(word), word);
    }
    const { size } = statSync(join(folder, "typescript.js"));
    assert(size < 60 * 1024, `${size} bytes`);
  }),
  { timeout: 60_000 },
);

// As CommonJS it is loaded by one synchronous call, which nothing that awaits while it is loaded can be.
const script = `
const { BusError, engineReport, Peer } = require("./typescript.js");
const server = Peer.open(), client = Peer.open();
const { node, handle } = server.createNode({ for: client });
setTimeout(() => client.send(handle, "ping"), 1);
server.receive().then((message) => {
  console.log(server.engine, message.text(), message.node === node);
  for (const { engine, reason } of engineReport()) console.log(engine, reason);
  for (const fd of [3, "3", {}]) {
    try {
      Peer.open({ fd });
    } catch (error) {
      console.log(error instanceof BusError ? error.code : error.name);
    }
  }
});
`;

test(
  "alone: the bundle is loaded without an await, works in Node.js, and says why it is the only engine",
  inFolder(async (folder) => {
    await bundle(entry, folder, "--format=cjs");
    writeFileSync(join(folder, "program.cjs"), script);
    const printed = execFileSync("node", [join(folder, "program.cjs")], { encoding: "utf8", timeout: 10_000 });
    const [used, kernel, native, ...rest] = printed.trimEnd().split("\n");
    assertEquals(used, "typescript ping true");
    for (const line of [kernel, native]) {
      assertStringIncludes(line, '"@bus1/bus1/typescript" has the TypeScript engine alone; import "@bus1/bus1"');
    }
    assertEquals(rest, ["typescript the first one that works here", "EOPNOTSUPP", "TypeError", "TypeError"]);
  }),
  { timeout: 60_000 },
);

test(
  "alone: its types hold where only the language and the web are known",
  inFolder((folder) => {
    const options = ["--ignoreConfig", "--module", "esnext", "--moduleResolution", "bundler", "--target", "es2023"]
      .concat(["--lib", "esnext,dom,dom.iterable", "--types", "", "--strict", "--rewriteRelativeImportExtensions"]);
    execFileSync(`${root}/node_modules/.bin/tsc`, [entry, "--outDir", folder, ...options], { encoding: "utf8" });
  }),
  { timeout: 60_000 },
);
