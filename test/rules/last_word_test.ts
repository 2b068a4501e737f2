/** The last word: what a peer receives last about an object (specification, section 4, rule 7). */

import { assertEquals } from "@std/assert";
import { engineTest, failsWithoutTrace, heard, MIXED, open, throws } from "../support/harness.ts";

engineTest(
  "rule 7: after its node-release nothing more is received about a handle, even when the node's owner ends",
  (engine) => {
    using b = open(engine);
    {
      using a = open(engine);
      const { node } = a.createNode({ for: b });
      a.release(node);
      assertEquals(heard(b), ["node-release 1"]);
    }
    assertEquals(heard(b), []);
  },
);

engineTest("rule 7: after its node-release is received a handle is gone", (engine) => {
  using a = open(engine), b = open(engine);
  const { node, handle } = a.createNode({ for: b });
  a.release(node);
  b.send(handle, "discarded: the node-release is not received yet");
  assertEquals(heard(b), [`node-release ${handle.id}`]);
  failsWithoutTrace("EBADRQC", () => b.send(handle, "x"));
  failsWithoutTrace("EBADRQC", () => b.copy(handle, b));
  failsWithoutTrace("EBADRQC", () => b.release(handle));
  failsWithoutTrace("EBADRQC", () => handle.release());
  throws("EBADRQC", () => b.handle(handle.id));
  handle[Symbol.dispose]();
});

engineTest("rule 7: messages sent before the last release arrive before the handle-release", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const { handle } = a.createNode({ for: b });
  const copy = b.copy(handle, c);
  b.send(handle, "b1");
  c.send(copy, "c1");
  using tx = b.transaction();
  tx.release(handle).send(handle, "b2");
  tx.commit();
  c.send(copy, "c2");
  copy.release();
  assertEquals(heard(a), ["b1", "c1", "b2", "c2", "handle-release 1"]);
  assertEquals(heard(a), []);
}, { notOnKernel: MIXED });

engineTest("rule 7: after its handle-release is received a node is gone", (engine) => {
  using a = open(engine), b = open(engine);
  const { node, handle } = a.createNode({ for: b });
  handle.release();
  assertEquals(heard(a), [`handle-release ${node.id}`]);
  failsWithoutTrace("EBADRQC", () => a.release(node));
  failsWithoutTrace("EBADRQC", () => node.release());
  throws("EBADRQC", () => a.node(node.id));
  node[Symbol.dispose]();
});

engineTest("rule 7: an id is valid until the notification is received", (engine) => {
  using a = open(engine), b = open(engine);
  const x = a.createNode({ for: b }), y = b.createNode({ for: a });
  a.release(x.node, y.handle);
  assertEquals(b.handle(x.handle.id), x.handle);
  assertEquals(b.node(y.node.id), y.node);
  b.release(x.handle, y.node);
  assertEquals(heard(b), []);
});
