/**
 * The tools of the tasks: their versions, where they are installed from, and how they are called.
 *
 * A fresh clone needs Node.js with npm, and Python for what needs Zig. This file installs the other tools at their first use:
 * Zig from PyPI (unless PATH has exactly our version), the packages that package.json names from npm, and our Deno if
 * another version runs.
 *
 * Rules:
 * - Versions are exact: two are constants in this file, the others are in package.json.
 * - An installation appears whole or not at all: it is made in a folder aside and renamed into place. So tasks may run side
 *   by side and be stopped at any time.
 * - Install scripts of packages do not run. Outside of the repository only the tools' own caches change.
 *
 * To call a tool with arguments:
 *
 * ```sh
 * deno run -A tools/toolchain.ts zig version
 * ```
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The Zig version that native/ is written for. */
export const ZIG = "0.17.0";

/** The Deno version that formats, lints and checks types. The demo runs in any. */
export const DENO = "2.9.6";

/** The folder of the repository, without a slash at its end. */
export const root: string = fileURLToPath(new URL("../", import.meta.url)).replace(/\/$/, "");

/** A failure that its message explains completely, without a stack. */
export class ToolError extends Error {
  override name = "ToolError";
}

/** A tool that {@linkcode tool} finds. */
export type Tool = "zig" | "bun" | "deno" | "tsc";

/** How each tool is found; it is installed if it is missing. */
const finders: Record<Tool, () => Promise<string[]>> = {
  zig: async () => [await findZig()],
  deno: () => Promise.resolve(Deno.version.deno === DENO ? [Deno.execPath()] : ["npx", "--yes", `deno@${DENO}`]),
  bun: async () => (await installPackages(), [await findBun()]),
  tsc: async () => (await installPackages(), [`${modules}/.bin/tsc`]),
};

/**
 * Returns the command line that starts a tool, which is installed first if it is missing.
 *
 * @throws {ToolError} if it cannot be installed.
 */
export function tool(name: Tool): Promise<string[]> {
  return finders[name]();
}

/** Runs a command on the terminal of this process, in the repository or in `cwd`. Returns its exit code. */
export async function run(command: readonly string[], cwd: string = root): Promise<number> {
  const [file, ...args] = command;
  const { code } = await new Deno.Command(file, { args, cwd, env: environment() }).spawn().status;
  return code;
}

/** Returns the command line of `zig build` with these arguments, to be run in `native/`. */
export async function zigBuild(...args: string[]): Promise<string[]> {
  return [...await tool("zig"), "build", ...args];
}

/** Returns what a tool needs in its environment beside the existing variables. */
export function environment(): Record<string, string> {
  const hasHome = ["HOME", "XDG_CACHE_HOME", "ZIG_GLOBAL_CACHE_DIR"].some((name) => Deno.env.get(name));
  return hasHome ? {} : { ZIG_GLOBAL_CACHE_DIR: `${store}/cache` };
}

const store = `${root}/native/.toolchain`;
const modules = `${root}/node_modules`;
const zigHome = `${store}/ziglang-${ZIG}`;
const zig = `${zigHome}/ziglang/zig`;

/** Whether Zig is installed, so that {@linkcode tool} has nothing to install. */
export async function hasZig(): Promise<boolean> {
  return await isZigOnPath() || await exists(zig);
}

async function isZigOnPath(): Promise<boolean> {
  const { success, text } = await captured(["zig", "version"]);
  return success && text.trim() === ZIG;
}

async function findZig(): Promise<string> {
  if (await isZigOnPath()) return "zig";
  await appear(zigHome, `Zig ${ZIG} from PyPI`, () => exists(zig), async (aside) => {
    const made = `${aside}/ziglang`;
    const install = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", made, `ziglang==${ZIG}`];
    const byPip = await captured(["python3", ...install]);
    if (byPip.success) return made;
    // A Python without pip may be able to make an environment that has it.
    const byVenv = await captured(["python3", "-m", "venv", `${aside}/venv`]);
    if (byVenv.success && (await captured([`${aside}/venv/bin/python`, ...install])).success) return made;
    return fail(
      `Zig ${ZIG} is not on PATH and Python's pip could not install it:\n${byPip.text}\n` +
        `Put Zig ${ZIG} on PATH, or install Python 3 with pip.`,
    );
  });
  return zig;
}

/** Installs the packages of package-lock.json into `node_modules`, unless those of package.json are there already. */
export async function installPackages(): Promise<void> {
  const { devDependencies } = JSON.parse(await Deno.readTextFile(`${root}/package.json`));
  const ready = () => hasPackages(devDependencies);
  await appear(modules, "Bun, TypeScript and the packages of the tests from npm", ready, async (aside) => {
    for (const name of ["package.json", "package-lock.json"]) {
      await Deno.copyFile(`${root}/${name}`, `${aside}/${name}`);
    }
    const command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    const result = await captured(command, aside);
    return result.success ? `${aside}/node_modules` : fail(`${command.join(" ")}: ${result.text}`);
  });
  if (!await ready()) fail("package-lock.json does not fit package.json: run npm install --package-lock-only");
}

async function hasPackages(versions: Record<string, string>): Promise<boolean> {
  for (const [name, version] of Object.entries(versions)) {
    const text = await Deno.readTextFile(`${modules}/${name}/package.json`).catch(() => "{}");
    if (JSON.parse(text).version !== version) return false;
  }
  return true;
}

/**
 * Finds the executable of Bun: in one of the packages in `@oven`, of which npm has installed those for this machine; or, after
 * an `npm ci` with install scripts, in the package `bun`, to which its script moves it.
 */
async function findBun(): Promise<string> {
  const files = (await namesIn(`${modules}/@oven`)).map((name) => `${modules}/@oven/${name}/bin/bun`);
  for (const file of [...files, `${modules}/bun/bin/bun.exe`]) {
    if ((await captured([file, "--version"])).success) return file;
  }
  return fail("npm has not installed a Bun that runs on this machine");
}

/** Returns the executable of Bun for arm64 Linux, in the same version, which this machine can run emulated. */
export async function arm64Bun(): Promise<string> {
  const { devDependencies: { bun: version } } = JSON.parse(await Deno.readTextFile(`${root}/package.json`));
  const name = "@oven/bun-linux-aarch64";
  const home = `${store}/bun-arm64-${version}`;
  const file = `${home}/${name}/bin/bun`;
  await appear(home, `Bun ${version} for arm64 from npm`, () => exists(file), async (aside) => {
    // Without --force npm refuses a package for another processor.
    const flags = ["--force", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", aside];
    const result = await captured(["npm", "install", ...flags, `${name}@${version}`], aside);
    return result.success ? `${aside}/node_modules` : fail(`npm install ${name}@${version}: ${result.text}`);
  });
  return file;
}

/** Calls `make` with a folder aside, and moves its result to `target`, unless that is `ready`. */
async function appear(
  target: string,
  what: string,
  ready: () => Promise<boolean>,
  make: (aside: string) => Promise<string>,
): Promise<void> {
  if (await ready()) return;
  console.error(`Installing ${what} (once) ...`);
  await Deno.mkdir(store, { recursive: true });
  const aside = await Deno.makeTempDir({ dir: store, prefix: "making-" });
  try {
    const made = await make(aside);
    if (await ready()) return; // another task was faster, and its installation may be in use
    if (await exists(target)) await Deno.rename(target, `${aside}/replaced`);
    await Deno.rename(made, target);
  } finally {
    await Deno.remove(aside, { recursive: true });
  }
}

async function captured(command: string[], cwd: string = root): Promise<{ success: boolean; text: string }> {
  const [file, ...args] = command;
  try {
    const output = await new Deno.Command(file, { args, cwd, stdin: "null" }).output();
    const text = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    return { success: output.success, text };
  } catch (error) { // no such program
    return { success: false, text: String(error) };
  }
}

/** Whether there is a file or a folder at a path. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function namesIn(folder: string): Promise<string[]> {
  if (!await exists(folder)) return [];
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}

function fail(message: string): never {
  throw new ToolError(message);
}

if (import.meta.main) {
  const [name = "", ...args] = Deno.args;
  try {
    if (!Object.hasOwn(finders, name)) fail(`the tools are ${Object.keys(finders).join(", ")}`);
    Deno.exit(await run([...await tool(name as Tool), ...args]));
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    console.error(`toolchain: ${error.message}`);
    Deno.exit(1);
  }
}
