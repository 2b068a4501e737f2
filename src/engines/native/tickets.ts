/**
 * Tickets of detached peers. The key of a ticket has the number of the slot that holds the peer, and the words that prove the
 * right to adopt or revoke it.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { Ticket } from "../../port/engine.ts";
import type { Library } from "../../library/runtimes/runtime.ts";

/** The content of a ticket's key. */
export interface Key {
  slot: number;
  key: number;
  serialHigh: number;
  serialLow: number;
}

/** Makes a key. `words`: the key of the slot and the two halves of the serial, as the library wrote them. */
export function formatKey(slot: number, words: Uint32Array): string {
  return [slot, ...words].map((word) => word.toString(16)).join("-");
}

/** Reads a key; `null` if {@linkcode formatKey} has not made it. */
function parseKey(text: string): Key | null {
  if (!/^([0-9a-f]{1,8}-){3}[0-9a-f]{1,8}$/.test(text)) return null;
  const [slot = 0, key = 0, serialHigh = 0, serialLow = 0] = text.split("-").map((word) => parseInt(word, 16));
  return { slot, key, serialHigh, serialLow };
}

/** Adopts the peer of a ticket. `take` asks the library for the peer, which writes the new key of its slot to `out`. */
export function adopt<P>(
  ticket: Ticket,
  take: (key: Key, out: Uint32Array) => number,
  made: (slot: number, key: number) => P,
): P | number {
  const parsed = parseKey(ticket.key);
  if (parsed === null) return -ERRNO.EBADRQC;
  const out = new Uint32Array(1);
  const answer = take(parsed, out);
  return answer < 0 ? answer : made(parsed.slot, out[0] ?? 0);
}

/** Ends the peer of a ticket. */
export function revoke(library: Library, ticket: Ticket): number {
  const parsed = parseKey(ticket.key);
  if (parsed === null) return -ERRNO.EBADRQC;
  return library.bus1_peer_revoke(parsed.slot, parsed.serialHigh, parsed.serialLow);
}
