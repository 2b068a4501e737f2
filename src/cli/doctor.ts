/**
 * `doctor`: what works here, why not, and what would help.
 *
 * This file is the command: its options and its exit code. What is looked at is in `doctor/`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { diagnose, VARIABLES } from "./doctor/diagnosis.ts";
import { forPeople } from "./doctor/report.ts";
import { print } from "./screen.ts";

/** What `doctor --help` prints. */
export const help: string = `Usage: doctor [--json]

Tells what works here and why not: the runtime and the system, the native library, the engines and which of them is taken, the
device and its faults, in Deno the permissions that matter, and the environment. Then it passes a message on every engine that
works, and one to and from a Worker where engines can do that, and sees that nothing is left. It needs no permission and asks
for none: with fewer it reports less, and says what would help.

Options:
  --json      one JSON object; see below
  -h, --help  this text

JSON: "version"; "runtime" {name, version}; "system" {os, kernel, arch}; "library" {path, from, opened, reason}; "abi"
{expected, found}; "device" {path, from, state: "works", "faulty", "unusable" or "unknown", faults: [{name, words}], reason};
"engines" [{engine, available, chosen, reason}]; "permissions" [{name, target, state, why}], null where there are none;
"environment" [{name, readable, value, about}]; "tests" [{engine, what: "message" or "worker", result: "passed", "failed" or
"skipped", milliseconds, detail}]; "live" {peers, nodes, handles, messages, bytes}; "advice" [text]; "ok". What is not known
is null. Keys may be added, and none will change or go.

Exit codes: 0 programs find an engine here and every test passed, 1 they find none or a test failed, 2 wrong usage.

Environment:
${VARIABLES.map(({ name, about }) => `  ${name.padEnd(15)}  ${about}`).join("\n")}

Examples:
  deno run -A jsr:@bus1/bus1/cli doctor                                         # everything
  deno run jsr:@bus1/bus1/cli doctor                                            # what a program without permissions has
  deno run -A jsr:@bus1/bus1/cli doctor --json                                  # for a program
  deno run -A jsr:@bus1/bus1/cli run deno run -A jsr:@bus1/bus1/cli doctor      # on an emulated device
`;

/** Runs the command; answers the exit code. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: "boolean" } } });
  const diagnosis = await diagnose();
  print(values.json ? JSON.stringify(diagnosis, null, 2) : forPeople(diagnosis));
  return diagnosis.ok ? 0 : 1;
}
