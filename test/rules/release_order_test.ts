/** The order of release notifications, which are messages (specification, section 4, rule 6). */

import { assertEquals } from "@std/assert";
import { drain, engineTest, heard, MIXED, open } from "../support/harness.ts";

engineTest(
  "rule 6: one transaction delivers user messages first, then node releases, then handle releases",
  (engine) => {
    using a = open(engine), b = open(engine);
    const channel = b.createNode({ for: a }).handle;
    const node = a.createNode({ for: b });
    const handle = b.createNode({ for: a });
    using tx = a.transaction();
    tx.release(handle.handle).release(node.node).send(channel, "message");
    tx.commit();
    assertEquals(heard(b), ["message", `node-release ${node.handle.id}`, `handle-release ${handle.node.id}`]);
  },
  { notOnKernel: MIXED },
);

engineTest("rule 6: user messages arrive in the order added", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toB = b.createNode({ for: a }).handle, toC = c.createNode({ for: a }).handle;
  using tx = a.transaction();
  tx.send([toB, toC], "1").send(toC, "2").send([toC, toB, toC], "3").send(toB, "4");
  tx.commit();
  assertEquals(heard(b), ["1", "3", "4"]);
  assertEquals(heard(c), ["1", "2", "3", "3"]);
}, { notOnKernel: MIXED });

engineTest("rule 6: a multicast to several nodes of one peer arrives in the order of the destinations", (engine) => {
  using a = open(engine), b = open(engine);
  const channels = [1, 2, 3].map(() => b.createNode({ for: a }));
  const order = [2, 0, 1, 0];
  a.send(order.map((i) => channels[i].handle), "");
  assertEquals(drain(b).map((m) => m.type === "message" && m.node), order.map((i) => channels[i].node));
});

engineTest("rule 6: node releases arrive in the order added, and so do handle releases", (engine) => {
  using a = open(engine), b = open(engine);
  const [n0, n1, n2] = [0, 1, 2].map(() => a.createNode({ for: b }));
  const [h0, h1, h2] = [0, 1, 2].map(() => b.createNode({ for: a }));
  a.release(h2.handle, n1.node, h0.handle, n2.node, n0.node, h1.handle);
  assertEquals(heard(b), [
    ...[n1, n2, n0].map((n) => `node-release ${n.handle.id}`),
    ...[h2, h0, h1].map((h) => `handle-release ${h.node.id}`),
  ]);
});

engineTest("rule 6: an object named twice is released once, at the place of the first", (engine) => {
  using a = open(engine), b = open(engine);
  const x = a.createNode({ for: b }), y = a.createNode({ for: b });
  a.release(y.node, x.node, y.node);
  assertEquals(heard(b), [`node-release ${y.handle.id}`, `node-release ${x.handle.id}`]);
  const z = a.createNode({ for: b });
  using tx = a.transaction();
  tx.release(z.node).release(z.node, z.node);
  tx.commit();
  assertEquals(heard(b), [`node-release ${z.handle.id}`]);
});

engineTest("rule 6: the releases of one node's handles arrive in the order in which they became live", (engine) => {
  using a = open(engine), b = open(engine);
  const channel = b.createNode({ for: b }).handle;
  const { node, handle } = a.createNode({ for: b });
  const early = b.copy(handle, b);
  b.send(channel, "brings", { handles: [early, handle] }); // the copies are live now and get their ids later
  const late = b.copy(handle, b);
  a.release(node);
  const [message, ...releases] = drain(b);
  if (message.type !== "message") throw new Error(message.type);
  assertEquals(
    releases.map((m) => m.type === "node-release" && m.handle),
    [handle, early, ...message.handles, late],
  );
});

engineTest("rule 6: copies of one commit are in the order of its parts, then of the transfers", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a }).handle;
  const { node, handle } = a.createNode();
  using tx = a.transaction();
  tx.send(toB, "first", { handles: [handle, handle] }).send(toB, "second", { handles: [handle] });
  tx.commit();
  a.release(node);
  assertEquals(heard(b), [
    "first +3 +5",
    "second +7",
    "node-release 3",
    "node-release 5",
    "node-release 7",
  ]);
}, { notOnKernel: MIXED });

engineTest("rule 6: all handles of one released node come before the handles of the next", (engine) => {
  using a = open(engine), b = open(engine);
  const x = a.createNode({ for: b }), y = a.createNode({ for: b });
  const y2 = b.copy(y.handle, b), x2 = b.copy(x.handle, b);
  a.release(y.node, x.node);
  assertEquals(heard(b), [y.handle, y2, x.handle, x2].map((handle) => `node-release ${handle.id}`));
});

engineTest("rule 6: when a peer ends, its nodes are released in the order of creation", (engine) => {
  using b = open(engine);
  const a = open(engine);
  const handles = [0, 1, 2].map(() => a.createNode({ for: b }).handle);
  a.close();
  assertEquals(heard(b), handles.map((handle) => `node-release ${handle.id}`));
});

engineTest(
  "rule 6: when a peer ends, nodes come first, then handles of discarded messages, then its own handles",
  (engine) => {
    using b = open(engine), c = open(engine);
    const a = open(engine);
    const own = [0, 1].map(() => b.createNode({ for: a }));
    const queued = [0, 1, 2, 3].map(() => b.createNode({ for: c }));
    const ofA = a.createNode({ for: b });
    const toA = a.createNode({ for: c }).handle;
    c.send(toA, "", { handles: [queued[2].handle, queued[0].handle] });
    c.send(toA, "", { handles: [queued[3].handle, queued[1].handle] });
    c.release(...queued.map(({ handle }) => handle));
    assertEquals(heard(b), [], "the copies in the queue of a live");
    a.close();
    assertEquals(heard(b), [
      `node-release ${ofA.handle.id}`,
      ...[queued[2], queued[0], queued[3], queued[1], own[0], own[1]].map(({ node }) => `handle-release ${node.id}`),
    ]);
  },
);
