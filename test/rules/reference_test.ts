/**
 * Where this project is better than the reference (specification, section 9): the lines of the table that TypeScript
 * can test in one thread. `test/workers/race_test.ts` has the lines that need threads, and the tests in
 * `native/src/test` have those of the object API.
 */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { liveCounts } from "@bus1/bus1";
import { drain, engineTest, failsWithoutTrace, heard, open } from "../support/harness.ts";

engineTest("better: a peer that has received everything is not readable", async (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  for (let i = 0; i < 3; i++) {
    a.send([handle, handle], "x");
    assertEquals(heard(a).length, 2);
    assertEquals(a.receiveSync({ timeout: 1 }), null);
    assertEquals(a.tryReceive(), null);
    let woken = false;
    const next = a.receive().then((message) => (woken = true, message));
    await new Promise((resolve) => setTimeout(resolve, 5));
    assertStrictEquals(woken, false);
    a.send(handle, "wakes");
    assertEquals((await next).type, "message");
  }
});

engineTest("better: after one receiver has its part of a multicast, all others find theirs", (engine) => {
  using a = open(engine);
  const receivers = Array.from({ length: 20 }, () => open(engine));
  const handles = receivers.map((receiver) => receiver.createNode({ for: a }).handle);
  a.send(handles, "all");
  assertEquals(heard(receivers[19]), ["all"]);
  for (const receiver of receivers.slice(0, 19)) assertEquals(heard(receiver), ["all"]);
  for (const receiver of receivers) receiver.close();
});

engineTest("better: the end discards prefetched messages, so their handles make no cycle", (engine) => {
  const before = liveCounts();
  const a = open(engine), b = open(engine);
  const toA = a.createNode({ for: b }).handle, toB = b.createNode({ for: a }).handle;
  for (let i = 0; i < 10; i++) {
    b.send(toA, "held", { handles: [toA] });
    a.send(toB, "held", { handles: [toB] });
  }
  assertEquals([a.tryReceive()?.type, b.tryReceive()?.type], ["message", "message"]);
  a.close();
  b.close();
  assertEquals(liveCounts(), before);
});

engineTest("better: a release to a peer that has ended leaves nothing behind", (engine) => {
  using b = open(engine);
  const before = liveCounts();
  const a = open(engine);
  const { handle } = a.createNode({ for: b });
  const copy = b.copy(handle, b);
  a.close();
  b.release(handle, copy);
  assertEquals(heard(b), []);
  assertEquals(liveCounts(), before);
});

engineTest("better: a handle that becomes live during or after its node's release is notified", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toC = c.createNode({ for: b }).handle;
  const { node, handle } = a.createNode({ for: b });
  b.send(toC, "before", { handles: [handle] });
  node.release();
  b.send(toC, "after", { handles: [handle] });
  b.copy(handle, c); // handle 3: made before the messages are received
  const told = heard(c).filter((word) => word.startsWith("node-release")).sort();
  assertEquals(told, ["node-release 3", "node-release 5", "node-release 7"]);
  a.close();
  assertEquals(heard(c), []);
});

engineTest("better: a handle is counted before it can be received and released", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toC = c.createNode({ for: b }).handle;
  const { node, handle } = a.createNode({ for: b });
  b.send(toC, "x", { handles: [handle] });
  const [message] = drain(c);
  if (message.type !== "message") throw new Error(message.type);
  message.handles[0].release();
  handle.release();
  assertEquals(heard(a), [`handle-release ${node.id}`]);
});

engineTest("better: an object released by two transactions is released once, and the second commit fails", (engine) => {
  using a = open(engine), b = open(engine);
  const mine = a.createNode({ for: b }), yours = b.createNode({ for: a });
  using first = a.transaction(), second = a.transaction();
  first.release(mine.node, yours.handle);
  second.release(yours.handle, mine.node);
  first.commit();
  failsWithoutTrace("EBADRQC", () => second.commit());
  assertEquals(heard(b), [`node-release ${mine.handle.id}`, `handle-release ${yours.node.id}`]);
});

engineTest("better: a failed send drops the copies that it has made", (engine) => {
  const before = liveCounts();
  {
    using a = open(engine), b = open(engine);
    const toB = b.createNode({ for: a }).handle;
    const { node, handle } = a.createNode();
    const bad = b.createNode().handle;
    using tx = a.transaction();
    for (let i = 0; i < 10; i++) {
      failsWithoutTrace("EBADRQC", () => a.send([toB, toB], "x", { handles: [handle, handle, bad] }));
      failsWithoutTrace("EBADRQC", () => tx.send([toB, bad], "x", { handles: [handle, handle] }));
    }
    handle.release();
    assertEquals(heard(a), [`handle-release ${node.id}`], "no copy keeps the node");
  }
  assertEquals(liveCounts(), before);
});

engineTest("better: the handles of a message to a released node are released with a notification", (engine) => {
  using a = open(engine), b = open(engine);
  const channel = b.createNode({ for: a });
  const { node, handle } = a.createNode();
  a.send(channel.handle, "x", { handles: [handle] });
  a.release(handle);
  channel.node.release();
  assertEquals(heard(b), []);
  assertEquals(heard(a), [`node-release ${channel.handle.id}`, `handle-release ${node.id}`]);
});

engineTest("better: the release of one handle of many does not release the node", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const { node, handle } = a.createNode({ for: b });
  const copy = b.copy(handle, c);
  b.send(handle, "before");
  handle.release();
  c.send(copy, "after");
  assertEquals(heard(a), ["before", "after"]);
  c.send(copy, "later still");
  assertEquals(heard(a), ["later still"]);
  copy.release();
  assertEquals(heard(a), [`handle-release ${node.id}`]);
});
