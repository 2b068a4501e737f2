/** A Worker that holds one peer and sends, or receives, as fast as the bounds of queues let it. */

import { BusError, type Handle, Peer } from "@bus1/bus1";
import type { Ticket } from "../../src/port/engine.ts";
import { serve } from "../support/calls.ts";

/** Sends a message, and waits for room as often as necessary. Returns the number of waits. */
async function sendOne(peer: Peer, to: Handle, data: string): Promise<number> {
  for (let waits = 0;; waits++) {
    try {
      peer.send(to, data);
      return waits;
    } catch (error) {
      if (!(error instanceof BusError && error.code === "EDQUOT")) throw error;
      await peer.writable(to);
    }
  }
}

serve({
  /** Sends `count` messages of various lengths through a handle. Returns the number of waits. */
  async sendAll(ticket: Ticket, id: bigint, name: string, count: number): Promise<number> {
    using peer = Peer.adopt(ticket);
    const to = peer.handle(id);
    let waits = 0;
    for (let i = 0; i < count; i++) waits += await sendOne(peer, to, `${name} ${i} `.padEnd(i * 37 % 300, "."));
    return waits;
  },

  /** Receives `count` messages, and closes the peer. */
  drain(ticket: Ticket, count: number): void {
    using peer = Peer.adopt(ticket);
    while (count > 0) if (peer.receiveSync()?.type === "message") count--;
  },

  /** Adopts a peer and keeps it. */
  keep(ticket: Ticket): void {
    (globalThis as { kept?: Peer }).kept = Peer.adopt(ticket);
  },
});
