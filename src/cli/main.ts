/**
 * The command line: `deno run -A jsr:@bus1/bus1/cli COMMAND`, and the same in Bun.
 *
 * Exit codes: 0 if the command did its work, 1 if it failed, 2 if it was called in a wrong way. A command is loaded when
 * it is called.
 *
 * @example
 * ```sh
 * deno run -A jsr:@bus1/bus1/cli demo .
 * ```
 *
 * @module
 */

import process from "node:process";
import { UsageError } from "./usage.ts";

interface Command {
  /** What `--help` prints. */
  help: string;
  /** Which of the arguments are its own; all, if it does not say. */
  own?(args: string[]): string[];
  /** Runs it with the arguments after its name; answers the exit code. */
  run(args: string[]): Promise<number>;
}

/** The commands, with a line about each. */
const commands: Record<string, { about: string; load: () => Promise<Command> }> = {
  conformance: { about: "Does a bus1 device keep the contract?", load: () => import("./conformance.ts") },
  demo: { about: "Workers index the text files of a folder over the bus", load: () => import("./demo.ts") },
  graph: { about: "Draw the bus of a program: peers, nodes, handles", load: () => import("./graph.ts") },
  run: { about: "Give a program a /dev/bus1, on any kernel", load: () => import("./run.ts") },
};

const usage = `bus1: capability-based messages for Deno and Bun, and the kernel's /dev/bus1

Usage: COMMAND [ARGUMENTS]

${Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`).join("\n")}

COMMAND --help tells more.
`;

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || ["--help", "-h", "help"].includes(name)) {
    process.stdout.write(usage);
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(commands, name)) {
    throw new UsageError(`there is no command "${name}"; --help lists them`);
  }
  const command = await commands[name].load();
  const own = command.own?.(args) ?? args;
  if (own.includes("--help") || own.includes("-h")) {
    process.stdout.write(command.help);
    return 0;
  }
  return await command.run(args);
}

/** Whether the error says how the command line was wrong. `parseArgs` marks its own by a code. */
function isUsageError(error: unknown): error is Error {
  return error instanceof UsageError ||
    error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(`bus1: ${error instanceof Error ? error.message : error}`);
    process.exitCode = isUsageError(error) ? 2 : 1;
  }
}
