/**
 * `graph [PROGRAM]`: draws the bus of a program.
 *
 * The program runs in this process, as it would by itself, and is looked at from within: this file is the command, its
 * options, and the moments at which it looks. Without a program it draws a small bus of its own (`graph/example.ts`).
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
import { complain, print } from "./screen.ts";
import { UsageError, wrongWord } from "./usage.ts";

/** What `graph --help` prints. */
export const help: string = `Usage: graph [--out FILE] [--format FORMAT] [--after MS] [PROGRAM [ARGUMENT...]]

Runs PROGRAM, a module, in this process, and draws its bus: peers as boxes with their nodes inside, an arrow from a peer to
each node that it can reach, and what waits to be received. Without PROGRAM it draws a small example.

It looks when the top level of PROGRAM is done, or PROGRAM ends by itself, or at Ctrl-C; and whenever PROGRAM is about to
close a peer. It draws what it saw when there was most. Then it ends, and PROGRAM with it. With --after it draws what
there is at that time; if nothing is there any more, or PROGRAM has ended, what there was most.

PROGRAM must import the same copy of bus1 as this command: peers of another copy are seen on the native engine alone, from
the outside. Its arguments are in process.argv, and its import.meta.main is false.

Options:
  PROGRAM          a file, or the URL of a module
  --out FILE       where to write; by default standard output, and what PROGRAM logs then goes to standard error
  --format FORMAT  svg, dot (Graphviz), mermaid, or json (what is drawn, as data); by default what the name of FILE says
                   (.svg, .dot or .gv, .mmd or .mermaid, .json), else svg
  --after MS       look so many milliseconds after PROGRAM was started, and no earlier
  -h, --help       this text

Exit codes: 0 drawn, 1 PROGRAM failed or FILE cannot be written, 2 wrong usage; what PROGRAM says if it ends itself.

Environment:
  BUS1_ENGINE  the engine: "kernel", "native" or "typescript"
  BUS1_DEVICE, BUS1_LIBRARY: see "help doctor"

Examples:
  deno run -A jsr:@bus1/bus1/cli graph --out bus.svg                     # the example, as a picture
  deno run -A jsr:@bus1/bus1/cli graph --format mermaid                  # the same, for Markdown
  deno run -A jsr:@bus1/bus1/cli graph --out bus.svg app.ts              # a program's bus
  deno run -A jsr:@bus1/bus1/cli graph --format json --after 200 app.ts  # what there is after 200 ms, as data
`;

/** How a snapshot is written, by the name of the format. */
const FORMATS: Record<string, (snapshot: Snapshot) => string> = {
  svg: toSvg,
  dot: toDot,
  mermaid: toMermaid,
  json: (snapshot) => `${JSON.stringify(snapshot, null, 2)}\n`,
};

/** What the end of a file's name says of its format. */
const ENDINGS: Record<string, string> = {
  svg: "svg",
  dot: "dot",
  gv: "dot",
  mmd: "mermaid",
  mermaid: "mermaid",
  json: "json",
};

interface Wanted {
  out: string | undefined;
  format: string;
  after: number | undefined;
  program: string | undefined;
  /** The program's. */
  args: string[];
}

/** The arguments that are the command's own, and not PROGRAM's. */
export function own(args: string[]): string[] {
  let count = 0;
  while (count < args.length && args[count].startsWith("-") && args[count] !== "--") {
    count += ["--out", "--format", "--after"].includes(args[count]) ? 2 : 1;
  }
  return args.slice(0, count);
}

/** Runs the command; answers the exit code. */
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
  const ending = /\.(\w+)$/.exec(values.out ?? "")?.[1].toLowerCase() ?? "svg";
  const format = values.format ?? (Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : "svg");
  if (!Object.hasOwn(FORMATS, format)) {
    const formats = Object.keys(FORMATS);
    const wrong = `graph: there is no format ${JSON.stringify(format)}`;
    throw new UsageError(wrongWord(wrong, format, formats, `it must be one of ${formats.join(", ")}`));
  }
  const after = values.after === undefined ? undefined : Number(values.after);
  if (after !== undefined && !(after >= 0 && values.after!.trim() !== "")) {
    throw new UsageError(`graph: --after must be a number of milliseconds, not "${values.after}"`);
  }
  if (after !== undefined && program === undefined) {
    throw new UsageError("graph: --after is for a PROGRAM; there is none");
  }
  return { out: values.out, format, after, program, args: rest };
}

function write({ out, format }: Wanted, snapshot: Snapshot): number {
  const text = FORMATS[format](snapshot);
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

/** How much there is. */
function sizeOf({ peers }: Snapshot): number {
  return peers.reduce((sum, { nodes, handles }) => sum + 1 + nodes.length + handles.length, 0);
}

async function drawProgram(wanted: Wanted, program: string): Promise<number> {
  let fullest: Snapshot = { peers: [] };
  const look = (): Snapshot => {
    const seen = inspect();
    if (sizeOf(seen) >= sizeOf(fullest)) fullest = seen;
    return seen;
  };
  let drawn = false;
  const draw = (snapshot: Snapshot): number => {
    if (drawn) return 0;
    drawn = true;
    if (snapshot.peers.length === 0) {
      complain(`bus1: graph: there was no peer; does ${program} use this copy of bus1, and is it time to look?`);
    }
    return write(wanted, snapshot);
  };
  whenClosing(look);
  // It may end itself. Then this is the last that happens, and must not wait for anything.
  process.on("exit", () => {
    if (drawn) return;
    look();
    process.exitCode = draw(fullest) || process.exitCode;
  });
  const interrupted = Promise.withResolvers<Snapshot>();
  process.on("SIGINT", () => interrupted.resolve(look()));

  if (wanted.out === undefined) console.log = console.info = console.debug = console.error;
  process.argv = [process.argv[0], program, ...wanted.args];
  const start = performance.now();
  const specifier = specifierOf(program);
  const ran = import(specifier).then(() => look());
  const time = ran.then(async () => {
    if (wanted.after === undefined) return fullest;
    await new Promise((resolve) => setTimeout(resolve, start + wanted.after! - performance.now()));
    const seen = look();
    return seen.peers.length > 0 ? seen : fullest;
  });
  // A program that fails is not drawn: what there was is not what it is about.
  const snapshot = await Promise.race([time, interrupted.promise]).catch((error) => {
    drawn = true;
    console.error(error);
    return null;
  });
  // The program may have more to do, and is not waited for.
  process.exit(snapshot === null ? 1 : draw(snapshot));
}

/** A path as an import takes it; what is a URL already stays one. */
function specifierOf(program: string): string {
  if (/^[a-z]{2,}:/i.test(program)) return program;
  if (!existsSync(program)) throw new UsageError(`graph: there is no file ${program}`);
  return pathToFileURL(resolve(program)).href;
}
