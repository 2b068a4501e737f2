/** Drops all references that it can, collects the garbage, and checks that the bus lost nothing. */

import { liveCounts, Peer } from "@bus1/bus1";

const { Bun } = globalThis as { Bun?: { gc(force: boolean): void } };
const collect = Bun ? () => Bun.gc(true) : (globalThis as unknown as { gc(): void }).gc;

const server = Peer.open(), client = Peer.open();

const ids = [1, 3].map((id) => server.createNode({ for: client, data: `data of node ${id}` }).handle.id);
(() => {
  const forgotten = Peer.open();
  forgotten.createNode({ for: client });
  client.createNode({ for: forgotten });
  forgotten.transaction();
})();

const before = JSON.stringify(liveCounts());
for (let i = 0; i < 5; i++) {
  collect();
  await new Promise((resolve) => setTimeout(resolve, 1));
}

for (const id of ids) client.send(client.handle(id), "x");
for (const message of server.receiveMany(2)) {
  if (message.type === "message") console.log(message.node.data);
}
console.log(JSON.stringify(liveCounts()) === before && client.tryReceive() === null ? "same counts" : "lost");
