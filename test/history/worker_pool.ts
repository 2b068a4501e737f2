/**
 * The Workers of recorded runs. They are started once and used in one run after the other, unless they are terminated.
 *
 * @module
 */

import { Peer } from "@bus1/bus1";
import type { EngineName } from "../../src/port/engine.ts";
import { Agent } from "../support/calls.ts";
import type { Role } from "./actor.ts";
import type { Memory } from "./shared_memory.ts";

/** Milliseconds in which a Worker's end must be noticed. In Deno a Worker ends when its event loop turns. */
const END_TIMEOUT = 10_000;

export class WorkerPool {
  /** The actors that each Worker runs now. */
  shares: Role[][] = [];
  readonly #agents: Agent[] = [];
  /** For each Worker a peer that is notified of its end. */
  readonly #watches: Peer[] = [];

  /** Starts the actors, `each` of them in a Worker. The promises are those of the Workers. */
  async run(memory: Memory, roles: Role[], each: number): Promise<Promise<void>[]> {
    this.shares = Array.from({ length: roles.length / each }, (_, i) => roles.slice(i * each, (i + 1) * each));
    while (this.#agents.length < this.shares.length) await this.#start(memory.engine);
    return this.shares.map((share, i) => this.#agents[i].call<void>("run", memory, share));
  }

  async #start(engine: EngineName): Promise<void> {
    const agent = await Agent.start(new URL("actor_worker.ts", import.meta.url).href);
    const watch = Peer.open({ engine });
    const witness = Peer.open({ engine });
    witness.createNode({ for: watch });
    this.#agents.push(agent);
    this.#watches.push(watch);
    await agent.call("witness", witness.detach());
  }

  /** Terminates a Worker, and waits until its end is noticed. */
  async kill(worker: number): Promise<void> {
    this.#agents[worker].terminate();
    const watch = this.#watches[worker];
    await watch.receive({ signal: AbortSignal.timeout(END_TIMEOUT) });
    watch.close();
  }

  /** Terminates all Workers. */
  async terminate(): Promise<void> {
    await Promise.all(this.#agents.map((_, worker) => this.kill(worker).catch(() => {})));
  }
}
