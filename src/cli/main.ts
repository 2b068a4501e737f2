/**
 * The command line: `deno run -A jsr:@bus1/bus1/cli COMMAND`, and the same in Bun.
 *
 * Exit codes: 0 if the command did its work, 1 if it failed, 2 if it was called in a wrong way, 130 and 143 if SIGINT and
 * SIGTERM ended it, 141 if nobody read its output any more. A command is loaded when it is called.
 *
 * @example
 * ```sh
 * deno run -A jsr:@bus1/bus1/cli doctor
 * ```
 *
 * @module
 */

import process from "node:process";
import { onSignals } from "./interrupt.ts";
import { complain, print } from "./screen.ts";
import { usageComplaint, UsageError, wrongWord } from "./usage.ts";
import { VERSION } from "./version.ts";

/** What the module of a command exports. */
export interface Command {
  /**
   * What `--help` prints: it begins with `Usage:`, options stand in lines of their own, and under `Examples:` there are
   * whole commands as a user types them, which the tests run.
   */
  readonly help: string;
  /** Whether it becomes another program, whose signals are its own. */
  readonly becomesAnother?: boolean;
  /** Which of the arguments are its own; all, if it does not say. */
  own?(args: string[]): string[];
  /** Runs it with the arguments after its name; answers the exit code. */
  run(args: string[]): Promise<number>;
}

/** A command, as the overview knows it. */
export interface Entry {
  /** A line about it. */
  readonly about: string;
  /** Loads its module. */
  readonly load: () => Promise<Command>;
}

/** The commands by their names. */
export const commands: Readonly<Record<string, Entry>> = {
  doctor: { about: "What works here, and why not", load: () => import("./doctor.ts") },
  demo: { about: "Workers index the text files of a folder over the bus", load: () => import("./demo.ts") },
  bench: { about: "This machine: bus1 beside postMessage and others", load: () => import("./bench.ts") },
  graph: { about: "Draw the bus of a program: peers, nodes, handles", load: () => import("./graph.ts") },
  run: { about: "Give a program a /dev/bus1, on any kernel", load: () => import("./run.ts") },
  conformance: { about: "Does a bus1 device keep the contract?", load: () => import("./conformance.ts") },
};

/** What `--help` prints without a command. */
export const overview: string = `Usage: COMMAND [ARGUMENT...]

bus1: capability-based messages for Deno and Bun, and the kernel's /dev/bus1.

Commands:
${Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`).join("\n")}

Options:
  -h, --help     this text; COMMAND --help, or help COMMAND, about a command
  -V, --version  the version of this package

Exit codes: 0 the command did its work, 1 it failed, 2 it was called in a wrong way; 130 and 143 by SIGINT and SIGTERM, 141
when nobody reads its output any more.

Environment:
  NO_COLOR     no colours, also on a terminal
  FORCE_COLOR  colours, also where there is no terminal
  BUS1_ENGINE, BUS1_DEVICE, BUS1_LIBRARY, BUS1_SUPERVISOR: see "help doctor"

Examples:
  deno run -A jsr:@bus1/bus1/cli doctor                         # does it work here?
  deno run -A jsr:@bus1/bus1/cli help run                       # about a command
  deno run -A jsr:@bus1/bus1/cli run deno run -A app.ts         # a program that uses /dev/bus1
  bun node_modules/@bus1/bus1/src/cli/main doctor               # in Bun, after: bunx jsr add @bus1/bus1

More: the README of @bus1/bus1, which explains the bus, and the documentation of its symbols: on JSR, and where they stand.
`;

const HELP = ["--help", "-h"];

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined) {
    complain(overview.trimEnd());
    return 2;
  }
  if (HELP.includes(name) || name === "help" && (args.length === 0 || args[0] === name)) {
    print(overview.trimEnd());
    return 0;
  }
  if (name === "--version" || name === "-V") {
    print(`bus1 ${VERSION}`);
    return 0;
  }
  if (name === "help") {
    print((await commandOf(args[0])).help.trimEnd());
    return 0;
  }
  return await call(name, args);
}

function commandOf(name: string): Promise<Command> {
  if (Object.hasOwn(commands, name)) return commands[name].load();
  const what = name.startsWith("-") ? "option" : "command";
  const words = [...Object.keys(commands), "help", "--help", "--version"]
    .filter((word) => word.startsWith("-") === name.startsWith("-"));
  throw new UsageError(wrongWord(`there is no ${what} ${quoted(name)}`, name, words, `"--help" lists them`));
}

function quoted(name: string): string {
  return name.startsWith("-") ? name : JSON.stringify(name);
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

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    complain(`bus1: ${error instanceof Error ? error.message : error}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
} else if (import.meta.main === undefined) {
  console.error("bus1: the command line needs Deno, Bun, or Node.js from 24.2 on");
  process.exitCode = 1;
}
