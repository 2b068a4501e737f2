/** Live handles, and which peers the release of a node notifies (specification, section 5). */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { liveCounts } from "@bus1/bus1";
import { drain, engineTest, heard, MIXED, open } from "../support/harness.ts";

engineTest("live: a handle counts from the return of the call that made it", (engine) => {
  using a = open(engine), b = open(engine);
  const { handle } = a.createNode({ for: b });
  const copy = b.copy(handle, b);
  handle.release();
  assertEquals(heard(a), [], "the copy counts");
  copy.release();
  assertEquals(heard(a), ["handle-release 1"]);
});

engineTest("live: a handle counts from the commit that carries it", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a }).handle;
  const { node, handle } = a.createNode();
  a.send(toB, "carries", { handles: [handle] });
  handle.release();
  assertEquals(heard(a), [], "the copy in flight counts");
  const [message] = drain(b);
  if (message.type !== "message") throw new Error(message.type);
  assertEquals(heard(a), []);
  message.handles[0].release();
  assertEquals(heard(a), [`handle-release ${node.id}`]);
});

engineTest("live: a copy in a transaction does not count before the commit", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toC = c.createNode({ for: b }).handle;
  const { node, handle } = a.createNode({ for: b });
  using tx = b.transaction();
  tx.send(toC, "carries", { handles: [handle] });
  handle.release();
  assertEquals(heard(a), [`handle-release ${node.id}`]);
});

engineTest("live: a copy that is discarded undelivered has counted, and is released with a notification", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const channel = c.createNode({ for: b });
  const { handle } = a.createNode({ for: b });
  b.send(channel.handle, "discarded", { handles: [handle] });
  handle.release();
  assertEquals(heard(a), []);
  channel.node.release();
  assertEquals(heard(c), []);
  assertEquals(heard(a), ["handle-release 1"]);
});

engineTest("node release: every owner of a live handle receives one node-release for each handle", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const { node, handle } = a.createNode({ for: b });
  const own = b.copy(handle, a);
  const second = b.copy(handle, b);
  const third = b.copy(second, b);
  const far = b.copy(handle, c);
  const released = b.copy(handle, b);
  released.release();
  node.release();
  assertEquals(heard(b), [handle, second, third].map(({ id }) => `node-release ${id}`));
  assertEquals(heard(c), [`node-release ${far.id}`]);
  assertEquals(heard(a), [`node-release ${own.id}`]);
});

engineTest("node release: the notification has the handle as the same object", (engine) => {
  using a = open(engine), b = open(engine);
  const { node, handle } = a.createNode({ for: b });
  node.release();
  const [message] = drain(b);
  assertStrictEquals(message.type === "node-release" && message.handle, handle);
});

engineTest("node release: a copy in flight gets its node-release after the message that carried it", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toC = c.createNode({ for: b }).handle;
  const { node, handle } = a.createNode({ for: b });
  b.send(toC, "brings", { handles: [handle, handle] });
  node.release();
  assertEquals(heard(c), ["brings +3 +5", "node-release 3", "node-release 5"]);
});

engineTest("node release: a copy sent later gets its node-release after the message that carried it", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toC = c.createNode({ for: b }).handle;
  const { node, handle } = a.createNode({ for: b });
  const early = b.copy(handle, c);
  node.release();
  b.send(toC, "brings", { handles: [handle, handle] });
  assertEquals(heard(c), [
    `node-release ${early.id}`,
    "brings +5 +7",
    "node-release 5",
    "node-release 7",
  ]);
});

engineTest("node release: a copy made later between peers gets its node-release", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const { node, handle } = a.createNode({ for: b });
  node.release();
  const toC = b.copy(handle, c), toB = b.copy(handle, b);
  assertEquals(heard(c), [`node-release ${toC.id}`]);
  assertEquals(heard(b), [`node-release ${handle.id}`, `node-release ${toB.id}`]);
});

engineTest("node release: a copy in the transaction that releases the node gets its node-release", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a }).handle;
  const { node, handle } = a.createNode();
  using tx = a.transaction();
  tx.release(node, handle).send(toB, "brings", { handles: [handle] });
  tx.commit();
  assertEquals(heard(b), ["brings +3", "node-release 3"]);
  assertEquals(heard(a), []);
}, { notOnKernel: MIXED });

engineTest("node release: a copy that is received later and released at once gets no node-release", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toC = c.createNode({ for: b }).handle;
  const { node, handle } = a.createNode({ for: b });
  node.release();
  b.send(toC, "brings", { handles: [handle] });
  const message = c.tryReceive();
  if (message?.type !== "message") throw new Error();
  message.handles[0].release();
  assertEquals([heard(c), heard(a)], [[], []]);
});

engineTest("node release: a peer that has not received it may send without any effect", (engine) => {
  using a = open(engine), b = open(engine);
  const { node, handle } = a.createNode({ for: b });
  const other = a.createNode({ for: b }).handle;
  node.release();
  b.send(handle, "discarded");
  b.send([handle, other], "one arrives");
  assertEquals(heard(a), ["one arrives"]);
});

engineTest("discarded: messages queued at a node when it is released, with their handles", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const channel = a.createNode({ for: b }), kept = a.createNode({ for: b });
  const x = c.createNode({ for: b }), y = c.createNode({ for: b });
  b.send(channel.handle, "gone", { handles: [x.handle, y.handle] });
  b.send(kept.handle, "kept");
  b.release(x.handle, y.handle);
  channel.node.release();
  assertEquals(heard(a), ["kept"]);
  assertEquals(heard(c), [`handle-release ${x.node.id}`, `handle-release ${y.node.id}`]);
});

engineTest("discarded: messages sent to a node after its release, with their handles", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const channel = a.createNode({ for: b });
  const x = c.createNode({ for: b });
  channel.node.release();
  b.send(channel.handle, "gone", { handles: [x.handle] });
  x.handle.release();
  assertEquals(heard(a), []);
  assertEquals(heard(c), [`handle-release ${x.node.id}`]);
});

engineTest("discarded: messages in the transaction that releases their node", (engine) => {
  using a = open(engine), c = open(engine);
  const channel = a.createNode();
  const x = c.createNode({ for: a });
  using tx = a.transaction();
  tx.send(channel.handle, "gone", { handles: [x.handle] }).release(channel.node, x.handle);
  tx.commit();
  assertEquals(heard(a), [`node-release ${channel.handle.id}`]);
  assertEquals(heard(c), [`handle-release ${x.node.id}`]);
}, { notOnKernel: MIXED });

engineTest("discarded: other receivers of the same multicast receive their parts", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const gone = a.createNode({ for: b }), kept = a.createNode({ for: b }), far = c.createNode({ for: b });
  b.send([gone.handle, kept.handle, far.handle], "all", { handles: [far.handle] });
  gone.node.release();
  assertEquals(heard(a).length, 1);
  assertEquals(heard(c), ["all +3"]);
});

engineTest("discarded: the last handle to the receiver's own node becomes a handle-release", (engine) => {
  using a = open(engine), b = open(engine);
  const gone = a.createNode({ for: b });
  const mine = a.createNode({ for: b });
  b.send(gone.handle, "", { handles: [mine.handle] });
  mine.handle.release();
  gone.node.release();
  assertEquals(heard(a), [`handle-release ${mine.node.id}`]);
});

engineTest("discarded: when the receiver ends, at the latest", (engine) => {
  using b = open(engine), c = open(engine);
  const a = open(engine);
  const channel = a.createNode({ for: b });
  const x = c.createNode({ for: b });
  b.send(channel.handle, "gone", { handles: [x.handle] });
  b.release(x.handle);
  channel.node.release();
  a.close();
  assertEquals(heard(c), [`handle-release ${x.node.id}`]);
});

engineTest("discarded: at once while the owner awaits a message", async (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const channel = a.createNode({ for: b });
  const x = c.createNode({ for: b });
  const waiting = a.receive();
  channel.node.release();
  b.send(channel.handle, "gone", { handles: [x.handle] });
  x.handle.release();
  const message = await c.receive();
  assertStrictEquals(message.type === "handle-release" && message.node, x.node);
  const end = a.createNode();
  a.send(end.handle, "the waiter goes on waiting");
  assertStrictEquals((await waiting).type, "message");
});

engineTest("discarded: messages and handles leave nothing behind", (engine) => {
  using a = open(engine), b = open(engine);
  const before = liveCounts();
  const channel = a.createNode({ for: b });
  b.send(channel.handle, new Uint8Array(100), { handles: [channel.handle] });
  channel.node.release();
  heard(a), heard(b);
  assertEquals(liveCounts(), before);
});
