/**
 * The commands of `sh` blocks: what they name must exist, the tasks, the files, and the options of our command line.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./workshop.ts";

const { name: PACKAGE, tasks } = JSON.parse(await readFile(join(root, "deno.json"), "utf8")) as {
  name: string;
  tasks: Record<string, unknown>;
};

/** Programs of others, of which nothing is checked. */
const FOREIGN = new Set(["bash", "cd", "git", "mkdir", "sh"]);

/** The commands in a block: without comments, and with lines joined that end in a backslash. */
export function commandsOf(code: string): string[] {
  return code.replaceAll("\\\n", " ").split("\n").map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}

/** Says what is wrong with a command; `files` are those that its page has. */
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
    return args.join(" ") === `jsr add ${PACKAGE}` ? undefined : `${program}: only "jsr add ${PACKAGE}" is known`;
  }
  if (program === "zig") return ofCompiler(args, files);
  if (FOREIGN.has(program) || program?.startsWith("./")) return undefined;
  return `nobody knows the program ${program}`;
}

async function ofDeno([command, ...args]: string[], files: ReadonlySet<string>): Promise<string | undefined> {
  switch (command) {
    case "task":
      return Object.hasOwn(tasks, args[0]) ? undefined : `deno.json has no task ${args[0]}`;
    case "add":
      return args.every((arg) => arg === `jsr:${PACKAGE}`) ? undefined : "another package is added";
    case "run":
      return await ofProgram(args, files);
    case "doc":
    case "publish":
      return undefined;
    default:
      return `nothing is known of deno ${command}`;
  }
}

/** A program with the options of the runtime in front of it. */
async function ofProgram(args: string[], files: ReadonlySet<string>): Promise<string | undefined> {
  while (args[0]?.startsWith("-")) args = args.slice(1);
  const [path, ...rest] = args;
  if (path === "src/cli/main.ts" || path === `jsr:${PACKAGE}/cli`) return await ofCli(rest, files);
  return files.has(path) || existsSync(join(root, path)) ? undefined : `there is no file ${path}`;
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
  if (command !== "cc") return `nothing is known of zig ${command}`;
  const folders = args.filter((_, i) => ["-I", "-L"].includes(args[i - 1]));
  const missing = folders.find((folder) => !existsSync(join(root, folder))) ??
    args.find((arg) => arg.endsWith(".c") && !files.has(arg));
  return missing ? `there is no ${missing}` : undefined;
}
