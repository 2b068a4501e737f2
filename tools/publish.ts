/**
 * Checks the files that would be published, and writes them to a folder.
 *
 * ```sh
 * deno run -A tools/publish.ts check      # the suite `publish`: problems that a registry or its readers would find
 * deno run -A tools/publish.ts release    # deno task release: the same, and the conditions for this version
 * deno run -A tools/publish.ts stage DIR  # the files, as a registry has them
 * ```
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { DENO, installPackages, root, run, tool, ToolError } from "./toolchain.ts";

/** The registry's limits in bytes, for one file and for a package. */
const LIMITS = { file: 4 << 20, package: 20 << 20 };

/** The part of deno.json that is read here. */
interface Config {
  version: string;
  exports: Record<string, string>;
  imports: Record<string, string>;
}

/** Reads deno.json. */
async function readConfig(): Promise<Config> {
  return JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
}

/**
 * Returns the paths of all files that `deno publish` would publish, below the root of the repository.
 *
 * @throws {ToolError} with its output, if it refuses.
 */
async function publishedPaths(...options: string[]): Promise<string[]> {
  await installPackages(); // types are among them
  const [deno, ...first] = await tool("deno");
  const args = [...first, "publish", "--dry-run", "--allow-dirty", ...options];
  const command = new Deno.Command(deno, { args, cwd: root, env: { NO_COLOR: "1" }, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  if (!success) throw new ToolError(`deno ${DENO} publish --dry-run:\n${text}`);
  const urls = [...text.matchAll(/^\s+(file:\/\/\S+) \(/gm)].map(([, url]) => url);
  const paths = urls.map((url) => fileURLToPath(url).slice(root.length + 1));
  if (!paths.includes("mod.ts")) throw new ToolError(`deno ${DENO} publish --dry-run lists no files:\n${text}`);
  return paths;
}

/** Writes these files to a folder, as a registry serves them: the names that deno.json maps are resolved. */
async function stage(folder: string, ...options: string[]): Promise<string[]> {
  const paths = await publishedPaths(...options);
  const { imports } = await readConfig();
  for (const path of paths) {
    await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    if (path.endsWith(".ts")) {
      await Deno.writeTextFile(
        `${folder}/${path}`,
        resolved(await Deno.readTextFile(`${root}/${path}`), path, imports),
      );
    } else {
      await Deno.copyFile(`${root}/${path}`, `${folder}/${path}`);
    }
  }
  return paths;
}

/** Resolves the specifiers of a module that need deno.json; not those in comments, which readers copy. */
function resolved(text: string, path: string, imports: Record<string, string>): string {
  const up = path.replace(/[^/]*$/, "").replace(/[^/]+\//g, "../") || "./";
  return text.replace(/^((?:import|export|\}) .*from |import )"([^"]+)";$/gm, (line, start, name) => {
    return Object.hasOwn(imports, name) ? `${start}"${up}${imports[name].slice(2)}";` : line;
  });
}

/** Checks that the files keep the registry's limits, and that all entry points are documented. */
async function check(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bus1-publish-" });
  try {
    const paths = await stage(folder);
    const sizes = await Promise.all(paths.map(async (path) => (await Deno.stat(`${folder}/${path}`)).size));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const kilobytes = (bytes: number) => `${Math.ceil(bytes / 1024)} KB`;
    const most = Math.max(...sizes);
    console.log(
      `${paths.length} files, ${kilobytes(total)}; the largest ${kilobytes(most)}, ${paths[sizes.indexOf(most)]}`,
    );
    await checkWorkers(folder, paths);
    if (most > LIMITS.file || total > LIMITS.package) throw new ToolError("the registry takes less");
    // In that folder, since here it would also find the types of the tools.
    const entries = Object.values((await readConfig()).exports);
    const code = await run([...await tool("deno"), "doc", "--quiet", "--lint", ...entries], folder);
    if (code !== 0) throw new ToolError("deno doc --lint has found something");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Checks that modules which a URL names, as those of Workers, would be published too: no tool knows them. */
async function checkWorkers(folder: string, paths: string[]): Promise<void> {
  for (const path of paths.filter((path) => path.endsWith(".ts"))) {
    const text = await Deno.readTextFile(`${folder}/${path}`);
    const code = text.replace(/^ *\*.*$/gm, ""); // examples are programs of users
    for (const [, name] of code.matchAll(/new URL\("(\.[^"]+\.ts)", import\.meta\.url\)/g)) {
      const named = new URL(name, `file:///${path}`).pathname.slice(1);
      if (!paths.includes(named)) throw new ToolError(`${path} needs ${named}, which would not be published`);
    }
  }
}

/** Checks the conditions for publishing this version that a test run does not check. */
async function release(): Promise<void> {
  await check();
  const { version } = await readConfig();
  const changes = await Deno.readTextFile(`${root}/CHANGELOG.md`).catch(() => "");
  if (!changes.includes(`\n## [${version}]`)) {
    throw new ToolError(`CHANGELOG.md has no section [${version}], the version in deno.json`);
  }
  const status = await new Deno.Command("git", { args: ["status", "--porcelain"], cwd: root }).output();
  if (status.stdout.length > 0) throw new ToolError("there are changes that are not committed");
  if (await run([...await tool("deno"), "run", "--allow-all", "tools/builds.ts", "--check"]) !== 0) {
    throw new ToolError("the native builds are not those of the sources");
  }
  console.log(`${version} can be published: deno publish, git tag v${version}, git push origin v${version}`);
}

if (import.meta.main) {
  const [name, folder] = Deno.args;
  try {
    if (name === "check") await check();
    else if (name === "release") await release();
    else if (name === "stage" && folder !== undefined) await stage(folder, "--no-check");
    else throw new ToolError("the commands are check, release and stage FOLDER");
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    console.error(`publish: ${error.message}`);
    Deno.exit(1);
  }
}
