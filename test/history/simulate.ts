/**
 * Histories without an engine, made by a {@linkcode Machine} that takes random steps.
 *
 * @module
 */

import { type Random, random } from "../support/random.ts";
import type { Variant } from "../../docs/playground/queue.ts";
import type { Actor, Event, History, Id } from "./history.ts";
import { Machine, type Step } from "./machine.ts";

/** Makes a history with that number of actors and of calls; it is valid if the variant is right. */
export function simulate(seed: number, actors: number, calls: number, variant: Variant = "right"): History {
  return new Simulation(random(seed), actors, variant).run(calls);
}

/** A call in progress. */
interface Call {
  event: Event;
  steps: Step[];
}

class Simulation {
  readonly #pick: Random;
  readonly #machine: Machine;
  readonly #actors: Actor[];
  readonly #calls: (Call | null)[];
  /** The peers that each operates. */
  readonly #held: number[][];
  readonly #travelling: { peer: number; ticket: number }[] = [];
  #peers = 0;
  #tickets = 0;
  #messages = 0;
  #clock = 0;

  constructor(pick: Random, actors: number, variant: Variant) {
    this.#pick = pick;
    this.#machine = new Machine(variant);
    this.#actors = Array.from({ length: actors }, (_, i) => ({ name: String.fromCharCode(97 + i), events: [] }));
    this.#calls = this.#actors.map(() => null);
    this.#held = this.#actors.map(() => []);
  }

  run(calls: number): History {
    this.#prepare();
    for (let left = calls; left > 0 || this.#calls.some((call) => call !== null);) {
      const actor = this.#pick(this.#actors.length);
      if (this.#calls[actor] !== null) this.#advance(actor);
      else if (left > 0) this.#begin(actor, this.#choose(actor)), left--;
      if (this.#pick(2) === 0) this.#clock++;
    }
    this.#drain();
    return { actors: this.#actors };
  }

  /** The first actor opens two peers for each actor, makes nodes, and hands the peers over. */
  #prepare(): void {
    const at = (event: Untimed) => (this.#begin(0, event), this.#finish(0), this.#clock++);
    const peers = this.#actors.flatMap((_, actor) => [actor, actor]);
    peers.forEach(() => at({ kind: "open", peer: this.#peers++ }));
    peers.forEach((_, peer) => {
      for (let i = 0; i < 2; i++) at({ kind: "create", peer, node: 0, for: this.#pick(peers.length), handle: 0 });
    });
    peers.forEach((owner, peer) => {
      this.#held[owner].push(peer);
      if (owner === 0) return;
      const ticket = this.#tickets++;
      at({ kind: "detach", peer, ticket });
      this.#begin(owner, { kind: "adopt", peer, ticket });
      this.#finish(owner);
      this.#clock++;
    });
    this.#travelling.length = 0; // they have arrived
  }

  /** In the end each actor looks at all its peers, twice. */
  #drain(): void {
    for (let round = 0; round < 2; round++) {
      this.#held.forEach((peers, actor) => {
        for (const peer of peers) {
          this.#clock++;
          this.#begin(actor, this.#receive(peer, 1000));
          this.#finish(actor);
        }
      });
      this.#clock++;
    }
  }

  #begin(actor: number, event: Untimed): void {
    const stamped = { ...event, begin: this.#clock, end: 0 } as Event;
    const { outcome, steps } = this.#machine.begin(stamped);
    this.#calls[actor] = { event: Object.assign(stamped, outcome), steps };
  }

  #advance(actor: number): void {
    const call = this.#calls[actor]!;
    const step = call.steps.shift();
    if (step !== undefined) return this.#machine.step(step);
    call.event.end = this.#clock + 1;
    this.#actors[actor].events.push(call.event);
    this.#calls[actor] = null;
    if (call.event.kind === "detach") this.#travelling.push(call.event);
  }

  #finish(actor: number): void {
    while (this.#calls[actor] !== null) this.#advance(actor);
  }

  #some<T>(list: readonly T[]): T {
    return list[this.#pick(list.length)];
  }

  #ids(of: Record<Id, number>, most: number): Id[] {
    const ids = Object.keys(of).map(Number);
    return ids.length === 0 ? [] : Array.from({ length: this.#pick(most + 1) }, () => this.#some(ids));
  }

  #receive(peer: number, limit: number): Untimed {
    // A copy shows how many items there are.
    const event = { kind: "receive", peer, items: Array(limit).fill(null), empty: false } as unknown as Event;
    const { items, empty } = this.#machine.copy().begin(event).outcome;
    return { kind: "receive", peer, items: items!, empty: empty! };
  }

  #choose(actor: number): Untimed {
    const held = this.#held[actor];
    if (held.length === 0) {
      held.push(this.#peers);
      return { kind: "open", peer: this.#peers++ };
    }
    const peer = this.#some(held);
    const { nodes, handles } = this.#machine.peers[peer];
    switch (this.#pick(12)) {
      case 0:
        return { kind: "create", peer, node: 0, for: this.#some(held), handle: 0 };
      case 1: {
        const [handle = 2] = this.#ids(handles, 1);
        return { kind: "copy", peer, handle, for: this.#some(held), copy: 0 };
      }
      case 2:
        return { kind: "commit", peer, sends: [], releases: [...this.#ids(nodes, 1), ...this.#ids(handles, 2)] };
      case 3:
        if (this.#pick(4)) return { kind: "sight", actor: 0, count: this.#actors[0].events.length };
        held.splice(held.indexOf(peer), 1);
        return { kind: "close", peer };
      case 4: {
        const [detachedPeer] = this.#travelling.splice(0, 1);
        if (detachedPeer !== undefined) {
          held.push(detachedPeer.peer);
          return { kind: "adopt", peer: detachedPeer.peer, ticket: detachedPeer.ticket };
        }
        held.splice(held.indexOf(peer), 1);
        return { kind: "detach", peer, ticket: this.#tickets++ };
      }
      case 5:
      case 6:
      case 7:
        return this.#receive(peer, 1 + this.#pick(3));
      default: {
        const send = () => {
          const number = this.#messages++;
          return { number, hash: number, to: this.#ids(handles, 3), handles: this.#ids(handles, 1) };
        };
        const releases = this.#pick(3) ? [] : [...this.#ids(nodes, 1), ...this.#ids(handles, 1)];
        return { kind: "commit", peer, sends: Array.from({ length: 1 + this.#pick(2) }, send), releases };
      }
    }
  }
}

/** An event before it happens. */
type Untimed = Event extends infer E ? E extends Event ? Omit<E, "begin" | "end"> : never : never;
