/**
 * Searches for an order of a {@linkcode Machine}'s steps that gives a history: every call takes place after those that
 * had returned before it began, and before those that began after it returned.
 *
 * There are too many orders to try them all, so three rules keep the search short, and none of them loses an order:
 *
 * - A step that no other actor can observe or change is taken at once: the order of the others does not matter to it.
 * - A state is given up as soon as the next receive of a peer can no longer return what the history says.
 * - A wrong first step cannot be corrected later. So before the full search there are some short ones: with other steps
 *   first, or with each call run to its end before the next begins, which makes more of the future certain.
 *
 * @module
 */

import { oldestFirst } from "../../docs/playground/queue.ts";
import { type Random, random } from "../support/random.ts";
import type { Actor, Event, History, Item, PeerNumber } from "./history.ts";
import { Machine, type Outcome, type Part, type Step } from "./machine.ts";

/** How often the search begins anew, and how many states it visits before that. */
const BEGINNINGS = 10;
const SHORT = 300;

/** Whether a machine can do it; `null` if the search gives up after that number of states. */
export function isPossible({ actors }: History, limit: number = 20_000): boolean | null {
  for (let i = 0; i < BEGINNINGS && limit > 0; i++, limit -= SHORT) {
    const isWhole = i % 2 === 0;
    const found = new Search(actors, Math.min(SHORT, limit), random(i), isWhole).possible();
    if (found || found === false && !isWhole) return found;
  }
  return limit > 0 ? new Search(actors, limit, random(0), false).possible() : null;
}

/** Where the search is: plain data, but for the machine's methods. */
interface State {
  machine: Machine;
  /** The number of events done by each actor, and the remaining steps of the one in progress. */
  done: number[];
  calls: (Step[] | null)[];
  /** For each peer its operator, or the ticket that it travels with. */
  holders: Record<PeerNumber, string>;
}

/** The result of an attempt to go on: done, must wait, or will never be possible. */
type Attempt = "done" | "waits" | "dead";

class Search {
  readonly #actors: Actor[];
  readonly #pick: Random;
  /** Whether calls are not divided. */
  readonly #isWhole: boolean;
  readonly #seen = new Set<string>();
  #limit: number;

  constructor(actors: Actor[], limit: number, pick: Random, isWhole: boolean) {
    this.#actors = actors;
    this.#limit = limit;
    this.#pick = pick;
    this.#isWhole = isWhole;
  }

  possible(): boolean | null {
    const found = this.#from({
      machine: new Machine(),
      done: this.#actors.map(() => 0),
      calls: this.#actors.map(() => null),
      holders: {},
    });
    return found || this.#limit > 0 ? found : null;
  }

  /** Goes on from a state, which it may change. */
  #from(state: State): boolean {
    if (!this.#takeHiddenSteps(state)) return false;
    const waiting = this.#actors.map((_, actor) => actor).filter((actor) => this.#event(state, actor) !== undefined);
    if (waiting.length === 0) return true;
    if (!waiting.every((actor) => this.#isAlive(state, actor))) return false;
    if (--this.#limit < 0) return false;
    const text = JSON.stringify(state);
    if (this.#seen.has(text)) return false;
    this.#seen.add(text);

    const order = waiting.map((actor) => ({ actor, rank: this.#rank(state, actor) }));
    for (const { actor } of order.sort((a, b) => a.rank - b.rank)) {
      const steps = state.calls[actor];
      if (steps === null) {
        const next = restored(text);
        const attempt = this.#begin(next, actor);
        if (attempt === "dead") return false;
        if (attempt === "done" && this.#from(next)) return true;
        continue;
      }
      for (let i = 0; i < steps.length; i++) {
        if (!isFree(state.machine, steps, i)) continue;
        const next = restored(text);
        step(next, actor, i);
        if (this.#from(next)) return true;
      }
    }
    return state.machine.unsettled().some((message) => {
      const next = restored(text);
      next.machine.settle(message);
      return this.#from(next);
    });
  }

  /**
   * Returns what is likely to come first, in this order: a receive that finds its items, before anything else comes; the
   * rest of a call in progress; the call that returned first.
   */
  #rank(state: State, actor: number): number {
    const event = this.#event(state, actor)!;
    if (event.kind === "receive") return -2;
    return state.calls[actor] !== null ? -1 : event.end + this.#pick(4);
  }

  /** The event that an actor is at, or does next. */
  #event({ done }: State, actor: number): Event | undefined {
    return this.#actors[actor].events[done[actor]];
  }

  /** Takes all steps that no other actor can observe. Returns false if a step can never be taken. */
  #takeHiddenSteps(state: State): boolean {
    for (let moved = true; moved;) {
      moved = false;
      for (let actor = 0; actor < this.#actors.length; actor++) {
        for (let event = this.#event(state, actor); event !== undefined; event = this.#event(state, actor)) {
          const attempt = this.#takeHiddenStep(state, actor, event);
          if (attempt === "dead") return false;
          if (attempt === "waits") break;
          moved = true;
        }
      }
    }
    return true;
  }

  #takeHiddenStep(state: State, actor: number, event: Event): Attempt {
    const steps = state.calls[actor];
    if (steps === null) return isHidden(event) ? this.#begin(state, actor) : "waits";
    if (steps.length > 0 && !isWithoutEffect(state.machine, steps[0])) return "waits";
    step(state, actor, 0);
    return "done";
  }

  /** Begins an actor's next event. */
  #begin(state: State, actor: number): Attempt {
    const { machine, done, calls, holders } = state;
    const event = this.#event(state, actor)!;
    if (!this.#actors.every(({ events }, other) => (events[done[other]]?.end ?? Infinity) > event.begin)) {
      return "waits";
    }
    const me = `actor ${actor}`;
    const isMine = "peer" in event &&
      [event.peer, "for" in event ? event.for : event.peer].every((peer) => holders[peer] === me);
    switch (event.kind) {
      case "sight":
        if (done[event.actor] < event.count) return "waits";
        break;
      case "revoke":
        return "dead"; // the machine has no ends from outside
      case "adopt":
        if (holders[event.peer] !== `ticket ${event.ticket}`) return "waits";
        holders[event.peer] = me;
        break;
      case "open":
        holders[event.peer] = me;
        break;
      case "close":
        if (holders[event.peer] === `closed by ${me}`) return finish(state, actor);
        if (!isMine) return "dead";
        holders[event.peer] = `closed by ${me}`;
        break;
      case "detach":
        if (!isMine) return "dead";
        holders[event.peer] = `ticket ${event.ticket}`;
        break;
      case "quiet":
        break;
      default:
        if (!isMine) return "dead"; // nor can the actor get it in the middle of this
    }
    const { outcome, steps } = machine.begin(event);
    // The result of a receive depends on others; all other results, on what the peer holds.
    if (!agrees(event, outcome)) return event.kind === "receive" ? "waits" : "dead";
    if (this.#isWhole) { for (const one of steps.splice(0)) machine.step(one); }
    if (steps.length === 0) return finish(state, actor);
    calls[actor] = steps;
    return "done";
  }

  /** Whether the next items of each peer of an actor can still come. */
  #isAlive({ machine, done, holders }: State, actor: number): boolean {
    const { events } = this.#actors[actor];
    const me = `actor ${actor}`;
    /** For each peer the items so far; `null` if the next items are not certain. */
    const next = new Map<PeerNumber, Item[] | null>();
    for (let i = done[actor]; i < events.length; i++) {
      const event = events[i];
      if (!("peer" in event) || holders[event.peer] !== me) continue;
      const items = next.get(event.peer);
      if (items === null) continue;
      if (event.kind === "receive" && event.error === undefined) {
        const all = [...items ?? [], ...event.items];
        if (!canReceive(machine, event.peer, all, event.empty)) return false;
        next.set(event.peer, this.#isWhole ? all : null);
      } else if (["detach", "close"].includes(event.kind) || event.kind === "commit" && event.releases.length > 0) {
        next.set(event.peer, null); // then other things come, or none
      }
    }
    return true;
  }
}

function restored(text: string): State {
  const state = JSON.parse(text) as State;
  state.machine = Machine.from(state.machine);
  return state;
}

function finish({ done, calls }: State, actor: number): "done" {
  done[actor]++;
  calls[actor] = null;
  return "done";
}

/** Takes one of the steps of an actor's event. */
function step(state: State, actor: number, i: number): void {
  const steps = state.calls[actor]!;
  const [taken] = steps.splice(i, 1);
  if (taken !== undefined) state.machine.step(taken);
  if (steps.length === 0) finish(state, actor);
}

/** Whether no other actor can observe what an event does, or change its result. */
function isHidden(event: Event): boolean {
  switch (event.kind) {
    case "receive":
    case "close":
      return false;
    case "copy":
      return event.error !== undefined;
    case "commit":
      return event.error !== undefined || event.releases.length === 0 && event.sends.every(({ to }) => to.length === 0);
    default:
      return true;
  }
}

/** Whether a step changes nothing, now or later. */
function isWithoutEffect(machine: Machine, step: Step): boolean {
  if (step.act === "finish-message") return !machine.messages[step.message].abandoned;
  return step.act === "finish-node" && machine.nodes[step.node].late.length === 0;
}

/** Whether a step can be taken now: messages for different receivers may be pushed in any order. */
function isFree(machine: Machine, steps: Step[], i: number): boolean {
  const receiver = (step: Step) => step.act === "push" ? machine.nodes[machine.messages[step.message].node].peer : null;
  const own = receiver(steps[i]);
  return i === 0 || own !== null && steps.slice(0, i).every((step) => ![null, own].includes(receiver(step)));
}

/**
 * Whether a peer can receive these items, now or later. One receive takes parts in the order in which they came, except
 * those not committed. So an expected item that is not there yet comes after all parts that are there.
 */
function canReceive(machine: Machine, peer: PeerNumber, items: Item[], empty: boolean): boolean {
  const { queue, handles } = machine.peers[peer];
  // Handles that a message of the same receive brings have no known ids yet.
  const expected = items.map(nameOf).filter((name, i) => {
    const item = items[i];
    return name !== null && (item.type !== "node-release" || handles[item.handle] !== undefined);
  });
  let next = 0;
  for (const part of oldestFirst(queue)) {
    const name = nameOfPart(machine, peer, part);
    if (name === null) continue;
    if (name === expected[next]) next++;
    else if (expected.includes(name, next)) return false;
    else if ((part.tx < 0 || machine.txs[part.tx]) && (empty || next < expected.length)) return false;
  }
  return true;
}

/** Names an item; the release of a last handle may have to wait for another, so it has no name. */
function nameOf(item: Item): string | null {
  if (item.type === "message") return `message ${item.number} ${item.node}`;
  return item.type === "node-release" ? `node-release ${item.handle}` : null;
}

/** Names the item that a part will become, unless its receiver releases the object that it is about. */
function nameOfPart(
  { peers, nodes, handles, messages }: Machine,
  peer: PeerNumber,
  { kind, what }: Part,
): string | null {
  if (kind === "message") {
    const { node, number } = messages[what];
    const { id } = nodes[node];
    return peers[peer].nodes[id] === node ? `message ${number} ${id}` : null;
  }
  const { id } = handles[what];
  return kind === "node-release" && peers[peer].handles[id] === what ? `node-release ${id}` : null;
}

/** Whether an event came to that. */
function agrees(event: Event, { error, ...results }: Outcome): boolean {
  if (event.error !== error) return false;
  return error !== undefined ||
    Object.entries(results).every(([name, value]) =>
      JSON.stringify((event as unknown as Record<string, unknown>)[name]) === JSON.stringify(value)
    );
}
