/**
 * The process in which points run, since a device may end it: `child.ts NUMBER...`. It writes a line of JSON when it
 * begins with a point, and one when it is done with it ({@linkcode Line}). Without a number it only opens the device.
 *
 * @module
 */

import { writeSync } from "node:fs";
import process from "node:process";
import { BusError } from "../../port/errors.ts";
import * as uapi from "../../uapi/mod.ts";
import { ask, open } from "./device.ts";
import { GROUPS } from "./groups.ts";

/** What the process says. */
export type Line =
  /** It is there, and the device could be opened; or why it could not. */
  | { ready: true | string }
  /** It begins with this point. */
  | { begin: number }
  /** It is done with it; `failed` says what was wrong. */
  | { end: number; failed?: string };

/** No detail is worth more. */
const LONGEST = 400;

function say(line: Line): void {
  // At once: the next thing may be the last.
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** Why the device cannot be judged at all; `true` if it can. */
function opens(): true | string {
  try {
    using fd = open();
    const answer = ask(fd, uapi.BUS1_CMD_RECV, null);
    return answer === "ENOTTY" ? "it is no bus1 device: it does not know BUS1_CMD_RECV (ENOTTY)" : true;
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
  say({ ready: wanted.size > 0 ? true : opens() });
  for (const { number, run } of GROUPS.flatMap(({ points }) => points).filter(({ number }) => wanted.has(number))) {
    say({ begin: number });
    try {
      await run();
      say({ end: number });
    } catch (error) {
      say({ end: number, failed: shorten(error instanceof Error ? error.message : String(error)) });
    }
  }
  // Not waiting for assistants of points that have failed.
  process.exit(0);
}
