/** Leaves its peers open and awaits nothing: the process ends by itself. */

import { Peer } from "@bus1/bus1";

const server = Peer.open(), client = Peer.open();
const { handle } = server.createNode({ for: client });
client.send(handle, "unread");
console.log(server.engine, "end of the program");
