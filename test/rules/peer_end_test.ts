/** The end of a peer, and that nothing leaks (specification, section 5). */

import { assertEquals } from "@std/assert";
import { liveCounts } from "@bus1/bus1";
import { engineTest, failsWithoutTrace, heard, open, rejects, UNCOUNTED } from "../support/harness.ts";

engineTest("peer end: its nodes are released", (engine) => {
  using b = open(engine), c = open(engine);
  {
    using a = open(engine);
    const { handle } = a.createNode({ for: b });
    b.copy(handle, c);
    a.createNode({ for: b });
  }
  assertEquals(heard(b), ["node-release 1", "node-release 3"]);
  assertEquals(heard(c), ["node-release 1"]);
});

engineTest("peer end: its handles are released", (engine) => {
  using b = open(engine), c = open(engine);
  {
    using a = open(engine);
    const { handle } = b.createNode({ for: a }); // the last handle to node 1 is the copy below
    b.createNode({ for: a });
    a.copy(handle, a);
    const shared = b.createNode({ for: a }).handle;
    a.copy(shared, c);
  }
  assertEquals(heard(b), ["handle-release 3", "handle-release 1"], "not node 5, which c can reach");
});

engineTest("peer end: the messages in its queue are discarded and their handles released", (engine) => {
  using b = open(engine);
  const { node, handle } = b.createNode();
  {
    using a = open(engine);
    const toA = a.createNode({ for: b }).handle;
    for (let i = 0; i < 3; i++) b.send(toA, new Uint8Array(10), { handles: [handle] });
    a.tryReceive(); // the rest may have been fetched with it
    handle.release();
    assertEquals(heard(b), []);
  }
  assertEquals(heard(b), [`node-release 5`, `handle-release ${node.id}`]);
});

engineTest("peer end: notifications in its queue are discarded", (engine) => {
  using b = open(engine);
  const before = liveCounts();
  {
    using a = open(engine);
    const dead = b.createNode({ for: a });
    const dropped = a.createNode({ for: b });
    b.release(dead.node, dropped.handle);
  }
  assertEquals(heard(b), []);
  assertEquals(liveCounts(), before);
});

engineTest("peer end: is one transaction in the specified order", (engine) => {
  using b = open(engine);
  const a = open(engine);
  const dropped = b.createNode({ for: a });
  const lost = a.createNode({ for: b });
  a.send(dropped.handle, "last words");
  a.close();
  assertEquals(heard(b), ["last words", `node-release ${lost.handle.id}`, `handle-release ${dropped.node.id}`]);
});

engineTest("peer end: later messages to it are discarded silently, their handles released", (engine) => {
  using b = open(engine), c = open(engine);
  const a = open(engine);
  const toA = a.createNode({ for: b }).handle, toC = c.createNode({ for: b }).handle;
  const { node, handle } = b.createNode();
  a.close();
  b.send(toA, "discarded", { handles: [handle] });
  b.send([toA, toC], "one", { handles: [handle] });
  handle.release();
  assertEquals(heard(c), ["one +3"]);
  assertEquals(heard(b), [`node-release ${toA.id}`]);
  c.handle(3n).release();
  assertEquals(heard(b), [`handle-release ${node.id}`]);
});

engineTest("peer end: handles to its own nodes notify no peer", (engine) => {
  const before = liveCounts();
  {
    using a = open(engine);
    const { handle } = a.createNode();
    a.send(handle, "to myself", { handles: [handle, handle] });
    a.copy(handle, a);
  }
  assertEquals(liveCounts(), before);
});

engineTest("peer end: every later use of it throws ESHUTDOWN", async (engine) => {
  using b = open(engine);
  const a = open(engine);
  const { node, handle } = a.createNode();
  const tx = a.transaction();
  a.close();
  for (
    const call of [
      () => a.createNode(),
      () => a.createNode({ for: b }),
      () => a.copy(handle, b),
      () => a.send(handle, ""),
      () => a.send([], ""),
      () => a.release(),
      () => a.release(node, handle),
      () => node.release(),
      () => handle.release(),
      () => a.transaction(),
      () => a.node(node.id),
      () => a.handle(handle.id),
      () => a.tryReceive(),
      () => a.receiveMany(1),
      () => a.receiveSync({ timeout: 1 }),
      () => a.receiveSync(),
      () => a.detach(),
      () => tx.send(handle, ""),
      () => tx.release(node),
      () => tx.commit(),
      () => b.createNode({ for: a }),
    ]
  ) failsWithoutTrace("ESHUTDOWN", call);
  await rejects("ESHUTDOWN", a.receive());
});

engineTest("peer end: closing and disposing again have no effect", (engine) => {
  using a = open(engine);
  const { node, handle } = a.createNode();
  const tx = a.transaction();
  const before = liveCounts();
  a.close();
  a.close();
  for (const each of [a, node, handle, tx]) {
    each[Symbol.dispose]();
    each[Symbol.dispose]();
  }
  assertEquals(liveCounts().peers, before.peers - 1);
});

engineTest("nothing leaks: live counts are exact at every step", (engine) => {
  const zero = liveCounts();
  const counts = () => {
    const now = liveCounts();
    return [
      now.peers - zero.peers,
      now.nodes - zero.nodes,
      now.handles - zero.handles,
      now.messages - zero.messages,
      now.bytes - zero.bytes,
    ];
  };
  const a = open(engine), b = open(engine);
  assertEquals(counts(), [2, 0, 0, 0, 0]);
  const { node, handle } = a.createNode({ for: b });
  assertEquals(counts(), [2, 1, 1, 0, 0]);
  const second = b.copy(handle, b);
  assertEquals(counts(), [2, 1, 2, 0, 0]);
  b.send(handle, "12345", { handles: [handle, second] });
  assertEquals(counts(), [2, 1, 4, 1, 5], "handles in flight count");
  b.send([handle, handle], "123", { handles: [second] });
  assertEquals(counts(), [2, 1, 6, 3, 8]);
  const tx = b.transaction();
  tx.send(handle, "1234567", { handles: [handle] }).release(handle);
  assertEquals(counts(), [2, 1, 6, 3, 8], "a transaction counts nothing before its commit");
  tx[Symbol.dispose]();
  assertEquals(counts(), [2, 1, 6, 3, 8]);
  a.tryReceive();
  assertEquals(counts(), [2, 1, 6, 2, 3]);
  b.release(handle, second);
  assertEquals(counts(), [2, 1, 4, 2, 3]);
  node.release();
  assertEquals(counts(), [2, 0, 4, 2, 3], "its handles live until their owners receive the release or release them");
  assertEquals(a.tryReceive()?.type, "node-release");
  assertEquals(counts(), [2, 0, 1, 0, 0], "the messages to the released node were discarded first");
  a.close();
  assertEquals(counts(), [1, 0, 0, 0, 0]);
  b.close();
  assertEquals(counts(), [0, 0, 0, 0, 0]);
}, { notOnKernel: UNCOUNTED });

engineTest("nothing leaks: the queues of ended peers hold handles to each other", (engine) => {
  const before = liveCounts();
  const peers = [0, 1, 2].map(() => open(engine));
  for (const from of peers) {
    for (const to of peers) {
      const { handle } = to.createNode({ for: from });
      const back = from.createNode().handle;
      from.send(handle, "held", { handles: [handle, back] });
      from.send(handle, "held", { handles: [handle, back] });
    }
  }
  for (const peer of peers) peer.tryReceive();
  for (const peer of peers) peer.close();
  assertEquals(liveCounts(), before);
});

engineTest("nothing leaks: messages and releases in flight when all peers end, in any order", (engine) => {
  const before = liveCounts();
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 2, 0], [1, 0, 2]]) {
    const [a, b, c] = [open(engine), open(engine), open(engine)];
    const ab = b.createNode({ for: a }), bc = c.createNode({ for: b }), ca = a.createNode({ for: c });
    a.send(ab.handle, "x", { handles: [ab.handle] });
    b.send(bc.handle, "y", { handles: [bc.handle] });
    c.send(ca.handle, "z", { handles: [ca.handle] });
    ab.node.release();
    bc.handle.release();
    c.tryReceive();
    for (const i of order) [a, b, c][i].close();
    assertEquals(liveCounts(), before);
  }
});
