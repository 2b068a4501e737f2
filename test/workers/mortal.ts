/** A Worker that does one thing with a peer, again and again, until it is terminated in it. */

import { Peer } from "@bus1/bus1";
import type { Ticket } from "../../src/port/engine.ts";
import { serve } from "./calls.ts";

/** What can be done again and again, with a peer that can send to `to`. Answers the peer that goes on. */
const deeds = {
  send(peer: Peer, to: bigint, i: number): Peer {
    peer.send(peer.handle(to), String(i));
    return peer;
  },
  receive(peer: Peer): Peer {
    peer.receiveMany(1);
    return peer;
  },
  async wait(peer: Peer, _: bigint, i: number): Promise<Peer> {
    if (i % 2) peer.receiveSync({ timeout: 5 });
    else await peer.receive();
    return peer;
  },
  transfer(peer: Peer, to: bigint, i: number): Peer {
    const { handle } = peer.createNode();
    peer.send([peer.handle(to), peer.handle(to)], String(i), { handles: [handle, peer.copy(handle, peer)] });
    peer.release(handle);
    return peer;
  },
  adopt: (peer: Peer): Peer => Peer.adopt(peer.detach()),
};

/** The name of one of them. */
export type Deed = keyof typeof deeds;

let peer: Peer;

serve({
  adopt: (ticket: Ticket): void => void (peer = Peer.adopt(ticket)),
  async live(deed: Deed, to: bigint): Promise<void> {
    for (let i = 0;; i++) {
      peer = await deeds[deed](peer, to, i);
      // Deno ends a Worker no sooner than it comes to its event loop.
      if (i % 8 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
  },
});
