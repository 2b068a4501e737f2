import { Peer } from "@bus1/bus1";

using server = Peer.open();
using client = Peer.open();
using worker = Peer.open();
const { handle } = server.createNode({ for: client });
const reply = client.createNode().handle;
const bytes = Uint8Array.of(1, 2, 3);

client.send(handle, bytes, { handles: [reply] }); // copies of `reply` arrive as message.handles
const message = server.tryReceive();
if (message?.type === "message") server.send(message.handles[0], message.bytes);
const answer = client.tryReceive();
if (answer?.type === "message") console.log(answer.bytes.join());

const copy = client.copy(handle, worker); // for a program that holds both peers
worker.send(copy, "from the worker");
client.release(handle); // or handle.release(), or `using`
copy.release();
for (const message of server.receiveMany(9)) console.log(message.type);

const [a, b, c] = [server, client, worker].map((peer) => peer.createNode({ for: client }).handle);
client.send([a, b, c], bytes); // one atomic multicast, one copy of the bytes
console.log([server, client, worker].map((peer) => peer.receiveMany(9).length).join());

{
  const peer = client, h = reply;
  const { node } = client.createNode({ for: server });
  using tx = peer.transaction(); // anything, atomically
  tx.send(a, "first", { handles: [h] }).send([b, c], "second").release(node, h);
  tx.commit(); // not committed: nothing happened
}
{
  using tx = client.transaction();
  tx.send([a, b, c], "third");
}
console.log(
  [server, client, worker].map((peer) => peer.receiveMany(9).map((message) => message.type).join("+")).join(),
);
