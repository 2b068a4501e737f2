/**
 * The facade on a device with the faults of the RFC's module, which kills the caller of a wrong call: what works, what is
 * refused, and that no other call reaches the device. Prints every difference from that, and `end`.
 */

import { BusError, engineReport, type Message, Peer } from "@bus1/bus1";
import { openEngine } from "../../src/engines/registry.ts";

function check(what: string, found: unknown, expected: unknown): void {
  if (String(found) !== String(expected)) console.log(`${what}: ${found}, not ${expected}`);
}

/** Returns the message of the error that a call throws. */
function thrown(call: () => unknown): string {
  try {
    call();
    return "nothing";
  } catch (error) {
    if (error instanceof BusError) return error.message;
    throw error;
  }
}

function refused(what: string, call: () => unknown, why: string): void {
  const message = thrown(call);
  if (!message.startsWith("EOPNOTSUPP: ") || !message.includes(why)) console.log(`${what}: ${message}`);
}

function bytesOf(message: Message | null): Uint8Array {
  if (message?.type !== "message") throw new Error(`a message expected, not ${message?.type}`);
  return message.bytes;
}

const [kernel] = engineReport();
check("the kernel engine is available", kernel.available, true);
for (const fault of [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12]) {
  if (!kernel.reason.includes(` F${fault} (`)) console.log(`F${fault} was not found: ${kernel.reason}`);
}
{
  using chosen = Peer.open({ engine: "auto" });
  check("auto", chosen.engine, "native");
}

const server = Peer.open({ engine: "kernel" }), client = Peer.open({ engine: "kernel" });
const { node, handle } = server.createNode({ for: client });
const own = client.createNode();

// What works: one message at a time, of any size, with a handle; and waiting, although the device stays readable.
for (const length of [0, 1, 1000, 1024, 100_000, 3_000_000]) {
  client.send(handle, new Uint8Array(length).fill(length & 255));
  const bytes = bytesOf(server.tryReceive());
  check(`${length} bytes`, [bytes.length, bytes.every((byte) => byte === (length & 255))], [length, true]);
}
client.send(handle, "with a handle", { handles: [own.handle] });
const brought = server.tryReceive();
if (brought?.type !== "message" || brought.handles.length !== 1) throw new Error("no handle came");
server.send(brought.handles[0], "through it");
check("the handle works", new TextDecoder().decode(bytesOf(client.tryReceive())), "through it");
check("nothing is left", server.tryReceive(), null);

const start = performance.now();
check("receiveSync", server.receiveSync({ timeout: 100 }), null);
check("it waited", performance.now() - start >= 99, true);
setTimeout(() => client.send(handle, "awaited"), 20);
check("receive", new TextDecoder().decode(bytesOf(await server.receive())), "awaited");

// Refused: what would not be one operation, or would kill the process.
const second = server.createNode({ for: client }).handle;
refused("multicast", () => client.send([handle, second], "x"), "(F2)");
refused("the same twice", () => client.send([handle, handle], "x"), "(F2)");
refused("two transfers", () => client.send(handle, "x", { handles: [handle, own.handle] }), "(F5)");
refused("two releases", () => client.release(handle, second), "(F2)");
using tx = client.transaction();
refused("two destinations", () => tx.send([handle, second], "x"), "(F2)");
tx.send(handle, "one of a transaction");
refused("a second destination", () => tx.send(second, "one of a transaction"), "(F2)");
tx.commit();
using releasing = client.transaction();
releasing.release(second, second);
refused("a second release", () => releasing.release(handle), "(F2)");
releasing.commit();
check("one came", new TextDecoder().decode(bytesOf(server.tryReceive())), "one of a transaction");
check("and the release", server.tryReceive()?.type, "handle-release");
check("and nothing else", server.tryReceive(), null);

// No wrong id reaches the device, even if it is passed to the engine directly.
const opened = openEngine("kernel");
if (!("engine" in opened)) throw new Error(opened.reason);
const { engine } = opened;
const peer = engine.open();
if (typeof peer === "number") throw new Error(`open: ${peer}`);
const ids = [0, 0], byte = new Uint8Array(1);
peer.createNode(peer, ids);
for (const id of [0, -1, 2, ids[0], ids[1] + 2, 101, 2 ** 40 + 1, 2 ** 53, NaN, Infinity]) {
  const results = [
    peer.send(id, byte, 1),
    peer.sendMany([ids[1]], byte, 1, [id]),
    peer.sendMany([id], byte, 1, [ids[1]]),
    peer.copy(id, peer),
    id === ids[0] ? -56 : peer.release([id]),
    id === ids[0] ? -56 : peer.kind(id),
  ];
  check(`the id ${id}`, results, results.map(() => -56));
}
peer.end();

// A peer that another process may also use has ids that are unknown here, and may have lost known ones.
check("fd", typeof client.fd, "number");
refused("an unknown id", () => client.handle(99n), "(F5)");
refused("a transfer", () => client.send(handle, "x", { handles: [own.handle] }), "(F5)");
client.send(handle, "x");

check("node", server.node(node.id), node);
handle.release();
server.close();
client.close();
console.log("end");
