import { type Handle, liveCounts, type Message, type Node, Peer } from "@bus1/bus1";

using server = Peer.open();
using client = Peer.open();

const { node, handle } = server.createNode({ for: client, data: (text: string) => console.log("dispatched", text) });
client.send(handle, JSON.stringify({ a: 1 }), { handles: [handle] });
client.send(handle, "dispatch me");
const gone = client.createNode({ for: server });
gone.node.release();
handle.release();

let count = 0;
for await (const message of server) { // ends when the peer is closed
  switch (message.type) {
    case "message": { // message.node, .bytes (Uint8Array), .text(), .json(), .handles (Handle[])
      const { node, bytes, handles }: { node: Node; bytes: Uint8Array; handles: Handle[] } = message;
      if (handles.length > 0) console.log("message", bytes.length, message.json<{ a: number }>().a, handles.length);
      else (node.data as (text: string) => void)(message.text());
      bytes.fill(0);
      server.release(...handles);
      break;
    }
    case "node-release": // message.handle: its node is gone
      console.log("node-release", message.handle === gone.handle);
      break;
    case "handle-release": // message.node: no handle to it is left
      console.log("handle-release", message.node === node);
  }
  if (++count === 4) server.close();
}
console.log("closed");

using other = Peer.open();
const { signal } = new AbortController();
const again = other.createNode();
other.send(again.handle, "awaited");
const awaited: Message = await other.receive({ signal }); // an AbortSignal; rejects with its reason
console.log(awaited.type);
await other.receive({ signal: AbortSignal.abort("the reason") }).catch(console.log);

const none: Message | null = other.tryReceive(); // never waits
const many: Message[] = other.receiveMany(256); // all that is ready, up to a limit
const late = other.receiveSync({ timeout: 10 }); // blocks this thread (for Workers), null after the timeout
console.log(none, many.length, late);

const { peers, nodes, handles, messages, bytes } = liveCounts();
console.log(peers, nodes, handles, messages, bytes);
