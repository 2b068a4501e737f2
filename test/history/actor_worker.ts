/** A Worker that plays the parts of actors, several at a time, as tasks. */

import { Peer } from "@bus1/bus1";
import type { Ticket } from "../../src/engine.ts";
import { serve } from "../workers/calls.ts";
import { act, type Part } from "./actor.ts";
import type { Memory } from "./shared.ts";

/** Lives as long as the Worker, and tells of its end. */
let witness: Peer | undefined;

serve({
  witness(ticket: Ticket): void {
    witness = Peer.adopt(ticket);
  },
  async play(memory: Memory, parts: Part[]): Promise<void> {
    await Promise.all(parts.map((part) => act(memory, part)));
    witness?.close();
  },
});
