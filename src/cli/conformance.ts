/**
 * `conformance`: judges a device by the points of the contract.
 *
 * This file is the command: its options and its exit code. The points are in `conformance/`, a file a subject.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { defaultDevice } from "../port/environment.ts";
import { GROUPS } from "./conformance/groups.ts";
import { judge, type Outcome, refusal, stop } from "./conformance/judge.ts";
import { json, table, tap } from "./conformance/report.ts";
import { beforeEnd } from "./interrupt.ts";
import { UsageError, wrongWord } from "./usage.ts";

const POINTS = GROUPS.flatMap(({ points }) => points);

/** What `conformance --help` prints. */
export const help: string =
  `Usage: conformance [--device PATH] [--tap | --json] [--dangerous] [--group NAME]... [--limit SECONDS]

Does a bus1 device keep the contract? ${POINTS.length} numbered points, each a sentence of it and a small program, are run against
the device from outside: by open, ioctl, poll and close, and by handing descriptors to other processes. A point that kills
its process, or does not come back, has failed, and the others still run.

Options:
  --device PATH    the device; by default BUS1_DEVICE, or /dev/bus1
  --tap            Test Anything Protocol, version 14, instead of a table
  --json           one JSON object: the device, and for each point its number, title, sentence, fault, result, detail
  --dangerous      also the points on which the kernel's first public module crashes: run them where a crash of the
                   kernel does no harm
  --group NAME     only these points: ${GROUPS.slice(0, 6).map(({ name }) => name).join(", ")},
                   ${GROUPS.slice(6).map(({ name }) => name).join(", ")}
  --limit SECONDS  after which a point hangs; 10 by default
  -h, --help       this text

Exit codes: 0 all points that were run hold, 1 one does not or the device cannot be opened, 2 wrong usage.

Environment:
  BUS1_DEVICE  the device, if --device names none
  NO_COLOR, FORCE_COLOR, BUS1_LIBRARY: see "help doctor"

Examples:
  # the device of this kernel
  deno run -A jsr:@bus1/bus1/cli conformance
  # an emulated one
  deno run -A jsr:@bus1/bus1/cli run deno run -A jsr:@bus1/bus1/cli conformance --dangerous
  # one with the faults of the kernel's first public module
  deno run -A jsr:@bus1/bus1/cli run --quirks rfc deno run -A jsr:@bus1/bus1/cli conformance
  # some of the points, for a program
  deno run -A jsr:@bus1/bus1/cli run deno run -A jsr:@bus1/bus1/cli conformance --json --group send --group poll
`;

/** Runs the command; answers the exit code. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      device: { type: "string" },
      tap: { type: "boolean" },
      json: { type: "boolean" },
      dangerous: { type: "boolean" },
      group: { type: "string", multiple: true },
      limit: { type: "string" },
    },
  });
  if (values.tap && values.json) throw new UsageError("conformance: --tap or --json, not both");
  const limit = Number(values.limit ?? 10);
  if (!(limit > 0 && limit <= 3600)) {
    throw new UsageError(`conformance: --limit must be a number of seconds, not ${values.limit}`);
  }
  const groups = chosenGroups(values.group);
  const device = values.device ?? defaultDevice();
  const report = values.tap ? tap : values.json ? json : table;

  using _interrupted = beforeEnd(stop);
  const reason = await refusal(device);
  if (reason !== undefined) {
    const hint = reason.startsWith("ENOENT") ? '; the command "run" gives a program one' : "";
    throw new Error(`conformance: ${device} cannot be judged: ${reason}${hint}`);
  }
  const outcomes: Outcome[] = [];
  report.begin(device, groups.reduce((sum, { points }) => sum + points.length, 0));
  await judge(groups, { device, dangerous: values.dangerous ?? false, limit }, (outcome) => {
    outcomes.push(outcome);
    report.point(outcome);
  });
  report.end(device, outcomes);
  return outcomes.some(({ result }) => result === "failed") ? 1 : 0;
}

function chosenGroups(names: readonly string[] | undefined): typeof GROUPS {
  if (names === undefined) return GROUPS;
  const known = GROUPS.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const wrong = wrongWord(`there is no group "${unknown}"`, unknown, known, `there are ${known.join(", ")}`);
    throw new UsageError(`conformance: ${wrong}`);
  }
  return GROUPS.filter(({ name }) => names.includes(name));
}
