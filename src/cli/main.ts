/**
 * The command line: `deno run -A jsr:@bus1/bus1/cli COMMAND`, and the same in Bun. It is a program, and exports nothing.
 *
 * Exit codes:
 * - 0: the command did its work.
 * - 1: it failed.
 * - 2: wrong usage.
 * - 130 and 143: SIGINT and SIGTERM ended it.
 * - 141: the reader of its output has closed it.
 *
 * @example
 * ```sh
 * deno run -A jsr:@bus1/bus1/cli doctor
 * ```
 *
 * @module
 */

import process from "node:process";
import { type Command, commands, overview } from "./commands.ts";
import { onSignals } from "./support/interrupt.ts";
import { complain, print } from "./support/screen.ts";
import { usageComplaint, UsageError, wrongWord } from "./support/usage.ts";
import { VERSION } from "./support/version.ts";

const HELP = ["--help", "-h"];

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined) {
    complain(overview.trimEnd());
    return 2;
  }
  const [first = "help"] = args;
  if (HELP.includes(name) || name === "help" && first === "help") {
    print(overview.trimEnd());
    return 0;
  }
  if (name === "--version" || name === "-V") {
    print(`bus1 ${VERSION}`);
    return 0;
  }
  if (name === "help") {
    print((await commandOf(first)).help.trimEnd());
    return 0;
  }
  return await call(name, args);
}

function commandOf(name: string): Promise<Command> {
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry !== undefined) return entry.load();
  const isOption = name.startsWith("-");
  const wrong = isOption ? `there is no option ${name}` : `there is no command ${JSON.stringify(name)}`;
  const words = [...Object.keys(commands), "help", "--help", "--version"]
    .filter((word) => word.startsWith("-") === isOption);
  throw new UsageError(wrongWord(wrong, name, words, `"--help" lists them`));
}

async function call(name: string, args: string[]): Promise<number> {
  const command = await commandOf(name);
  const options = command.own?.(args) ?? (args.includes("--") ? args.slice(0, args.indexOf("--")) : args);
  if (options.some((arg) => HELP.includes(arg))) {
    print(command.help.trimEnd());
    return 0;
  }
  if (!command.becomesAnother) onSignals();
  try {
    return await command.run(args);
  } catch (error) {
    const complaint = usageComplaint(error, name, command.help);
    throw complaint === undefined ? error : new UsageError(complaint);
  }
}

/** Runs the command line of this process, and sets its exit code. */
async function runMain(): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    complain(`bus1: ${error instanceof Error ? error.message : error}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

// Without a top-level await: a module that has one cannot be loaded by `require`.
if (import.meta.main) {
  void runMain();
} else if (import.meta.main === undefined) {
  console.error("bus1: the command line needs Deno, Bun, or Node.js from 24.2 on");
  process.exitCode = 1;
}
