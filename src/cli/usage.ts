/**
 * What is the user's to correct, and how it is said: with the word that was probably meant.
 *
 * @module
 */

/** A command was called in a way that it does not understand; the message says how. Exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** What `node:util` says of options; the codes of its errors begin in this way. */
const PARSE_ARGS = "ERR_PARSE_ARGS";

/**
 * Says what was wrong with the arguments of a command; `undefined` if the error is about something else. Of an option that
 * there is not, the nearest one in the command's help is named.
 */
export function usageComplaint(error: unknown, name: string, help: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof UsageError) return error.message;
  if (!("code" in error) || !String(error.code).startsWith(PARSE_ARGS)) return undefined;
  const tells = `"help ${name}" tells more`;
  if (error.code !== `${PARSE_ARGS}_UNKNOWN_OPTION`) return `${name}: ${error.message.split("\n")[0]}; ${tells}`;
  const option = /'(-[^'\s]*)/.exec(error.message)?.[1] ?? "such an option";
  return `${name}: ${wrongWord(`there is no option ${option}`, option, optionsOf(help), tells)}`;
}

/** The options that a help text describes. */
function optionsOf(help: string): string[] {
  return [...help.matchAll(/(?:^ {2}|^ {2}-\w, )(--[a-z-]+)/gm)].map(([, option]) => option);
}

/** What is wrong with a word, which of those that there are was probably meant, and what else helps. */
export function wrongWord(wrong: string, word: string, words: readonly string[], help: string): string {
  const near = nearest(word, words);
  return near === undefined ? `${wrong}; ${help}` : `${wrong}: did you mean ${near}? ${help}`;
}

/** The word that was probably meant: one that begins alike, or else differs in few letters. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const plain = word.replace(/^-+/, "").toLowerCase();
  if (plain === "") return undefined;
  const distances = words.map((other) => {
    const its = other.replace(/^-+/, "");
    return { other, far: plain.length > 1 && its.startsWith(plain) ? 0.5 : distance(plain, its) };
  });
  const best = distances.sort((a, b) => a.far - b.far)[0];
  return best !== undefined && best.far <= Math.max(1, Math.floor(plain.length / 3)) ? best.other : undefined;
}

/** How many letters must be changed, added, left out or swapped with their neighbour. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
        ? rows[i - 2][j - 2] + 1
        : Infinity;
      const changed = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(swapped, changed, rows[i - 1][j] + 1, row[j - 1] + 1));
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}
