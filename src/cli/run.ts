/**
 * `run COMMAND...`: runs a program, and gives it and its descendants a /dev/bus1.
 *
 * This file is the command: its options, and where the supervisor is found. This process becomes the supervisor
 * (`native/src/supervisor.zig`), so that the program has the terminal, the signals and the exit code that it would have
 * without it.
 *
 * @module
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { openLibrary } from "../library/library.ts";
import { supervisors } from "../library/supervisor.ts";
import { UsageError } from "./usage.ts";

/** What `run --help` prints. */
export const help: string = `Usage: run [--quirks rfc] [--log FILE] [--] COMMAND [ARGUMENT...]

Runs COMMAND, and gives it and all programs that it starts a /dev/bus1 of their own, on any Linux from 5.19 on, without
a kernel module and without any privilege.

Options:
  --quirks rfc   answer as the kernel module of the RFC does, with its faults; a call that crashes the kernel there
                 kills its process here
  --log FILE     add a line to FILE for each open and end of a peer, with what lives then, and for the program's end
  -h, --help     this text

The device can be opened as "/dev/bus1" and in no other way; stat and ls do not see it. Descriptors of it know open, close,
ioctl, poll and its kin, dup, fork, exec, and being sent over sockets. Programs under it run without set-user-id (sudo
does not work). Inside another run the outer device is used.

It costs some 10 microseconds for each file that any of the programs opens, and for each call of the device; other
system calls are as fast as under any seccomp filter. A signal whose handler does not restart calls can interrupt an
open or a call before it is taken up (EINTR), as it can on any slow file. If the supervisor is killed, opening a file
fails with ENOSYS, and peers hang up.

Tested on x86-64; on arm64 it has only been compiled.

Exit codes: COMMAND's own, and signals reach COMMAND; 127 there is no such program, 126 it cannot be executed, 1 there can
be no device here, 2 wrong usage.

Environment:
  BUS1_SUPERVISOR  another supervisor than the one that comes with this package
  BUS1_LIBRARY     another native library

Examples:
  deno run -A jsr:@bus1/bus1/cli run deno run -A app.ts
  deno run -A jsr:@bus1/bus1/cli run -- bash -i
  deno run -A jsr:@bus1/bus1/cli run --log peers.log sh -c './server & ./client'
  deno run -A jsr:@bus1/bus1/cli run --quirks rfc deno run -A jsr:@bus1/bus1/cli doctor
`;

/** This process becomes the supervisor. */
export const becomesAnother: boolean = true;

/** The arguments that are the command's own, and not COMMAND's. */
export function own(args: string[]): string[] {
  let count = 0;
  while (count < args.length && args[count].startsWith("-") && args[count] !== "--") {
    count += ["--quirks", "--log"].includes(args[count]) ? 2 : 1;
  }
  return args.slice(0, count);
}

/** Runs the command: answers only if it could not be, the exit code 1. */
export function run(args: string[]): Promise<number> {
  const ours = own(args);
  const { values } = parseArgs({ args: ours, options: { quirks: { type: "string" }, log: { type: "string" } } });
  const command = args.slice(ours.length);
  if (command[0] === "--") command.shift();
  if (command.length === 0) throw new UsageError("run: which program? run --help has examples");
  if (values.quirks !== undefined && values.quirks !== "rfc") {
    throw new UsageError(`run: --quirks can only be rfc, not ${values.quirks}`);
  }
  if (values.log === "") throw new UsageError("run: --log needs the name of a file");
  return become([values.quirks ?? "none", values.log ?? "", ...command]);
}

/** Becomes the supervisor, with these arguments. */
function become(args: string[]): never {
  const opened = openLibrary();
  if ("reason" in opened) throw new Error(`run: ${opened.reason}`);
  const environment = texts(Object.entries(process.env).map(([name, value]) => `${name}=${value}`));
  const reasons: string[] = [];
  for (const place of supervisors(opened.runtime)) {
    const placed = place();
    if ("path" in placed) {
      const argv = texts([placed.path, ...args]);
      const errno = -opened.library.bus1_exec(argv, argv.length, environment, environment.length);
      reasons.push(`the supervisor ${placed.path} cannot be executed: errno ${errno}`);
    } else {
      reasons.push(placed.reason);
    }
  }
  throw new Error(`run: ${reasons.join("; ")}`);
}

/** Texts, each with a NUL after it. */
function texts(list: string[]): Uint8Array {
  return new TextEncoder().encode(list.map((text) => `${text}\0`).join(""));
}
