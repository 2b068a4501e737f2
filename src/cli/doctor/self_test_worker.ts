/**
 * The Worker of the self-test: it adopts a peer, sends one message, and closes the peer.
 *
 * @module
 */

import { Peer } from "../../../mod.ts";
import { type Task, TEXT } from "./self_test_task.ts";

addEventListener("message", (event) => {
  const { ticket, to } = (event as MessageEvent<Task>).data;
  using client = Peer.adopt(ticket);
  client.send(client.handle(to), TEXT);
}, { once: true });
