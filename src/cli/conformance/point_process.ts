/**
 * The process in which points run, since a device may end it: `point_process.ts NUMBER...`. It prints one line of JSON
 * before each point and one after it ({@linkcode Line}). Without a number it only opens the device.
 *
 * @module
 */

import { writeSync } from "node:fs";
import process from "node:process";
import { BusError } from "../../port/errors.ts";
import * as uapi from "../../uapi/mod.ts";
import { GROUPS } from "./points/groups.ts";
import { open } from "./support/calls.ts";
import { ioctl } from "./support/raw_calls.ts";

/** A line of the process's output. */
export type Line =
  /** The process runs and, if it has no points, whether the device can be opened: `true`, or why it cannot. */
  | { ready: true | string }
  /** The point with this number begins. */
  | { begin: number }
  /** The point has ended; `failed` is the message of its failure. */
  | { end: number; failed?: string };

/** Characters of a message that are reported; enough to compare two values, and a terminal still shows it. */
const LONGEST = 400;

function print(line: Line): void {
  // Synchronously, since the next call may end this process.
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** Returns why the device cannot be tested, or `true` if it can. */
function tryDevice(): true | string {
  try {
    using fd = open();
    const result = ioctl(fd, uapi.BUS1_CMD_RECV, null);
    return result === "ENOTTY" ? "it is not a bus1 device: it does not know BUS1_CMD_RECV (ENOTTY)" : true;
  } catch (error) {
    if (error instanceof BusError) return error.message;
    throw error;
  }
}

function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} ...` : text;
}

if (import.meta.main) {
  const wanted = new Set(process.argv.slice(2).map(Number));
  print({ ready: wanted.size > 0 ? true : tryDevice() });
  for (const { number, run } of GROUPS.flatMap(({ points }) => points).filter(({ number }) => wanted.has(number))) {
    print({ begin: number });
    try {
      await run();
      print({ end: number });
    } catch (error) {
      print({ end: number, failed: shorten(error instanceof Error ? error.message : String(error)) });
    }
  }
  // Does not wait for the assistants of points that failed.
  process.exit(0);
}
