/**
 * The results of the demo, for people.
 *
 * @module
 */

import type { EngineName } from "../../../mod.ts";
import { median } from "../../scenarios/measure.ts";
import { bar, bold, counted, dim, elapsed, grouped, table } from "../support/screen.ts";
import type { Comparison } from "./comparison.ts";
import type { Tally } from "./count.ts";
import type { JobReport } from "./job.ts";

const TOP_WORDS = 12;

/** bus1 is called ahead if it carries this many times the messages in every round. */
const AHEAD = 1.1;

/** Returns the result of the count over the bus. */
export function jobInWords({ tally, workers, messages, duration, farewell }: JobReport): string {
  const rows = workers.map(({ files, bytes }, i) => [String(i + 1), grouped(files), grouped(bytes)]);
  const failures = workers.flatMap(({ failure }, i) =>
    failure === undefined ? [] : [`  worker ${i + 1} was gone before the end: ${failure}`]
  );
  const rate = grouped(messages / duration * 1000);
  return [
    table(["worker", "files", "bytes"], rows),
    ...failures,
    ...wordsOf(tally),
    `\n${totalsOf(tally)}`,
    `${counted(messages, "message")} in ${elapsed(duration)}: ${rate} messages per second.`,
    `One multicast ended the job; the last worker was gone ${elapsed(farewell)} later.`,
  ].join("\n");
}

/** Returns the most frequent words, each with a bar. */
function wordsOf(tally: Tally): string[] {
  const top = tally.top(TOP_WORDS);
  const [first] = top;
  if (first === undefined) return [];
  const longest = Math.max(...top.map(([word]) => word.length));
  const [, most] = first;
  return [
    dim("\n  most frequent words"),
    ...top.map(([word, times]) =>
      `  ${word.padEnd(longest)}  ${grouped(times).padStart(grouped(most).length)}  ${bar(times, most)}`
    ),
  ];
}

function totalsOf({ files, lines, bytes, words, skipped }: Tally): string {
  const left = [...skipped].map(([reason, files]) => `, ${grouped(files)} ${reason}`).join("");
  const counts = [counted(files, "text file"), counted(lines, "line"), counted(bytes, "byte")];
  return `${bold(`${counts.join(", ")}, ${counted(words.size, "word")}`)}${left}.`;
}

/** Returns the result of the comparison, and its condition. */
export function comparisonInWords({ bus1, postMessage, times }: Comparison, engine: EngineName): string {
  const between = engine === "native";
  const heading = between
    ? "From one Worker to another, messages of 64 bytes as fast as possible, in the same run:"
    : "Within this isolate, messages of 64 bytes as fast as possible, in the same run:";
  const row = (name: string, rate: number) => `  ${name.padEnd(12)} ${grouped(rate).padStart(11)} messages per second`;
  return [
    bold(heading),
    row("bus1", bus1),
    row("postMessage", postMessage),
    verdict(times),
    between
      ? dim(
        "This holds while both Workers are awake. If a Worker sleeps between two messages, the system's wake-up takes\n" +
          "most of the time, and both are about as fast. The count above takes its time for files, not for messages.",
      )
      : dim(
        "The TypeScript engine works within one isolate only; the native engine also carries messages between Workers.",
      ),
  ].join("\n");
}

function verdict(times: readonly number[]): string {
  const low = times[0] ?? NaN, high = times.at(-1) ?? NaN;
  const spread = `${counted(times.length, "round")}: ${low.toFixed(1)} to ${high.toFixed(1)}`;
  if (low >= AHEAD) return `bus1 carries ${bold(`${median(times).toFixed(1)} times`)} as many (${spread}).`;
  return `bus1 was not ahead in every round (${spread} times as many); is the machine busy?`;
}
