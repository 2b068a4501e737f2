/**
 * The native sources that the package's builds are made from, and their hash. It says whether the builds in a working copy are
 * those of its sources, without Zig.
 *
 * @module
 */

import { readFile, writeFile } from "node:fs/promises";
import { root, ZIG } from "./toolchain.ts";

/** What the builds start from: the description of the build, the library and the supervisor. */
const ROOTS = ["native/build.zig", "native/src/lib.zig", "native/src/supervisor.zig"];

/** Folders that the build describes, too, and the product does not import. */
const TESTS = /^native\/src\/(explore|fuzz|test)\//;

/** Where the hash of the sources stands that the committed builds were made from. */
const RECORDED = `${root}/src/library/builds/sources.sha256`;

/** Lists the files that can influence a build, below the root of the repository: the roots, and the files that they import. */
export async function nativeSources(): Promise<string[]> {
  const found = new Set<string>();
  const pending = [...ROOTS];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (found.has(path) || TESTS.test(path)) continue;
    found.add(path);
    const text = await readFile(`${root}/${path}`, "utf8");
    for (const [, name] of text.matchAll(/@(?:import|embedFile)\("([^"]+\.\w+)"\)/g)) {
      pending.push(new URL(name, `file:///${path}`).pathname.slice(1));
    }
  }
  return [...found].sort();
}

/** Computes the hash of the sources' names and texts, and of the compiler's version. */
export async function hashSources(): Promise<string> {
  const parts = [`Zig ${ZIG}`];
  for (const path of await nativeSources()) parts.push(path, await readFile(`${root}/${path}`, "utf8"));
  const bytes = new TextEncoder().encode(parts.join("\0"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Reads the hash of the sources that the committed builds were made from; an empty text if there is none. */
export async function recordedHash(): Promise<string> {
  return (await readFile(RECORDED, "utf8").catch(() => "")).trim();
}

/** Records that the builds were made from sources with this hash. */
export async function recordHash(hash: string): Promise<void> {
  await writeFile(RECORDED, `${hash}\n`);
}
