/**
 * The shortest chain of events by which an actor knew of an event. It is searched for only where a rule is broken, so
 * that the explanation can show it.
 *
 * @module
 */

import type { Indexed, Ref } from "./indexed.ts";
import type { VectorClocks } from "./vector_clocks.ts";

/** Returns the events on the way from `cause`, which happened, to the begin or the end of `effect`, both included. */
export function causalChain(indexed: Indexed, clocks: VectorClocks, cause: Ref, effect: Ref, toEnd: boolean): Ref[] {
  // A step is the begin (2n) or the end (2n + 1) of event n.
  const last = 2 * effect + (toEnd ? 1 : 0);
  const cameFrom = new Map<number, number>([[last, -1]]);
  const steps = [last];
  for (const step of steps) {
    for (const before of stepsBefore(indexed, clocks, step)) {
      if (cameFrom.has(before)) continue;
      cameFrom.set(before, step);
      steps.push(before);
      if (before >> 1 === cause) return path(cameFrom, before);
    }
  }
  return [cause, effect];
}

function path(cameFrom: Map<number, number>, from: number): Ref[] {
  const refs: Ref[] = [];
  for (let step = from; step >= 0; step = cameFrom.get(step)!) if (refs.at(-1) !== step >> 1) refs.push(step >> 1);
  return refs;
}

function stepsBefore(indexed: Indexed, clocks: VectorClocks, step: number): number[] {
  const ref = step >> 1;
  const event = indexed.events[ref];
  if (step & 1) {
    const { received, seen } = clocks.causes(event);
    return [2 * ref, ...received.map((cause) => 2 * cause), ...seen.map((cause) => 2 * cause + 1)];
  }
  const { actors, first, events } = indexed;
  const found: number[] = [];
  for (let actor = 0; actor + 1 < first.length; actor++) {
    const last = actor === actors[ref] ? ref - 1 : lastEnded(events, first[actor], first[actor + 1], event.begin);
    if (last >= first[actor]) found.push(2 * last + 1);
  }
  return found;
}

/** The last of an actor's events that had returned at that time. */
function lastEnded(events: Indexed["events"], from: Ref, to: Ref, time: number): Ref {
  while (from < to) {
    const middle = (from + to) >> 1;
    if (events[middle].end <= time) from = middle + 1;
    else to = middle;
  }
  return from - 1;
}
