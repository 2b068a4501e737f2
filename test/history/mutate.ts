/**
 * Small faults in histories: an item or event is dropped, doubled, swapped with its neighbour, delayed, or changed. Not
 * every fault makes a history wrong, so a machine decides which do.
 *
 * @module
 */

import type { Random } from "../support/random.ts";
import { check } from "./check.ts";
import type { Event, History, Item, Receive } from "./history.ts";
import { isPossible } from "./machine_search.ts";

/** Where something was received. */
interface Place {
  receive: Receive;
  index: number;
}

/** All kinds of faults. Each changes the history, or returns false if it finds nothing to change. */
export const FAULTS: Record<string, (history: History, pick: Random) => boolean> = {
  "drop an item": (history, pick) => {
    const place = some(items(history), pick);
    return place !== null && place.receive.items.splice(place.index, 1).length > 0;
  },
  "double an item": (history, pick) => {
    const place = some(items(history), pick);
    return place !== null && (place.receive.items.splice(place.index, 0, place.receive.items[place.index]), true);
  },
  "swap items": (history, pick) => {
    const pairs = items(history).flatMap((place, i, all) =>
      all.slice(i + 1, i + 4).filter(({ receive }) => receive.peer === place.receive.peer).map((
        other,
      ) => [place, other])
    );
    const pair = some(pairs, pick);
    if (pair === null) return false;
    const [a, b] = pair;
    [a.receive.items[a.index], b.receive.items[b.index]] = [b.receive.items[b.index], a.receive.items[a.index]];
    return true;
  },
  "delay an item": (history, pick) => {
    const place = some(items(history), pick);
    if (place === null) return false;
    const later = receives(history, place.receive.peer);
    const next = later[later.indexOf(place.receive) + 1];
    if (next === undefined) return false;
    next.items.unshift(...place.receive.items.splice(place.index, 1));
    return true;
  },
  "change an item": (history, pick) => {
    const place = some(items(history), pick);
    const item = place?.receive.items[place.index];
    if (item === undefined) return false;
    change(item, pick);
    return true;
  },
  "drop an event": (history, pick) => {
    const place = some(events(history), pick);
    return place !== null && place.all.splice(place.index, 1).length > 0;
  },
  "double an event": (history, pick) => {
    const place = some(events(history), pick);
    return place !== null && (place.all.splice(place.index, 0, structuredClone(place.all[place.index])), true);
  },
  "swap events": (history, pick) => {
    const place = some(events(history).filter(({ all, index }) => index + 1 < all.length), pick);
    if (place === null) return false;
    const { all, index } = place;
    const [a, b] = [all[index], all[index + 1]];
    all[index] = { ...b, begin: a.begin, end: a.end };
    all[index + 1] = { ...a, begin: b.begin, end: b.end };
    return true;
  },
  "delay an event": (history, pick) => {
    const place = some(events(history).filter(({ all, index }) => index + 1 < all.length), pick);
    if (place === null) return false;
    const { all, index } = place;
    const by = 1 + pick(6);
    // All that the actor did from then on comes later.
    for (const event of all.slice(index)) event.begin += by, event.end += by;
    return true;
  },
  "find nothing": (history, pick) => {
    const receive = some(history.actors.flatMap(({ events }) => events.filter(isReceive)), pick);
    if (receive === null || receive.empty) return false;
    receive.empty = true;
    return true;
  },
};

/** What the checker and the machine say of a fault. */
export type Verdict =
  /** The checker finds it, and the machine cannot do it or gives up. */
  | "caught"
  /** The checker passes it, and the machine can do it: it was not a fault. */
  | "valid"
  /** The checker passes it, and the machine takes too long to tell. */
  | "unknown"
  /** The checker passes it, and the machine cannot do it. */
  | "missed"
  /** The checker refuses it, and the machine can do it. */
  | "false alarm";

/** The number of states to search for a history that the checker refuses, and for one that it passes. */
const SEARCH_LIMIT = { caught: 300, passed: 10_000 };

/** Plants a fault in a history, and compares the checker with the machine; `null` if there is nothing to break. */
export function judge(history: History, pick: Random): { fault: string; verdict: Verdict } | null {
  const fault = mutate(history, pick);
  if (fault === null) return null;
  const isCaught = check(history).length > 0;
  const possible = isPossible(history, isCaught ? SEARCH_LIMIT.caught : SEARCH_LIMIT.passed);
  if (isCaught) return { fault, verdict: possible === true ? "false alarm" : "caught" };
  return { fault, verdict: possible === null ? "unknown" : possible ? "valid" : "missed" };
}

/** Plants a fault; returns its name, or `null` if there is nothing to break. */
function mutate(history: History, pick: Random): string | null {
  const kinds = Object.keys(FAULTS);
  const kind = kinds[pick(kinds.length)];
  return FAULTS[kind](history, pick) ? kind : null;
}

function isReceive(event: Event): event is Receive {
  return event.kind === "receive";
}

function some<T>(list: readonly T[], pick: Random): T | null {
  return list.length === 0 ? null : list[pick(list.length)];
}

/** What the peer's operators received, in the order of the stamps. */
function receives({ actors }: History, peer: number): Receive[] {
  return actors.flatMap(({ events }) => events.filter(isReceive)).filter((receive) => receive.peer === peer)
    .toSorted((a, b) => a.end - b.end);
}

function items(history: History): Place[] {
  const peers = new Set(history.actors.flatMap(({ events }) => events.filter(isReceive).map(({ peer }) => peer)));
  return [...peers].flatMap((peer) =>
    receives(history, peer).flatMap((receive) => receive.items.map((_, index) => ({ receive, index })))
  );
}

/** All events except those that open peers. */
function events({ actors }: History): { all: Event[]; index: number }[] {
  return actors.flatMap(({ events }) =>
    events.flatMap(({ kind }, index) => kind === "open" ? [] : [{ all: events, index }])
  );
}

function change(item: Item, pick: Random): void {
  if (item.type === "node-release") item.handle += 2;
  else if (item.type === "handle-release") item.node += 2;
  else if (pick(3) === 0) item.node += 2;
  else if (pick(2) === 0) item.hash++;
  else if (item.handles.length > 0) item.handles.reverse()[0] += pick(2) * 2;
  else item.number++;
}
