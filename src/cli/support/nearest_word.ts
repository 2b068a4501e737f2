/**
 * The word that was probably meant by a mistyped one.
 *
 * @module
 */

/** Returns the word that was probably meant: one that begins alike, or else differs in few letters. */
export function nearestWord(word: string, words: readonly string[]): string | undefined {
  const plain = word.replace(/^-+/, "").toLowerCase();
  if (plain === "") return undefined;
  const distances = words.map((other) => {
    const its = other.replace(/^-+/, "");
    return { other, far: plain.length > 1 && its.startsWith(plain) ? 0.5 : distance(plain, its) };
  });
  const [best] = distances.sort((a, b) => a.far - b.far);
  return best !== undefined && best.far <= Math.max(1, Math.floor(plain.length / 3)) ? best.other : undefined;
}

/** Returns the number of letters that must be changed, added, left out, or swapped with their neighbour. */
function distance(a: string, b: string): number {
  // A row has the distances of the beginning of `a` to all beginnings of `b`.
  const at = (row: number[], j: number) => row[j] ?? Infinity;
  let before: number[] = [], last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(before, j - 2) + 1 : Infinity;
      row.push(Math.min(changed, swapped, at(last, j) + 1, at(row, j - 1) + 1));
    }
    [before, last] = [last, row];
  }
  return at(last, b.length);
}
