/**
 * An actor of a recorded run: makes random calls on the peers that it holds, and takes and gives peers. The weights of
 * the calls are drawn anew for each run, so that some runs are mostly multicasts, others mostly hand-overs.
 *
 * Its calls follow from its seed; the messages that it receives depend on the other actors. So a run can be repeated,
 * but differs where threads race.
 *
 * @module
 */

import { type Random, random } from "../support/random.ts";
import { RecordedPeer, type Sending } from "./recorded_peer.ts";
import type { Id } from "./history.ts";
import { Recorder } from "./recorder.ts";
import {
  acknowledge,
  CLOSE,
  CLOSE_SOME,
  type DetachedPeer,
  type Memory,
  pendingCommand,
  put,
  take,
  WORK,
} from "./shared_memory.ts";

/** The parameters of an actor. */
export interface Role {
  /** Its number, which its log and its messages have too. */
  actor: number;
  /** How many actors there are. */
  actors: number;
  seed: number;
  /** The same for all actors of a run. */
  runSeed: number;
  /** How many steps it takes. */
  steps: number;
  /** The peers that it has from the start. */
  detachedPeers: DetachedPeer[];
  /** Whether the engine commits transactions of several messages and releases. */
  mixed: boolean;
  /** Whether peers can be moved to other threads, or stay in this one. */
  revokes: boolean;
}

/** Runs an actor to its end. */
export async function runActor(memory: Memory, role: Role): Promise<void> {
  await new Actor(memory, role).run();
}

class Actor {
  readonly #memory: Memory;
  readonly #role: Role;
  readonly #pick: Random;
  readonly #recorder: Recorder;
  readonly #acts: { weight: number; act: (peer: RecordedPeer) => void | Promise<void> }[];
  readonly #weights: number;
  /** Peers that it gave away, and may revoke. */
  readonly #given: DetachedPeer[] = [];
  #peers: RecordedPeer[] = [];
  #messages = 0;
  /** It returns to its event loop after this number of steps, on average. */
  readonly #rest: number;
  /** It releases objects of a peer that holds more than this. With few objects more happens to each. */
  readonly #enough: number;
  /** How many more receivers a multicast has. */
  readonly #crowd: number;

  constructor(memory: Memory, role: Role) {
    this.#memory = memory;
    this.#role = role;
    this.#pick = random(role.seed);
    const run = random(role.runSeed);
    this.#recorder = new Recorder(memory.logs[role.actor], memory, role.actor, run(2) === 0);
    const isHot = run(2) === 0;
    this.#rest = isHot ? 512 : 64;
    const acts: [number, (peer: RecordedPeer) => void | Promise<void>][] = [
      [24, (peer) => this.#send(peer)],
      [16, (peer) => this.#multicast(peer)],
      [12, (peer) => this.#transact(peer)],
      [6, (peer) => this.#release(peer)],
      [8, (peer) => peer.createNode(this.#pick(2) ? peer : this.#some())],
      [8, (peer) => this.#copy(peer)],
      [28, (peer) => void peer.receive(1)],
      [20, (peer) => void peer.receive(1 + this.#pick(50))],
      [4, (peer) => this.#give(peer)],
      [5, () => this.#adopt()],
      [1, (peer) => this.#closeOrOpen(peer)],
      [2, (peer) => this.#misuse(peer)],
      [10, () => this.#see()],
      [1, () => this.#revoke()],
    ];
    // In half of the runs no actor waits, so that more calls overlap.
    if (!isHot) {
      acts.push([4, (peer) => void peer.receiveSync(this.#pick(3))]);
      acts.push([4, (peer) => this.#await(peer)]);
      acts.push([2, () => sleep(0)]);
    }
    // Some calls are rare in this run, or frequent.
    this.#acts = acts.map(([weight, act]) => ({ weight: weight * [1, 2, 8, 16][run(4)], act }));
    this.#enough = [2, 6, 24][run(3)];
    this.#crowd = [0, 300, 3000][run(3)];
    this.#weights = this.#acts.reduce((sum, { weight }) => sum + weight, 0);
  }

  async run(): Promise<void> {
    for (const detachedPeer of this.#role.detachedPeers) this.#keep(RecordedPeer.adopt(this.#recorder, detachedPeer));
    for (let step = 0; step < this.#role.steps && this.#recorder.hasSpace; step++) {
      if (this.#peers.length === 0) this.#open();
      await this.#act()(this.#some());
      this.#peers = this.#peers.filter(({ over }) => !over);
      if (this.#pick(16) === 0) this.#recorder.tick();
      if (this.#pick(this.#rest) === 0) await sleep(0);
    }
    acknowledge(this.#memory, this.#role.actor);
    await this.#followCommands();
  }

  #act(): (peer: RecordedPeer) => void | Promise<void> {
    let rest = this.#pick(this.#weights);
    for (const { weight, act } of this.#acts) if ((rest -= weight) < 0) return act;
    throw new Error("the weights do not add up");
  }

  /** Follows the coordinator's commands until all peers are closed. */
  async #followCommands(): Promise<void> {
    for (let command = WORK; command !== CLOSE;) {
      const next = pendingCommand(this.#memory, this.#role.actor);
      if (next === null) {
        await sleep(1);
        continue;
      }
      command = next;
      this.#recorder.tick();
      while (this.#adopt());
      for (const peer of this.#peers) while (!peer.over && peer.receive(64) > 0);
      for (const peer of this.#peers) {
        if (command === CLOSE || command === CLOSE_SOME && this.#pick(2)) await peer.close();
      }
      this.#peers = this.#peers.filter(({ over }) => !over);
      acknowledge(this.#memory, this.#role.actor);
    }
  }

  #keep(peer: RecordedPeer | null): boolean {
    if (peer !== null) this.#peers.push(peer);
    return peer !== null;
  }

  #some(): RecordedPeer {
    return this.#peers[this.#pick(this.#peers.length)];
  }

  #open(): void {
    const opened = RecordedPeer.open(this.#memory, this.#recorder);
    this.#peers.find(({ sink }) => sink > 0)?.giveSink(opened);
    this.#keep(opened);
  }

  /** Returns some of the ids, perhaps one more than once; none if there are none, and sometimes otherwise. */
  #choose(ids: ReadonlySet<Id>, most: number): Id[] {
    if (ids.size === 0 || most === 0) return [];
    const all = [...ids];
    return Array.from({ length: 1 + this.#pick(most) }, () => all[this.#pick(all.length)]);
  }

  #sending(peer: RecordedPeer, to: Id[], carried: number): Sending {
    const number = (this.#role.actor << 20) + this.#messages++;
    const length = [4, 20, 64, 300, 5000][this.#pick(this.#pick(20) ? 4 : 5)];
    return { number, length, to, handles: this.#choose(peer.handles, carried), crowd: 0 };
  }

  /** The sink keeps no handles. */
  #crowded(sending: Sending): Sending {
    return { ...sending, handles: [], crowd: this.#crowd };
  }

  /** Sends one message to one handle; half of the messages carry no handles. */
  #send(peer: RecordedPeer): void {
    const to = this.#choose(peer.handles, 1);
    if (to.length > 0) peer.send(this.#sending(peer, to, this.#pick(2) * 3));
  }

  #multicast(peer: RecordedPeer): void {
    const to = this.#choose(peer.handles, 6);
    const sending = this.#sending(peer, to, this.#pick(2) * 2);
    if (to.length > 0) peer.send(this.#pick(2) ? this.#crowded(sending) : sending);
  }

  #transact(peer: RecordedPeer): void {
    if (!this.#role.mixed) return this.#multicast(peer);
    const sendings = Array.from(
      { length: this.#pick(4) },
      () => this.#sending(peer, this.#choose(peer.handles, 3), this.#pick(3)),
    );
    const releases = [...this.#choose(peer.handles, this.#pick(3)), ...this.#choose(peer.nodes, this.#pick(2))];
    const sent = sendings.filter(({ to }) => to.length > 0);
    const crowd = this.#pick(4);
    peer.transact(
      sent.map((one, i) => i === crowd ? this.#crowded(one) : one),
      [...new Set(releases)],
      this.#pick(3) === 0,
    );
  }

  #release(peer: RecordedPeer): void {
    const some = (ids: ReadonlySet<Id>) => this.#choose(ids, ids.size > this.#enough ? ids.size >> 1 : this.#pick(3));
    peer.release([...new Set([...some(peer.handles), ...some(peer.nodes)])]);
  }

  #copy(peer: RecordedPeer): void {
    const [handle] = this.#choose(peer.handles, 1);
    if (handle !== undefined) peer.copy(handle, this.#some());
  }

  /** Awaits a message; meanwhile it may send, and detach the peer or close it. */
  async #await(peer: RecordedPeer): Promise<void> {
    await peer.arm();
    if (this.#pick(2)) await sleep(this.#pick(2));
    for (let sends = this.#pick(3); sends > 0 && !peer.over; sends--) this.#send(peer);
    const next = this.#pick(8);
    if (next === 0) return this.#give(peer);
    if (next === 1) return peer.close();
    await peer.settle(this.#pick(8));
  }

  async #give(peer: RecordedPeer): Promise<void> {
    const detachedPeer = await peer.detach(this.#memory);
    if (detachedPeer === null) return;
    // For another actor, or for itself again.
    if (this.#pick(8) === 0 || !put(this.#memory, detachedPeer)) {
      this.#keep(RecordedPeer.adopt(this.#recorder, detachedPeer));
    }
    if (this.#role.revokes) this.#given.push(detachedPeer);
    if (this.#given.length > 8) this.#given.shift();
  }

  #adopt(): boolean {
    const detachedPeer = take(this.#memory, this.#pick(64));
    if (detachedPeer === null) return false;
    this.#keep(RecordedPeer.adopt(this.#recorder, detachedPeer));
    return true;
  }

  #closeOrOpen(peer: RecordedPeer): void | Promise<void> {
    if (this.#peers.length < 2 || this.#peers.length < 4 && this.#pick(2)) return this.#open();
    return peer.close();
  }

  #misuse(peer: RecordedPeer): void {
    const to = this.#choose(peer.handles, 2);
    if (this.#pick(2) && to.length > 0) peer.sendGone(this.#sending(peer, to, 0));
    else peer.releaseGone();
  }

  /** Learns outside the bus how far another actor is. */
  #see(): void {
    const other = this.#pick(this.#role.actors);
    if (other === this.#role.actor) return;
    const count = Atomics.load(this.#memory.progress, other);
    this.#recorder.note("sight", [other, count]);
  }

  #revoke(): void {
    const detachedPeer = this.#given.splice(this.#pick(8), 1)[0];
    if (detachedPeer !== undefined && this.#pick(4) === 0) RecordedPeer.revoke(this.#recorder, detachedPeer);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
