/**
 * Uses a peer that it inherited as descriptor 3: receives a message, sends it back through the handle with the id `HANDLE`, and
 * ends without closing anything.
 */

import process from "node:process";
import { Peer } from "@bus1/bus1";

const peer = Peer.open({ engine: "kernel", fd: 3 });
const handle = peer.handle(BigInt(process.env.HANDLE!));
const message = await peer.receive();
if (message.type !== "message") throw new Error(message.type);
peer.send(handle, `${message.text()} at node ${message.node.id}`, { handles: message.handles });
console.log("replied");
