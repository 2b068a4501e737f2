/**
 * Threads of Node.js that end in every way, each with a peer that moved to it: connected peers are notified, and the process
 * goes on. Then the process ends while threads are busy. Prints a line for each way, and the live counts.
 */

import process from "node:process";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { liveCounts, Peer } from "@bus1/bus1";

/** The ways in which a thread ends: what it does with its peer, until it is terminated or ends by itself. */
const ways: Record<string, (peer: Peer) => unknown> = {
  "terminated while it awaits": (peer) => peer.receive(),
  "terminated while it blocks": (peer) => peer.receiveSync(),
  "terminated while it is busy": (peer) => {
    for (;;) peer.createNode().node.release();
  },
  "by process.exit": (peer) => {
    peer.receive().catch(() => {});
    process.exit(3);
  },
  "by an error": () => {
    throw new Error("on purpose");
  },
  "out of memory": (peer) => {
    for (const kept: unknown[] = [];;) kept.push(new Array(100_000).fill(peer));
  },
};

/** Starts a thread of this module. */
function start(way: string, peer: Peer, to: bigint): Worker {
  const resourceLimits = way === "out of memory" ? { maxOldGenerationSizeMb: 16 } : {};
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { way, ticket: peer.detach(), to },
    resourceLimits,
  });
  worker.on("error", () => {}); // some ways end by an error on purpose
  return worker;
}

async function endsIn(way: string): Promise<string[]> {
  using boss = Peer.open();
  const peer = Peer.open();
  const { handle } = boss.createNode({ for: peer });
  const worker = start(way, peer, handle.id);
  const heard: string[] = [];
  for await (const message of boss) {
    heard.push(message.type);
    if (message.type === "handle-release") break;
    if (way.startsWith("terminated")) worker.terminate();
  }
  return heard;
}

/** Terminates a thread soon after its start: while it loads the library, or adopts its peer. */
async function endsEarly(after: number): Promise<void> {
  using boss = Peer.open();
  const peer = Peer.open();
  const worker = start("terminated while it awaits", peer, boss.createNode({ for: peer }).handle.id);
  await new Promise((resolve) => worker.once("online", resolve));
  await new Promise((resolve) => setTimeout(resolve, after));
  await worker.terminate();
}

if (isMainThread) {
  for (const way of Object.keys(ways)) {
    const heard = new Set<string>();
    for (let i = 0; i < 3; i++) heard.add((await endsIn(way)).join(" "));
    console.log(`${way}: ${[...heard].join(" or ")}`);
  }
  console.log(Object.values(liveCounts()).join(" "));
  for (let i = 0; i < 100; i++) await endsEarly(i / 10 % 5);
  console.log("ended early");
  const boss = Peer.open();
  for (const way of Object.keys(ways).filter((way) => way.startsWith("terminated"))) {
    const peer = Peer.open();
    start(way, peer, boss.createNode({ for: peer }).handle.id);
  }
  for (let i = 0; i < 3; i++) await boss.receive();
  boss.receive().catch(() => {});
  process.exit(0);
} else {
  const { way, ticket, to } = workerData;
  const peer = Peer.adopt(ticket);
  peer.send(peer.handle(to), "here");
  await ways[way](peer);
}
