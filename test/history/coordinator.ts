/**
 * Coordinates a recorded run: opens the first peers, gives commands, causes faults, and collects the history. It is an
 * actor itself, the last.
 *
 * When all actors have made their calls they drain their queues until nothing more comes, close some of their peers,
 * drain again, and close the rest. So a history ends with looks that show what is missing.
 *
 * A terminated Worker takes some time to end, and its peers end one after the other. They have all ended when every
 * notification of their end has come. So the coordinator lets the others look again until the history keeps the rules,
 * and gives up after some seconds.
 *
 * @module
 */

import { Peer } from "@bus1/bus1";
import type { Random } from "../support/random.ts";
import { check } from "./check.ts";
import type { WorkerPool } from "./worker_pool.ts";
import type { History } from "./history.ts";
import { RecordedPeer } from "./recorded_peer.ts";
import { readLog, Recorder } from "./recorder.ts";
import { CLOSE, CLOSE_SOME, type DetachedPeer, DRAIN, giveCommand, type Memory, WORK } from "./shared_memory.ts";

/** How often the others look again, and the milliseconds between. */
const TRIES = 50;
const PAUSE = 100;

export class Coordinator {
  readonly #memory: Memory;
  readonly #actors: number;
  readonly #recorder: Recorder;
  readonly #sink: RecordedPeer;
  readonly #detachedPeers: DetachedPeer[] = [];
  readonly #dead = new Set<number>();
  #stopped = false;

  constructor(memory: Memory, actors: number) {
    this.#memory = memory;
    this.#actors = actors;
    this.#recorder = new Recorder(memory.logs[actors], memory, actors, true);
    this.#sink = RecordedPeer.open(memory, this.#recorder);
  }

  /** Opens peers, each with handles to all. */
  async open(count: number): Promise<DetachedPeer[]> {
    const peers = Array.from({ length: count }, () => RecordedPeer.open(this.#memory, this.#recorder));
    for (const peer of peers) for (const other of peers) peer.createNode(other);
    for (const peer of peers) this.#sink.giveSink(peer);
    for (const peer of peers) this.#detachedPeers.push((await peer.detach(this.#memory))!);
    return this.#detachedPeers;
  }

  /** Runs the run to its end. */
  async run(faults: () => Promise<void>, isFaulty: boolean): Promise<void> {
    giveCommand(this.#memory, WORK);
    await Promise.all([faults(), this.#acknowledged()]);
    for (let tries = 0; tries < TRIES; tries++) {
      this.#recorder.note("quiet", []); // no call is in progress, so every revoked peer has ended
      await this.#command(DRAIN);
      await this.#command(DRAIN); // what was discarded meanwhile has released handles
      if (!isFaulty || this.#stopped || check(this.history()).length === 0) break;
      await sleep(PAUSE);
    }
    for (const what of [CLOSE_SOME, DRAIN, DRAIN, CLOSE]) await this.#command(what);
    await this.#sink.close();
    // A Worker may have died before it adopted them.
    for (const { ticket } of this.#detachedPeers) Peer.revoke(ticket);
  }

  /** Stops waiting for the actors, because one has failed. */
  stop(): void {
    this.#stopped = true;
  }

  /** Terminates a Worker of the pool when one of its actors has done that number of events, or all. */
  async kill(pool: WorkerPool, worker: number, events: number): Promise<void> {
    const [{ actor }] = pool.shares[worker];
    const { progress } = this.#memory;
    while (Atomics.load(progress, actor) < events && !this.#hasAcknowledged(actor) && !this.#stopped) await sleep(0);
    await pool.kill(worker);
    for (const { actor } of pool.shares[worker]) this.#dead.add(actor);
  }

  /** Revokes one of the first peers, wherever it is, after a random time. */
  async revoke(pick: Random): Promise<void> {
    await sleep(pick(60));
    RecordedPeer.revoke(this.#recorder, this.#detachedPeers[pick(this.#detachedPeers.length)]);
  }

  /** Returns the history so far. */
  history(): History {
    const actors = this.#memory.logs.map((log, actor) => ({
      name: actor === this.#actors ? "coordinator" : `actor ${actor}`,
      events: readLog(log),
      died: this.#dead.has(actor),
    }));
    return { actors };
  }

  async #command(what: number): Promise<void> {
    giveCommand(this.#memory, what);
    await this.#acknowledged();
  }

  #hasAcknowledged(actor: number): boolean {
    const { commands } = this.#memory;
    return Atomics.load(commands, 2 + actor) === commands[1];
  }

  async #acknowledged(): Promise<void> {
    const actors = Array.from({ length: this.#actors }, (_, actor) => actor);
    while (!this.#stopped && !actors.every((actor) => this.#dead.has(actor) || this.#hasAcknowledged(actor))) {
      this.#sink.empty();
      await sleep(1);
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
