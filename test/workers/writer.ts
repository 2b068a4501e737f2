/** A Worker that holds one peer and sends or receives as fast as it may. */

import { BusError, type Handle, Peer } from "@bus1/bus1";
import type { Ticket } from "../../src/port/engine.ts";
import { serve } from "./calls.ts";

/** Sends, and waits for room as often as it must. Answers how often. */
async function push(peer: Peer, to: Handle, data: string): Promise<number> {
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
  /** Sends `count` messages of various lengths through a handle; answers how often it waited. */
  async pour(ticket: Ticket, id: bigint, name: string, count: number): Promise<number> {
    using peer = Peer.adopt(ticket);
    const to = peer.handle(id);
    let waits = 0;
    for (let i = 0; i < count; i++) waits += await push(peer, to, `${name} ${i} `.padEnd(i * 37 % 300, "."));
    return waits;
  },

  /** Receives `count` messages, and closes the peer. */
  drain(ticket: Ticket, count: number): void {
    using peer = Peer.adopt(ticket);
    while (count > 0) if (peer.receiveSync()?.type === "message") count--;
  },

  /** Takes a peer over and keeps it. */
  keep(ticket: Ticket): void {
    (globalThis as { kept?: Peer }).kept = Peer.adopt(ticket);
  },
});
