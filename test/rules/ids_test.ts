/** How a peer gets nodes and handles, and what their ids are (specification, section 1). */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { drain, engineTest, failsWithoutTrace, heard, open, throws, throwsTypeError } from "../support/harness.ts";

engineTest("ids: odd, counted 1, 3, 5 ... on each peer, for nodes and handles alike", (engine) => {
  using a = open(engine), b = open(engine);
  const own = a.createNode();
  assertEquals([own.node.id, own.handle.id], [1n, 3n]);
  const across = a.createNode({ for: b });
  assertEquals([across.node.id, across.handle.id], [5n, 1n]);
  assertEquals(b.copy(across.handle, a).id, 7n);
  assertEquals(b.copy(across.handle, b).id, 3n);
});

engineTest("ids: never reused, not even after release", (engine) => {
  using a = open(engine);
  const first = a.createNode();
  a.release(first.node, first.handle);
  const second = a.createNode();
  assertEquals([second.node.id, second.handle.id], [5n, 7n]);
});

engineTest("ids: never reused, not even after a release notification", (engine) => {
  using a = open(engine), b = open(engine);
  const { node } = a.createNode({ for: b });
  a.release(node);
  assertEquals(heard(b), ["node-release 1"]);
  assertEquals(a.createNode({ for: b }).handle.id, 3n);
});

engineTest(
  "ids: transferred handles get theirs when the message is received, in the order of the transfers",
  (engine) => {
    using a = open(engine), b = open(engine);
    const toB = b.createNode({ for: a }).handle; // node 1 of b
    const x = a.createNode(), y = a.createNode();
    a.send(toB, "two", { handles: [y.handle, x.handle] });
    assertEquals(b.createNode().handle.id, 5n, "no id was allocated before the message was received");
    const [message] = drain(b);
    if (message.type !== "message") throw new Error(message.type);
    assertEquals(message.handles.map((handle) => handle.id), [7n, 9n]);
    b.send(message.handles[0], "first");
    b.send(message.handles[1], "second");
    assertEquals(drain(a).map((m) => m.type === "message" && m.node), [y.node, x.node]);
  },
);

engineTest("ids: a discarded message consumes none", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a });
  const other = b.createNode({ for: a });
  a.send(toB.handle, "discarded", { handles: [other.handle] });
  b.release(toB.node);
  assertEquals(b.tryReceive(), null);
  assertEquals(b.createNode().node.id, 5n);
});

engineTest("ids: a failed call consumes none", (engine) => {
  using a = open(engine), b = open(engine), gone = open(engine);
  const { node, handle } = a.createNode();
  gone.close();
  a.release(node);
  failsWithoutTrace("ESHUTDOWN", () => a.createNode({ for: gone }));
  failsWithoutTrace("ESHUTDOWN", () => a.copy(handle, gone));
  a.release(handle);
  failsWithoutTrace("EBADRQC", () => a.copy(handle, a));
  failsWithoutTrace("EBADRQC", () => a.copy(handle, b));
  assertEquals(a.createNode().node.id, 5n);
  assertEquals(b.createNode().node.id, 1n);
});

engineTest("ids: valid on their own peer only", (engine) => {
  using a = open(engine), b = open(engine);
  const mine = a.createNode(); // 1, 3
  throws("EBADRQC", () => b.node(mine.node.id));
  throws("EBADRQC", () => b.handle(mine.handle.id));
  const yours = b.createNode(); // 1, 3 too
  assertStrictEquals(a.node(1n), mine.node);
  assertStrictEquals(b.node(1n), yours.node);
  assertStrictEquals(a.handle(3n), mine.handle);
  assertStrictEquals(b.handle(3n), yours.handle);
});

engineTest("ids: peer.node() refuses handles, and peer.handle() refuses nodes", (engine) => {
  using a = open(engine);
  const { node, handle } = a.createNode();
  throws("EBADRQC", () => a.handle(node.id));
  throws("EBADRQC", () => a.node(handle.id));
  for (const id of [0n, 2n, 5n, -1n, 2n ** 53n + 1n, 2n ** 64n - 1n, 2n ** 64n + 1n]) {
    throws("EBADRQC", () => a.handle(id));
    throws("EBADRQC", () => a.node(id));
  }
});

engineTest(
  "objects: a peer gets handles by creating a node, by a copy and by a message, and all reach the node",
  (engine) => {
    using a = open(engine), b = open(engine), c = open(engine);
    const { node, handle: made } = a.createNode({ for: b });
    const copied = b.copy(made, c);
    const toC = c.createNode({ for: b }).handle;
    b.send(toC, "brings one", { handles: [made] });
    const [message] = drain(c);
    if (message.type !== "message") throw new Error(message.type);
    b.send(made, "made");
    c.send(copied, "copied");
    c.send(message.handles[0], "brought");
    const received = drain(a);
    assertEquals(received.map((m) => m.type === "message" && m.text()), ["made", "copied", "brought"]);
    for (const m of received) assertStrictEquals(m.type === "message" && m.node, node);
  },
);

engineTest("objects: a node or a handle can be used by its owner only", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const { node, handle } = a.createNode({ for: b });
  for (const other of [a, c]) {
    failsWithoutTrace("EBADRQC", () => other.send(handle, "not mine"));
    failsWithoutTrace("EBADRQC", () => other.copy(handle, other));
    failsWithoutTrace("EBADRQC", () => other.release(handle));
  }
  failsWithoutTrace("EBADRQC", () => b.release(node));
  b.send(handle, "still there");
  assertEquals(heard(a), ["still there"]);
});

engineTest("ids: peer.handle and peer.node take a bigint or a number", (engine) => {
  using a = open(engine);
  const { node, handle } = a.createNode();
  assertStrictEquals(a.node(node.id), node);
  assertStrictEquals(a.node(Number(node.id)), node);
  assertStrictEquals(a.handle(handle.id), handle);
  assertStrictEquals(a.handle(Number(handle.id)), handle);
  for (const id of [0, -1, 2, 99, -0, Number.MAX_SAFE_INTEGER, 0n, -1n, 2n ** 53n, 2n ** 64n]) {
    failsWithoutTrace("EBADRQC", () => a.handle(id));
    failsWithoutTrace("EBADRQC", () => a.node(id));
  }
  for (const id of [1.5, NaN, Infinity, 2 ** 53, "1"]) {
    throwsTypeError(() => a.handle(id as number));
    throwsTypeError(() => a.node(id as number));
  }
});
