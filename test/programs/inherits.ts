/**
 * Has inherited a peer as descriptor 3, and is told an id of a handle on it: answers through that, tells what it received,
 * and ends without closing anything.
 */

import process from "node:process";
import { Peer } from "@bus1/bus1";

const peer = Peer.open({ engine: "kernel", fd: 3 });
const handle = peer.handle(BigInt(process.env.HANDLE!));
const message = await peer.receive();
if (message.type !== "message") throw new Error(message.type);
peer.send(handle, `${message.text()} at node ${message.node.id}`, { handles: message.handles });
console.log("answered");
