/**
 * Opens and closes many peers, or many Workers with peers, and prints what the process holds before and after: descriptors,
 * threads, and memory in MiB, in the JavaScript heap and outside of it.
 *
 * `BUS1_CYCLES` is what to open and how many: "peers 100000", or "workers 40".
 */

import { readdirSync } from "node:fs";
import process from "node:process";
import { liveCounts, Peer } from "@bus1/bus1";
import { Agent } from "../support/calls.ts";

const [what, count] = (process.env.BUS1_CYCLES ?? "peers 1000").split(" ");
const { Bun, gc } = globalThis as { Bun?: { gc(force: boolean): void }; gc?: () => void };

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Opens a peer, uses it, and closes or leaves it in one of several ways. */
async function peer(i: number): Promise<void> {
  const { engine } = keeper;
  using one = Peer.open({ engine });
  if (i % 2) return;
  const other = Peer.open({ engine });
  const { handle } = one.createNode({ for: other });
  const { handle: back } = other.createNode({ for: other });
  other.send(handle, new Uint8Array(i % 300), { handles: [back] });
  if (i % 4) return other.close(); // the message is not received
  const moved = Peer.adopt(other.detach());
  one.receiveMany();
  if (i % 16 === 0) {
    const released = one.receive();
    moved.close();
    await released; // a node-release
  } else moved.close();
}

/** Starts a Worker with a peer, and terminates it while it awaits. */
async function worker(): Promise<void> {
  const agent = await Agent.start();
  const there = Peer.open();
  there.createNode({ for: keeper });
  await agent.call("adopt", there.detach());
  agent.call("receive").catch(() => {});
  await sleep(1);
  agent.terminate();
  await keeper.receive(); // its end
}

async function run(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await (what === "peers" ? peer(i) : worker());
}

async function held(): Promise<Record<string, number>> {
  // The runtime closes the sockets of an ended Worker when another Worker starts, a second later.
  if (what !== "peers") await sleep(1500), await run(1), await sleep(200);
  for (let i = 0; i < 4; i++) Bun ? Bun.gc(true) : gc?.(), await sleep(10);
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  return {
    descriptors: readdirSync("/proc/self/fd").length,
    threads: readdirSync("/proc/self/task").length,
    // The part of the JavaScript heap that is in use: the runtime gives little memory back.
    heap: heapUsed / 2 ** 20,
    native: (rss - heapTotal) / 2 ** 20,
  };
}

const keeper = Peer.open();
// Until the process has what it needs; the first forced collection changes that once more.
for (let i = 0; i < 2; i++) await run(Math.ceil(Number(count) / 2)), await held();
const before = await held();
await run(Number(count));
const after = await held();
console.log(JSON.stringify({ before, after, counts: liveCounts() }));
process.exit();
