/** A Worker that runs actors, several at a time, as asynchronous tasks. */

import { Peer } from "@bus1/bus1";
import type { Ticket } from "../../src/port/engine.ts";
import { serve } from "../support/calls.ts";
import { type Role, runActor } from "./actor.ts";
import type { Memory } from "./shared_memory.ts";

/** Peers that live as long as the Worker; their ends show its end. */
const witnesses: Peer[] = [];

serve({
  witness: (ticket: Ticket): void => void witnesses.push(Peer.adopt(ticket)),
  async run(memory: Memory, roles: Role[]): Promise<void> {
    await Promise.all(roles.map((role) => runActor(memory, role)));
  },
});
