/** Prints an object of each class, for a test of the output. */

import { BusError, Peer } from "@bus1/bus1";
import type { EngineName } from "../../src/port/engine.ts";

const engine = "typescript" as EngineName;
const server = Peer.open({ engine, name: "server" });
const client = Peer.open({ engine, name: "client" });
const nameless = Peer.open({ engine });
console.log(nameless);
nameless.close();
console.log(nameless);

const { node, handle } = server.createNode({ for: client, name: "files", data: { open: 3 } });
const reply = client.createNode();
console.log(node);
console.log(handle, reply.node);
client.send(handle, "ping", { handles: [reply.handle] });
client.send(handle, new Uint8Array([0, 255]));
client.send(handle, "x".repeat(300));
console.log(server);
console.log({ nested: [client] });

const tx = client.transaction();
tx.send([handle, reply.handle], "two").release(reply.node);
console.log(tx);
tx[Symbol.dispose]();
console.log(tx);
const batch = client.batch(handle);
console.log(batch.add("a").add("b"));
const cursor = server.cursor();
console.log(cursor);
cursor.tryNext();
console.log(cursor);
console.log(server.tryReceive());
console.log(server.tryReceive());

const gone = client.createNode({ for: server });
gone.node.release();
console.log(server.tryReceive());
handle.release();
console.log(server.tryReceive());
console.log(handle);
console.log(new BusError("EBADRQC", "send to handle 1"));
client.detach();
console.log(client);
console.log([Peer.prototype, Object.create(Object.getPrototypeOf(handle))]);
server.close();
console.log(server, node);
