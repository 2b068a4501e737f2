/**
 * Comlink releases proxies that are collected, but not before the calls in flight have returned. Then nothing is left, and the
 * process ends by itself.
 */

import * as Comlink from "comlink";
import { liveCounts, Peer } from "@bus1/bus1";
import { comlinkEndpoint, connect } from "@bus1/bus1/adapters/comlink";

const { Bun } = globalThis as { Bun?: { gc(force: boolean): void } };
const collect = Bun ? () => Bun.gc(true) : (globalThis as unknown as { gc(): void }).gc;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
let isFinalized = false;

const api = {
  async slow(): Promise<string> {
    for (let i = 0; i < 10; i++) {
      collect();
      await sleep(5);
    }
    return isFinalized ? "released too early" : "done";
  },
  [Comlink.finalizer]: () => isFinalized = true,
};

const server = Peer.open(), client = Peer.open();
const [ours, theirs] = connect(server, client);
Comlink.expose(api, comlinkEndpoint(ours));

// The proxy has no reference while its result is awaited.
console.log(await (() => Comlink.wrap<typeof api>(comlinkEndpoint(theirs)).slow())());

for (let i = 0; i < 200 && !isFinalized; i++) {
  collect();
  await sleep(5);
}
console.log(isFinalized ? "finalized" : "not finalized");
await sleep(5);
const { nodes, handles } = liveCounts();
console.log(nodes === 0 && handles === 0 ? "nothing is left" : `${nodes} nodes and ${handles} handles are left`);
