/**
 * The Worker of the self-test: takes a peer over, sends one message, and ends the peer.
 *
 * @module
 */

import { Peer } from "../../../mod.ts";
import { type Task, TEXT } from "./self_test.ts";

addEventListener("message", (event) => {
  const { ticket, to } = (event as MessageEvent<Task>).data;
  using client = Peer.adopt(ticket);
  client.send(client.handle(to), TEXT);
}, { once: true });
