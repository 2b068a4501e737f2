/**
 * Phrases that all texts share.
 *
 * @module
 */

/** `"a"`, `"a and b"`, `"a, b and c"`. */
export function and(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

/** A text in quotation marks. */
export function quoted(text: string): string {
  return `“${text}”`;
}

/** `"1 message"`, `"2 messages"`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
