/**
 * The count of the demo: lines, bytes and words of text files. The Workers and the plain count at the end use the same
 * functions, so their results must be equal.
 *
 * A word is a letter or underscore and at least one more letter, digit or underscore, in lower case. A file with a zero
 * byte near its beginning is binary.
 *
 * @module
 */

import { open } from "node:fs/promises";
import { join } from "node:path";

/** The count of one file. It crosses the bus as JSON. */
export interface FileCount {
  /** The file, as it was given. */
  file: string;
  /** The reason why the file was not counted; the numbers are then 0. */
  skipped?: string;
  lines: number;
  bytes: number;
  words: [word: string, times: number][];
}

/** The bytes of a file that are in memory at a time. */
const CHUNK = 1 << 20;

/** The UTF-16 units after which a word may be cut in two. */
const LONGEST_WORD = 1 << 12;

/** Counts a file of `folder`. Never throws: a file that cannot be read is skipped. */
export async function countFile(folder: string, file: string): Promise<FileCount> {
  const words = new Map<string, number>();
  const count: FileCount = { file, lines: 0, bytes: 0, words: [] };
  try {
    await using input = await open(join(folder, file));
    const buffer = new Uint8Array(Math.min((await input.stat()).size + 1, CHUNK));
    const decoder = new TextDecoder();
    let text = "";
    let last: number | undefined = 0x0a;
    for (;;) {
      const { bytesRead } = await input.read(buffer, 0, buffer.length);
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      if (count.bytes === 0 && chunk.includes(0)) return { ...count, skipped: "binary" };
      count.bytes += bytesRead;
      count.lines += linesIn(chunk);
      last = chunk.at(-1);
      text = countWords(text + decoder.decode(chunk, { stream: true }), words);
    }
    if (last !== 0x0a) count.lines++; // a last line without a line end
    countWords(`${text}${decoder.decode()} `, words);
  } catch {
    return { file, skipped: "unreadable", lines: 0, bytes: 0, words: [] };
  }
  count.words = [...words];
  return count;
}

function linesIn(chunk: Uint8Array): number {
  let lines = 0;
  for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) lines++;
  return lines;
}

/** Counts the words of `text` into `words`, except a last word that may continue in the next chunk. Returns that word. */
function countWords(text: string, words: Map<string, number>): string {
  let end = text.length;
  const furthest = Math.max(0, end - LONGEST_WORD);
  // The surrogates are halves of letters beyond the basic plane, which must not be cut either.
  while (end > furthest && /[\p{L}\p{N}_\ud800-\udfff]/u.test(text.charAt(end - 1))) end--;
  for (const [word] of text.slice(0, end).toLowerCase().matchAll(/[\p{L}_][\p{L}\p{N}_]+/gu)) {
    words.set(word, (words.get(word) ?? 0) + 1);
  }
  return text.slice(end);
}

/** The sum over files. */
export class Tally {
  /** The number of files that were counted. */
  files = 0;
  lines = 0;
  bytes = 0;
  readonly words: Map<string, number> = new Map();
  /** The numbers of files that were not counted, by the reason. */
  readonly skipped: Map<string, number> = new Map();

  /** Adds a file. */
  add(count: FileCount): void {
    if (count.skipped !== undefined) {
      this.skipped.set(count.skipped, (this.skipped.get(count.skipped) ?? 0) + 1);
      return;
    }
    this.files++;
    this.lines += count.lines;
    this.bytes += count.bytes;
    for (const [word, times] of count.words) this.words.set(word, (this.words.get(word) ?? 0) + times);
  }

  /** Returns the most frequent words; equally frequent ones in alphabetical order. */
  top(limit: number): [word: string, times: number][] {
    const before = ([a, m]: [string, number], [b, n]: [string, number]) => n - m || (a < b ? -1 : 1);
    return [...this.words].sort(before).slice(0, limit);
  }

  /** Whether `other` is the same in everything. */
  equals(other: Tally): boolean {
    return this.files === other.files && this.lines === other.lines && this.bytes === other.bytes &&
      sameEntries(this.words, other.words) && sameEntries(this.skipped, other.skipped);
  }
}

function sameEntries(a: Map<string, number>, b: Map<string, number>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
