/** Lifetimes: how long each object lives, and that nothing is released implicitly. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { liveCounts } from "@bus1/bus1";
import { engines, engineTest, heard, open, run, test, throws } from "../support/harness.ts";

engineTest(
  "lifetime: `using` ends a peer, and releases nodes, handles and transactions, in reverse order",
  (engine) => {
    using watcher = open(engine);
    const before = liveCounts();
    {
      using peer = open(engine);
      const created = watcher.createNode({ for: peer });
      using _handle = created.handle;
      const made = peer.createNode({ for: watcher });
      using _node = made.node;
      using tx = peer.transaction();
      tx.send(created.handle, "never");
    }
    assertEquals(heard(watcher), ["node-release 3", "handle-release 1"]);
    assertEquals(liveCounts(), before);
  },
);

engineTest("lifetime: `using` in a block that throws releases the same", (engine) => {
  const before = liveCounts();
  try {
    using peer = open(engine);
    peer.createNode();
    throw new RangeError("thrown by the program");
  } catch (error) {
    assertStrictEquals((error as Error).name, "RangeError");
  }
  assertEquals(liveCounts(), before);
});

engineTest("lifetime: a handle from a message lives until it is released or its peer ends", (engine) => {
  using a = open(engine);
  {
    using b = open(engine);
    const toB = b.createNode({ for: a }).handle;
    const { handle } = a.createNode();
    a.send(toB, "", { handles: [handle, handle] });
    handle.release();
    const message = b.tryReceive();
    if (message?.type !== "message") throw new Error();
    message.handles[0].release();
    assertEquals(heard(a), []);
  }
  assertEquals(heard(a), ["node-release 1", "handle-release 3"]);
});

engineTest("lifetime: the properties of objects can be read after their peer is closed", (engine) => {
  const a = open(engine);
  const { node, handle } = a.createNode({ data: "kept" });
  a.send(handle, "text");
  const message = a.tryReceive();
  a.close();
  assertEquals([node.id, node.data, handle.id, a.engine], [1n, "kept", 3n, engine]);
  assertEquals(message?.type === "message" && message.text(), "text");
  throws("ESHUTDOWN", () => node.release());
});

engineTest("lifetime: the node of a handle-release still has its data", (engine) => {
  using a = open(engine);
  const { node, handle } = a.createNode({ data: { of: "mine" } });
  handle.release();
  const message = a.tryReceive();
  assertStrictEquals(message?.type === "handle-release" && message.node, node);
  assertEquals(node.data, { of: "mine" });
});

engineTest("lifetime: the live counts of a long-lived peer do not grow", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a }).handle;
  const before = liveCounts();
  for (let i = 0; i < 2000; i++) {
    const { handle } = a.createNode();
    a.send(toB, "x", { handles: [handle] });
    handle.release();
    const message = b.tryReceive();
    if (message?.type === "message") b.release(...message.handles);
    assertEquals(a.tryReceive()?.type, "handle-release");
  }
  assertEquals(liveCounts(), before);
});

for (const engine of engines) {
  test(`lifetime: the garbage collector releases nothing, and loses no data [${engine}]`, async () => {
    const ran = await run("collected.ts", { BUS1_ENGINE: engine });
    assertEquals([ran.code, ran.stdout], [0, "data of node 1\ndata of node 3\nsame counts\n"], ran.stderr);
  });
}
