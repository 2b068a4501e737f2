/** Uses all of the bus that needs the runtime. Prints the engine that was taken, and the report about `native`. */

import { BusError, engineReport, liveCounts, Peer } from "@bus1/bus1";

const server = Peer.open(), client = Peer.open();
const { handle } = server.createNode({ for: client });
setTimeout(() => client.send(handle, "awaited"), 10);
const awaited = await server.receive();
client.send(handle, "blocked");
const blocked = server.receiveSync({ timeout: 1000 });
const moved = Peer.adopt(client.detach());
moved.close();
const words = [awaited, blocked, await server.receive()].map((message) =>
  message?.type === "message" ? message.text() : message?.type
);
server.close();
console.log(server.engine, ...words, liveCounts().peers);

try {
  Peer.open({ engine: "native" }).close();
  console.log("native works");
} catch (error) {
  if (!(error instanceof BusError)) throw error;
  console.log(error.code);
}
console.log(engineReport().find(({ engine }) => engine === "native")?.reason);
