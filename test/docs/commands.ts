/**
 * Checks the commands of `sh` blocks: their tasks, files, and options of the command line must exist.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./program_folder.ts";

const { name: PACKAGE, tasks } = JSON.parse(await readFile(join(root, "deno.json"), "utf8")) as {
  name: string;
  tasks: Record<string, unknown>;
};

/** Programs that are not part of this project; their arguments are not checked. */
const FOREIGN = new Set(["bash", "cd", "git", "mkdir", "sh"]);

/** Returns the commands of a block, without comments; a line that ends in a backslash is joined with the next. */
export function commandsOf(code: string): string[] {
  return code.replaceAll("\\\n", " ").split("\n").map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}

/** Says what is wrong with a command, if anything. `files` are the files of its page. */
export async function complaint(command: string, files: ReadonlySet<string>): Promise<string | undefined> {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
  while (/^[A-Z0-9_]+=/.test(words[0] ?? "")) words.shift();
  return await ofWords(words, files);
}

async function ofWords([program, ...args]: string[], files: ReadonlySet<string>): Promise<string | undefined> {
  if (program === "npx" && args[0] === "-y" && args[1] === "deno@2") {
    return await ofWords(["deno", ...args.slice(2)], files);
  }
  if (program === "deno") return await ofDeno(args, files);
  if (program === "bun") return await ofProgram(args[0] === "run" ? args.slice(1) : args, files);
  if (program === "bunx" || program === "npx") {
    return args.join(" ") === `jsr add ${PACKAGE}` ? undefined : `${program}: only "jsr add ${PACKAGE}" is allowed`;
  }
  if (program === "zig") return ofCompiler(args, files);
  if (FOREIGN.has(program) || program?.startsWith("./")) return undefined;
  return `the program ${program} is unknown`;
}

async function ofDeno([command, ...args]: string[], files: ReadonlySet<string>): Promise<string | undefined> {
  switch (command) {
    case "task":
      return Object.hasOwn(tasks, args[0]) ? undefined : `deno.json has no task ${args[0]}`;
    case "add":
      return args.every((arg) => arg === `jsr:${PACKAGE}`) ? undefined : "it adds another package";
    case "run":
      return await ofProgram(args, files);
    case "doc":
    case "publish":
      return undefined;
    default:
      return `the command deno ${command} is unknown`;
  }
}

/** Checks a program, after the options of its runtime. */
async function ofProgram(args: string[], files: ReadonlySet<string>): Promise<string | undefined> {
  while (args[0]?.startsWith("-")) args = args.slice(1);
  const [path, ...rest] = args;
  if (path === "src/cli/main.ts" || path === `jsr:${PACKAGE}/cli`) return await ofCli(rest, files);
  return files.has(path) || existsSync(join(root, path)) ? undefined : `the file ${path} is missing`;
}

async function ofCli([name, ...args]: string[], files: ReadonlySet<string>): Promise<string | undefined> {
  if (name === undefined || name === "--help") return undefined;
  if (!existsSync(join(root, `src/cli/${name}.ts`))) return `the command line has no command ${name}`;
  const { help, own } = await import(join(root, `src/cli/${name}.ts`)) as {
    help: string;
    own?(args: string[]): string[];
  };
  const ours = own?.(args) ?? args;
  const unknown = ours.find((arg) => arg.startsWith("-") && arg !== "--help" && !help.includes(arg.split("=")[0]));
  if (unknown) return `${name} has no option ${unknown}`;
  const inner = args.slice(ours.length);
  if (inner[0] === "--") inner.shift();
  if (inner.length === 0) return undefined;
  return name === "graph" ? await ofProgram(inner, files) : await ofWords(inner, files);
}

function ofCompiler([command, ...args]: string[], files: ReadonlySet<string>): string | undefined {
  if (command !== "cc") return `the command zig ${command} is unknown`;
  const folders = args.filter((_, i) => ["-I", "-L"].includes(args[i - 1]));
  const missing = folders.find((folder) => !existsSync(join(root, folder))) ??
    args.find((arg) => arg.endsWith(".c") && !files.has(arg));
  return missing ? `${missing} is missing` : undefined;
}
