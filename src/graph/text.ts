/**
 * Names, as they can be drawn: whatever is in them, they stay names.
 *
 * @module
 */

/** Without what no picture can show: control characters, line ends among them, and halves of characters. */
export function clean(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}\uFFFE\uFFFF]/gu, "\uFFFD");
}

/** For the text and the attributes of XML. */
export function xml(text: string): string {
  return clean(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const segmenter = new Intl.Segmenter();

/** About how wide a text is, in widths of an average small letter. */
export function columns(text: string): number {
  let sum = 0;
  for (const { segment } of segmenter.segment(text)) sum += columnsOf(segment);
  return sum;
}

function columnsOf(segment: string): number {
  const code = segment.codePointAt(0)!;
  if (code >= 0x1100) return 1.9; // Han, kana, Hangul, pictures; a little much for what is narrow
  if (/[mwMW@%—…]/.test(segment)) return 1.55;
  if (/[A-Z0-9_&#]/.test(segment)) return 1.2;
  if (/[iljtfr.,:;'|!()[\] ]/.test(segment)) return 0.65;
  return code > 0x250 ? 1.3 : 1.05;
}

/** A text that is no wider than so many columns: what is too long loses its end. */
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
