/** Awaits on a device while its supervisor is killed. Prints the results of the waits, and the CPU time that it used. */

import process from "node:process";
import { type BusError, Peer } from "@bus1/bus1";

const awaited = Peer.open({ engine: "kernel" }), blocked = Peer.open({ engine: "kernel" });
const waiting = awaited.receive();
blocked.receiveSync({ timeout: 1 }); // its first wait has set up what later waits need
console.log("waiting");
const answer = await waiting.catch((error: BusError) => error.code);

const cpu = process.cpuUsage();
let code = "nothing";
try {
  blocked.receiveSync({ timeout: 200 });
} catch (error) {
  code = (error as BusError).code;
}
await awaited.receive().catch(() => {});
await new Promise((resolve) => setTimeout(resolve, 300));
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ answer, code, busy: (user + system) / 1000 }));
awaited.close();
blocked.close();
