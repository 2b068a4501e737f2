/**
 * The Workers of recorded runs. They are started once and play in one run after the other, unless they are killed.
 *
 * @module
 */

import { Peer } from "@bus1/bus1";
import type { EngineName } from "../../src/port/engine.ts";
import { Agent } from "../workers/calls.ts";
import type { Part } from "./actor.ts";
import type { Memory } from "./shared.ts";

/** Milliseconds in which a Worker's end must be noticed. Deno's goes on until its event loop turns. */
const PATIENCE = 10_000;

export class Crew {
  /** Which parts each Worker plays now. */
  shares: Part[][] = [];
  readonly #agents: Agent[] = [];
  /** For each Worker a peer that hears of its end. */
  readonly #watches: Peer[] = [];

  /** Begins to play, so many parts in each Worker. The promises are those of the Workers. */
  async play(memory: Memory, parts: Part[], each: number): Promise<Promise<void>[]> {
    this.shares = Array.from({ length: parts.length / each }, (_, i) => parts.slice(i * each, (i + 1) * each));
    while (this.#agents.length < this.shares.length) await this.#hire(memory.engine);
    return this.shares.map((share, i) => this.#agents[i].call<void>("play", memory, share));
  }

  async #hire(engine: EngineName): Promise<void> {
    const agent = await Agent.start(new URL("actor_worker.ts", import.meta.url).href);
    const watch = Peer.open({ engine });
    const witness = Peer.open({ engine });
    witness.createNode({ for: watch });
    this.#agents.push(agent);
    this.#watches.push(watch);
    await agent.call("witness", witness.detach());
  }

  /** Terminates a Worker, and waits until its end is noticed. It plays no more. */
  async kill(worker: number): Promise<void> {
    this.#agents[worker].terminate();
    const watch = this.#watches[worker];
    await watch.receive({ signal: AbortSignal.timeout(PATIENCE) });
    watch.close();
  }

  /** Sends all home. */
  async dismiss(): Promise<void> {
    await Promise.all(this.#agents.map((_, worker) => this.kill(worker).catch(() => {})));
  }
}
