/** A Worker of round_trip.ts and one_cpu.ts: it also has ways that are not in the package. */

import type { EnginePeer } from "../../src/port/engine.ts";
import { type Side, SIZE } from "../../src/scenarios/pair.ts";
import { ROUND_TRIP, type RoundTrip, serveRoundTrip, work } from "../../src/scenarios/round_trip.ts";
import { openFloor } from "../rivals/floor.ts";
import { openPeer } from "./crowd.ts";

/** The name of a way. */
export type RoundTripName = keyof typeof ROUND_TRIP | "asleep" | "floor";

const floor = openFloor();

/** The prototype of all peers of the native engine. */
const nativePeer: EnginePeer = Object.getPrototypeOf(openPeer());

/** Calls `wait` while no async wait spins: the engine has no `linger` meanwhile, so the facade sleeps at once. */
async function withoutSpin(wait: () => void | Promise<void>): Promise<void> {
  const { linger } = nativePeer;
  nativePeer.linger = undefined;
  try {
    await wait();
  } finally {
    nativePeer.linger = linger;
  }
}

function pop({ number }: Side, data: Uint8Array): void {
  while (floor.floor_pop(1 - number, data, 1) === 0) floor.floor_wait(1 - number);
}

const ways: Record<RoundTripName, RoundTrip> = {
  ...ROUND_TRIP,
  asleep: {
    ask: (...args) => withoutSpin(() => ROUND_TRIP.awaiting.ask(...args)),
    reply: (...args) => withoutSpin(() => ROUND_TRIP.awaiting.reply(...args)),
  },
  floor: {
    ask(side, data, count) {
      for (let i = 0; i < count; i++) {
        floor.floor_push(side.number, data);
        pop(side, data);
      }
    },
    reply(side, count, microseconds) {
      const data = new Uint8Array(SIZE);
      for (let i = 0; i < count; i++) {
        pop(side, data);
        work(microseconds);
        floor.floor_push(side.number, data);
      }
    },
  },
};
serveRoundTrip(ways);
