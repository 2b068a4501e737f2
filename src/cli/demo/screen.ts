/**
 * How the demo looks: a progress bar while it works, tables when it is done. Colours and the bar only on a terminal.
 *
 * @module
 */

import process from "node:process";

const WIDTH = 32;

/** Milliseconds between two pictures of the progress bar. */
const PACE = 50;

/** Text in bold, on a terminal. */
export function bold(text: string): string {
  return styled(1, text);
}

/** Text that steps back, on a terminal. */
export function dim(text: string): string {
  return styled(2, text);
}

function styled(style: number, text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? `\x1b[${style}m${text}\x1b[0m` : text;
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
  #next = 0;

  constructor(whole: number) {
    this.#whole = whole;
  }

  /** Shows that `done` of the whole are done. */
  show(done: number): void {
    const now = performance.now();
    if (!process.stderr.isTTY || now < this.#next && done < this.#whole) return;
    this.#next = now + PACE;
    process.stderr.write(`\r${bar(done, this.#whole)} ${grouped(done)} of ${counted(this.#whole, "file")}\x1b[K`);
  }

  /** Takes the bar away. */
  clear(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
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
