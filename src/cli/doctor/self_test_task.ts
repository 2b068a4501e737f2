/**
 * The text and the task that the self-test and its Worker share.
 *
 * @module
 */

import type { Ticket } from "../../../mod.ts";

/** The text of every message. */
export const TEXT = "does it work?";

/** The task of the Worker. */
export interface Task {
  /** Its peer. */
  ticket: Ticket;
  /** The id of its handle. */
  to: bigint;
}
