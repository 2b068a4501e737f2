/**
 * Batches and cursors: many messages in few calls. The rules for every message hold for these, too.
 */

import { assert, assertEquals } from "@std/assert";
import { type Cursor, liveCounts, type Peer } from "@bus1/bus1";
import { engineTest, heard, open, throws, throwsTypeError } from "../support/harness.ts";

/** Describes the current message of a cursor, as `word` does for a message. */
function wordAt(cursor: Cursor): string {
  if (cursor.type === "message") return [cursor.text(), ...cursor.handles.map(({ id }) => `+${id}`)].join(" ");
  return `${cursor.type} ${(cursor.node ?? cursor.handle)!.id}`;
}

/** Moves a cursor through all ready messages and describes each. */
function passed(cursor: Cursor): string[] {
  const words: string[] = [];
  while (cursor.tryNext()) words.push(wordAt(cursor));
  return words;
}

/** Sends `count` words, and returns them. */
function sendWords(from: Peer, to: Parameters<Peer["send"]>[0], count: number): string[] {
  const words = Array.from({ length: count }, (_, i) => `word ${i}`);
  for (const word of words) from.send(to, word);
  return words;
}

engineTest("batch: messages arrive in order, as single messages among others", (engine) => {
  using server = open(engine);
  using client = open(engine);
  const { handle } = server.createNode({ for: client });
  using batch = client.batch(handle);
  batch.add("a").add(new Uint8Array()).add("b");
  const at = batch.reserve(3);
  batch.bytes.set([49, 50, 51], at);
  assertEquals(server.tryReceive(), null, "nothing is sent before the flush");
  client.send(handle, "before");
  batch.flush();
  batch.flush();
  client.send(handle, "after");
  assertEquals(heard(server), ["before", "a", "", "b", "123", "after"]);
});

engineTest("batch: a full batch is sent early, in order", (engine) => {
  using server = open(engine);
  using client = open(engine);
  const { handle } = server.createNode({ for: client });
  using batch = client.batch(handle);
  const sizes = Array.from({ length: 400 }, (_, i) => i * 7);
  sizes.push(100_000, 5, 65_528, 65_529, 1);
  for (const size of sizes) batch.add(new Uint8Array(size).fill(size & 255));
  batch.flush();
  const received = server.receiveMany().map((message) => message.type === "message" ? message.bytes : new Uint8Array());
  assertEquals(received.map(({ length }) => length), sizes);
  for (const bytes of received) assert(bytes.every((byte) => byte === (bytes.length & 255)));
});

engineTest("batch: clear drops the added messages, and the batch stays usable", (engine) => {
  using peer = open(engine);
  const { handle } = peer.createNode();
  const batch = peer.batch(handle);
  batch.add("dropped").add("dropped");
  batch.clear();
  batch.flush();
  assertEquals(heard(peer), []);
  batch.add("sent");
  batch.flush();
  batch.clear();
  batch.clear();
  assertEquals(heard(peer), ["sent"]);
});

engineTest("batch: messages that are not flushed are never sent", (engine) => {
  using peer = open(engine);
  const { handle } = peer.createNode();
  {
    using batch = peer.batch(handle);
    batch.add("dropped");
  }
  assertEquals(heard(peer), []);
});

engineTest("batch: a handle that is gone makes the flush fail, and nothing is sent", (engine) => {
  using server = open(engine);
  using client = open(engine);
  const { handle } = server.createNode({ for: client });
  const foreign = server.createNode().handle;
  using batch = client.batch(handle);
  using wrong = client.batch(foreign);
  batch.add("one").add("two");
  wrong.add("never sent");
  throws("EBADRQC", () => wrong.flush());
  client.release(handle);
  throws("EBADRQC", () => batch.flush());
  throws("EBADRQC", () => batch.add(new Uint8Array(100_000)));
  assertEquals(heard(server), ["handle-release 1"]);
  client.close();
  throws("ESHUTDOWN", () => batch.flush());
});

engineTest("batch: messages to a peer that has ended are discarded and leave nothing behind", (engine) => {
  const server = open(engine);
  using client = open(engine);
  const { handle } = server.createNode({ for: client });
  using batch = client.batch(handle);
  server.close();
  batch.add("one").add("two").flush();
  assertEquals(liveCounts().messages, 0);
  assertEquals(heard(client).length, 1);
});

engineTest("batch: wrong arguments are a TypeError", (engine) => {
  using peer = open(engine);
  const { handle } = peer.createNode();
  throwsTypeError(() => peer.batch({} as never));
  using batch = peer.batch(handle);
  for (const data of [null, 1, {}]) throwsTypeError(() => batch.add(data as never));
  for (const length of [-1, 1.5, NaN, 65_529, "1"]) throwsTypeError(() => batch.reserve(length as number));
  batch.add("kept");
  structuredClone(batch.bytes, { transfer: [batch.bytes.buffer] });
  throwsTypeError(() => batch.flush());
  assertEquals(heard(peer), []);
});

engineTest("cursor: moves through messages and release notifications in order", (engine) => {
  using server = open(engine);
  using client = open(engine);
  const { node, handle } = server.createNode({ for: client });
  const reply = client.createNode();
  const cursor = server.cursor();
  assertEquals(cursor.tryNext(), false);
  client.send(handle, "first");
  client.send(handle, "with a handle", { handles: [reply.handle] });
  client.send(handle, "");
  client.send(handle, new Uint8Array(200_000).fill(97));
  client.release(reply.node);
  client.release(handle);
  assert(cursor.tryNext());
  assertEquals([cursor.type, cursor.node, cursor.text()], ["message", node, "first"]);
  assertEquals(cursor.view(), new TextEncoder().encode("first"));
  assert(cursor.tryNext());
  assertEquals([cursor.text(), cursor.handles.length], ["with a handle", 1]);
  const [copy] = cursor.handles;
  assert(cursor.tryNext());
  assertEquals([cursor.end - cursor.start, cursor.handles.length], [0, 0]);
  assert(cursor.tryNext());
  assertEquals(cursor.end - cursor.start, 200_000);
  assert(cursor.tryNext());
  assertEquals([cursor.type, cursor.handle, cursor.node], ["node-release", copy, null]);
  assert(cursor.tryNext());
  assertEquals([cursor.type, cursor.handle, cursor.node], ["handle-release", null, node]);
  assertEquals(cursor.tryNext(), false);
});

engineTest("cursor: many messages to several nodes, more than one fetch returns", (engine) => {
  using server = open(engine);
  using client = open(engine);
  const nodes = Array.from({ length: 3 }, (_, data) => server.createNode({ for: client, data }));
  for (let i = 0; i < 5_000; i++) client.send(nodes[i % 3].handle, String(i));
  const cursor = server.cursor();
  for (let i = 0; i < 5_000; i++) {
    assert(cursor.tryNext());
    assertEquals([cursor.node, cursor.text()], [nodes[i % 3].node, String(i)]);
  }
  assertEquals(cursor.tryNext(), false);
  assertEquals(liveCounts().messages, 0);
});

engineTest("cursor: messages that it has not reached are still queued for every way of receiving", (engine) => {
  using server = open(engine);
  using client = open(engine);
  const { handle } = server.createNode({ for: client });
  const words = sendWords(client, handle, 10);
  const cursor = server.cursor(), other = server.cursor();
  const got: string[] = [];
  const step = (through: Cursor) => got.push(through.tryNext() ? wordAt(through) : "nothing");
  step(cursor);
  step(cursor);
  got.push(...server.receiveMany(2).map((message) => message.type === "message" ? message.text() : message.type));
  step(other);
  step(cursor);
  step(other);
  const message = server.tryReceive();
  got.push(message?.type === "message" ? message.text() : "");
  got.push(...passed(cursor));
  assertEquals(got, words);
  assertEquals(liveCounts().messages, 0);
});

engineTest("cursor: a release of the node or the peer drops messages that it has not reached", (engine) => {
  const server = open(engine);
  using client = open(engine);
  const a = server.createNode({ for: client }), b = server.createNode({ for: client });
  for (let i = 0; i < 3; i++) client.send([a.handle, b.handle], String(i));
  const cursor = server.cursor();
  assert(cursor.tryNext());
  assertEquals(cursor.node, a.node);
  server.release(a.node);
  assertEquals(passed(cursor), ["0", "1", "2"]);
  client.send(b.handle, "one");
  client.send(b.handle, "two");
  assert(cursor.tryNext());
  using tx = server.transaction();
  tx.release(b.node).commit();
  assertEquals(cursor.tryNext(), false);
  server.close();
  throws("ESHUTDOWN", () => cursor.tryNext());
  assertEquals(liveCounts().messages, 0);
});

engineTest("cursor: the caller may transfer its buffer away", (engine) => {
  using server = open(engine);
  using client = open(engine);
  const { handle } = server.createNode({ for: client });
  const words = sendWords(client, handle, 4);
  const cursor = server.cursor();
  assert(cursor.tryNext());
  const got = [cursor.text()];
  structuredClone(cursor.bytes, { transfer: [cursor.bytes.buffer] });
  assertEquals([...got, ...passed(cursor)], words);
}, { only: "native" }); // on the TypeScript engine, queued messages may be in the same buffer

engineTest("cursor: nextSync blocks, and next awaits", async (engine) => {
  using server = open(engine);
  using client = open(engine);
  const { handle } = server.createNode({ for: client });
  const cursor = server.cursor();
  assertEquals(cursor.nextSync({ timeout: 1 }), false);
  client.send(handle, "there");
  assert(cursor.nextSync());
  assertEquals(cursor.text(), "there");
  const waiting = cursor.next();
  client.send(handle, "later");
  await waiting;
  assertEquals(cursor.text(), "later");
  const aborted = cursor.next({ signal: AbortSignal.abort("enough") }).catch((reason) => reason);
  assertEquals(await aborted, "enough");
});

/** All ways to await a message. */
const AWAITED: Record<string, (peer: Peer) => () => Promise<unknown>> = {
  receive: (peer) => () => peer.receive(),
  "receive, two at a time": (peer) => () => Promise.all([peer.receive(), peer.receive()]),
  "for await": (peer) => {
    const messages = peer[Symbol.asyncIterator]();
    return () => messages.next();
  },
  next: (peer) => {
    const cursor = peer.cursor();
    return () => cursor.next();
  },
};

for (const [name, awaiting] of Object.entries(AWAITED)) {
  engineTest(`${name}: timers fire although a message is always ready`, async (engine) => {
    using peer = open(engine);
    const { handle } = peer.createNode();
    const next = awaiting(peer);
    let fired = false;
    setTimeout(() => fired = true, 20);
    let received = 0;
    const start = performance.now();
    while (!fired) {
      peer.send(handle, "another one");
      peer.send(handle, "and another");
      await next();
      received++;
      assert(performance.now() - start < 10_000, "the timer never fires");
    }
    assert(received > 1);
  });
}
