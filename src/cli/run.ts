/**
 * `run COMMAND...`: runs a program with an emulated /dev/bus1.
 *
 * This file is the command: its options, and the search for the supervisor. This process executes the supervisor
 * (`native/src/supervisor.zig`) in its place, so the program keeps its terminal, signals and exit code.
 *
 * @module
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { openLibrary } from "../library/library.ts";
import { supervisors } from "../library/supervisor.ts";
import { UsageError } from "./support/usage.ts";

/** The text of `run --help`. */
export const help: string = `Usage: run [--quirks rfc] [--log FILE] [--] COMMAND [ARGUMENT...]

Runs COMMAND with an emulated /dev/bus1, which all programs that it starts share. It needs Linux 5.19 or later, but
neither a kernel module nor privileges.

Options:
  --quirks rfc   emulate the device faults F1 to F12 of the kernel RFC's module (docs/device_faults.md); a call that
                 crashes the kernel there kills the calling process here
  --log FILE     append a line to FILE for each open of a peer, for each end of a peer with the numbers of live objects,
                 and for the end of COMMAND
  -h, --help     this text

The device can only be opened by the path "/dev/bus1"; stat and ls do not find it. Its descriptors support close, ioctl,
poll, select, epoll, dup, fork, exec, and being sent over sockets. Programs run without set-user-id, so sudo does not work.
Inside another run, the device of the outer run is used.

Each open of any file, and each call of the device, takes about 10 microseconds more. Other system calls are as fast as
under any seccomp filter. A signal handler that does not restart system calls can interrupt an open or a call of the
device before it takes effect (EINTR), as on any slow file. If the supervisor is killed, opening a file fails with
ENOSYS, and poll reports POLLHUP for every peer.

Tested on x86-64; on arm64 it has only been compiled.

Exit codes: that of COMMAND, and signals reach COMMAND; 127 COMMAND does not exist, 126 it cannot be executed, 1 the device
cannot be emulated here, 2 wrong usage.

Environment:
  BUS1_SUPERVISOR  the path of another supervisor
  BUS1_LIBRARY     the path of another native library

Examples:
  deno run -A jsr:@bus1/bus1/cli run deno run -A app.ts
  deno run -A jsr:@bus1/bus1/cli run -- bash -i
  deno run -A jsr:@bus1/bus1/cli run --log peers.log sh -c './server & ./client'
  deno run -A jsr:@bus1/bus1/cli run --quirks rfc deno run -A jsr:@bus1/bus1/cli doctor
`;

/** This process executes the supervisor in its place. */
export const becomesAnother: boolean = true;

/** Returns the arguments of this command, without COMMAND and its arguments. */
export function own(args: string[]): string[] {
  let count = 0;
  for (let arg = args[0]; arg?.startsWith("-") && arg !== "--"; arg = args[count]) {
    count += ["--quirks", "--log"].includes(arg) ? 2 : 1;
  }
  return args.slice(0, count);
}

/** Runs the command. Does not return: the supervisor replaces this process, or an error is thrown. */
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

/** Executes the supervisor with these arguments. */
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

/** Encodes texts, each followed by a NUL. */
function texts(list: string[]): Uint8Array {
  return new TextEncoder().encode(list.map((text) => `${text}\0`).join(""));
}
