import { Peer } from "@bus1/bus1";

using server = Peer.open(); // { engine: "auto" }; server.engine says which it is
using client = Peer.open();

const { node, handle } = server.createNode({ for: client }); // node: server's; handle: client's
client.send(handle, "ping");

const message = await server.receive();
if (message.type === "message" && message.node === node) console.log(message.text()); // ping
