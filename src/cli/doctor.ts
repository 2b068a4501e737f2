/**
 * `doctor`: what works here, why the rest does not, and what would help.
 *
 * This file is the command: its options and its exit code. The diagnosis is in `doctor/`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { diagnose, VARIABLES } from "./doctor/diagnosis.ts";
import { forPeople } from "./doctor/report.ts";
import { print } from "./support/screen.ts";

/** The text that `doctor --help` prints. */
export const help: string = `Usage: doctor [--json]

Reports what works here, and why the rest does not:
- the runtime and the system, the native library, the engines, and the one that programs take;
- the device and its faults, the permissions that matter in Deno, and the environment.
Then it passes a message on every engine that works, and one from a Worker if the engine can do that; nothing may be left. It
needs no permission and asks for none: with fewer permissions it reports less, and says what would help.

Options:
  --json      one JSON object; see below
  -h, --help  this text

JSON: "version"; "runtime" {name, version}; "system" {os, kernel, arch}; "library" {path, from, opened, reason}; "abi"
{expected, found}; "device" {path, from, state: "works", "faulty", "unusable" or "unknown", faults: [{name, words}], reason};
"engines" [{engine, available, chosen, reason}]; "permissions" [{name, target, state, why}], null outside of Deno;
"environment" [{name, readable, value, about}]; "tests" [{engine, what: "message" or "worker", result: "passed", "failed" or
"skipped", milliseconds, detail}]; "live" {peers, nodes, handles, messages, bytes}; "advice" [text]; "ok". An unknown value
is null. Keys may be added, and none will be changed or removed.

Exit codes: 0 programs find an engine here and every test passed, 1 they find none or a test failed, 2 wrong usage.

Environment:
${VARIABLES.map(({ name, about }) => `  ${name.padEnd(15)}  ${about}`).join("\n")}

Examples:
  deno run -A jsr:@bus1/bus1/cli doctor                                         # everything
  deno run jsr:@bus1/bus1/cli doctor                                            # as a program without permissions
  deno run -A jsr:@bus1/bus1/cli doctor --json                                  # for a program
  deno run -A jsr:@bus1/bus1/cli run deno run -A jsr:@bus1/bus1/cli doctor      # on an emulated device
`;

/** Runs the command. Returns the exit code. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: "boolean" } } });
  const diagnosis = await diagnose();
  print(values.json ? JSON.stringify(diagnosis, null, 2) : forPeople(diagnosis));
  return diagnosis.ok ? 0 : 1;
}
