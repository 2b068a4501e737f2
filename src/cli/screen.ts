/**
 * How the command line looks and where it writes: colours, numbers, tables, a progress bar.
 *
 * Rules:
 * - Everything that a command says goes through {@linkcode print} or {@linkcode complain}. When nobody reads any more, as
 *   after `| head`, the program ends without a word, as programs do that SIGPIPE ends.
 * - Colours and the progress bar are for terminals. `NO_COLOR` forbids colours; else `FORCE_COLOR` wants them anywhere.
 * - No permission is needed, and none is asked for.
 *
 * @module
 */

import { writeSync } from "node:fs";
import process from "node:process";
import { environmentVariable } from "../port/environment.ts";

const WIDTH = 32;

/** Milliseconds between two pictures of the progress bar. */
const PACE = 50;

/** What a shell says of a program that SIGPIPE has ended. */
const BY_SIGPIPE = 141;

const OUT = 1, ERR = 2;

/** Writes text and a line end to the standard output. */
export function print(text: string = ""): void {
  write(OUT, `${text}\n`);
}

/** Writes text and a line end to the standard error stream. */
export function complain(text: string): void {
  write(ERR, `${text}\n`);
}

function write(stream: number, text: string): void {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(stream, rest));
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "EPIPE") process.exit(BY_SIGPIPE);
      if (code !== "EAGAIN") throw error;
      // A pipe that is full, and that somebody has set not to block.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** Text in bold, where there are colours. */
export function bold(text: string): string {
  return styled(1, text);
}

/** Text that steps back, where there are colours. */
export function dim(text: string): string {
  return styled(2, text);
}

/** Text for what is as it should be. */
export function green(text: string): string {
  return styled(32, text);
}

/** Text for what is not. */
export function red(text: string): string {
  return styled(31, text);
}

/** Text for what to look at. */
export function yellow(text: string): string {
  return styled(33, text);
}

function styled(style: number, text: string): string {
  return hasColours() ? `\x1b[${style}m${text}\x1b[0m` : text;
}

/** Whether the standard output takes colours. */
function hasColours(): boolean {
  const { Deno } = globalThis as { Deno?: { noColor: boolean } };
  // Deno tells of it also where the environment may not be read.
  if (environmentVariable("NO_COLOR") !== undefined || Deno?.noColor) return false;
  const forced = environmentVariable("FORCE_COLOR");
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return process.stdout.isTTY === true && environmentVariable("TERM") !== "dumb";
}

/** A number with a separator every three digits. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A number of things: `1 file`, `2 files`. */
export function counted(value: number, noun: string): string {
  return `${grouped(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A time with three digits: `0.42 ms`, `12.3 ms`, `1.23 s`. */
export function elapsed(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toPrecision(3)} ms` : `${(milliseconds / 1000).toPrecision(3)} s`;
}

/** A bar that is full at `whole`. */
export function bar(part: number, whole: number): string {
  const full = whole > 0 ? Math.round(part / whole * WIDTH) : WIDTH;
  return "█".repeat(full) + "░".repeat(WIDTH - full);
}

/** A progress bar on the error stream; nothing if that is no terminal. */
export class ProgressBar {
  readonly #whole: number;
  readonly #noun: string;
  #next = 0;

  constructor(whole: number, noun: string) {
    this.#whole = whole;
    this.#noun = noun;
  }

  /** Shows that `done` of the whole are done. */
  show(done: number): void {
    const now = performance.now();
    if (!process.stderr.isTTY || now < this.#next && done < this.#whole) return;
    this.#next = now + PACE;
    write(ERR, `\r${bar(done, this.#whole)} ${grouped(done)} of ${counted(this.#whole, this.#noun)}\x1b[K`);
  }

  /** Takes the bar away. */
  clear(): void {
    if (process.stderr.isTTY) write(ERR, "\r\x1b[K");
  }
}

/** Rows as lines: the first column to the left, the others to the right. The first row is the heading. */
export function table(rows: string[][]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: string[]) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ");
  const [heading, ...others] = rows.map(line);
  return [dim(heading), ...others].map((text) => `  ${text}`).join("\n");
}
