/**
 * No module that an entry of the package reaches awaits at its top level: so `require()` loads the package, CommonJS bundles
 * and bytecode contain it, and no message to a Worker is delivered before the Worker has set its handler.
 *
 * Bun's bundler is the judge: it refuses such a module in a bundle of the format CommonJS, and it also follows dynamic imports.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { assertEquals } from "@std/assert";
import { tool } from "../../tools/toolchain.ts";
import { ROOT } from "../support/command.ts";
import { isDeno, test } from "../support/harness.ts";

/** Bundles a module as CommonJS, and returns the files with an error, below the root where they are in the repository. */
async function refused(entry: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "bus1-bundle-"));
  try {
    const bun = isDeno ? (await tool("bun"))[0] : process.execPath;
    const args = ["build", entry, "--format=cjs", "--target=bun", `--outdir=${folder}`, "--packages=external"];
    const { status, stdout, stderr } = spawnSync(bun, args, { encoding: "utf8" });
    const files = [...`${stdout}${stderr}`.matchAll(/^ +at (\/.+\.ts):\d+:\d+$/gm)].map(([, file]) => file);
    assertEquals(status === 0, files.length === 0, stderr);
    return [...new Set(files)].map((file) => file.replace(ROOT, ""));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { exports } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8")) as { exports: Record<string, string> };

for (const [name, path] of Object.entries(exports)) {
  test(`synchronous: no module that the entry ${name} reaches awaits at its top level`, async () => {
    assertEquals(await refused(join(ROOT, path)), []);
  }, { timeout: 60_000 });
}

test("synchronous: an await at the top level is found, behind a dynamic import, too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bus1-awaits-"));
  try {
    writeFileSync(join(folder, "awaits.ts"), "export const later = await Promise.resolve(1);\n");
    writeFileSync(join(folder, "entry.ts"), 'export const load = () => import("./awaits.ts");\n');
    assertEquals(await refused(join(folder, "entry.ts")), [join(folder, "awaits.ts")]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, { timeout: 60_000 });
