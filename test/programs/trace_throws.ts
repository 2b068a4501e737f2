/** A peer with a trace that throws: the bus goes on, and the errors are uncaught exceptions of the program. */

import process from "node:process";
import { Peer } from "@bus1/bus1";

let uncaught = 0;
let last = "";
process.on("uncaughtException", (error: Error) => {
  uncaught++;
  last = error.message;
});

const peer = Peer.open({
  trace() {
    throw new Error("on purpose");
  },
});
const { handle } = peer.createNode();
peer.send(handle, "hello");
console.log("sent");
const message = peer.tryReceive();
if (message?.type === "message") console.log("received", message.text());
setTimeout(() => {
  console.log(`uncaught: ${last}, ${uncaught} times`);
  process.exit(0);
}, 10);
