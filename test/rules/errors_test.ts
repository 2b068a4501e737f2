/** Errors (specification, section 6): when, which of several takes precedence; and a failed call changes nothing. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { BusError, Handle, liveCounts, Node, Peer } from "@bus1/bus1";
import type { EngineName } from "../../src/port/engine.ts";
import {
  engines,
  engineTest,
  failsWithoutTrace,
  heard,
  MIXED,
  open,
  rejects,
  throws,
  throwsTypeError,
} from "../support/harness.ts";

engineTest("EAGAIN: nothing to receive is null, or an empty list", (engine) => {
  using a = open(engine);
  assertEquals(a.tryReceive(), null);
  assertEquals(a.receiveMany(10), []);
  assertEquals(a.receiveSync({ timeout: 0 }), null);
  assertEquals(a.receiveSync({ timeout: 5 }), null);
});

engineTest("EINVAL: a transaction used after its end", (engine) => {
  using a = open(engine);
  const { node, handle } = a.createNode();
  const committed = a.transaction(), disposed = a.transaction(), failed = a.transaction(), aborted = a.transaction();
  failed.release(node);
  committed.release(node);
  committed.commit();
  disposed[Symbol.dispose]();
  aborted.abort();
  throws("EBADRQC", () => failed.commit());
  for (const tx of [committed, disposed, failed, aborted]) {
    failsWithoutTrace("EINVAL", () => tx.send(handle, ""));
    failsWithoutTrace("EINVAL", () => tx.release(handle));
    failsWithoutTrace("EINVAL", () => tx.commit());
    tx.abort();
    tx[Symbol.dispose]();
  }
});

engineTest("EBADRQC: an object that is unknown, released or another peer's", (engine) => {
  using a = open(engine), b = open(engine);
  const foreign = b.createNode();
  const released = a.createNode();
  const own = a.createNode().handle;
  a.release(released.node, released.handle);
  heard(a);
  for (const { node, handle } of [foreign, released]) {
    failsWithoutTrace("EBADRQC", () => a.send(handle, ""));
    failsWithoutTrace("EBADRQC", () => a.send([own, handle], ""));
    failsWithoutTrace("EBADRQC", () => a.send(own, "", { handles: [handle] }));
    failsWithoutTrace("EBADRQC", () => a.copy(handle, b));
    failsWithoutTrace("EBADRQC", () => a.release(handle));
    failsWithoutTrace("EBADRQC", () => a.release(node));
    failsWithoutTrace("EBADRQC", () => a.release(own, node));
  }
  failsWithoutTrace("EBADRQC", () => a.handle(99n));
  failsWithoutTrace("EBADRQC", () => a.node(99n));
  assertEquals([heard(a), heard(b)], [[], []]);
});

engineTest("EMSGSIZE: a message over 0x7ffff000 bytes", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  const tooLong = new Uint8Array(0x7ffff001); // its pages are never touched, so it takes address space only
  failsWithoutTrace("EMSGSIZE", () => a.send(handle, tooLong));
  failsWithoutTrace("EMSGSIZE", () => a.send([handle, handle], tooLong));
  using tx = a.transaction();
  failsWithoutTrace("EMSGSIZE", () => tx.send(handle, tooLong));
  tx.send(handle, "the transaction stays usable");
  tx.commit();
  assertEquals(heard(a), ["the transaction stays usable"]);
});

engineTest("ESHUTDOWN: making or copying an object for a peer that has ended, which makes nothing", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  const gone = open(engine);
  gone.close();
  failsWithoutTrace("ESHUTDOWN", () => a.createNode({ for: gone }));
  failsWithoutTrace("ESHUTDOWN", () => a.copy(handle, gone));
  assertEquals(a.createNode().node.id, 5n);
});

engineTest("ESHUTDOWN: a detached peer", async (engine) => {
  using other = open(engine);
  const a = open(engine);
  const { node, handle } = a.createNode();
  const ticket = a.detach();
  for (
    const call of [
      () => a.createNode(),
      () => a.send(handle, ""),
      () => a.copy(handle, other),
      () => a.release(node),
      () => handle.release(),
      () => a.tryReceive(),
      () => a.transaction(),
      () => a.detach(),
      () => other.createNode({ for: a }),
    ]
  ) failsWithoutTrace("ESHUTDOWN", call);
  await rejects("ESHUTDOWN", a.receive());
  Peer.revoke(ticket);
});

engineTest("precedence: TypeError before ESHUTDOWN before EBADRQC", (engine) => {
  using a = open(engine), b = open(engine);
  const foreign = b.createNode();
  const gone = open(engine);
  const ofGone = gone.createNode().handle;
  gone.close();
  const wrong = {} as Handle;
  throwsTypeError(() => gone.send(wrong, ""));
  throwsTypeError(() => gone.send([ofGone, wrong], ""));
  throwsTypeError(() => gone.copy(foreign.handle, wrong as unknown as Peer));
  throwsTypeError(() => gone.release(foreign.node, wrong));
  throwsTypeError(() => a.send([foreign.handle, wrong], ""));
  throwsTypeError(() => a.release(foreign.node, wrong));
  throwsTypeError(() => a.copy(foreign.handle, wrong as unknown as Peer));
  throwsTypeError(() => gone.send(ofGone, 5 as unknown as string));
  throws("ESHUTDOWN", () => gone.send(foreign.handle, ""));
  throws("ESHUTDOWN", () => gone.release(foreign.node));
  throws("ESHUTDOWN", () => gone.copy(foreign.handle, a));
  throws("ESHUTDOWN", () => a.copy(foreign.handle, gone));
  throws("EBADRQC", () => a.copy(foreign.handle, b));
});

engineTest("precedence: a call that throws a TypeError changes nothing either", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a }).handle;
  const { node } = a.createNode({ for: b });
  const before = liveCounts();
  for (const wrong of [null, undefined, 1, 1n, "x", Symbol("x"), {}, node, Object.create(Handle.prototype)]) {
    throwsTypeError(() => a.send([toB, wrong as Handle], "x"));
    throwsTypeError(() => a.send(toB, "x", { handles: [toB, wrong as Handle] }));
  }
  for (const wrong of [null, undefined, 1, 1n, "x", {}, Object.create(Node.prototype)]) {
    throwsTypeError(() => a.release(node, wrong as Node));
  }
  assertEquals(liveCounts(), before);
  assertEquals(heard(b), []);
  a.release(node);
});

engineTest("send([]) and release() validate their arguments and do nothing else", (engine) => {
  using a = open(engine), b = open(engine);
  const { handle } = a.createNode();
  const foreign = b.createNode().handle;
  const before = liveCounts();
  a.send([], "no receiver");
  a.send([], "no receiver", { handles: [handle] });
  a.release();
  using tx = a.transaction();
  tx.send([], "no receiver").release();
  tx.commit();
  assertEquals(liveCounts(), before);
  assertEquals(heard(a), []);
  failsWithoutTrace("EBADRQC", () => a.send([], "", { handles: [foreign] }));
  throwsTypeError(() => a.send([], null as unknown as string));
});

engineTest(
  "transaction: a bad object throws when it is added and adds nothing, and the transaction stays usable",
  (engine) => {
    using a = open(engine), b = open(engine), c = open(engine);
    const toB = b.createNode({ for: a }).handle, toC = c.createNode({ for: a }).handle;
    const foreign = b.createNode();
    const { node } = a.createNode({ for: b }); // handle 5 of b
    using tx = a.transaction();
    tx.send(toB, "first");
    failsWithoutTrace("EBADRQC", () => tx.send([toC, foreign.handle], "half"));
    failsWithoutTrace("EBADRQC", () => tx.send(toC, "half", { handles: [toC, foreign.handle] }));
    failsWithoutTrace("EBADRQC", () => tx.release(node, foreign.node));
    throwsTypeError(() => tx.send([toC, {} as Handle], "half"));
    throwsTypeError(() => tx.release(node, {} as Node));
    tx.send([toB, toC], "last");
    tx.commit();
    assertEquals([heard(b), heard(c)], [["first", "last"], ["last"]], "and no node-release");
    node.release();
  },
  { notOnKernel: MIXED },
);

engineTest("transaction: commit validates again", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a }).handle;
  const { node, handle } = a.createNode({ for: a });
  using tx = a.transaction();
  tx.send(toB, "x").release(node);
  a.release(node, handle);
  failsWithoutTrace("EBADRQC", () => tx.commit());
  assertEquals(heard(b), []);
}, { notOnKernel: MIXED });

engineTest("transaction: commit succeeds although a destination's node was released by its owner", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toB = b.createNode({ for: a }), toC = c.createNode({ for: a }).handle;
  using tx = a.transaction();
  tx.send([toB.handle, toC], "x");
  toB.node.release();
  tx.commit();
  assertEquals([heard(b), heard(c)], [[], ["x"]]);
  assertEquals(heard(a), [`node-release ${toB.handle.id}`]);
});

engineTest("transaction: an object may be used in a transaction that also releases it", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a });
  using tx = a.transaction();
  tx.release(toB.handle).send(toB.handle, "last words", { handles: [toB.handle] });
  tx.commit();
  assertEquals(heard(b), ["last words +3"], "the copy lives");
  throws("EBADRQC", () => a.send(toB.handle, ""));
  b.handle(3n).release();
  assertEquals(heard(b), [`handle-release ${toB.node.id}`]);
}, { notOnKernel: MIXED });

engineTest("transaction: any number may be open, and they are ordered by their commits", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a }).handle;
  using first = a.transaction(), second = a.transaction();
  first.send(toB, "first begun");
  second.send(toB, "first committed");
  second.commit();
  first.commit();
  assertEquals(heard(b), ["first committed", "first begun"]);
});

engineTest("release: releasing an object that is gone throws, disposing it is a no-op", (engine) => {
  using a = open(engine);
  const { node, handle } = a.createNode();
  node.release();
  handle.release();
  failsWithoutTrace("EBADRQC", () => node.release());
  failsWithoutTrace("EBADRQC", () => handle.release());
  node[Symbol.dispose]();
  handle[Symbol.dispose]();
  const gone = open(engine);
  const ofGone = gone.createNode();
  gone.close();
  failsWithoutTrace("ESHUTDOWN", () => ofGone.node.release());
  failsWithoutTrace("ESHUTDOWN", () => ofGone.handle.release());
  ofGone.node[Symbol.dispose]();
  ofGone.handle[Symbol.dispose]();
});

engineTest("release: disposing an object releases it", (engine) => {
  using a = open(engine), b = open(engine);
  {
    const created = a.createNode({ for: b });
    using _node = created.node;
  }
  assertEquals(heard(b), ["node-release 1"]);
  {
    const created = a.createNode({ for: b });
    using _handle = created.handle;
  }
  assertEquals(heard(a), ["handle-release 3"]);
});

engineTest("BusError: the message names the operation and the object", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  handle.release();
  const error = throws("EBADRQC", () => a.send(handle, ""));
  assertEquals([error instanceof BusError, error instanceof Error, error.errno], [true, true, 56]);
  assertStringIncludes(error.message, "send");
  assertStringIncludes(error.message, `handle ${handle.id}`);
});

const other = (engine: EngineName): EngineName => engine === "native" ? "typescript" : "native";

engineTest("EOPNOTSUPP: objects of different engines are mixed", (engine) => {
  using a = open(engine), b = open(other(engine));
  const mine = a.createNode(), yours = b.createNode();
  failsWithoutTrace("EOPNOTSUPP", () => a.createNode({ for: b }));
  failsWithoutTrace("EOPNOTSUPP", () => a.copy(mine.handle, b));
  failsWithoutTrace("EOPNOTSUPP", () => a.send(yours.handle, ""));
  failsWithoutTrace("EOPNOTSUPP", () => a.send(mine.handle, "", { handles: [yours.handle] }));
  failsWithoutTrace("EOPNOTSUPP", () => a.release(yours.node));
}, { skip: engines[0] === "typescript" && "needs another engine" });
