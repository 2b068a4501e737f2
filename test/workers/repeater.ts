/** A Worker that repeats one action with its peer until it is terminated. */

import { Peer } from "@bus1/bus1";
import type { Ticket } from "../../src/port/engine.ts";
import { serve } from "../support/calls.ts";

/** The actions of a peer that can send to `to`. Each returns the peer for the next repetition. */
const actions = {
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

/** The name of an action. */
export type Action = keyof typeof actions;

let peer: Peer;

serve({
  adopt: (ticket: Ticket): void => void (peer = Peer.adopt(ticket)),
  async repeat(action: Action, to: bigint): Promise<void> {
    for (let i = 0;; i++) {
      peer = await actions[action](peer, to, i);
      // Deno ends a Worker only in its event loop.
      if (i % 8 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
  },
});
