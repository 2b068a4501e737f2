/** The Worker of ending.ts: it holds a peer, and is idle, awaits or blocks. */

import { BusError, Peer, type Ticket } from "@bus1/bus1";
import { serve } from "../../src/scenarios/calls.ts";

let peer: Peer;

serve({
  adopt(ticket: Ticket): void {
    peer = Peer.adopt(ticket);
  },
  /** Returns after all earlier calls have begun. */
  begun(): void {},
  async await(): Promise<void> {
    await peer.receive();
  },
  /** Blocks until its peer is ended. Returns the code of the error that `receiveSync` threw. */
  block(blocked: Int32Array): string {
    Atomics.store(blocked, 0, 1);
    try {
      return `received ${peer.receiveSync()?.type}`;
    } catch (error) {
      return error instanceof BusError ? error.code : String(error);
    }
  },
});
