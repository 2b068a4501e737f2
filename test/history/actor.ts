/**
 * An actor of a recorded run: does at random whatever can be done with the peers that it holds, and takes and gives
 * peers. How often it does what is drawn anew for each run, so that some runs are all multicasts, others all hand-overs.
 *
 * What it does follows from its seed, but not what comes to it from others: a run can be begun again, and goes its own
 * way where threads race.
 *
 * @module
 */

import { type Random, random } from "../support/random.ts";
import { Holding, type Sending } from "./holding.ts";
import type { Id } from "./history.ts";
import { Recorder } from "./recorder.ts";
import { answer, CLOSE, CLOSE_SOME, hear, type Memory, type Parcel, put, take, WORK } from "./shared.ts";

/** What an actor is to do. */
export interface Part {
  /** Its number; its log and its messages go by it. */
  actor: number;
  /** How many actors there are. */
  actors: number;
  seed: number;
  /** The same for all actors of a run. */
  runSeed: number;
  /** How many steps it takes. */
  steps: number;
  /** The peers that it has from the start. */
  parcels: Parcel[];
  /** Whether the engine commits transactions of several messages and releases. */
  mixed: boolean;
  /** Whether peers can be moved to other threads, or stay in this one. */
  revokes: boolean;
}

/** Plays a part to its end. */
export async function act(memory: Memory, part: Part): Promise<void> {
  await new Actor(memory, part).play();
}

class Actor {
  readonly #memory: Memory;
  readonly #part: Part;
  readonly #pick: Random;
  readonly #recorder: Recorder;
  readonly #acts: { weight: number; act: (holding: Holding) => void | Promise<void> }[];
  readonly #weights: number;
  /** Peers that it gave away, to be revoked perhaps. */
  readonly #given: Parcel[] = [];
  #holdings: Holding[] = [];
  #messages = 0;
  /** It returns to its event loop after so many steps. */
  readonly #rest: number;
  /** It drops some of what a peer holds above this. With few objects more of it happens to each. */
  readonly #enough: number;
  /** How many more a multicast goes to. */
  readonly #crowd: number;

  constructor(memory: Memory, part: Part) {
    this.#memory = memory;
    this.#part = part;
    this.#pick = random(part.seed);
    const run = random(part.runSeed);
    this.#recorder = new Recorder(memory.logs[part.actor], memory, part.actor, run(2) === 0);
    const isHot = run(2) === 0;
    this.#rest = isHot ? 512 : 64;
    const acts: [number, (holding: Holding) => void | Promise<void>][] = [
      [24, (holding) => this.#send(holding)],
      [16, (holding) => this.#multicast(holding)],
      [12, (holding) => this.#transact(holding)],
      [6, (holding) => this.#release(holding)],
      [8, (holding) => holding.createNode(this.#pick(2) ? holding : this.#some())],
      [8, (holding) => this.#copy(holding)],
      [28, (holding) => void holding.receive(1)],
      [20, (holding) => void holding.receive(1 + this.#pick(50))],
      [4, (holding) => this.#give(holding)],
      [5, () => this.#adopt()],
      [1, (holding) => this.#closeOrOpen(holding)],
      [2, (holding) => this.#misuse(holding)],
      [10, () => this.#see()],
      [1, () => this.#revoke()],
    ];
    // In half of the runs nobody waits, so that more happens at the same time.
    if (!isHot) {
      acts.push([4, (holding) => void holding.receiveSync(this.#pick(3))]);
      acts.push([4, (holding) => this.#await(holding)]);
      acts.push([2, () => sleep(0)]);
    }
    // Some things are rare in this run, or frequent.
    this.#acts = acts.map(([weight, act]) => ({ weight: weight * [1, 2, 8, 16][run(4)], act }));
    this.#enough = [2, 6, 24][run(3)];
    this.#crowd = [0, 300, 3000][run(3)];
    this.#weights = this.#acts.reduce((sum, { weight }) => sum + weight, 0);
  }

  async play(): Promise<void> {
    for (const parcel of this.#part.parcels) this.#keep(Holding.adopt(this.#recorder, parcel));
    for (let step = 0; step < this.#part.steps && this.#recorder.hasRoom; step++) {
      if (this.#holdings.length === 0) this.#open();
      await this.#act()(this.#some());
      this.#holdings = this.#holdings.filter(({ over }) => !over);
      if (this.#pick(16) === 0) this.#recorder.tick();
      if (this.#pick(this.#rest) === 0) await sleep(0);
    }
    answer(this.#memory, this.#part.actor);
    await this.#obey();
  }

  #act(): (holding: Holding) => void | Promise<void> {
    let rest = this.#pick(this.#weights);
    for (const { weight, act } of this.#acts) if ((rest -= weight) < 0) return act;
    throw new Error("the weights do not add up");
  }

  /** Does what the conductor says, until all is closed. */
  async #obey(): Promise<void> {
    for (let said = WORK; said !== CLOSE;) {
      const heard = hear(this.#memory, this.#part.actor);
      if (heard === null) {
        await sleep(1);
        continue;
      }
      said = heard;
      this.#recorder.tick();
      while (this.#adopt());
      for (const holding of this.#holdings) while (!holding.over && holding.receive(64) > 0);
      for (const holding of this.#holdings) {
        if (said === CLOSE || said === CLOSE_SOME && this.#pick(2)) await holding.close();
      }
      this.#holdings = this.#holdings.filter(({ over }) => !over);
      answer(this.#memory, this.#part.actor);
    }
  }

  #keep(holding: Holding | null): boolean {
    if (holding !== null) this.#holdings.push(holding);
    return holding !== null;
  }

  #some(): Holding {
    return this.#holdings[this.#pick(this.#holdings.length)];
  }

  #open(): void {
    const opened = Holding.open(this.#memory, this.#recorder);
    this.#holdings.find(({ sink }) => sink > 0)?.giveSink(opened);
    this.#keep(opened);
  }

  /** Some of the ids, the same one perhaps more than once; none if there are none, or now and then. */
  #choose(ids: ReadonlySet<Id>, most: number): Id[] {
    if (ids.size === 0 || most === 0) return [];
    const all = [...ids];
    return Array.from({ length: 1 + this.#pick(most) }, () => all[this.#pick(all.length)]);
  }

  #sending(holding: Holding, to: Id[], carried: number): Sending {
    const number = (this.#part.actor << 20) + this.#messages++;
    const length = [4, 20, 64, 300, 5000][this.#pick(this.#pick(20) ? 4 : 5)];
    return { number, length, to, handles: this.#choose(holding.handles, carried), crowd: 0 };
  }

  /** The sink keeps no handles. */
  #crowded(sending: Sending): Sending {
    return { ...sending, handles: [], crowd: this.#crowd };
  }

  /** One message to one handle; half of them with nothing else. */
  #send(holding: Holding): void {
    const to = this.#choose(holding.handles, 1);
    if (to.length > 0) holding.send(this.#sending(holding, to, this.#pick(2) * 3));
  }

  #multicast(holding: Holding): void {
    const to = this.#choose(holding.handles, 6);
    const sending = this.#sending(holding, to, this.#pick(2) * 2);
    if (to.length > 0) holding.send(this.#pick(2) ? this.#crowded(sending) : sending);
  }

  #transact(holding: Holding): void {
    if (!this.#part.mixed) return this.#multicast(holding);
    const sendings = Array.from(
      { length: this.#pick(4) },
      () => this.#sending(holding, this.#choose(holding.handles, 3), this.#pick(3)),
    );
    const releases = [...this.#choose(holding.handles, this.#pick(3)), ...this.#choose(holding.nodes, this.#pick(2))];
    const sent = sendings.filter(({ to }) => to.length > 0);
    const crowd = this.#pick(4);
    holding.transact(
      sent.map((one, i) => i === crowd ? this.#crowded(one) : one),
      [...new Set(releases)],
      this.#pick(3) === 0,
    );
  }

  #release(holding: Holding): void {
    const some = (ids: ReadonlySet<Id>) => this.#choose(ids, ids.size > this.#enough ? ids.size >> 1 : this.#pick(3));
    holding.release([...new Set([...some(holding.handles), ...some(holding.nodes)])]);
  }

  #copy(holding: Holding): void {
    const [handle] = this.#choose(holding.handles, 1);
    if (handle !== undefined) holding.copy(handle, this.#some());
  }

  /** Awaits a message; meanwhile it may send, and hand the peer over or close it. */
  async #await(holding: Holding): Promise<void> {
    await holding.arm();
    if (this.#pick(2)) await sleep(this.#pick(2));
    for (let sends = this.#pick(3); sends > 0 && !holding.over; sends--) this.#send(holding);
    const next = this.#pick(8);
    if (next === 0) return this.#give(holding);
    if (next === 1) return holding.close();
    await holding.settle(this.#pick(8));
  }

  async #give(holding: Holding): Promise<void> {
    const parcel = await holding.detach(this.#memory);
    if (parcel === null) return;
    // Somebody else's, or its own again.
    if (this.#pick(8) === 0 || !put(this.#memory, parcel)) this.#keep(Holding.adopt(this.#recorder, parcel));
    if (this.#part.revokes) this.#given.push(parcel);
    if (this.#given.length > 8) this.#given.shift();
  }

  #adopt(): boolean {
    const parcel = take(this.#memory, this.#pick(64));
    if (parcel === null) return false;
    this.#keep(Holding.adopt(this.#recorder, parcel));
    return true;
  }

  #closeOrOpen(holding: Holding): void | Promise<void> {
    if (this.#holdings.length < 2 || this.#holdings.length < 4 && this.#pick(2)) return this.#open();
    return holding.close();
  }

  #misuse(holding: Holding): void {
    const to = this.#choose(holding.handles, 2);
    if (this.#pick(2) && to.length > 0) holding.sendGone(this.#sending(holding, to, 0));
    else holding.releaseGone();
  }

  /** Learns outside the bus how far another is. */
  #see(): void {
    const other = this.#pick(this.#part.actors);
    if (other === this.#part.actor) return;
    const count = Atomics.load(this.#memory.progress, other);
    this.#recorder.note("sight", [other, count]);
  }

  #revoke(): void {
    const parcel = this.#given.splice(this.#pick(8), 1)[0];
    if (parcel !== undefined && this.#pick(4) === 0) Holding.revoke(this.#recorder, parcel);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
