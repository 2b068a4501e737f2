/**
 * The parts of the TypeScript engine that are visible only under load or misuse: the ring of its queue, the pools of
 * its bytes, and its tickets.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Peer } from "@bus1/bus1";
import { ERRNO } from "../../src/port/abi.ts";
import type { EnginePeer, Id, MessageFactory } from "../../src/port/engine.ts";
import { openTypeScript } from "../../src/engines/typescript/engine.ts";
import { Queue } from "../../src/engines/typescript/queue.ts";
import { test, throwsTypeError } from "../support/harness.ts";

const options = { engine: "typescript" } as const;

test("queue: first in, first out, for many patterns of pushes and shifts", () => {
  const queue = new Queue<number>();
  let pushed = 0;
  let shifted = 0;
  for (const [pushes, shifts] of [[3, 2], [14, 1], [1, 1], [100, 80], [5000, 5034], [1, 1], [40, 40]]) {
    for (let i = 0; i < pushes; i++) queue.push(pushed++);
    for (let i = 0; i < shifts; i++) {
      assertEquals(queue.front(), shifted);
      assertEquals(queue.shift(), shifted++);
    }
  }
  assertEquals(shifted, pushed);
  assertEquals(queue.front(), undefined);
  assertEquals(queue.shift(), undefined);
});

test("pool: queued messages of all sizes keep their bytes", () => {
  using server = Peer.open(options);
  using client = Peer.open(options);
  const { handle } = server.createNode({ for: client });
  const expected = [0, 1, 511, 512, 513, 4096, 4097, 40_000, 7].map((length, i) => new Uint8Array(length).fill(i + 1));
  for (const bytes of expected) client.send(handle, bytes);
  const received = server.receiveMany().map((message) => message.type === "message" && message.bytes);
  assertEquals(received, expected);
});

test("pool: a receiver may transfer its buffer away, and later messages still arrive", () => {
  using server = Peer.open(options);
  using client = Peer.open(options);
  const { handle } = server.createNode({ for: client });
  for (const text of ["", "first", "", "second"]) {
    client.send(handle, text);
    const message = server.tryReceive();
    assert(message?.type === "message");
    assertEquals(message.text(), text);
    structuredClone(null, { transfer: [message.bytes.buffer] });
  }
});

test("pool: two peers never share a buffer", () => {
  using server = Peer.open(options);
  using other = Peer.open(options);
  using client = Peer.open(options);
  const a = server.createNode({ for: client }).handle;
  const b = other.createNode({ for: client }).handle;
  client.send(a, "one");
  client.send(b, "two");
  client.send([a, b], "three");
  const buffers = [server, other].map((peer) =>
    new Set(peer.receiveMany().map((message) => message.type === "message" && message.bytes.buffer))
  );
  assertEquals([...buffers[0]].filter((buffer) => buffers[1].has(buffer)), []);
});

test("port: every forged id or peer is refused with an errno", () => {
  const engine = openTypeScript();
  const peer = engine.open() as EnginePeer;
  const ids: Id[] = [];
  assertEquals(peer.createNode(peer, ids), 0);
  const [node, handle] = ids;
  const data = new Uint8Array(1);
  const factory: MessageFactory<true> = { message: () => true, nodeRelease: () => true, handleRelease: () => true };

  for (const forged of [0, -1, 2, 1.5, NaN, Infinity, 2 ** 53, handle + 2, node]) {
    assertEquals(peer.send(forged, data, 1), -ERRNO.EBADRQC, `send to ${forged}`);
    assertEquals(peer.sendMany([handle, forged], data, 1, []), -ERRNO.EBADRQC);
    assertEquals(peer.sendMany([handle], data, 1, [forged]), -ERRNO.EBADRQC);
    assertEquals(peer.copy(forged, peer), -ERRNO.EBADRQC);
    if (forged !== node) assertEquals(peer.release([handle, forged]), -ERRNO.EBADRQC);
  }
  for (const forged of [null, undefined, 1, {}, { ...peer }] as unknown[] as EnginePeer[]) {
    assertEquals(peer.createNode(forged, ids), -ERRNO.EOPNOTSUPP);
    assertEquals(peer.copy(handle, forged), -ERRNO.EOPNOTSUPP);
  }
  assertEquals(peer.receive(factory), 0, "nothing was sent");
  peer.end();
  assertEquals(peer.send(0, data, 1), -ERRNO.ESHUTDOWN);
  assertEquals(engine.liveCounts(), { peers: 0, nodes: 0, handles: 0, messages: 0, bytes: 0 });
});

test("tickets: only the newest adopts, each revokes, and none can be forged", () => {
  const engine = openTypeScript();
  const name = engine.name;
  const first = (engine.open() as EnginePeer).detach() as string;
  const adopted = engine.adopt({ engine: name, key: first }) as EnginePeer;
  const second = adopted.detach() as string;

  assertEquals(engine.adopt({ engine: name, key: first }), -ERRNO.EBADRQC);
  const words = second.split(":");
  for (const forged of [[...words.slice(0, 2), "0"], [words[0], "0", words[2]]]) {
    assertEquals(engine.adopt({ engine: name, key: forged.join(":") }), -ERRNO.EBADRQC);
  }
  for (const foreign of ["", ":", "::", second.slice(1), `${second}:`]) {
    assertEquals(engine.adopt({ engine: name, key: foreign }), -ERRNO.EOPNOTSUPP);
    assertEquals(engine.revoke({ engine: name, key: foreign }), -ERRNO.EOPNOTSUPP);
  }
  assertEquals(engine.liveCounts().peers, 1);
  assertEquals(engine.revoke({ engine: name, key: first }), 0);
  assertEquals(engine.liveCounts().peers, 0);
  assertEquals(engine.adopt({ engine: name, key: second }), -ERRNO.EBADRQC);
  assertEquals(engine.revoke({ engine: name, key: second }), 0);
});

test("send: an object that imitates a buffer is a TypeError, and a false length is ignored", () => {
  using peer = Peer.open(options);
  const { handle } = peer.createNode();
  throwsTypeError(() => peer.send(handle, Object.setPrototypeOf({ length: 5 }, Uint8Array.prototype)));
  const data = Object.defineProperty(new Uint8Array([1, 2, 3]), "length", { value: 1e9 });
  peer.send(handle, data);
  const message = peer.tryReceive();
  assert(message?.type === "message");
  assertEquals(message.bytes, new Uint8Array([1, 2, 3]));
});
