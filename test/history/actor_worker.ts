/** A Worker that plays the parts of actors, several at a time, as tasks. */

import { Peer } from "@bus1/bus1";
import type { Ticket } from "../../src/port/engine.ts";
import { serve } from "../workers/calls.ts";
import { act, type Part } from "./actor.ts";
import type { Memory } from "./shared.ts";

/** Peers that live as long as the Worker, and tell of its end. */
const witnesses: Peer[] = [];

serve({
  witness: (ticket: Ticket): void => void witnesses.push(Peer.adopt(ticket)),
  async play(memory: Memory, parts: Part[]): Promise<void> {
    await Promise.all(parts.map((part) => act(memory, part)));
  },
});
