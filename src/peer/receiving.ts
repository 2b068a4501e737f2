/**
 * Receiving many messages, and receiving while the thread blocks.
 *
 * @module
 */

import { optionsOf } from "./arguments.ts";
import type { EnginePeer } from "../port/engine.ts";
import { quote } from "../port/errors.ts";
import type { Message } from "./message.ts";
import type { ReceiveSyncOptions } from "./options.ts";
import type { Table } from "./table.ts";

/** `receiveSync` lets JavaScript look around, for a peer that ends, at least this often. Milliseconds. */
const SLICE = 20;

/** What an engine is asked for at most in one call. */
const BATCH = 1 << 20;

/** All that is ready, up to a limit. */
export function receiveMany(table: Table, limit: number): Message[] {
  if (!(limit === Infinity || Number.isSafeInteger(limit) && limit >= 0)) {
    throw new TypeError(`receive: the limit must be a whole number from 0 on, not ${quote(limit)}`);
  }
  const messages: Message[] = [];
  for (;;) {
    const answer = table.takeMany(Math.min(limit - messages.length, BATCH), messages);
    if (answer > 0 && messages.length < limit) continue;
    // What was received is not lost by what fails after it.
    if (answer >= 0 || messages.length > 0) return messages;
    throw table.failure(answer, "receive");
  }
}

/** How long `receiveSync` may wait, in milliseconds. */
export function timeoutOf(options: ReceiveSyncOptions | undefined): number {
  const { timeout = Infinity } = optionsOf(options, "receive");
  if (typeof timeout === "number" && timeout >= 0) return timeout;
  throw new TypeError(`receive: the time-out must be a number of milliseconds from 0 on, not ${quote(timeout)}`);
}

/** The next message, or `null` when so many milliseconds are over. */
export function block(table: Table, core: EnginePeer, timeout: number): Message | null {
  const deadline = performance.now() + timeout;
  for (;;) {
    const remaining = deadline - performance.now();
    if (remaining <= 0) return null;
    const answer = core.waitSync(Math.min(remaining, SLICE), remaining);
    if (answer < 0) throw table.failure(answer, "receive");
    const message = table.tryReceive();
    if (message !== null) return message;
  }
}
