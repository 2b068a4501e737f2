/**
 * The project as JavaScript, for Node.js: the package as a registry makes it for npm, with the tests beside it.
 *
 * @module
 */

import { root, tool, ToolError } from "./toolchain.ts";

/** Files that only Deno runs: the tools of this repository. */
const TOOLS = /^(bench\/|native\/|tools\/|test\/model\/)/;

/** The syntax of the oldest Node.js that runs the package. Of the package only the command line has newer syntax. */
const TARGET = "es2023";

/** Makes a package of JavaScript in `folder`, which finds the native library and the packages of the tests. */
export async function makeJavaScript(folder: string): Promise<void> {
  const files = (await sources("")).filter((file) => !TOOLS.test(file));
  const options = ["--ignoreConfig", "--noCheck", "--module", "nodenext", "--target", TARGET, "--lib", "esnext,dom"]
    .concat(["--types", "", "--rewriteRelativeImportExtensions", "--rootDir", root, "--outDir", folder]);
  const [file, ...args] = await tool("tsc");
  const { success, stdout } = await new Deno.Command(file, { args: [...args, ...files, ...options], cwd: root })
    .output();
  if (!success) throw new ToolError(new TextDecoder().decode(stdout));

  const { name, exports } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  const compiled = Object.entries<string>(exports).map(([path, file]) => [path, file.replace(/\.ts$/, ".js")]);
  await write(`${folder}/package.json`, { name, type: "module", exports: Object.fromEntries(compiled) });
  const std = `${folder}/node_modules/@std/assert`;
  await Deno.mkdir(std, { recursive: true });
  await write(`${std}/package.json`, { type: "module", exports: "./assert.js" });
  await Deno.symlink(`${folder}/test/support/assert.js`, `${std}/assert.js`);
  for await (const { name } of Deno.readDir(`${root}/node_modules`)) {
    if (!name.startsWith(".")) await Deno.symlink(`${root}/node_modules/${name}`, `${folder}/node_modules/${name}`);
  }
  await Deno.mkdir(`${folder}/native`, { recursive: true });
  await Deno.symlink(`${root}/native/zig-out`, `${folder}/native/zig-out`);
}

async function sources(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${root}/${folder}`)) {
    const path = `${folder}${name}`;
    if (isDirectory && !/^(\.|node_modules$)/.test(name)) found.push(...await sources(`${path}/`));
    else if (name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

async function write(file: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(file, JSON.stringify(value, null, 2));
}
