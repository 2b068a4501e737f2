/**
 * The commands behind the tasks in deno.json that run tools, one after the other.
 *
 * ```sh
 * deno run -A tools/tasks.ts check    # the types, in Deno and in Bun
 * deno run -A tools/tasks.ts library  # a native library for this working copy
 * ```
 *
 * @module
 */

import { hashSources, recordedHash } from "./native_sources.ts";
import { exists, installPackages, root, run, tool, ToolError, zigBuild } from "./toolchain.ts";

/** Where Zig code is. */
const ZIG_SOURCES = ["native/build.zig", "native/build", "native/corpus", "native/src", "bench", "test/package"];

/** The commands; each returns an exit code. */
const commands: Record<string, (args: string[]) => Promise<number>> = {
  build,
  library,
  docs: makeReference,
  check: () =>
    inTurn(
      async () => (await installPackages(), [...await tool("deno"), "check", "--quiet", "."]),
      async () => [...await tool("tsc"), "--project", root],
      async () => [...await tool("tsc"), "--project", `${root}/docs/playground`],
    ),
  lint: (args) =>
    inTurn(
      async () => [...await tool("deno"), "lint", "--quiet", ...args],
      // Tests may assert that a value is there: they fail if it is not. The package may not.
      async () => [...await tool("deno"), "lint", "--quiet", "--rules-include=no-non-null-assertion", "mod.ts", "src"],
    ),
  fmt: (args) => inTurn(formatTypeScript(args), async () => [...await tool("zig"), "fmt", ...args, ...ZIG_SOURCES]),
  "fmt-typescript": (args) => inTurn(formatTypeScript(args)),
};

function formatTypeScript(args: string[]): () => Promise<string[]> {
  return async () => [...await tool("deno"), "fmt", "--quiet", ...args];
}

async function build(args: string[]): Promise<number> {
  return await run(await zigBuild(...args), `${root}/native`);
}

/**
 * Makes sure that there is a native library of these sources. A developer who has built one with Zig gets it built again; else
 * the one in the package is used, which needs no Zig, unless it was made from other sources.
 */
async function library(): Promise<number> {
  const hasBuilt = await exists(`${root}/native/zig-out/lib`);
  if (!hasBuilt && await recordedHash() === await hashSources()) return 0;
  return await build([]);
}

/** Generates the reference of all exports of the package, and replaces the existing one. */
async function makeReference(): Promise<number> {
  const { exports } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`)) as { exports: Record<string, string> };
  await installPackages(); // some types come from there
  const output = `${root}/docs/reference`;
  await Deno.remove(output, { recursive: true }).catch(() => {});
  const command = ["doc", "--html", "--quiet", "--name=bus1", `--output=${output}`, ...Object.values(exports)];
  return await run([...await tool("deno"), ...command]);
}

/** Runs commands until one fails. */
async function inTurn(...steps: (() => Promise<string[]>)[]): Promise<number> {
  for (const step of steps) {
    const code = await run(await step());
    if (code !== 0) return code;
  }
  return 0;
}

if (import.meta.main) {
  const [name = "", ...args] = Deno.args;
  try {
    if (!Object.hasOwn(commands, name)) throw new ToolError(`the commands are ${Object.keys(commands).join(", ")}`);
    Deno.exit(await commands[name](args));
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    console.error(`tasks ${name}: ${error.message}`);
    Deno.exit(1);
  }
}
