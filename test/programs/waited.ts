/** Awaits in every way, and then no more: the process ends by itself, with its peers open. */

import { Peer } from "@bus1/bus1";

const peer = Peer.open(), closed = Peer.open();
const { handle } = peer.createNode();
const words: string[] = [];

const aborting = new AbortController();
setTimeout(() => aborting.abort(), 10); // the timer of AbortSignal.timeout keeps no process of Node.js alive
await peer.receive({ signal: aborting.signal }).catch(() => words.push("aborted"));

setTimeout(() => peer.send(handle, "received"), 10);
const message = await peer.receive();
if (message.type === "message") words.push(message.text());

setTimeout(() => peer.send(handle, "broken"), 10);
for await (const message of peer) {
  if (message.type === "message") words.push(message.text());
  break;
}

setTimeout(() => closed.close(), 10);
for await (const _ of closed) throw new Error("nothing was sent");
words.push("closed");
console.log(words.join(" "));
