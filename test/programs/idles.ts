/** Is idle for half a second with peers that were awaited and that are awaited. Prints the CPU time that it used. */

import process from "node:process";
import { Peer } from "@bus1/bus1";

const used = Peer.open(), awaited = Peer.open();
const { handle } = used.createNode();
used.send(handle, "x");
await used.receive();
const waiting = awaited.receive().catch(() => {});
await new Promise((resolve) => setTimeout(resolve, 50));

const cpu = process.cpuUsage(), begin = performance.now();
await new Promise((resolve) => setTimeout(resolve, 500));
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ waited: performance.now() - begin, busy: (user + system) / 1000 }));
awaited.close();
await waiting;
