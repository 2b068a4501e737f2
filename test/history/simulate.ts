/**
 * Histories without an engine: made by letting a {@linkcode Machine} take steps at random, and told apart from others by
 * looking for an order of its steps in which it does the same.
 *
 * @module
 */

import { type Random, random } from "../random.ts";
import type { Actor, Event, History, Id } from "./history.ts";
import { Machine } from "./machine.ts";

type Steps = ReturnType<Machine["begin"]>["steps"];

/** Makes a history of so many actors that call so often. It is valid. */
export function simulate(seed: number, actors: number, calls: number): History {
  return new Simulation(random(seed), actors).run(calls);
}

/** One call that is under way. */
interface Call {
  event: Event;
  steps: Steps;
}

class Simulation {
  readonly #pick: Random;
  readonly #machine = new Machine();
  readonly #actors: Actor[];
  readonly #calls: (Call | null)[];
  /** The peers that each operates. */
  readonly #held: number[][];
  readonly #travelling: { peer: number; ticket: number }[] = [];
  #peers = 0;
  #tickets = 0;
  #messages = 0;
  #clock = 0;

  constructor(pick: Random, actors: number) {
    this.#pick = pick;
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

  /** The first actor opens two peers for each, makes nodes, and hands the peers over. */
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

  /** In the end everybody looks at all, twice. */
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
    // How many there are is found out on a copy.
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
        const [parcel] = this.#travelling.splice(0, 1);
        if (parcel !== undefined) {
          held.push(parcel.peer);
          return { kind: "adopt", peer: parcel.peer, ticket: parcel.ticket };
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

/**
 * Whether a machine can do what a history says: some order of its steps gives these results, with every call between
 * those that had returned before it began and those that began after it returned. `null` if that takes too long to find
 * out.
 */
export function isPossible(history: History, patience: number = 20_000): boolean | null {
  return new Search(history, patience).possible();
}

/** Where the search is: how many events of each actor are done, what is left of the one under way, and who has what. */
interface Position {
  done: number[];
  calls: (Steps | null)[];
  /** For each peer its operator, or the ticket that it travels with. */
  holders: Record<number, string>;
}

class Search {
  readonly #actors: Actor[];
  readonly #seen = new Set<string>();
  #patience: number;

  constructor({ actors }: History, patience: number) {
    this.#actors = actors;
    this.#patience = patience;
  }

  possible(): boolean | null {
    const nowhere = { done: this.#actors.map(() => 0), calls: this.#actors.map(() => null), holders: {} };
    const found = this.#from(new Machine(), nowhere);
    return found || this.#patience > 0 ? found : null;
  }

  #from(machine: Machine, position: Position): boolean {
    const { done } = position;
    const waiting = done.map((_, actor) => actor).filter((actor) => done[actor] < this.#actors[actor].events.length);
    if (waiting.length === 0) return true;
    if (--this.#patience < 0) return false;
    const state = JSON.stringify([machine, position]);
    if (this.#seen.has(state)) return false;
    this.#seen.add(state);
    // What returns first is likely to have come first.
    const end = (actor: number) => this.#actors[actor].events[done[actor]].end;
    waiting.sort((a, b) => end(a) - end(b));
    return waiting.some((actor) => {
      const steps = position.calls[actor];
      if (steps === null) return this.#begin(actor, machine, position);
      return steps.some((_, i) => isFree(machine, steps, i) && this.#step(actor, machine, position, steps, i));
    });
  }

  #begin(actor: number, machine: Machine, position: Position): boolean {
    const event = this.#actors[actor].events[position.done[actor]];
    const holders = this.#mayBegin(actor, event, position);
    if (holders === null) return false;
    const next = machine.copy();
    const { outcome, steps } = next.begin(event);
    return agrees(event, outcome) && this.#goOn(actor, next, { ...position, holders }, steps);
  }

  #step(actor: number, machine: Machine, position: Position, steps: Steps, i: number): boolean {
    const next = machine.copy();
    next.step(steps[i]);
    return this.#goOn(actor, next, position, steps.toSpliced(i, 1));
  }

  #goOn(actor: number, machine: Machine, { done, calls, holders }: Position, left: Steps): boolean {
    const isDone = left.length === 0;
    return this.#from(machine, {
      done: isDone ? done.with(actor, done[actor] + 1) : done,
      calls: calls.with(actor, isDone ? null : left),
      holders,
    });
  }

  /** Who has the peers after that event has begun; `null` if it cannot begin. */
  #mayBegin(actor: number, event: Event, { done, holders }: Position): Record<number, string> | null {
    if (!this.#actors.every(({ events }, other) => (events[done[other]]?.end ?? Infinity) > event.begin)) return null;
    if (event.kind === "sight") return done[event.actor] < event.count ? null : holders;
    if (event.kind === "quiet") return holders; // the machine has no ends that come later
    if (event.kind === "revoke") return null; // nor any from outside
    const me = `actor ${actor}`;
    if (event.kind === "open") return { ...holders, [event.peer]: me };
    if (event.kind === "adopt") {
      return holders[event.peer] === `ticket ${event.ticket}` ? { ...holders, [event.peer]: me } : null;
    }
    const isMine = holders[event.peer] === me && (!("for" in event) || holders[event.for] === me);
    if (event.kind === "close") return { ...holders, [event.peer]: isMine ? "nobody" : holders[event.peer] };
    if (!isMine) return null;
    return event.kind === "detach" ? { ...holders, [event.peer]: `ticket ${event.ticket}` } : holders;
  }
}

/** Whether a step can be taken now: messages for different receivers may be pushed in any order. */
function isFree(machine: Machine, steps: Steps, i: number): boolean {
  const receiver = (step: Steps[number]) =>
    step.act === "push" ? machine.nodes[machine.messages[step.message].node].peer : null;
  const own = receiver(steps[i]);
  return i === 0 || own !== null && steps.slice(0, i).every((step) => ![null, own].includes(receiver(step)));
}

/** Whether an event came to that. */
function agrees(event: Event, { error, ...results }: Outcome): boolean {
  if (event.error !== error) return false;
  return error !== undefined ||
    Object.entries(results).every(([name, value]) =>
      JSON.stringify((event as unknown as Record<string, unknown>)[name]) === JSON.stringify(value)
    );
}

type Outcome = ReturnType<Machine["begin"]>["outcome"];
