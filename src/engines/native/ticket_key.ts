/**
 * The key of a ticket: which slot of the native library the peer is in, and the words that only its holder knows.
 *
 * @module
 */

/** What the library needs to find a peer that was handed over, and to believe who asks for it. */
export interface Key {
  slot: number;
  key: number;
  serialHigh: number;
  serialLow: number;
}

/** `words`: the key and the two halves of the serial, as the library wrote them. */
export function formatKey(slot: number, words: Uint32Array): string {
  return [slot, ...words].map((word) => word.toString(16)).join("-");
}

/** `null` for what no library wrote. */
export function parseKey(text: string): Key | null {
  const match = /^([0-9a-f]{1,8})-([0-9a-f]{1,8})-([0-9a-f]{1,8})-([0-9a-f]{1,8})$/.exec(text);
  if (match === null) return null;
  const [slot, key, serialHigh, serialLow] = match.slice(1).map((word) => parseInt(word, 16));
  return { slot: slot!, key: key!, serialHigh: serialHigh!, serialLow: serialLow! };
}
