/**
 * `graph [PROGRAM]`: draws the bus of a program.
 *
 * The program runs in this process, as it would by itself, and its bus is inspected from within. This file is the command: its
 * options, and the moments of inspection. Without a program it draws a small bus of its own (`graph/example.ts`).
 *
 * @module
 */

import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { inspect, type Snapshot } from "../../mod.ts";
import { toDot, toMermaid, toSvg } from "../graph/mod.ts";
import { whenClosing } from "../peer/looking/before_close.ts";
import { openExample } from "./graph/example.ts";
import { complain, print } from "./support/screen.ts";
import { UsageError, wrongWord } from "./support/usage.ts";

/** The text that `graph --help` prints. */
export const help: string = `Usage: graph [--out FILE] [--format FORMAT] [--after MS] [PROGRAM [ARGUMENT...]]

Runs PROGRAM, a module, in this process, and draws its bus: peers as boxes with their nodes inside, an arrow from a peer to
each node that it can reach, and the queues. Without PROGRAM it draws a small example.

The bus is inspected when the top level of PROGRAM is done, when PROGRAM ends by itself, at Ctrl-C, and before PROGRAM closes
a peer. The largest of these snapshots is drawn. Then the command ends, and PROGRAM with it. With --after, the bus at that
time is drawn; if it has no peer then, or PROGRAM has ended, the largest snapshot.

PROGRAM must import the same copy of bus1 as this command. Of another copy only peers on the native engine are visible, and
only from outside. Its arguments are in process.argv, and its import.meta.main is false.

Options:
  PROGRAM          a file, or the URL of a module
  --out FILE       the file to write; by default standard output, and PROGRAM's console then writes to standard error
  --format FORMAT  svg, dot (Graphviz), mermaid, or json (the snapshot as data); by default according to the name of FILE
                   (.svg, .dot or .gv, .mmd or .mermaid, .json), else svg
  --after MS       inspect this number of milliseconds after PROGRAM was started
  -h, --help       this text

Exit codes: 0 drawn, 1 PROGRAM failed or FILE cannot be written, 2 wrong usage; that of PROGRAM if it ends itself.

Environment:
  BUS1_ENGINE  the engine: "kernel", "native" or "typescript"
  BUS1_DEVICE, BUS1_LIBRARY: see "help doctor"

Examples:
  deno run -A jsr:@bus1/bus1/cli graph --out bus.svg                     # the example, as a picture
  deno run -A jsr:@bus1/bus1/cli graph --format mermaid                  # the same, for Markdown
  deno run -A jsr:@bus1/bus1/cli graph --out bus.svg app.ts              # a program's bus
  deno run -A jsr:@bus1/bus1/cli graph --format json --after 200 app.ts  # the bus after 200 ms, as data
`;

type Draw = (snapshot: Snapshot) => string;

/** The functions that write a snapshot, by the names of the formats. */
const FORMATS: ReadonlyMap<string, Draw> = new Map<string, Draw>([
  ["svg", toSvg],
  ["dot", toDot],
  ["mermaid", toMermaid],
  ["json", (snapshot) => `${JSON.stringify(snapshot, null, 2)}\n`],
]);

/** The formats, by the endings of file names. */
const ENDINGS: ReadonlyMap<string, string> = new Map([
  ["svg", "svg"],
  ["dot", "dot"],
  ["gv", "dot"],
  ["mmd", "mermaid"],
  ["mermaid", "mermaid"],
  ["json", "json"],
]);

interface Wanted {
  out: string | undefined;
  draw: Draw;
  after: number | undefined;
  program: string | undefined;
  /** The arguments of the program. */
  args: string[];
}

/** Returns the arguments that are the command's own, and not PROGRAM's. */
export function own(args: string[]): string[] {
  let count = 0;
  for (let arg = args[0]; arg?.startsWith("-") && arg !== "--"; arg = args[count]) {
    count += ["--out", "--format", "--after"].includes(arg) ? 2 : 1;
  }
  return args.slice(0, count);
}

/** Runs the command. Returns the exit code. */
export async function run(args: string[]): Promise<number> {
  const wanted = options(args);
  if (wanted.program === undefined) {
    using _ = openExample();
    return write(wanted, inspect());
  }
  return await drawProgram(wanted, wanted.program);
}

function options(args: string[]): Wanted {
  const ours = own(args);
  const string = { type: "string" } as const;
  const { values } = parseArgs({ args: ours, options: { out: string, format: string, after: string } });
  const [program, ...rest] = args.slice(ours.length + (args[ours.length] === "--" ? 1 : 0));
  const after = values.after === undefined ? undefined : millisecondsOf(values.after);
  if (after !== undefined && program === undefined) {
    throw new UsageError("graph: --after is for a PROGRAM; there is none");
  }
  return { out: values.out, draw: drawerOf(values.format ?? formatOf(values.out)), after, program, args: rest };
}

/** Returns the format that the name of a file means. */
function formatOf(file: string | undefined): string {
  const ending = /\.(\w+)$/.exec(file ?? "")?.[1]?.toLowerCase() ?? "";
  return ENDINGS.get(ending) ?? "svg";
}

function drawerOf(format: string): Draw {
  const draw = FORMATS.get(format);
  if (draw !== undefined) return draw;
  const formats = [...FORMATS.keys()];
  const wrong = `graph: there is no format ${JSON.stringify(format)}`;
  throw new UsageError(wrongWord(wrong, format, formats, `it must be one of ${formats.join(", ")}`));
}

function millisecondsOf(text: string): number {
  const value = Number(text);
  if (value >= 0 && text.trim() !== "") return value;
  throw new UsageError(`graph: --after must be a number of milliseconds, not "${text}"`);
}

function write({ out, draw }: Wanted, snapshot: Snapshot): number {
  const text = draw(snapshot);
  if (out === undefined) {
    print(text.trimEnd());
    return 0;
  }
  try {
    writeFileSync(out, text);
    return 0;
  } catch (error) {
    complain(`bus1: graph: cannot write ${out}: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

/** Returns the number of objects in a snapshot. */
function sizeOf({ peers }: Snapshot): number {
  return peers.reduce((sum, { nodes, handles }) => sum + 1 + nodes.length + handles.length, 0);
}

/** Runs a program and draws its bus. Ends the process. */
async function drawProgram(wanted: Wanted, program: string): Promise<never> {
  const specifier = specifierOf(program);
  const observer = new Observer(wanted, program);
  // If the program ends itself, this is the last code that runs, and it cannot await anything.
  process.on("exit", () => {
    process.exitCode = observer.drawAtExit() || process.exitCode;
  });
  const interrupted = Promise.withResolvers<Snapshot>();
  process.on("SIGINT", () => interrupted.resolve(observer.look()));

  if (wanted.out === undefined) console.log = console.info = console.debug = console.error;
  process.argv = [process.argv[0] ?? "", program, ...wanted.args];
  const start = performance.now();
  const ran = import(specifier).then(async () => {
    observer.look();
    if (wanted.after === undefined) return observer.largest;
    await new Promise((resolve) => setTimeout(resolve, start + (wanted.after ?? 0) - performance.now()));
    const seen = observer.look();
    return seen.peers.length > 0 ? seen : observer.largest;
  });
  // A program that fails is not drawn: its bus is not as it was meant to be.
  const snapshot = await Promise.race([ran, interrupted.promise]).catch((error) => {
    observer.drawn = true;
    console.error(error);
    return null;
  });
  // The program may have more to do; the command does not wait for that.
  process.exit(snapshot === null ? 1 : observer.draw(snapshot));
}

/** Inspects the bus, remembers the largest snapshot, and draws once. */
class Observer {
  readonly #wanted: Wanted;
  readonly #program: string;
  largest: Snapshot = { peers: [] };
  /** Whether there is nothing more to draw. */
  drawn = false;

  constructor(wanted: Wanted, program: string) {
    this.#wanted = wanted;
    this.#program = program;
    whenClosing(() => this.look());
  }

  look(): Snapshot {
    const seen = inspect();
    if (sizeOf(seen) >= sizeOf(this.largest)) this.largest = seen;
    return seen;
  }

  /** Draws a snapshot. Returns the exit code. */
  draw(snapshot: Snapshot): number {
    this.drawn = true;
    if (snapshot.peers.length === 0) {
      const hint = `does ${this.#program} use this copy of bus1, and did it have a peer by then?`;
      complain(`bus1: graph: there was no peer; ${hint}`);
    }
    return write(this.#wanted, snapshot);
  }

  /** Draws the largest snapshot, if nothing was drawn yet. Returns the exit code, or 0. */
  drawAtExit(): number {
    if (this.drawn) return 0;
    this.look();
    return this.draw(this.largest);
  }
}

/** Returns the specifier of a program for `import`: a path becomes a URL. */
function specifierOf(program: string): string {
  if (/^[a-z]{2,}:/i.test(program)) return program;
  if (!existsSync(program)) throw new UsageError(`graph: there is no file ${program}`);
  return pathToFileURL(resolve(program)).href;
}
