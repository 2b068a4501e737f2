/**
 * The output of the command line: colours, numbers, tables, a progress bar.
 *
 * Rules:
 * - All output of a command goes through {@linkcode print} or {@linkcode complain}. When the reader has closed the pipe, as
 *   `| head` does, the program ends without a message, as programs do that SIGPIPE ends.
 * - Colours and the progress bar are for terminals. `NO_COLOR` forbids colours; otherwise `FORCE_COLOR` asks for them
 *   anywhere.
 * - Nothing here needs a permission, and nothing makes Deno ask for one.
 *
 * @module
 */

import { writeSync } from "node:fs";
import process from "node:process";
import { styleText } from "node:util";
import { environmentVariable } from "../../port/environment.ts";

/** The width of a bar, in characters. */
const WIDTH = 32;

/** Milliseconds between two pictures of the progress bar: 20 pictures a second look smooth. */
const PACE = 50;

/** The exit code that a shell reports for a program that SIGPIPE has ended. */
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
      // The pipe is full, and another process has made it non-blocking: try again in a millisecond.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** Returns text in bold, where there are colours. */
export function bold(text: string): string {
  return styled("bold", text);
}

/** Returns text that is less visible, where there are colours. */
export function dim(text: string): string {
  return styled("dim", text);
}

/** Returns text in the colour of what works. */
export function green(text: string): string {
  return styled("green", text);
}

/** Returns text in the colour of what does not work. */
export function red(text: string): string {
  return styled("red", text);
}

/** Returns text in the colour of what needs attention. */
export function yellow(text: string): string {
  return styled("yellow", text);
}

function styled(style: "bold" | "dim" | "green" | "red" | "yellow", text: string): string {
  return hasColours() ? styleText(style, text, { validateStream: false }) : text;
}

/**
 * Whether the standard output takes colours. `styleText` could decide that itself (`validateStream`). But in Deno it then
 * reads the environment, so it asks the user for a permission; and everywhere it prefers `FORCE_COLOR` to `NO_COLOR`.
 */
function hasColours(): boolean {
  const { Deno } = globalThis as { Deno?: { noColor: boolean } };
  // Deno reports NO_COLOR even where the environment may not be read.
  if (environmentVariable("NO_COLOR") !== undefined || Deno?.noColor) return false;
  const forced = environmentVariable("FORCE_COLOR");
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return process.stdout.isTTY === true && environmentVariable("TERM") !== "dumb";
}

/** Returns a number with a separator every three digits. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Returns a number of things: `1 file`, `2 files`. */
export function counted(value: number, noun: string): string {
  return `${grouped(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Returns a time with three digits: `0.420 ms`, `12.3 ms`, `1.23 s`. */
export function elapsed(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toPrecision(3)} ms` : `${(milliseconds / 1000).toPrecision(3)} s`;
}

/** Returns a bar that is full at `whole`. */
export function bar(part: number, whole: number): string {
  const full = whole > 0 ? Math.round(part / whole * WIDTH) : WIDTH;
  return "█".repeat(full) + "░".repeat(WIDTH - full);
}

/** A progress bar on the error stream. It shows nothing if that is not a terminal. */
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

  /** Removes the bar. */
  clear(): void {
    if (process.stderr.isTTY) write(ERR, "\r\x1b[K");
  }
}

/**
 * Returns rows as lines: the first column is aligned to the left, the others to the right. The heading is dim; the rows that
 * `emphasized` chooses are bold.
 */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  emphasized: (row: readonly string[]) => boolean = () => false,
): string {
  const widths = heading.map((_, column) => Math.max(...[heading, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => {
    const cells = widths.map((width, i) => i === 0 ? row[i]?.padEnd(width) : row[i]?.padStart(width));
    return `  ${cells.join("  ").trimEnd()}`;
  };
  return [dim(line(heading)), ...rows.map((row) => emphasized(row) ? bold(line(row)) : line(row))].join("\n");
}
