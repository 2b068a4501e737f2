/** Handle releases (specification, section 5): which peers are notified, and which release is the last. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { drain, engineTest, heard, open } from "../support/harness.ts";

engineTest("handle release: the node's owner is notified once, when the last handle is released", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const { node, handle } = a.createNode({ for: b });
  const handles = [b.copy(handle, b), b.copy(handle, c), b.copy(handle, a), handle];
  for (const [i, each] of handles.entries()) {
    assertEquals(heard(a), [], `${i} of ${handles.length} released`);
    each.release();
  }
  const [message, ...more] = drain(a);
  assertStrictEquals(message.type === "handle-release" && message.node, node);
  assertEquals(more, []);
});

engineTest("handle release: whether it is the last is decided when it is received, not when it is sent", (engine) => {
  using a = open(engine), b = open(engine);
  const { node, handle } = a.createNode({ for: b });
  const others = [1, 2, 3].map(() => b.copy(handle, b));
  handle.release();
  for (const other of others) other.release();
  assertEquals(heard(a), [`handle-release ${node.id}`], "four are queued, one is delivered");
});

engineTest("handle release: a copy made before the notification is received keeps the node", (engine) => {
  using a = open(engine), b = open(engine);
  const { node, handle } = a.createNode({ for: b });
  const second = b.copy(handle, b);
  handle.release(); // queued at a, unread
  const third = b.copy(second, b);
  second.release(); // queued at a, unread
  assertEquals(heard(a), []);
  b.send(third, "still reachable");
  assertEquals(heard(a), ["still reachable"]);
  third.release();
  assertEquals(heard(a), [`handle-release ${node.id}`]);
});

engineTest("handle release: a handle that is received and released at once is counted correctly", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toC = c.createNode({ for: b }).handle;
  const { node, handle } = a.createNode({ for: b });
  for (let i = 0; i < 10; i++) {
    b.send(toC, "", { handles: [handle, handle] });
    const message = c.tryReceive();
    if (message?.type !== "message") throw new Error();
    c.release(...message.handles);
    assertEquals(heard(a), []);
  }
  handle.release();
  assertEquals(heard(a), [`handle-release ${node.id}`]);
});

engineTest("handle release: the owner is notified even if it had the only handle", (engine) => {
  using a = open(engine);
  const { node, handle } = a.createNode();
  handle.release();
  assertEquals(heard(a), [`handle-release ${node.id}`]);
});

engineTest("handle release: a handle that is named twice is released once", (engine) => {
  using a = open(engine), b = open(engine);
  const { node, handle } = a.createNode({ for: b });
  const [second, third] = [b.copy(handle, b), b.copy(handle, b)];
  b.release(handle, handle);
  using tx = b.transaction();
  tx.release(second).release(second, second);
  tx.commit();
  assertEquals(heard(a), [], "the third is there");
  third.release();
  assertEquals(heard(a), [`handle-release ${node.id}`]);
});

engineTest("handle release: notifies no peer if the node is already released", (engine) => {
  using a = open(engine), b = open(engine);
  const { node, handle } = a.createNode({ for: b });
  node.release();
  handle.release();
  assertEquals([heard(a), heard(b)], [[], []]);
});

engineTest(
  "handle release: after releasing a node its owner receives nothing more about it, regardless of what is queued",
  (engine) => {
    using a = open(engine), b = open(engine);
    const { node, handle } = a.createNode({ for: b });
    b.send(handle, "queued");
    handle.release();
    node.release();
    assertEquals([heard(a), heard(b)], [[], []]);
  },
);

engineTest(
  "handle release: after releasing a handle its owner receives nothing more about it, regardless of what is queued",
  (engine) => {
    using a = open(engine), b = open(engine);
    const { node, handle } = a.createNode({ for: b });
    const other = b.copy(handle, b);
    node.release();
    handle.release();
    assertEquals([heard(a), heard(b)], [[], [`node-release ${other.id}`]]);
  },
);

engineTest("handle release: releases that cross each other notify neither side, also as one transaction", (engine) => {
  using a = open(engine);
  const { node, handle } = a.createNode();
  a.release(node, handle);
  const again = a.createNode();
  a.release(again.handle, again.node);
  assertEquals(heard(a), []);
});

engineTest("handle release: the owner may still release the node before it receives the notification", (engine) => {
  using a = open(engine), b = open(engine);
  const { node, handle } = a.createNode({ for: b });
  handle.release();
  node.release();
  assertEquals(heard(a), []);
});
