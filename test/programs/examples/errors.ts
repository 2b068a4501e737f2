import { BusError, Peer } from "@bus1/bus1";

const peer = Peer.open();
const { node, handle } = peer.createNode();
handle.release();

for (const call of [() => handle.release(), () => peer.send(handle, "x"), () => peer.close(), () => node.release()]) {
  try {
    call();
    console.log("done");
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    console.log(error.code, error.errno, error.message.startsWith(error.code));
  }
}

handle[Symbol.dispose](); // disposing it is silent
node[Symbol.dispose]();
try {
  peer.send("no handle" as never, "x");
} catch (error) {
  console.log((error as Error).name);
}
