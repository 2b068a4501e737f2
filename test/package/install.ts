/**
 * The package as its users get it: exactly the files that would be published, installed into an empty project from a
 * registry on this machine. No file of this repository or of this user's home is in reach. Then the registry is closed, and
 * nothing more is fetched.
 *
 * In Deno the package comes from JSR. In Bun and Node.js it comes from npm, as the tarball that JSR makes of a package: its
 * modules as JavaScript, their declarations in `_dist`, and the unchanged sources.
 *
 * @module
 */

import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import { isDeno, type Ran } from "../support/harness.ts";
import { serve } from "./registry.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** An empty project with the package and some programs. */
export class Project {
  /** The folder of all its files: the project, its home and its caches. */
  readonly folder: string = mkdtempSync(join(tmpdir(), "bus1-package-"));
  readonly home: string = join(this.folder, "home");
  readonly #env: Record<string, string>;

  constructor() {
    mkdirSync(this.home);
    mkdirSync(join(this.folder, "project"));
    this.#env = { PATH: process.env.PATH!, HOME: this.home, NO_COLOR: "1", DENO_DIR: join(this.folder, "deno") };
  }

  /** The path of something in the project. */
  path(name: string): string {
    return join(this.folder, "project", name);
  }

  /** Installs the package for the runtime that is running. */
  async install(programs: Record<string, string>): Promise<void> {
    const staged = join(this.folder, "staged");
    stage(staged);
    for (const [name, text] of Object.entries(programs)) writeFileSync(this.path(name), text);
    if (isDeno) await this.#fromJsr(staged, Object.keys(programs));
    else await this.#fromNpm(staged);
  }

  async #fromJsr(staged: string, programs: string[]): Promise<void> {
    await using registry = await serve(staged);
    writeFileSync(this.path("deno.json"), "{}");
    const env = { JSR_URL: registry.url };
    const add = await this.start([process.execPath, "add", "--quiet", "jsr:@bus1/bus1"], env);
    assertEquals(add.code, 0, add.stderr);
    const command = ["install", "--quiet", "--entrypoint", ...programs, "jsr:@bus1/bus1/cli"];
    const cache = await this.start([process.execPath, ...command], env);
    assertEquals(cache.code, 0, cache.stderr);
    // The cache belongs to this registry, which is closed now: Deno must know the name, and would fail to fetch.
    this.#env.JSR_URL = registry.url;
  }

  async #fromNpm(staged: string): Promise<void> {
    const tarball = pack(staged, this.folder);
    writeFileSync(this.path("package.json"), "{}");
    const added = await this.start([process.execPath, "add", `@bus1/bus1@${tarball}`]);
    assertEquals(added.code, 0, added.stderr);
  }

  /** Runs a program of the project in this runtime. The flags are for Deno. */
  run(program: string, flags: string[] = ["--allow-all"], env: Record<string, string> = {}): Promise<Ran> {
    const command = isDeno ? ["run", "--no-check", "--no-prompt", "--cached-only", ...flags] : ["run"];
    return this.start([process.execPath, ...command, program], env);
  }

  /** Runs a command in the project, with the project's environment. */
  async start(command: string[], env: Record<string, string> = {}, timeout = 60_000): Promise<Ran> {
    const child = starter(command, this.path("."), { ...this.#env, ...env });
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      child.kill();
    }, timeout);
    const { code, stdout, stderr } = await child.ended;
    clearTimeout(timer);
    return { code, stdout, stderr, killed };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Starts a command with this environment. */
function starter(
  [file, ...args]: string[],
  cwd: string,
  env: Record<string, string>,
): { kill(): void; ended: Promise<{ code: number | null; stdout: string; stderr: string }> } {
  if (isDeno) { // Deno's node:child_process would give all permissions to a Deno that it starts
    const options = { args, cwd, env, clearEnv: true, stdin: "null", stdout: "piped", stderr: "piped" } as const;
    const child = new Deno.Command(file, options).spawn();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const ended = child.output()
      .then(({ code, stdout, stderr }) => ({ code, stdout: text(stdout), stderr: text(stderr) }));
    return { kill: () => child.kill("SIGKILL"), ended };
  }
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => printed.stdout += chunk);
  child.stderr.on("data", (chunk) => printed.stderr += chunk);
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...printed }));
  });
  return { kill: () => child.kill("SIGKILL"), ended };
}

/** Puts the files that would be published into a folder. */
function stage(folder: string): void {
  const deno = isDeno ? [process.execPath] : ["npx", "--yes", "deno@2"];
  const [file, ...args] = [...deno, "run", "--allow-all", "--no-check", "tools/publish.ts", "stage", folder];
  execFileSync(file, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
}

/** Makes a tarball of these files for npm, in a folder, and returns its path. */
function pack(staged: string, folder: string): string {
  const { version, exports } = JSON.parse(readFileSync(join(staged, "deno.json"), "utf8")) as {
    version: string;
    exports: Record<string, string>;
  };
  const made = join(folder, "tarball/package");
  cpSync(staged, made, { recursive: true });
  // Types of the runtimes are not found here; the suite `check` has checked the types.
  const options = ["--ignoreConfig", "--noCheck", "--module", "esnext", "--moduleResolution", "bundler"]
    .concat(["--target", "esnext", "--types", "", "--rewriteRelativeImportExtensions", "--rootDir", staged])
    .concat(["--outDir", made, "--declaration", "--declarationDir", join(made, "_dist")]);
  const entries = Object.values(exports).map((path) => join(staged, path));
  execFileSync(join(root, "node_modules/.bin/tsc"), [...entries, ...options], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const described = Object.entries(exports).map(([name, path]) => {
    const bare = path.replace(/^\.\/(.*)\.ts$/, "$1");
    return [name, { types: `./_dist/${bare}.d.ts`, default: `./${bare}.js` }];
  });
  const description = { name: "@jsr/bus1__bus1", version, type: "module", dependencies: {} };
  const text = JSON.stringify({ ...description, exports: Object.fromEntries(described) });
  writeFileSync(join(made, "package.json"), text);
  const tarball = join(folder, "bus1.tgz");
  execFileSync("tar", ["-czf", tarball, "-C", join(folder, "tarball"), "package"]);
  return tarball;
}
