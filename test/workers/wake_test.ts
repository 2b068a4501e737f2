/**
 * No wake is lost, in whatever order a peer is armed, detached, adopted, sent to and awaited, here and in Workers: messages
 * are received in order, and a wait for one ends. Orders are random; `BUS1_TEST_SEED` repeats one.
 */

import { assertEquals } from "@std/assert";
import { BusError, Peer } from "@bus1/bus1";
import type { EngineName, Ticket } from "../../src/port/engine.ts";
import { engineTest, open, within, word } from "../support/harness.ts";
import { type Random, random } from "../support/random.ts";
import { firstSeed, printFigures, secondsOf } from "../support/durations.ts";
import { Agent, RemoteError } from "../support/calls.ts";

/** A holder of the peer: this thread, or a Worker. */
interface Place {
  adopt(ticket: Ticket): Promise<unknown>;
  detach(): Promise<Ticket>;
  receive(): Promise<string>;
  receiveSync(): Promise<string | null>;
}

class Here implements Place {
  #peer!: Peer;

  adopt(ticket: Ticket): Promise<unknown> {
    this.#peer = Peer.adopt(ticket);
    return Promise.resolve();
  }

  detach(): Promise<Ticket> {
    return Promise.resolve(this.#peer.detach());
  }

  async receive(): Promise<string> {
    return word(await this.#peer.receive());
  }

  receiveSync(): Promise<string | null> {
    const message = this.#peer.receiveSync({ timeout: PATIENCE });
    return Promise.resolve(message && word(message));
  }
}

function there(agent: Agent): Place {
  return {
    adopt: (ticket) => agent.call("adopt", ticket),
    detach: () => agent.call("detach"),
    receive: () => agent.call("receive"),
    receiveSync: () => agent.call("receiveSync", PATIENCE),
  };
}

/** The milliseconds in which a sent message must arrive. */
const PATIENCE = 5_000;

/** The seconds of the test on each engine. */
const SECONDS = secondsOf(5);

/** A peer that moves among places, and another one that sends to it. */
class Journey {
  readonly #pick: Random;
  readonly #places: Place[];
  readonly #send: (text: string) => Promise<void>;
  #at = 0;
  #sent = 0;
  #received = 0;
  /** Sends that have not returned. */
  #sending: Promise<void>[] = [];
  /** The message that is awaited; null once the peer has left. */
  #awaited: Promise<string | null> | null = null;

  constructor(pick: Random, places: Place[], send: (text: string) => Promise<void>) {
    this.#pick = pick;
    this.#places = places;
    this.#send = send;
  }

  async go(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      const act = this.#pick(6);
      if (act < 2) this.#sending.push(this.#send(String(this.#sent++)));
      else if (act < 3) this.#arm();
      else if (act < 5) await this.#move();
      else if (this.#pick(2)) await this.#receive();
      if (this.#pick(3) === 0) await new Promise((resolve) => setTimeout(resolve, this.#pick(3)));
    }
    while (this.#received < this.#sent) await this.#receive();
    await Promise.all(this.#sending);
  }

  /** The peer has ended: a wait that is left ends, too. */
  async end(): Promise<void> {
    assertEquals(await within(PATIENCE, "the end of the last wait", this.#awaited), null);
  }

  get #place(): Place {
    return this.#places[this.#at];
  }

  #arm(): void {
    this.#awaited ??= this.#place.receive().catch((error) => {
      const { code } = error as BusError | RemoteError;
      if (code === "ESHUTDOWN") return null;
      throw error;
    });
  }

  async #move(): Promise<void> {
    const ticket = await this.#place.detach();
    const awaited = this.#awaited;
    this.#awaited = null;
    this.#at = this.#pick(this.#places.length);
    const adopted = this.#place.adopt(ticket);
    if (this.#pick(2)) this.#sending.push(this.#send(String(this.#sent++)));
    if (this.#pick(2)) this.#arm();
    await adopted;
    // A message that was taken before the peer left is received; the others wait for the next holder.
    const taken = await within(PATIENCE, "the end of a wait", awaited);
    if (taken !== null) this.#got(taken);
  }

  async #receive(): Promise<void> {
    if (this.#received === this.#sent) return;
    if (this.#awaited === null && this.#pick(3) === 0) return this.#got(await this.#place.receiveSync());
    this.#arm();
    const awaited = this.#awaited;
    const what = await within(PATIENCE, `message ${this.#received} of ${this.#sent}`, awaited);
    this.#awaited = null;
    this.#got(what);
  }

  #got(text: string | null): void {
    assertEquals(text, String(this.#received++));
  }
}

async function journey(engine: EngineName, pick: Random, agents: Agent[]): Promise<void> {
  const sender = open(engine), traveller = open(engine);
  const { handle } = traveller.createNode({ for: sender });
  const ticket = traveller.detach();
  const here = new Here();
  const places = [here, here, ...agents.slice(1).map(there)];
  // Messages are sent from here, or from another thread, at the same time as all the rest.
  const isThere = agents.length > 0 && pick(2) === 0;
  if (isThere) await agents[0].call("adopt", sender.detach());
  const send = isThere
    ? (text: string) => agents[0].call<void>("send", handle.id, text)
    : (text: string) => Promise.resolve(sender.send(handle, text));
  await here.adopt(ticket);
  const all = new Journey(pick, places, send);
  await all.go(30);
  Peer.revoke(ticket);
  await all.end();
  if (isThere) await agents[0].call("close");
  else sender.close();
}

engineTest("wake: none is lost, in whatever order a peer is armed, moved, sent to and awaited", async (engine) => {
  const end = performance.now() + SECONDS * 1000;
  let journeys = 0;
  for (let seed = firstSeed(); performance.now() < end; seed++) {
    // New Workers each time, because a Worker's first wait sets up its socket.
    const agents = engine === "typescript" ? [] : await Agent.startMany(3, "agent.ts");
    try {
      for (let i = 0; i < 4; i++) await journey(engine, random(seed + i * 1e6), agents), journeys++;
    } catch (error) {
      throw new Error(`seed ${seed}: ${error}`, { cause: error });
    } finally {
      for (const agent of agents) agent.terminate();
    }
  }
  printFigures(`wakes [${engine}]`, { journeys });
}, { timeout: SECONDS * 1000 + 60_000 });
