/**
 * Bad input: for every argument, the result is a documented error or the documented value, and never a crash, a hang or
 * a leak. `test/rules/errors_test.ts` tests which of several errors takes precedence.
 */

import { freemem } from "node:os";
import { assert, assertEquals } from "@std/assert";
import { BusError, Handle, liveCounts, type Message, Node, Peer, Transaction } from "@bus1/bus1";
import { ERRNO } from "../../src/port/abi.ts";
import { type EngineName, type EnginePeer, HANDLE, NODE } from "../../src/port/engine.ts";
import { openEngine } from "../../src/engines/registry.ts";
import {
  drain,
  engineTest,
  failsWithoutTrace,
  heard,
  MIXED,
  open,
  rejects,
  test,
  throws,
  throwsTypeError,
} from "../support/harness.ts";

/** Values that no call of the bus accepts. */
const junk: unknown[] = [
  null,
  0,
  1,
  -1,
  NaN,
  1n,
  true,
  "text",
  Symbol("symbol"),
  {},
  [],
  () => {},
  new Date(),
  new Proxy({}, {}),
];

/** Asserts that each call throws a `TypeError`, and that together they leave nothing behind. */
function allRefused(calls: (() => unknown)[]): void {
  const before = liveCounts();
  for (const call of calls) throwsTypeError(call);
  assertEquals(liveCounts(), before, "live counts after refused calls");
}

/** Asserts that a message is a user message, and returns it. */
function userMessage(message: Message | null): Message & { type: "message" } {
  if (message?.type !== "message") throw new Error(`a message expected, not ${message?.type}`);
  return message;
}

// Wrong types.

test("bad type: a peer's options and engine, and classes that users cannot construct", () => {
  allRefused([
    ...junk.filter((value) => typeof value !== "object" || value === null).map((value) => () =>
      Peer.open(value as object)
    ),
    ...junk.map((engine) => () => Peer.open({ engine: engine as EngineName })),
    () => new (Peer as unknown as new () => unknown)(),
    () => new (Node as unknown as new () => unknown)(),
    () => new (Handle as unknown as new () => unknown)(),
    () => new (Transaction as unknown as new () => unknown)(),
  ]);
});

engineTest("bad type: handles, nodes, peers, options and ids", (engine) => {
  using a = open(engine), b = open(engine);
  const { node, handle } = a.createNode();
  using tx = a.transaction();
  const fakes = [
    Object.create(Handle.prototype),
    Object.create(Node.prototype),
    Object.create(Peer.prototype),
    new Proxy(handle, {}),
  ];
  const wrong = [...junk, ...fakes];
  allRefused([
    ...[...wrong, undefined, node, a].filter((value) => !(Array.isArray(value) && value.length === 0)).flatMap((
      value,
    ) => [
      () => a.send(value as Handle, ""),
      () => tx.send(value as Handle, ""),
    ]),
    ...[...wrong, undefined, node, a].flatMap((value) => [
      () => a.send([handle, value as Handle], ""),
      () => a.send(handle, "", { handles: [handle, value as Handle] }),
      () => tx.send(handle, "", { handles: [value as Handle] }),
      () => a.copy(value as Handle, b),
    ]),
    ...[...wrong, undefined, a].flatMap((value) => [
      () => a.release(node, value as Node),
      () => tx.release(node, value as Node),
    ]),
    ...[...wrong, undefined, node, handle].map((value) => () => a.copy(handle, value as Peer)),
    ...[...wrong, node, handle].map((value) => () => a.createNode({ for: value as Peer })),
    ...junk.filter((value) => !Array.isArray(value)).map((value) => () =>
      a.send(handle, "", { handles: value as Handle[] })
    ),
    ...junk.filter((value) => typeof value !== "object" || value === null).flatMap((value) => [
      () => a.createNode(value as object),
      () => a.send(handle, "", value as object),
      () => a.receiveSync(value as object),
    ]),
    ...junk.filter((value) => typeof value !== "bigint" && !Number.isSafeInteger(value)).flatMap((value) => [
      () => a.node(value as bigint),
      () => a.handle(value as bigint),
    ]),
  ]);
  tx.commit();
  assertEquals(heard(a), [], "the transaction was empty");
  a.release(node, handle);
});

engineTest("bad type: the data of a message", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  using tx = a.transaction();
  allRefused(
    [...junk, undefined].filter((value) => typeof value !== "string").flatMap((value) => [
      () => a.send(handle, value as string),
      () => a.send([handle], value as string),
      () => tx.send(handle, value as string),
    ]),
  );
  tx.commit();
  assertEquals(heard(a), []);
});

engineTest("bad type: limits, timeouts and signals", async (engine) => {
  using a = open(engine);
  a.send(a.createNode().handle, "stays");
  allRefused([
    ...[-1, 1.5, NaN, null, "1", 1n, {}].map((limit) => () => a.receiveMany(limit as number)),
    ...[-1, NaN, null, "1", 1n, {}].map((timeout) => () => a.receiveSync({ timeout: timeout as number })),
  ]);
  for (const signal of junk) {
    const [outcome] = await Promise.allSettled([a.receive({ signal: signal as AbortSignal })]);
    assert(outcome.status === "rejected" && outcome.reason instanceof TypeError);
  }
  assertEquals(a.receiveMany(0), []);
  assertEquals(heard(a), ["stays"]);
});

engineTest("bad type: a method called on another kind of object", (engine) => {
  using a = open(engine);
  const { node, handle } = a.createNode();
  for (const wrong of [null, {}, Object.create(Peer.prototype), node]) {
    throwsTypeError(() => Peer.prototype.send.call(wrong as Peer, handle, ""));
    throwsTypeError(() => Peer.prototype.tryReceive.call(wrong as Peer));
    throwsTypeError(() => Peer.prototype.close.call(wrong as Peer));
  }
  throwsTypeError(() => Handle.prototype.release.call({} as Handle));
  throwsTypeError(() => Node.prototype.release.call({} as Node));
});

engineTest("bad input: arguments that change while they are read are read once", (engine) => {
  using a = open(engine), b = open(engine);
  const { handle } = a.createNode();
  const foreign = b.createNode().handle;
  const shifty = [handle, handle];
  let reads = 0;
  Object.defineProperty(shifty, 1, { get: () => (reads++ ? foreign : handle) });
  a.send(shifty, "twice");
  assertEquals(heard(a), ["twice", "twice"]);
  throws("EBADRQC", () => a.send(shifty, ""));
  const options = {
    get handles(): Handle[] {
      throw new RangeError("thrown by the getter");
    },
  };
  let thrown: unknown;
  try {
    a.send(handle, "", options);
  } catch (error) {
    thrown = error;
  }
  assert(thrown instanceof RangeError);
  assertEquals(heard(a), []);
});

// Buffers.

engineTest("buffer: every kind of view or buffer is sent as the bytes that it covers", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  const { buffer } = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const shared = new SharedArrayBuffer(16);
  new Uint8Array(shared).set(new Uint8Array(buffer));
  for (
    const [data, bytes] of [
      [buffer, [...Array(16).keys()]],
      [shared, [...Array(16).keys()]],
      [new Uint8Array(shared, 2, 3), [2, 3, 4]],
      [new Uint8Array(buffer, 2, 3), [2, 3, 4]],
      [new DataView(buffer, 4, 2), [4, 5]],
      [new DataView(shared, 4, 2), [4, 5]],
      [new Uint16Array(buffer, 2, 2), [2, 3, 4, 5]],
      [new Float64Array(buffer, 8), [8, 9, 10, 11, 12, 13, 14, 15]],
      [new Uint8ClampedArray(buffer, 15), [15]],
      [new BigInt64Array(buffer, 0, 0), []],
      [new (class extends Uint8Array {})(buffer, 1, 2), [1, 2]],
    ] as [ArrayBuffer, number[]][]
  ) {
    a.send(handle, data);
    a.send([handle], data);
    assertEquals(drain(a).map((message) => [...userMessage(message).bytes]), [bytes, bytes]);
  }
});

engineTest("buffer: a detached buffer is refused", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  const bytes = new Uint8Array(8), view = new DataView(bytes.buffer), { buffer } = bytes;
  const empty = new Uint8Array(0), emptyBuffer = empty.buffer;
  structuredClone(null, { transfer: [buffer, emptyBuffer] });
  using tx = a.transaction();
  allRefused(
    [bytes, buffer, view, empty, emptyBuffer].flatMap((data) => [
      () => a.send(handle, data),
      () => a.send([handle, handle], data),
      () => tx.send(handle, data),
    ]),
  );
  assertEquals(heard(a), []);
});

engineTest("buffer: a resizable buffer is sent as it is now, a view out of bounds is empty or refused", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  const buffer = new ArrayBuffer(8, { maxByteLength: 64 });
  const tracking = new Uint8Array(buffer), fixed = new Uint8Array(buffer, 4, 4), view = new DataView(buffer, 4, 4);
  tracking.set([0, 1, 2, 3, 4, 5, 6, 7]);
  const sent = () => drain(a).map((message) => [...userMessage(message).bytes]);
  for (const data of [buffer, tracking, fixed, view]) a.send(handle, data);
  assertEquals(sent(), [[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 4, 5, 6, 7], [4, 5, 6, 7], [4, 5, 6, 7]]);
  buffer.resize(12);
  a.send(handle, tracking);
  assertEquals(sent(), [[0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0]]);
  buffer.resize(2);
  a.send(handle, tracking);
  assertEquals(sent(), [[0, 1]]);
  for (const data of [fixed, view]) {
    try {
      a.send(handle, data);
      assertEquals(sent(), [[]]);
    } catch (error) {
      assert(error instanceof TypeError);
    }
  }
  const growable = new SharedArrayBuffer(4, { maxByteLength: 16 });
  const shared = new Uint8Array(growable);
  growable.grow(6);
  a.send(handle, shared);
  assertEquals(sent(), [[0, 0, 0, 0, 0, 0]]);
});

engineTest(
  "buffer: unpaired surrogates and invalid UTF-8 become U+FFFD, and invalid JSON is a SyntaxError",
  (engine) => {
    using a = open(engine);
    const { handle } = a.createNode();
    a.send(handle, "a\ud800b");
    assertEquals(userMessage(a.tryReceive()).text(), "a\ufffdb");
    a.send(handle, Uint8Array.of(0xff, 0x61));
    const message = userMessage(a.tryReceive());
    assertEquals(message.text(), "\ufffda");
    let thrown: unknown;
    try {
      message.json();
    } catch (error) {
      thrown = error;
    }
    assert(thrown instanceof SyntaxError);
  },
);

// Size.

engineTest("size: 100,000 handles in one message", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a }).handle;
  const { node, handle } = a.createNode();
  a.send(toB, "many", { handles: Array.from({ length: 100_000 }, () => handle) });
  const { handles } = userMessage(b.tryReceive());
  assertEquals([handles.length, handles[0].id, handles[99_999].id], [100_000, 3n, 200_001n]);
  b.send(handles[77_777], "through one of them");
  handle.release();
  assertEquals(heard(a), ["through one of them"]);
  b.release(...handles.slice(1));
  assertEquals(heard(a), []);
  handles[0].release();
  assertEquals(heard(a), [`handle-release ${node.id}`]);
}, { timeout: 60_000 });

engineTest("size: 100,000 handles in a message that is discarded", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a });
  const { node, handle } = a.createNode();
  a.send(toB.handle, "many", { handles: Array.from({ length: 100_000 }, () => handle) });
  handle.release();
  toB.node.release();
  assertEquals(heard(b), []);
  assertEquals(heard(a), [`node-release ${toB.handle.id}`, `handle-release ${node.id}`]);
}, { timeout: 60_000 });

engineTest("size: 10,000 destinations", (engine) => {
  using a = open(engine);
  const peers = Array.from({ length: 100 }, () => open(engine));
  const handles = peers.flatMap((peer) => Array.from({ length: 100 }, () => peer.createNode({ for: a }).handle));
  const before = liveCounts();
  a.send(handles, "to all");
  if (engine !== "kernel") { // the kernel does not report messages in flight
    assertEquals(liveCounts(), { ...before, messages: before.messages + 10_000, bytes: before.bytes + 6 });
  }
  for (const peer of peers) {
    const messages = drain(peer);
    assertEquals(messages.length, 100);
    assert(messages.every((message) => userMessage(message).text() === "to all"));
    peer.close();
  }
}, { timeout: 60_000 });

engineTest("size: a transaction of 10,000 sends and 10,000 releases", (engine) => {
  using a = open(engine), b = open(engine);
  const made = Array.from({ length: 10_000 }, () => b.createNode({ for: a }));
  using tx = a.transaction();
  for (const { handle } of made) tx.send(handle, "x").release(handle);
  tx.commit();
  const messages = drain(b);
  assertEquals(messages.length, 20_000);
  assert(messages.every((message, i) => message.type === (i < 10_000 ? "message" : "handle-release")));
}, { notOnKernel: MIXED, timeout: 60_000 });

const GIB = 2 ** 30;

engineTest("size: a message of 1 GiB", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  let sent: Uint8Array | null = new Uint8Array(GIB);
  sent[0] = 1, sent[GIB / 2] = 2, sent[GIB - 1] = 3;
  a.send(handle, sent);
  sent = null;
  const { bytes } = userMessage(a.tryReceive());
  assertEquals([bytes.length, bytes[0], bytes[1], bytes[GIB / 2], bytes[GIB - 1]], [GIB, 1, 0, 2, 3]);
}, { timeout: 60_000, skip: freemem() < 6 * GIB && `needs 6 GiB of free memory, ${(freemem() / GIB).toFixed(1)} are` });

// Lifetimes.

engineTest("lifetime: dispose twice, release twice, close twice", (engine) => {
  const a = open(engine);
  const { node, handle } = a.createNode();
  const tx = a.transaction();
  handle[Symbol.dispose]();
  handle[Symbol.dispose]();
  failsWithoutTrace("EBADRQC", () => handle.release());
  node[Symbol.dispose]();
  node[Symbol.dispose]();
  failsWithoutTrace("EBADRQC", () => node.release());
  tx[Symbol.dispose]();
  tx[Symbol.dispose]();
  a[Symbol.dispose]();
  a.close();
  a[Symbol.dispose]();
  failsWithoutTrace("ESHUTDOWN", () => handle.release());
});

engineTest("lifetime: open transactions end when their peer ends or is detached", (engine) => {
  const a = open(engine), b = open(engine);
  const { handle } = a.createNode();
  for (let i = 0; i < 10; i++) a.transaction().send(handle, new Uint8Array(1000), { handles: [handle] });
  const kept = b.transaction();
  kept.send(b.createNode().handle, "x");
  a.close();
  const moved = Peer.adopt(b.detach());
  failsWithoutTrace("ESHUTDOWN", () => kept.commit());
  moved.close();
});

engineTest("lifetime: a hundred waits on peers that close are rejected", async (engine) => {
  const peers = Array.from({ length: 10 }, () => open(engine));
  const waits = peers.flatMap((peer) => Array.from({ length: 10 }, () => peer.receive()));
  const outcomes = Promise.allSettled(waits);
  for (const peer of peers) peer.close();
  for (const outcome of await outcomes) {
    assert(outcome.status === "rejected" && outcome.reason instanceof BusError && outcome.reason.code === "ESHUTDOWN");
  }
});

engineTest("lifetime: a peer may be closed in the continuation of its own wait", async (engine) => {
  const a = open(engine);
  const { handle } = a.createNode();
  const first = a.receive().then(() => a.close());
  const second = a.receive();
  a.send(handle, "x");
  await first;
  await rejects("ESHUTDOWN", second);
});

// The port (src/port/engine.ts): ids that the facade never passes.

const FORGED = [
  0,
  -0,
  -1,
  -3,
  2,
  4,
  5.5,
  1.5,
  101,
  1e6 + 1,
  2 ** 31 + 1,
  2 ** 32 + 1,
  2 ** 52 + 1,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 53 + 2,
  2 ** 63,
  2 ** 64,
  2 ** 64 + 1,
  1e300,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  NaN,
  Infinity,
  -Infinity,
  -(2 ** 31),
  -(2 ** 63),
];

/** Opens a peer of an engine without the facade. */
function openEnginePeer(engine: EngineName): EnginePeer {
  const opened = openEngine(engine);
  if (!("engine" in opened)) throw new Error(opened.reason);
  const peer = opened.engine.open();
  if (typeof peer === "number") throw new Error(`open: ${peer}`);
  return peer;
}

const nothing = new Uint8Array();

engineTest("port: a forged id is EBADRQC in every call, without any effect", (engine) => {
  const peer = openEnginePeer(engine), other = openEnginePeer(engine);
  const ids: number[] = [];
  assertEquals(peer.createNode(peer, ids), 0);
  const [node, handle] = ids;
  const transaction = peer.transaction();
  if (typeof transaction === "number") throw new Error();
  const before = liveCounts();
  // Live ids of the wrong kind are refused, too.
  const noHandle = [...FORGED, node], noObject = [...FORGED, handle + 2, 7];
  for (const id of noHandle) {
    const results = {
      send: peer.send(id, nothing, 0),
      sendMany: peer.sendMany([handle, id], nothing, 0, []),
      transfer: peer.sendMany([handle], nothing, 0, [handle, id]),
      copy: peer.copy(id, other),
      transactionSend: transaction.send([handle, id], nothing, 0, []),
      transactionTransfer: transaction.send([handle], nothing, 0, [id]),
    };
    for (const [call, result] of Object.entries(results)) assertEquals(result, -ERRNO.EBADRQC, `${call} ${id}`);
  }
  for (const id of noObject) {
    assertEquals(peer.release([node, id, handle]), -ERRNO.EBADRQC, `release ${id}`);
    assertEquals(transaction.release([node, id]), -ERRNO.EBADRQC, `transaction: release ${id}`);
    assertEquals(peer.kind(id), -ERRNO.EBADRQC, `kind ${id}`);
  }
  assertEquals([peer.kind(node), peer.kind(handle)], [NODE, HANDLE]);
  assertEquals(transaction.commit(), 0, "nothing was added");
  assertEquals(liveCounts(), before);
  peer.end();
  other.end();
});

engineTest("port: every call of an ended peer returns ESHUTDOWN, regardless of the ids", (engine) => {
  const peer = openEnginePeer(engine), other = openEnginePeer(engine);
  const ids: number[] = [];
  peer.createNode(peer, ids);
  const transaction = peer.transaction(), abandoned = peer.transaction();
  if (typeof transaction === "number" || typeof abandoned === "number") throw new Error();
  peer.end();
  peer.end();
  const factory = { message: () => true, nodeRelease: () => true, handleRelease: () => true };
  for (const id of [...ids, ...FORGED]) {
    const results = {
      send: peer.send(id, nothing, 0),
      sendMany: peer.sendMany([id], nothing, 0, [id]),
      copy: peer.copy(id, other),
      release: peer.release([id]),
      kind: peer.kind(id),
      transactionSend: transaction.send([id], nothing, 0, []),
      transactionRelease: transaction.release([id]),
    };
    for (const [call, result] of Object.entries(results)) assertEquals(result, -ERRNO.ESHUTDOWN, `${call} ${id}`);
  }
  assertEquals([
    peer.createNode(other, []),
    other.createNode(peer, []),
    peer.receive(factory),
    peer.receiveMany(1, factory, []),
    peer.arm(() => {}),
    peer.waitSync(0, 0),
    peer.transaction(),
    peer.detach(),
    transaction.commit(),
  ], Array(9).fill(-ERRNO.ESHUTDOWN));
  peer.disarm();
  abandoned.abort();
  other.end();
});
