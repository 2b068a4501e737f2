/**
 * The tools of the tasks: which versions, where they come from, and how they are called.
 *
 * A fresh clone needs Node.js with npm and Python; everything else is installed by this file on first use:
 * Zig from PyPI (unless PATH has exactly our version), what package.json names from npm, and, if the
 * Deno that runs is another one, our Deno too.
 *
 * Rules:
 * - Versions are exact: two stand below, the others in package.json.
 * - An installation appears whole or not at all: it is made aside and renamed into place, so that tasks may run
 *   side by side and be stopped at any time.
 * - No install script of a package runs. Nothing outside the repository changes but the tools' own caches.
 *
 * @example
 * ```sh
 * deno run -A tools/toolchain.ts build              # the native library
 * deno run -A tools/toolchain.ts bun test/a_test.ts # the pinned Bun, with arguments
 * ```
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The Zig version that native/ is written for. */
export const ZIG = "0.17.0";

/** The Deno version whose formatter, linter and type checker are ours; the demo runs on any. */
export const DENO = "2.9.6";

/** The folder of the repository, without a slash at its end. */
export const root: string = fileURLToPath(new URL("../", import.meta.url)).replace(/\/$/, "");

/** A failure that its message explains fully. */
export class ToolError extends Error {
  override name = "ToolError";
}

/** The tools that {@linkcode tool} finds. */
export type ToolName = "zig" | "bun" | "deno" | "tsc";

/**
 * The command line that starts a tool, which is installed first if need be.
 *
 * @throws {ToolError} if it cannot be installed.
 */
export async function tool(name: ToolName): Promise<string[]> {
  switch (name) {
    case "zig":
      return [await findZig()];
    case "deno":
      return Deno.version.deno === DENO ? [Deno.execPath()] : ["npx", "--yes", `deno@${DENO}`];
    case "bun":
      await installPackages();
      return [await findBun()];
    case "tsc":
      await installPackages();
      return [`${modules}/.bin/tsc`];
  }
}

/** Runs a command on the terminal of this process, in the repository or in `cwd`. Answers its exit code. */
export async function run(command: readonly string[], cwd: string = root): Promise<number> {
  const [file, ...args] = command;
  const { code } = await new Deno.Command(file, { args, cwd, env: environment() }).spawn().status;
  return code;
}

/** The command line of `zig build` with these arguments, to be run in `native/`. */
export async function zigBuild(...args: string[]): Promise<string[]> {
  return [...await tool("zig"), "build", ...args];
}

/** What a tool needs in its environment beside what is there. */
export function environment(): Record<string, string> {
  const hasHome = ["HOME", "XDG_CACHE_HOME", "ZIG_GLOBAL_CACHE_DIR"].some((name) => Deno.env.get(name));
  return hasHome ? {} : { ZIG_GLOBAL_CACHE_DIR: `${store}/cache` };
}

const store = `${root}/native/.toolchain`;
const modules = `${root}/node_modules`;

async function findZig(): Promise<string> {
  const onPath = await captured(["zig", "version"]);
  if (onPath.success && onPath.text.trim() === ZIG) return "zig";

  const home = `${store}/ziglang-${ZIG}`;
  const zig = `${home}/ziglang/zig`;
  await appear(home, `Zig ${ZIG} from PyPI`, () => exists(zig), async (aside) => {
    const made = `${aside}/ziglang`;
    const install = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", made, `ziglang==${ZIG}`];
    const byPip = await captured(["python3", ...install]);
    if (byPip.success) return made;
    // A Python without pip may still be able to make an environment that has it.
    const byVenv = await captured(["python3", "-m", "venv", `${aside}/venv`]);
    if (byVenv.success && (await captured([`${aside}/venv/bin/python`, ...install])).success) return made;
    return fail(
      `Zig ${ZIG} is not on PATH and Python's pip could not install it:\n${byPip.text}\n` +
        `Put Zig ${ZIG} on PATH, or install Python 3 with pip.`,
    );
  });
  return zig;
}

/** Makes `node_modules` as package-lock.json has it, unless it already holds what package.json asks for. */
export async function installPackages(): Promise<void> {
  const { devDependencies } = JSON.parse(await Deno.readTextFile(`${root}/package.json`));
  const ready = () => hasPackages(devDependencies);
  await appear(modules, "Bun, TypeScript and what the tests use from npm", ready, async (aside) => {
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

/** The Bun in whichever of its packages npm has chosen for this machine; the scripts of `bun` itself do not run. */
async function findBun(): Promise<string> {
  for await (const { name } of Deno.readDir(`${modules}/@oven`)) {
    const file = `${modules}/@oven/${name}/bin/bun`;
    if ((await captured([file, "--version"])).success) return file;
  }
  return fail("npm has no Bun for this machine");
}

/** The Bun of this version for arm64 Linux, which this machine can run emulated. */
export async function arm64Bun(): Promise<string> {
  const { devDependencies: { bun: version } } = JSON.parse(await Deno.readTextFile(`${root}/package.json`));
  const name = "@oven/bun-linux-aarch64";
  const home = `${store}/bun-arm64-${version}`;
  const file = `${home}/${name}/bin/bun`;
  await appear(home, `Bun ${version} for arm64 from npm`, () => exists(file), async (aside) => {
    // By force: it is not for this machine.
    const flags = ["--force", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", aside];
    const result = await captured(["npm", "install", ...flags, `${name}@${version}`], aside);
    return result.success ? `${aside}/node_modules` : fail(`npm install ${name}@${version}: ${result.text}`);
  });
  return file;
}

/** Lets `make` work in a folder aside, and moves what it made to `target`, in place of what is not `ready` there. */
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
    if (await ready()) return; // another task was faster, and may be using it
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

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function fail(message: string): never {
  throw new ToolError(message);
}

/** The commands of this file; each answers an exit code. */
const commands: Record<string, (args: string[]) => Promise<number>> = {
  build: async (args) => await run(await zigBuild(...args), `${root}/native`),
  docs: makeReference,
  check: () =>
    inTurn(
      async () => (await installPackages(), [...await tool("deno"), "check", "--quiet", "."]),
      async () => [...await tool("tsc"), "--project", root],
    ),
  fmt: (args) =>
    inTurn(
      async () => [...await tool("deno"), "fmt", ...args],
      async () => [
        ...await tool("zig"),
        "fmt",
        ...args,
        "native/build.zig",
        "native/build",
        "native/corpus",
        "native/src",
        "bench",
      ],
    ),
};

/** Makes the reference of all that the package exports, in place of the one that is there. */
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
    const command = commands[name];
    if (command) Deno.exit(await command(args));
    Deno.exit(await run([...await tool(name as ToolName), ...args]));
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    console.error(`${name}: ${error.message}`);
    Deno.exit(1);
  }
}
