/** Specification, section 4, rules 3 and 4, in one thread. `test/workers/race_test.ts` tests them with many threads. */

import { assertEquals } from "@std/assert";
import { engineTest, heard, open, word } from "../support/harness.ts";

engineTest("rule 3, causal: if a peer receives a part of A and then commits B, all receive A first", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const aToB = b.createNode({ for: a }).handle, aToC = c.createNode({ for: a }).handle;
  const bToC = c.createNode({ for: b }).handle;
  a.send([aToB, aToC], "A");
  assertEquals(heard(b), ["A"]);
  b.send(bToC, "B");
  assertEquals(heard(c), ["A", "B"]);
});

engineTest(
  "rule 3, causal: if a program knows of A outside the bus and then commits B, all receive A first",
  (engine) => {
    using a = open(engine), b = open(engine), c = open(engine);
    const aToC = c.createNode({ for: a }).handle, bToC = c.createNode({ for: b }).handle;
    for (let i = 0; i < 100; i++) {
      a.send(aToC, `A${i}`);
      b.send(bToC, `B${i}`);
    }
    assertEquals(heard(c), Array.from({ length: 100 }, (_, i) => [`A${i}`, `B${i}`]).flat());
  },
);

engineTest("rule 3, causal: holds along a chain of peers", (engine) => {
  using first = open(engine), second = open(engine), third = open(engine), last = open(engine);
  const toSecond = second.createNode({ for: first }).handle;
  const toThird = third.createNode({ for: second }).handle;
  const fromFirst = last.createNode({ for: first }).handle;
  const fromThird = last.createNode({ for: third }).handle;
  first.send([fromFirst, toSecond], "1");
  assertEquals(heard(second), ["1"]);
  second.send(toThird, "2");
  assertEquals(heard(third), ["2"]);
  third.send(fromThird, "3");
  assertEquals(heard(last), ["1", "3"]);
});

engineTest("rule 3, causal: release notifications follow the same order as messages", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const aToC = c.createNode({ for: a }); // node 1 of c
  const bToC = c.createNode({ for: b }); // node 3 of c
  const ofB = b.createNode({ for: c }); // handle 5 of c
  a.send(aToC.handle, "A");
  b.send(bToC.handle, "B");
  aToC.handle.release();
  ofB.node.release();
  b.send(bToC.handle, "B again");
  bToC.handle.release();
  assertEquals(heard(c), ["A", "B", "handle-release 1", "node-release 5", "B again", "handle-release 3"]);
});

engineTest("rule 3, causal: holds for a peer that awaits messages", async (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const aToB = b.createNode({ for: a }).handle, aToC = c.createNode({ for: a }).handle;
  const bToC = c.createNode({ for: b }).handle;
  const both = Promise.all([c.receive(), c.receive()]);
  const forwarded = b.receive().then(() => b.send(bToC, "B"));
  a.send([aToB, aToC], "A");
  await forwarded;
  assertEquals((await both).map(word), ["A", "B"]);
});

engineTest("rule 4, FIFO: the transactions of one peer are received in the order of their commits", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toB = b.createNode({ for: a }).handle, toC = c.createNode({ for: a }).handle;
  const also = a.copy(toB, a);
  const sent: string[] = [];
  for (let i = 0; i < 50; i++) {
    sent.push(`${i} send`, `${i} multicast`, `${i} transaction`, `${i} other handle`);
    a.send(toB, `${i} send`);
    a.send([toC, toB], `${i} multicast`);
    using tx = a.transaction();
    tx.send(toB, `${i} transaction`).commit();
    a.send(also, `${i} other handle`);
  }
  assertEquals(heard(b), sent);
  assertEquals(heard(c).length, 50);
});

engineTest("rule 4, FIFO: all ways of receiving share one order", async (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  for (let i = 0; i < 9; i++) a.send(handle, String(i));
  const received = [
    a.tryReceive()!,
    ...a.receiveMany(2),
    await a.receive(),
    a.receiveSync({ timeout: 1000 })!,
    ...a.receiveMany(2),
    a.tryReceive()!,
    await a.receive(),
  ];
  assertEquals(received.map(word), ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
});
