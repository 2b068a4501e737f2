/**
 * Wrong usage, and the words in which it is reported: with the word that was probably meant.
 *
 * @module
 */

import { nearestWord } from "./nearest_word.ts";

/** A command was called with arguments that it does not have; the message says which. The exit code is 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The beginning of the codes of errors that `parseArgs` of `node:util` throws. */
const PARSE_ARGS = "ERR_PARSE_ARGS";

/**
 * Returns what was wrong with the arguments of a command; `undefined` if the error is about something else. For an unknown
 * option it names the nearest one in the command's help.
 */
export function usageComplaint(error: unknown, name: string, help: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof UsageError) return error.message;
  if (!("code" in error) || !String(error.code).startsWith(PARSE_ARGS)) return undefined;
  const hint = `"help ${name}" tells more`;
  if (error.code !== `${PARSE_ARGS}_UNKNOWN_OPTION`) return `${name}: ${error.message.split("\n")[0]}; ${hint}`;
  const option = /'(-[^'\s]*)/.exec(error.message)?.[1] ?? "such an option";
  return `${name}: ${wrongWord(`there is no option ${option}`, option, optionsOf(help), hint)}`;
}

/** Returns the options that a help text describes. */
function optionsOf(help: string): string[] {
  return [...help.matchAll(/(?:^ {2}|^ {2}-\w, )(--[a-z-]+)/gm)].flatMap(([, option]) => option ?? []);
}

/** Returns what is wrong with a word, the word that was probably meant, and a hint. */
export function wrongWord(wrong: string, word: string, words: readonly string[], hint: string): string {
  const near = nearestWord(word, words);
  return near === undefined ? `${wrong}; ${hint}` : `${wrong}: did you mean ${near}? ${hint}`;
}
