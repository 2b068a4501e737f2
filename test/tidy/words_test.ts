/**
 * The language: words that a reader who learnt English as a second language stumbles over, or that hide what a sentence
 * is about, stand nowhere. What to write instead stands beside each.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { test } from "../support/harness.ts";
import { type File, readProject } from "./project.ts";

interface Word {
  /** What is not written. */
  pattern: RegExp;
  /** What is written instead. */
  instead: string;
  /** A line that has it. */
  sample: string;
}

/** Nouns for people: after these the relative pronoun for people is right. */
const PEOPLE = "people|person|programmers?|users?|developers?|readers?|authors?|engineers?";

const WORDS: readonly Word[] = [
  {
    pattern: /\b(whoever|nobody|somebody|anybody|everybody)\b/i,
    instead: "the noun: the peer, the caller, the receiver, no peer",
    sample: "whoever waits",
  },
  { pattern: /\bthose who\b/i, instead: "the noun in the plural", sample: "those who wait" },
  {
    pattern: new RegExp(`(?<!\\b(${PEOPLE}) )\\bwhom?\\b`, "i"),
    instead: "a noun as the subject, or that, which",
    sample: "Who sleeps uses no CPU.",
  },
  {
    pattern: /\b(he|his|him|himself|she|her|hers)\b/i,
    instead: "it, its, they, their",
    sample: "the caller and his peer",
  },
  { pattern: /\bfor ever\b/i, instead: "forever", sample: "It waits for ever." },
  {
    pattern: /\bso (many|much)\b/i,
    instead: "this number of, as many as, this much",
    sample: "So many waits sleep.",
  },
  {
    pattern: /(?<!\bthere )\b(is|are|was|were) no\b(?! (longer|more than|later than|less than|sooner|other)\b)/i,
    instead: "is not",
    sample: "It is no error.",
  },
  { pattern: /\banswer(s|ed|ing)\b/i, instead: "returns, replies", sample: "It answers a number." },
  { pattern: /\bNothing, if\b/, instead: "no-op if", sample: "Nothing, if it has ended." },
  { pattern: /\bhears\b/i, instead: "is notified of, receives", sample: "The owner hears it." },
];

interface Exception {
  path: string;
  /** A part of the line. */
  line: string;
  reason: string;
}

/** Lines that keep such a word. */
const EXCEPTIONS: readonly Exception[] = [];

/** Files that others write, or that tools make; and this file, which lists the words. */
const FOREIGN =
  /^(LICENSE|test\/tidy\/words_test\.ts|package-lock\.json|native\/corpus\/\w+$|src\/library\/builds\/)|\.svg$/;

/** Returns the lines of a file that have such a word. */
function complaints([path, text]: File, exceptions: readonly Exception[]): string[] {
  if (FOREIGN.test(path)) return [];
  const mine = exceptions.filter((exception) => exception.path === path);
  return text.split("\n").flatMap((line, i) => {
    const word = WORDS.find(({ pattern }) => pattern.test(line));
    if (!word || mine.some((exception) => line.includes(exception.line))) return [];
    return [`${path}:${i + 1}: ${line.trim()} (write: ${word.instead})`];
  });
}

const project = await readProject();

test("tidy: the words are plain", () => {
  assertEquals(project.flatMap((file) => complaints(file, EXCEPTIONS)), []);
});

test("tidy: every word that is not plain is found", () => {
  for (const { sample } of WORDS) assertEquals(complaints(["docs/a.md", `${sample}\n`], []).length, 1, sample);
  for (
    const line of [
      "readers wh" + "o learn",
      "it is n" + "o longer there",
      "there is n" + "o other",
      "The answer is 42.",
    ]
  ) {
    assertEquals(complaints(["docs/a.md", line], []), []);
  }
});

test("tidy: every exception is for a line that is there, and says why", () => {
  for (const exception of EXCEPTIONS) {
    const { path, line, reason } = exception;
    const file = project.find(([other]) => other === path);
    assert(file, `there is no ${path}`);
    assert(
      complaints(file, EXCEPTIONS.filter((other) => other !== exception)).length > complaints(file, EXCEPTIONS).length,
      `${path}: ${line}`,
    );
    assert(reason.length > 10, `${path}: ${line}`);
  }
});
