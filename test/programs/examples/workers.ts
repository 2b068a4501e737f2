import { Peer } from "@bus1/bus1";

using server = Peer.open();
const client = Peer.open();
const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });

const { node, handle } = server.createNode({ for: client });
const ticket = client.detach();
worker.postMessage({ ticket, to: handle.id });

try {
  client.send(handle, "too late");
} catch (error) {
  console.log((error as { code: string }).code);
}
for await (const message of server) {
  if (message.type === "message") console.log(message.text(), message.node === node);
  if (message.type === "handle-release") break; // the Worker's peer has ended
}
Peer.revoke(ticket);
worker.terminate();
