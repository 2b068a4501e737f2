/**
 * The Worker of the self-test: takes a peer over, sends one message, and ends the peer.
 *
 * @module
 */

import { Peer, type Ticket } from "../../../mod.ts";
import { TEXT } from "./self_test.ts";

/** What it gets. */
export interface Task {
  ticket: Ticket;
  /** The id of its handle. */
  to: bigint;
}

addEventListener("message", (event) => {
  const { ticket, to } = (event as MessageEvent<Task>).data;
  using client = Peer.adopt(ticket);
  client.send(client.handle(to), TEXT);
}, { once: true });
