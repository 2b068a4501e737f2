/**
 * A folder outside the repository in which the programs of a page run as a user's programs would. Only the configuration
 * of Deno and of Bun in that folder leads to `@bus1/bus1`. The npm packages are those of the repository.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isDeno, type Ran } from "../support/harness.ts";
import { MARK } from "./result_mark.ts";
import type { Program } from "./page.ts";

/** The path of the repository, with a slash at its end. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

const CLI = join(root, "src/cli/main.ts");

/** How a program of a page ended. */
export interface Result {
  program: Program;
  /** What it printed. */
  lines: string[];
  /** Why it failed; empty if it succeeded. */
  failure: string;
}

/** A folder with programs in it. */
export class ProgramFolder {
  /** Its path. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async open(): Promise<ProgramFolder> {
    const folder = await mkdtemp(join(tmpdir(), "bus1-documents-"));
    const { imports } = JSON.parse(await readFile(join(root, "deno.json"), "utf8")) as {
      imports: Record<string, string>;
    };
    const ours = Object.entries(imports).filter(([, path]) => path.startsWith("./"))
      .map(([name, path]) => [name, join(root, path)]);
    const config = (lib: string[]) => ({
      imports: Object.fromEntries(ours),
      nodeModulesDir: "manual",
      compilerOptions: { lib },
    });
    const paths = Object.fromEntries(ours.map(([name, path]) => [name, [path]]));
    for (
      const [name, content] of Object.entries({
        "deno.json": config(["deno.window"]),
        "worker.json": config(["deno.worker"]),
        "tsconfig.json": { compilerOptions: { paths } },
      })
    ) await writeFile(join(folder, name), JSON.stringify(content));
    for (const name of ["node_modules", "package.json"]) await symlink(join(root, name), join(folder, name));
    return new ProgramFolder(folder);
  }

  async close(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  /** Writes a program's files, and returns their paths. */
  async write(program: Program): Promise<string[]> {
    const folder = join(this.path, `line_${program.line}`);
    return await Promise.all(program.files.map(async ([name, text]) => {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      return path;
    }));
  }

  /** Runs programs of one file each, one after the other in one process. */
  async runAll(programs: Program[], env: Record<string, string>, onDevice = false): Promise<Result[]> {
    const files = (await Promise.all(programs.map((program) => this.write(program)))).map(([first]) => first);
    const ran = await this.run([join(root, "test/docs/run_programs.ts"), ...files], env, onDevice);
    const parts = ran.stdout.split("\n");
    return programs.map((program) => {
      const end = parts.findIndex((line) => line.startsWith(MARK));
      if (end < 0) {
        const failure = `it did not run to its end: exit code ${ran.code}${
          ran.killed ? ", killed" : ""
        }\n${ran.stderr}`;
        return { program, lines: parts.splice(0), failure };
      }
      const [mark, ...lines] = parts.splice(0, end + 1).reverse();
      return { program, lines: lines.reverse(), failure: JSON.parse(mark.slice(MARK.length)) };
    });
  }

  /** Runs a program of several files, as a user would. */
  async start(program: Program, env: Record<string, string>): Promise<Result> {
    const [first] = await this.write(program);
    const ran = await this.run([first], env, program.onDevice);
    const failure = ran.code === 0 ? "" : `exit code ${ran.code}${ran.killed ? ", killed" : ""}\n${ran.stderr}`;
    return { program, lines: linesOf(ran.stdout), failure };
  }

  /** Runs a file in this runtime, on an emulated device if it needs one. */
  run(args: string[], env: Record<string, string>, onDevice: boolean): Promise<Ran> {
    const runtime = isDeno
      ? [process.execPath, "run", "-A", "--no-check", "--config", join(this.path, "deno.json")]
      : [process.execPath, "run"];
    return execute([...onDevice ? [...this.#onDevice()] : [], ...runtime, ...args], this.path, env);
  }

  /** Runs a compiled program. */
  runNative(file: string, onDevice: boolean): Promise<Ran> {
    const env = { LD_LIBRARY_PATH: join(root, "native/zig-out/lib") };
    return execute([...onDevice ? this.#onDevice() : [], file], this.path, env);
  }

  #onDevice(): string[] {
    return [process.execPath, ...isDeno ? ["run", "-A", "--no-check"] : ["run"], CLI, "run", "--"];
  }
}

/** Splits output into lines. */
export function linesOf(text: string): string[] {
  return text.trimEnd() === "" ? [] : text.trimEnd().split("\n");
}

/** Runs a command to its end; kills it after `timeout` milliseconds. */
export function execute(
  [file, ...args]: string[],
  cwd: string,
  env: Record<string, string> = {},
  timeout = 60_000,
): Promise<Ran> {
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ran: Ran = { code: null, stdout: "", stderr: "", killed: false };
  child.stdout.on("data", (part) => ran.stdout += part);
  child.stderr.on("data", (part) => ran.stderr += part);
  const timer = setTimeout(() => ran.killed = child.kill("SIGKILL"), timeout);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ ...ran, code });
    });
  });
}
