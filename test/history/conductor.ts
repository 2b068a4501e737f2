/**
 * Leads a recorded run: opens the first peers, says when what is to be done, brings about faults, and collects what
 * happened. It is an actor itself, the last.
 *
 * When all actors have done their work they drain their queues until nothing comes any more, close some of their peers,
 * drain again, and close the rest. So a history ends with looks that show what is missing.
 *
 * A Worker that was terminated takes its time to end, and its peers end one after the other. They have all ended when
 * what that brings about has come; so the conductor lets the others look again until the history is in order, and gives
 * up after some seconds.
 *
 * @module
 */

import { Peer } from "@bus1/bus1";
import type { Random } from "../support/random.ts";
import { check } from "./check.ts";
import type { Crew } from "./crew.ts";
import type { History } from "./history.ts";
import { Holding } from "./holding.ts";
import { readLog, Recorder } from "./recorder.ts";
import { CLOSE, CLOSE_SOME, DRAIN, type Memory, type Parcel, say, WORK } from "./shared.ts";

/** How often the others look again, and milliseconds between. */
const TRIES = 50;
const PAUSE = 100;

export class Conductor {
  readonly #memory: Memory;
  readonly #actors: number;
  readonly #recorder: Recorder;
  readonly #sink: Holding;
  readonly #parcels: Parcel[] = [];
  readonly #dead = new Set<number>();
  #stopped = false;

  constructor(memory: Memory, actors: number) {
    this.#memory = memory;
    this.#actors = actors;
    this.#recorder = new Recorder(memory.logs[actors], memory, actors, true);
    this.#sink = Holding.open(memory, this.#recorder);
  }

  /** Opens peers, each with handles to all. */
  async open(count: number): Promise<Parcel[]> {
    const peers = Array.from({ length: count }, () => Holding.open(this.#memory, this.#recorder));
    for (const peer of peers) for (const other of peers) peer.createNode(other);
    for (const peer of peers) this.#sink.giveSink(peer);
    for (const peer of peers) this.#parcels.push((await peer.detach(this.#memory))!);
    return this.#parcels;
  }

  /** Leads the run to its end. */
  async lead(faults: () => Promise<void>, isFaulty: boolean): Promise<void> {
    say(this.#memory, WORK);
    await Promise.all([faults(), this.#answered()]);
    for (let tries = 0; tries < TRIES; tries++) {
      this.#recorder.note("quiet", []); // no call is under way, so whoever was revoked has ended
      await this.#command(DRAIN);
      await this.#command(DRAIN); // what was discarded meanwhile has released handles
      if (!isFaulty || this.#stopped || check(this.history()).length === 0) break;
      await sleep(PAUSE);
    }
    for (const what of [CLOSE_SOME, DRAIN, DRAIN, CLOSE]) await this.#command(what);
    await this.#sink.close();
    // A Worker may have died before it adopted them.
    for (const { ticket } of this.#parcels) Peer.revoke(ticket);
  }

  /** Somebody has failed: nobody waits for the others any more. */
  stop(): void {
    this.#stopped = true;
  }

  /** Terminates a Worker of the crew when one of its actors has done so much, or all. */
  async kill(crew: Crew, worker: number, events: number): Promise<void> {
    const [{ actor }] = crew.shares[worker];
    const { progress } = this.#memory;
    while (Atomics.load(progress, actor) < events && !this.#hasAnswered(actor) && !this.#stopped) await sleep(0);
    await crew.kill(worker);
    for (const { actor } of crew.shares[worker]) this.#dead.add(actor);
  }

  /** Revokes some first peer, wherever it is, at some moment. */
  async revoke(pick: Random): Promise<void> {
    await sleep(pick(60));
    Holding.revoke(this.#recorder, this.#parcels[pick(this.#parcels.length)]);
  }

  /** What happened. */
  history(): History {
    const actors = this.#memory.logs.map((log, actor) => ({
      name: actor === this.#actors ? "conductor" : `actor ${actor}`,
      events: readLog(log),
      died: this.#dead.has(actor),
    }));
    return { actors };
  }

  async #command(what: number): Promise<void> {
    say(this.#memory, what);
    await this.#answered();
  }

  #hasAnswered(actor: number): boolean {
    const { baton } = this.#memory;
    return Atomics.load(baton, 2 + actor) === baton[1];
  }

  async #answered(): Promise<void> {
    const actors = Array.from({ length: this.#actors }, (_, actor) => actor);
    while (!this.#stopped && !actors.every((actor) => this.#dead.has(actor) || this.#hasAnswered(actor))) {
      this.#sink.empty();
      await sleep(1);
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
