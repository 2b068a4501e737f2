/**
 * The commands of the command line. A command is loaded when it is called.
 *
 * @module
 */

/** The exports of a command's module. */
export interface Command {
  /**
   * The text that `--help` prints. It begins with `Usage:`, each option begins a line, and under `Examples:` there are whole
   * commands as a user types them, which the tests run.
   */
  readonly help: string;
  /** Whether the process becomes another program, which handles signals itself. */
  readonly becomesAnother?: boolean;
  /** Returns the arguments that are the command's own; without this function all are. */
  own?(args: string[]): string[];
  /** Runs the command with the arguments after its name. Returns the exit code. */
  run(args: string[]): Promise<number>;
}

/** A command as the overview lists it. */
interface Entry {
  /** A line about it. */
  readonly about: string;
  readonly load: () => Promise<Command>;
}

/** The commands by their names. */
export const commands: Readonly<Record<string, Entry>> = {
  doctor: { about: "What works here, and why the rest does not", load: () => import("./doctor.ts") },
  demo: { about: "Workers index the text files of a folder over the bus", load: () => import("./demo.ts") },
  bench: { about: "This machine: bus1 beside postMessage and others", load: () => import("./bench.ts") },
  graph: { about: "Draw the bus of a program: peers, nodes, handles", load: () => import("./graph.ts") },
  run: { about: "Give a program a /dev/bus1, on any kernel", load: () => import("./run.ts") },
  conformance: { about: "Does a bus1 device keep the contract?", load: () => import("./conformance.ts") },
};

/** The text that `--help` prints without a command. */
export const overview: string = `Usage: COMMAND [ARGUMENT...]

bus1: capability-based message passing for Deno and Bun, and for the kernel's /dev/bus1.

Commands:
${Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`).join("\n")}

Options:
  -h, --help     this text; COMMAND --help, or help COMMAND, prints that of a command
  -V, --version  the version of this package

Exit codes: 0 the command did its work, 1 it failed, 2 wrong usage, 130 and 143 ended by SIGINT and SIGTERM, 141 the reader of
the output has closed it.

Environment:
  NO_COLOR     no colours, even on a terminal
  FORCE_COLOR  colours, even without a terminal
  BUS1_ENGINE, BUS1_DEVICE, BUS1_LIBRARY, BUS1_SUPERVISOR: see "help doctor"

Examples:
  deno run -A jsr:@bus1/bus1/cli doctor                         # does it work here?
  deno run -A jsr:@bus1/bus1/cli help run                       # about a command
  deno run -A jsr:@bus1/bus1/cli run deno run -A app.ts         # a program that uses /dev/bus1
  bun node_modules/@bus1/bus1/src/cli/main doctor               # in Bun, after: bunx jsr add @bus1/bus1

More: the README of @bus1/bus1 explains the bus; the documentation of its symbols is on JSR and in the sources.
`;
