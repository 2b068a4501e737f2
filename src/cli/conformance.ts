/**
 * `conformance`: tests a device against the specification.
 *
 * This file is the command: its options and its exit code. The points are in `conformance/points/`, one file for each
 * subject.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { defaultDevice } from "../port/environment.ts";
import { GROUPS } from "./conformance/points/groups.ts";
import { json, table, tap } from "./conformance/report.ts";
import { type Outcome, reasonNotTestable, runPoints, stop } from "./conformance/runner.ts";
import { beforeEnd } from "./support/interrupt.ts";
import { UsageError, wrongWord } from "./support/usage.ts";

const POINTS = GROUPS.flatMap(({ points }) => points);

/** The text of `conformance --help`. */
export const help: string =
  `Usage: conformance [--device PATH] [--tap | --json] [--dangerous] [--group NAME]... [--limit SECONDS]

Tests whether a bus1 device keeps the contract (docs/specification.md). Each of the ${POINTS.length} numbered points is one sentence of
the contract and a small program. The program uses only open, ioctl, poll, close, and the passing of descriptors to other
processes. A point that kills its process or does not end has failed, and the other points still run.

Options:
  --device PATH    the device; by default BUS1_DEVICE, or /dev/bus1
  --tap            Test Anything Protocol, version 14, instead of a table
  --json           one JSON object: the device, and for each point its number, title, section, fault, result, detail
  --dangerous      also run the points that crash the kernel's first public module (device fault F5); run them only where
                   a crash of the kernel does no harm
  --group NAME     only run the points of this group: ${GROUPS.slice(0, 6).map(({ name }) => name).join(", ")},
                   ${GROUPS.slice(6).map(({ name }) => name).join(", ")}
  --limit SECONDS  time after which a point that has not ended has failed; 10 by default
  -h, --help       this text

Exit codes: 0 all points that ran passed, 1 a point failed or the device cannot be opened, 2 wrong usage.

Environment:
  BUS1_DEVICE  the device, if --device is not given
  NO_COLOR, FORCE_COLOR, BUS1_LIBRARY: see "help doctor"

Examples:
  # the device of this kernel
  deno run -A jsr:@bus1/bus1/cli conformance
  # an emulated device
  deno run -A jsr:@bus1/bus1/cli run deno run -A jsr:@bus1/bus1/cli conformance --dangerous
  # an emulated device with faults of the kernel's first public module
  deno run -A jsr:@bus1/bus1/cli run --quirks rfc deno run -A jsr:@bus1/bus1/cli conformance
  # some of the points, as JSON
  deno run -A jsr:@bus1/bus1/cli run deno run -A jsr:@bus1/bus1/cli conformance --json --group send --group poll
`;

/** Runs the command; returns the exit code. */
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
  const reason = await reasonNotTestable(device);
  if (reason !== undefined) {
    const hint = reason.startsWith("ENOENT") ? '; the command "run" emulates a device' : "";
    throw new Error(`conformance: ${device} cannot be tested: ${reason}${hint}`);
  }
  const outcomes: Outcome[] = [];
  report.begin(device, groups.reduce((sum, { points }) => sum + points.length, 0));
  await runPoints(groups, { device, dangerous: values.dangerous ?? false, limit }, (outcome) => {
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
    const wrong = wrongWord(`unknown group "${unknown}"`, unknown, known, `the groups are ${known.join(", ")}`);
    throw new UsageError(`conformance: ${wrong}`);
  }
  return GROUPS.filter(({ name }) => names.includes(name));
}
