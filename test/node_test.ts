/** Node.js, which stands here for every runtime without a way to native code, browsers included: the TypeScript engine. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import { test } from "./harness.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

// Compiled without Node's types and without its modules: what is not of the language or of the web is not found.
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
console.log(engineReport()[0].reason);
`;

test("node: the TypeScript engine runs there, and the report says why it is that one", () => {
  const folder = mkdtempSync(join(tmpdir(), "bus1-node-"));
  try {
    execFileSync(`${root}/node_modules/.bin/tsc`, [`${root}/mod.ts`, "--outDir", folder, ...options]);
    writeFileSync(join(folder, "program.mjs"), program);
    const printed = execFileSync("node", [join(folder, "program.mjs")], { encoding: "utf8", timeout: 10_000 });
    assertEquals(printed.trimEnd().split("\n"), [
      "typescript ping true",
      "handle-release",
      "this runtime is neither Deno nor Bun: it cannot call native code",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, { timeout: 60_000 });
