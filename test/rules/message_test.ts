/** What a message carries (specification, section 2). */

import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { liveCounts, type Message, type Peer } from "@bus1/bus1";
import { drain, engineTest, heard, open, UNCOUNTED } from "../support/harness.ts";

/** Receives the next message, which must be a user message. */
function next(peer: Peer): Message & { type: "message" } {
  const message = peer.tryReceive();
  if (message?.type !== "message") throw new Error(`a message expected, not ${message?.type}`);
  return message;
}

engineTest("message: has its node, always as the same object", (engine) => {
  using a = open(engine), b = open(engine);
  const x = a.createNode({ for: b }), y = a.createNode({ for: b });
  b.send([y.handle, x.handle, y.handle], "");
  assertEquals(drain(a).map((m) => m.type === "message" && m.node), [y.node, x.node, y.node]);
  b.send(x.handle, "");
  assertStrictEquals(next(a).node, x.node);
  assertStrictEquals(a.node(x.node.id), x.node);
});

engineTest("message: node.data is the same value that was attached", (engine) => {
  using a = open(engine);
  const data = { any: ["value"] };
  const { node, handle } = a.createNode({ data });
  a.send(handle, "");
  assertStrictEquals(next(a).node.data, data);
  assertStrictEquals(node.data, data);
  assertStrictEquals(a.createNode().node.data, undefined);
});

engineTest("message: bytes, text and json are three views of what was sent", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  a.send(handle, "grüß dich \u{1F600}");
  a.send(handle, JSON.stringify({ n: [1, null, "x"] }));
  a.send(handle, Uint8Array.of(0, 255, 128));
  assertEquals(next(a).text(), "grüß dich \u{1F600}");
  assertEquals(next(a).json(), { n: [1, null, "x"] });
  assertEquals([...next(a).bytes], [0, 255, 128]);
});

engineTest("message: may be empty", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  a.send(handle, "");
  a.send(handle, new Uint8Array());
  for (const message of [next(a), next(a)]) {
    assertEquals([message.bytes.length, message.text(), message.handles], [0, "", []]);
  }
});

engineTest("message: keeps its length and bytes, from 1 byte to 1,000,003", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  const lengths = [1, 7, 8, 63, 64, 65, 255, 256, 4095, 4096, 4097, 65_535, 65_536, 1_000_003];
  const pattern = (length: number) => new Uint8Array(length).map((_, i) => i * 31 + length);
  for (const length of lengths) a.send(handle, pattern(length));
  for (const length of lengths) {
    const { bytes } = next(a);
    assertEquals(bytes.length, length);
    assert(bytes.every((byte, i) => byte === (i * 31 + length & 255)), `the bytes of ${length}`);
  }
});

engineTest("message: a view is sent as the bytes that it covers, not as its whole buffer", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  a.send(handle, bytes.subarray(2, 5));
  assertEquals([...next(a).bytes], [3, 4, 5]);
});

engineTest("message: data is copied when it is sent, and the copy never changes", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  for (const size of [4, 10_000]) {
    const data = new Uint8Array(size).fill(1);
    a.send(handle, data);
    data.fill(2);
    using tx = a.transaction();
    tx.send(handle, data);
    data.fill(3);
    tx.commit();
    assert(next(a).bytes.every((byte) => byte === 1));
    assert(next(a).bytes.every((byte) => byte === 2));
  }
});

engineTest("message: the receiver owns the bytes, and may write into them and keep them", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toB = b.createNode({ for: a }).handle, toC = c.createNode({ for: a }).handle;
  for (const size of [4, 10_000]) {
    const sent = new Uint8Array(size).fill(7);
    a.send([toB, toC, toB], sent);
    const kept = next(b).bytes;
    kept.fill(9);
    assert(next(c).bytes.every((byte) => byte === 7), "another receiver's");
    assert(next(b).bytes.every((byte) => byte === 7), "the same receiver's second");
    assert(sent.every((byte) => byte === 7), "the sender's");
    for (let i = 0; i < 100; i++) {
      a.send(toB, new Uint8Array(size).fill(i));
      next(b);
    }
    assert(kept.every((byte) => byte === 9), "kept over later messages");
  }
});

engineTest("message: transfers are copies, and the sender keeps its handles", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a }).handle;
  const { node, handle } = a.createNode();
  a.send(toB, "here", { handles: [handle] });
  const [copy] = next(b).handles;
  assertNotStrictEquals(copy, handle);
  a.release(handle);
  b.send(copy, "through the copy");
  assertStrictEquals(next(a).node, node);
});

engineTest("message: a repeated destination gets two messages, a repeated transfer makes two handles", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a }).handle;
  const { handle } = a.createNode();
  a.send([toB, toB], "x", { handles: [handle, handle] });
  assertEquals(heard(b), ["x +3 +5", "x +7 +9"]);
});

engineTest("message: peer.handle() returns the same object as message.handles", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  a.send(handle, "", { handles: [handle] });
  const [copy] = next(a).handles;
  assertStrictEquals(a.handle(copy.id), copy);
});

engineTest("message: receiveMany returns all ready messages, up to a limit", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  assertEquals(a.receiveMany(10), []);
  for (let i = 0; i < 1000; i++) a.send(handle, String(i));
  const text = (messages: Message[]) => messages.map((m) => m.type === "message" && m.text());
  assertEquals(text(a.receiveMany(3)), ["0", "1", "2"]);
  assertEquals(a.receiveMany(1).length, 1);
  const rest = text(a.receiveMany(100_000));
  assertEquals([rest.length, rest[0], rest.at(-1)], [996, "4", "999"]);
  assertEquals(a.receiveMany(1), []);
});

engineTest("message: a multicast holds one copy of the bytes until its last receiver has received it", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toB = b.createNode({ for: a }).handle, toC = c.createNode({ for: a }).handle;
  const before = liveCounts();
  a.send([toB, toC, toC], new Uint8Array(5000));
  assertEquals(liveCounts(), { ...before, messages: before.messages + 3, bytes: before.bytes + 5000 });
  next(b), next(c);
  assertEquals(liveCounts(), { ...before, messages: before.messages + 1, bytes: before.bytes + 5000 });
  next(c);
  assertEquals(liveCounts(), before);
}, { notOnKernel: UNCOUNTED });
