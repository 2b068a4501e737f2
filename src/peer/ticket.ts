/**
 * Tickets, as callers pass them: checked, and what is wrong with one put into words.
 *
 * @module
 */

import { ERRNO } from "../port/abi.ts";
import type { Ticket } from "../port/engine.ts";
import { isEngineName } from "../engines/registry.ts";
import { type BusError, busError, nameOf, quote } from "../port/errors.ts";

/** A ticket; a `TypeError` if it is none. */
export function ticketOf(value: Ticket, doing: string): Ticket {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${doing}: expected a ticket, not ${nameOf(value)}`);
  }
  const { engine, key } = value;
  if (!isEngineName(engine)) throw new TypeError(`${doing}: the ticket names no engine: ${quote(engine)}`);
  if (typeof key !== "string") throw new TypeError(`${doing}: the ticket's key must be a string, not ${nameOf(key)}`);
  return { engine, key };
}

/** The error for an engine's negative answer about a ticket. */
export function ticketFailure(answer: number, ticket: Ticket, doing: string): BusError {
  if (answer === -ERRNO.EBADRQC) return busError(answer, doing, "the ticket is spent, or the peer has ended");
  if (answer !== -ERRNO.EOPNOTSUPP || ticket.engine !== "typescript") return busError(answer, doing);
  return busError(
    answer,
    doing,
    "the TypeScript engine cannot hand a peer to another isolate, and this ticket is not of here; engineReport() tells " +
      "why no other engine served",
  );
}
