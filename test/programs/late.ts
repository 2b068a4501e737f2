/** Imports the TypeScript engine alone, and the others when a peer is already open. Prints what changes. */

import { engineReport, Peer } from "@bus1/bus1/typescript";

const early = Peer.open();
console.log("alone", early.engine, ...engineReport().map(({ available }) => available));

const whole = await import("@bus1/bus1");
const late = whole.Peer.open(), native = whole.Peer.open({ engine: "native" });
const { handle } = early.createNode({ for: late });
late.send(handle, "met");
const message = early.tryReceive();
console.log("both", late.engine, native.engine, message?.type === "message" && message.text());
for (const { engine, chosen, reason } of engineReport()) if (chosen) console.log(engine, reason);
for (const peer of [early, late, native]) peer.close();
