/**
 * The project as JavaScript, which is what Node.js runs: the package as a registry makes it for those who install it
 * there, with the tests beside it.
 *
 * @module
 */

import { root, tool, ToolError } from "./toolchain.ts";

/** What is about the tools of this repository, in Deno. */
const TOOLS = /^(bench\/|native\/|tools\/|test\/model\/)/;

/** What the oldest Node.js reads that the package runs in. Of the package's own only the command line has newer syntax. */
const TARGET = "es2023";

/** Makes in `folder` a package of JavaScript, with the native library and the packages of the tests in its reach. */
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
