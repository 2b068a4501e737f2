/** Specification, section 4, rules 1 and 2, in one thread. `test/workers/race_test.ts` tests them with many threads. */

import { assertEquals } from "@std/assert";
import type { Peer } from "@bus1/bus1";
import { engineTest, failsWithoutTrace, heard, MIXED, open, word } from "../support/harness.ts";

engineTest("rule 1, atomic: all parts of a multicast are received, each by its receiver", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toB = b.createNode({ for: a }).handle, toC = c.createNode({ for: a }).handle;
  const own = a.createNode().handle;
  a.send([toB, toC, own], "all");
  assertEquals([heard(a), heard(b), heard(c)], [["all"], ["all"], ["all"]]);
});

engineTest("rule 1, atomic: all parts of a transaction of mixed kinds are received", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine), d = open(engine);
  const toB = b.createNode({ for: a }).handle;
  const released = a.createNode({ for: c }); // handle 1 of c
  const dropped = d.createNode({ for: a }); // node 1 of d
  using tx = a.transaction();
  tx.send(toB, "message").release(released.node, dropped.handle);
  assertEquals([heard(b), heard(c), heard(d)], [[], [], []], "nothing happens before the commit");
  tx.commit();
  assertEquals([heard(b), heard(c), heard(d)], [["message"], ["node-release 1"], ["handle-release 1"]]);
}, { notOnKernel: MIXED });

engineTest("rule 1, atomic: a transaction that is not committed has no effect", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a }).handle;
  const { node } = a.createNode({ for: b });
  {
    using tx = a.transaction();
    tx.send(toB, "never", { handles: [toB] }).release(node, toB);
  }
  assertEquals(heard(b), []);
  a.send(toB, "still usable");
  assertEquals(heard(b), ["still usable"]);
  a.release(node, toB);
}, { notOnKernel: MIXED });

engineTest("rule 1, atomic: no part of a failed send is received", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toB = b.createNode({ for: a }).handle, toC = c.createNode({ for: a }).handle;
  const foreign = b.createNode({ for: c }).handle;
  const released = a.createNode().handle;
  released.release();
  heard(a);
  for (const bad of [foreign, released]) {
    failsWithoutTrace("EBADRQC", () => a.send([toB, toC, bad], "none"));
    failsWithoutTrace("EBADRQC", () => a.send([bad, toB, toC], "none"));
    failsWithoutTrace("EBADRQC", () => a.send([toB, toC], "none", { handles: [toB, bad] }));
  }
  assertEquals([heard(b), heard(c)], [[], []]);
});

engineTest("rule 1, atomic: a failed release releases nothing", (engine) => {
  using a = open(engine), b = open(engine);
  const mine = a.createNode({ for: b }), yours = b.createNode({ for: a });
  const foreign = b.createNode().handle;
  failsWithoutTrace("EBADRQC", () => a.release(mine.node, yours.handle, foreign));
  assertEquals(heard(b), []);
  a.send(yours.handle, "lives");
  b.send(mine.handle, "lives");
  assertEquals([heard(a), heard(b)], [["lives"], ["lives"]]);
});

engineTest("rule 1, atomic: no part of a failed commit is received", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toB = b.createNode({ for: a }).handle, toC = c.createNode({ for: a }).handle;
  const { node } = a.createNode({ for: b });
  for (const use of ["destination", "transfer", "release"]) {
    const spare = b.createNode({ for: a }).handle;
    using tx = a.transaction();
    tx.send([toB, toC], "none", { handles: [toC] }).release(node);
    if (use === "destination") tx.send([toB, spare], "none");
    if (use === "transfer") tx.send(toB, "none", { handles: [spare] });
    if (use === "release") tx.release(spare);
    spare.release();
    heard(b); // its handle-release
    failsWithoutTrace("EBADRQC", () => tx.commit());
    assertEquals([heard(b), heard(c)], [[], []], use);
  }
}, { notOnKernel: MIXED });

/** Prepares a transaction of `a` with a part for each other peer, of different kinds if the engine supports that. */
function mixed(a: Peer, b: Peer, c: Peer, d: Peer): () => void {
  if (a.engine === "kernel") {
    const all = [b, c, d].map((peer) => peer.createNode({ for: a }).handle);
    return () => a.send(all, "message");
  }
  const toB = b.createNode({ for: a }).handle;
  const { node } = a.createNode({ for: c });
  const { handle } = d.createNode({ for: a });
  return () => {
    using tx = a.transaction();
    tx.release(handle, node).send(toB, "message");
    tx.commit();
  };
}

engineTest("rule 2, no early look: after one receiver has its part, all others find theirs ready", (engine) => {
  for (const order of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) {
    using a = open(engine), b = open(engine), c = open(engine), d = open(engine);
    const commit = mixed(a, b, c, d);
    commit();
    assertEquals(order.map((i) => heard([b, c, d][i]).length), [1, 1, 1]);
  }
});

engineTest("rule 2, no early look: after an awaited receive resolves, all others find theirs ready", async (engine) => {
  using a = open(engine), b = open(engine), c = open(engine), d = open(engine);
  const commit = mixed(a, b, c, d);
  const look = (peer: Peer, others: Peer[]) =>
    peer.receive().then((message) => [word(message), ...others.map((other) => heard(other).length)]);
  const told = look(b, [c, d]);
  commit();
  assertEquals(await told, ["message", 1, 1]);
});

engineTest("rule 2, no early look: the end of a peer is visible to all or to none", (engine) => {
  using b = open(engine), c = open(engine), d = open(engine);
  {
    using a = open(engine);
    a.createNode({ for: b });
    a.createNode({ for: c });
    d.createNode({ for: a });
  }
  assertEquals([heard(b), heard(c), heard(d)], [["node-release 1"], ["node-release 1"], ["handle-release 1"]]);
});

engineTest("transaction: abort drops what was added, also after a failure, and is a no-op after commit", (engine) => {
  using a = open(engine);
  const { node, handle } = a.createNode();
  const dropped = a.transaction();
  dropped.send(handle, "never");
  dropped.abort();
  dropped.abort();
  const kept = a.transaction();
  kept.send(handle, "sent");
  kept.commit();
  kept.abort();
  assertEquals(heard(a), ["sent"]);
  const released = a.transaction();
  released.release(node);
  released.abort();
  a.send(handle, "the node is still there");
  assertEquals(heard(a), ["the node is still there"]);
});
