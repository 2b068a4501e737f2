/** The Worker of ending.ts: it has a peer, and waits in one way or another. */

import { BusError, Peer, type Ticket } from "@bus1/bus1";
import { serve } from "../../src/scenarios/calls.ts";

let peer: Peer;

serve({
  adopt(ticket: Ticket): void {
    peer = Peer.adopt(ticket);
  },
  /** Answers once all calls before it have begun. */
  begun(): void {},
  async await(): Promise<void> {
    await peer.receive();
  },
  /** Blocks until its peer is ended; answers what `receiveSync` threw. */
  block(blocked: Int32Array): string {
    Atomics.store(blocked, 0, 1);
    try {
      return `received ${peer.receiveSync()?.type}`;
    } catch (error) {
      return error instanceof BusError ? error.code : String(error);
    }
  },
});
