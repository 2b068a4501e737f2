/** A Worker of one_way.ts: it also has the floor, which is not in the package. */

import { type Arrivals, ONE_WAY, type OneWay, serveOneWay } from "../../src/scenarios/one_way.ts";
import { type Side, SIZE } from "../../src/scenarios/pair.ts";
import { openFloor } from "../rivals/floor.ts";

/** The name of a way. */
export type OneWayName = keyof typeof ONE_WAY | "floor" | "floorMany";

const floor = openFloor();

function push({ number }: Side, count: number): void {
  const data = new Uint8Array(SIZE);
  for (let i = 0; i < count; i++) {
    data[0] = i;
    while (floor.floor_push(number, data) === 0);
  }
}

/** Receives messages from the other's ring, at most `limit` at a time. */
function pop({ number }: Side, arrivals: Arrivals, limit: number): void {
  const places = new Uint8Array(SIZE * limit);
  while (arrivals.missing > 0) {
    const popped = floor.floor_pop(1 - number, places, limit);
    for (let i = 0; i < popped; i++) arrivals.add(places[i * SIZE]);
    if (popped === 0) floor.floor_wait(1 - number);
  }
}

const ways: Record<OneWayName, OneWay> = {
  ...ONE_WAY,
  floor: { send: push, receive: (side, arrivals) => pop(side, arrivals, 1) },
  floorMany: { send: push, receive: (side, arrivals) => pop(side, arrivals, 256) },
};
serveOneWay(ways);
