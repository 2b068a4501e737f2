/**
 * The end of a Worker: the time until other peers are notified, and the time until `revoke` reaches a Worker that blocks.
 *
 * @module
 */

import { type Message, Peer, type Ticket } from "@bus1/bus1";
import { Agent } from "../../src/scenarios/calls.ts";
import { interleave, median } from "../../src/scenarios/measure.ts";
import type { Result, Scenario } from "./scenario.ts";

const MODULE = new URL("ending_worker.ts", import.meta.url).href;

/** Starts a Worker with a peer; a peer of this isolate holds a handle to its node. */
async function partner(): Promise<{ agent: Agent; ours: Peer; ticket: Ticket }> {
  const agent = await Agent.start(MODULE);
  const ours = Peer.open({ engine: "native" }), theirs = Peer.open({ engine: "native" });
  theirs.createNode({ for: ours });
  const ticket = theirs.detach();
  await agent.call("adopt", ticket);
  return { agent, ours, ticket };
}

function checkRelease({ type }: Message): void {
  if (type !== "node-release") throw new Error(`received ${type}`);
}

/** Returns the milliseconds from `terminate()` to the `node-release` at a connected peer. */
async function terminated(command: string): Promise<number> {
  const { agent, ours } = await partner();
  using _ = ours;
  const released = ours.receive();
  agent.call(command).catch(() => {});
  await agent.call("begun");
  const start = performance.now();
  agent.terminate();
  checkRelease(await released);
  return performance.now() - start;
}

/** Returns the milliseconds from `revoke()` to the Worker's report that its `receiveSync` has thrown. */
async function revoked(): Promise<number> {
  const { agent, ours, ticket } = await partner();
  using _ = ours;
  const blocked = new Int32Array(new SharedArrayBuffer(4));
  const thrown = agent.call<string>("block", blocked);
  while (Atomics.load(blocked, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 5)); // until it sleeps
  const start = performance.now();
  Peer.revoke(ticket);
  const code = await thrown;
  const elapsed = performance.now() - start;
  agent.terminate();
  if (code !== "ESHUTDOWN") throw new Error(`the Worker's receiveSync: ${code}`);
  checkRelease(await ours.receive());
  return elapsed;
}

export const run: Scenario = async (effort) => {
  const figures = await interleave(effort, {
    idle: () => terminated("begun"),
    awaiting: () => terminated("await"),
    revoked,
  });
  const result = (what: string, values: number[], atMost: number): Result => ({
    what,
    unit: "ms",
    bus1: median(values),
    target: { of: "figure", atMost },
  });
  return {
    results: [
      result("Worker terminated while idle: until node-release", figures.idle, 100),
      result("Worker terminated while it awaits: until node-release", figures.awaiting, 100),
      result("revoke: until the Worker's receiveSync has thrown", figures.revoked, 50),
    ],
  };
};
