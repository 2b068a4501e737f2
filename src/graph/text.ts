/**
 * Names as text in drawings, whatever characters they contain.
 *
 * @module
 */

/** Replaces what a drawing cannot show: control characters, line ends among them, and lone surrogates. */
export function clean(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}\uFFFE\uFFFF]/gu, "\uFFFD");
}

/** Escapes a text for XML, in text and attributes. */
export function xml(text: string): string {
  return clean(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const segmenter = new Intl.Segmenter();

/** Returns the approximate width of a text, in widths of an average small letter. */
export function columns(text: string): number {
  let sum = 0;
  for (const { segment } of segmenter.segment(text)) sum += columnsOf(segment);
  return sum;
}

function columnsOf(segment: string): number {
  const code = segment.codePointAt(0) ?? 0;
  if (code >= 0x1100) return 1.9; // Han, kana, Hangul, emoji; a little too wide for narrow ones
  if (/[mwMW@%—…]/.test(segment)) return 1.55;
  if (/[A-Z0-9_&#]/.test(segment)) return 1.2;
  if (/[iljtfr.,:;'|!()[\] ]/.test(segment)) return 0.65;
  return code > 0x250 ? 1.3 : 1.05;
}

/** Cuts a text to that number of columns; a longer text loses its end. */
export function cut(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let kept = "";
  let sum = columnsOf("…");
  for (const { segment } of segmenter.segment(text)) {
    sum += columnsOf(segment);
    if (sum > width) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}
