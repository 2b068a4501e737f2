/** Inspection: snapshots show all that exists and nothing else, and taking one has no visible effect. */

import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { BusError, type HandleSnapshot, inspect, liveCounts, type NodeSnapshot, Peer } from "@bus1/bus1";
import type { PeerSnapshot } from "@bus1/bus1";
import type { EngineName } from "../../src/port/engine.ts";
import { openPeers } from "../../src/peer/looking/open_peers.ts";
import { engineTest, heard, open, throws, throwsTypeError, UNCOUNTED } from "../support/harness.ts";

/** Returns the peers of an engine with numbers that are not in `before`. */
function newSince(before: Set<number>, engine: EngineName): PeerSnapshot[] {
  return inspect().peers.filter((peer) => peer.engine === engine && !before.has(peer.number));
}

/** Returns the numbers of an engine's peers. */
function numbers(engine: EngineName): Set<number> {
  return new Set(inspect().peers.filter((peer) => peer.engine === engine).map(({ number }) => number));
}

/** Makes the snapshot of a node with one handle and an empty queue, changed by `more`. */
function node(id: number, more: Partial<NodeSnapshot> = {}): NodeSnapshot {
  return { id, name: null, handles: 1, released: false, queued: { messages: 0, bytes: 0 }, ...more };
}

/** Makes the snapshot of a handle. */
function handle(id: number | null, peer: number, to: number, gone = false): HandleSnapshot {
  return { id, peer, node: to, gone };
}

engineTest("inspect: peers, nodes, handles, queued messages, and which peer can reach which", (engine) => {
  const before = numbers(engine);
  using server = Peer.open({ engine, name: "server" });
  using client = Peer.open({ engine });
  const files = server.createNode({ for: client, name: "files" });
  const log = server.createNode({ for: client });
  const reply = client.createNode({ name: "reply" });
  client.copy(files.handle, server);
  client.send([files.handle, log.handle], "12345", { handles: [reply.handle] });
  client.send(files.handle, "1");

  const [one, two] = newSince(before, engine);
  const expected: PeerSnapshot[] = [{
    engine,
    number: one.number,
    name: "server",
    local: true,
    nodes: [
      node(1, { name: "files", handles: 2, queued: { messages: 2, bytes: 6 } }),
      node(3, { queued: { messages: 1, bytes: 5 } }),
    ],
    handles: [handle(5, one.number, 1), handle(null, two.number, 5), handle(null, two.number, 5)],
    queued: { messages: 3, bytes: 11 },
  }, {
    engine,
    number: two.number,
    name: null,
    local: true,
    nodes: [node(5, { name: "reply", handles: 3 })],
    handles: [handle(1, one.number, 1), handle(3, one.number, 3), handle(7, two.number, 5)],
    queued: { messages: 0, bytes: 0 },
  }];
  assertEquals(newSince(before, engine), expected);
  assertEquals([server.inspect(), client.inspect()], expected);
  assertEquals(JSON.parse(JSON.stringify(expected)), expected);
  assertEquals(structuredClone(server.inspect()), expected[0]);
}, { notOnKernel: UNCOUNTED });

engineTest("inspect: on the kernel engine, values that this process does not know are null", (engine) => {
  const before = numbers(engine);
  using server = Peer.open({ engine, name: "server" });
  using client = Peer.open({ engine });
  const files = server.createNode({ for: client, name: "files" });
  const reply = client.createNode({ for: server });
  const copy = client.copy(files.handle, server);
  client.send(files.handle, "hello", { handles: [files.handle] });
  const [one, two] = newSince(before, engine);
  const files1: NodeSnapshot = {
    id: Number(files.node.id),
    name: "files",
    handles: null,
    released: false,
    queued: null,
  };
  assertEquals(one.nodes, [files1]);
  assertEquals(one.queued, null);
  assertEquals(one.handles, [
    { id: Number(reply.handle.id), peer: two.number, node: Number(reply.node.id), gone: null },
    { id: Number(copy.id), peer: one.number, node: Number(files.node.id), gone: null },
  ]);
  assertEquals(heard(server).length, 1);
  const brought = server.inspect().handles.at(-1)!;
  assertEquals(
    [brought.peer, brought.node],
    [null, null],
    "only the kernel knows to which node a received handle leads",
  );
  assertEquals([one.name, two.name, one.local], ["server", null, true]);
}, { only: "kernel" });

engineTest("inspect: has no visible effect", (engine) => {
  using server = open(engine);
  using client = open(engine);
  const { node: first, handle: to } = server.createNode({ for: client });
  const second = server.createNode({ for: client });
  const own = client.createNode();
  client.send(to, "one", { handles: [own.handle] });
  client.send(second.handle, "two");
  client.release(to);
  const tx = client.transaction();
  tx.send(second.handle, "three");
  const counts = liveCounts();
  const look = () => [inspect(), server.inspect(), client.inspect(), String(server)];
  const seen = look();
  for (let i = 0; i < 3; i++) assertEquals(look(), seen);
  assertEquals(liveCounts(), counts);
  tx.commit();
  assertEquals(server.inspect().nodes.map(({ id }) => BigInt(id)), [first.id, second.node.id]);
  assertEquals(heard(server), ["one +5", "two", `handle-release ${first.id}`, "three"]);
  assertEquals(server.createNode().node.id, 7n, "no id was used");
}, { notOnKernel: UNCOUNTED });

engineTest("inspect: a released node is shown as long as a handle leads to it", (engine) => {
  const before = numbers(engine);
  using server = open(engine);
  using client = open(engine);
  const { node: released } = server.createNode({ for: client, name: "gone" });
  const other = open(engine);
  other.createNode({ for: client });
  const [one, , three] = newSince(before, engine);
  released.release();
  other.close();
  const [owner, holder, ...more] = newSince(before, engine);
  assertEquals(more, [], "the ended peer is not shown");
  assertEquals(owner.nodes, [{ id: 1, name: null, handles: 0, released: true, queued: null }]);
  assertEquals(holder.handles, [handle(1, one.number, 1, true), handle(3, three.number, 1, true)]);
  assertEquals(server.inspect().nodes, [], "the peer does not own it any more");
  assertEquals(heard(client).length, 2);
  assertEquals(newSince(before, engine).map(({ nodes, handles }) => [nodes, handles]), [[[], []], [[], []]]);
}, { notOnKernel: UNCOUNTED });

engineTest("inspect: the queue counts neither undeliverable messages nor release notifications", (engine) => {
  using server = open(engine);
  using client = open(engine);
  const doomed = server.createNode({ for: client });
  const kept = server.createNode({ for: client });
  client.send([doomed.handle, kept.handle], "both");
  client.release(kept.handle);
  doomed.node.release();
  assertEquals(server.inspect().queued, { messages: 1, bytes: 4 });
  assertEquals(server.inspect().nodes, [node(3, { handles: 0, queued: { messages: 1, bytes: 4 } })]);
}, { notOnKernel: UNCOUNTED });

engineTest("inspect: prefetched messages that are not received count as queued", (engine) => {
  using server = open(engine);
  using client = open(engine);
  const { handle: to } = server.createNode({ for: client });
  for (let i = 0; i < 5; i++) client.send(to, "x");
  const cursor = server.cursor();
  assert(cursor.tryNext() && cursor.tryNext());
  assertEquals(server.inspect().queued, { messages: 3, bytes: 3 });
  assert(cursor.tryNext());
  assertEquals(inspect().peers.find(({ queued }) => queued?.messages === 2)?.local, true);
  assertEquals(heard(server), ["x", "x"]);
}, { notOnKernel: UNCOUNTED });

engineTest("inspect: a transaction's messages are queued at all receivers after its commit only", (engine) => {
  using a = open(engine);
  using b = open(engine);
  using sender = open(engine);
  const handles = [a.createNode({ for: sender }).handle, b.createNode({ for: sender }).handle];
  using tx = sender.transaction();
  tx.send(handles, "both");
  assertEquals([a, b].map((peer) => peer.inspect().queued?.messages), [0, 0]);
  tx.commit();
  assertEquals([a, b].map((peer) => peer.inspect().queued?.messages), [1, 1]);
}, { notOnKernel: UNCOUNTED });

engineTest("inspect: a detached peer is shown, and keeps its number and name when it is adopted", (engine) => {
  const before = numbers(engine);
  const server = Peer.open({ engine, name: "moving" });
  using client = open(engine);
  const { node: named } = server.createNode({ for: client, name: "files" });
  const [{ number }] = newSince(before, engine);
  const ticket = server.detach();
  throws("ESHUTDOWN", () => server.inspect());
  assertEquals(server.name, "moving");
  assertEquals(newSince(before, engine).find((peer) => peer.number === number)?.name, "moving");
  using adopted = Peer.adopt(ticket);
  assertEquals([adopted.name, adopted.node(named.id).name], ["moving", "files"]);
  assertEquals(adopted.inspect().number, number);
  assertEquals(newSince(before, engine).find((peer) => peer.number === number)?.local, true);
});

engineTest("inspect: an ended peer throws ESHUTDOWN and is not shown", (engine) => {
  const before = numbers(engine);
  const peer = open(engine);
  assertEquals(newSince(before, engine).length, 1);
  peer.close();
  throws("ESHUTDOWN", () => peer.inspect());
  assertEquals(newSince(before, engine), []);
});

engineTest("inspect: each peer has a number of its own", (engine) => {
  const peers = Array.from({ length: 100 }, () => open(engine));
  const seen = peers.map((peer) => peer.inspect().number);
  assertEquals(new Set(seen).size, 100);
  for (const peer of peers) peer.close();
  using again = open(engine);
  assert(!seen.includes(again.inspect().number));
});

engineTest("inspect: many objects", (engine) => {
  using server = Peer.open({ engine, name: "x".repeat(5000) });
  using client = open(engine);
  for (let i = 0; i < 2000; i++) server.createNode({ for: client, name: `node number ${i}` });
  const { nodes, name } = server.inspect();
  assertEquals(nodes.map((seen) => seen.name), Array.from({ length: 2000 }, (_, i) => `node number ${i}`));
  assertEquals(name, "x".repeat(5000));
  const ids = client.inspect().handles.map((seen) => seen.id!);
  assertEquals(ids.toSorted((a, b) => a - b), ids);
  assertEquals(ids.length, 2000);
  assertEquals(inspect().peers.find((peer) => peer.name === name)?.nodes.length, 2000);
});

engineTest("names: any text; an empty name is null; other values are a TypeError", (engine) => {
  for (const name of ["a", "名前", "👩‍👩‍👧", "a\0b\n", "<script>", "\ufeffmark"]) {
    using peer = Peer.open({ engine, name });
    const { node: named } = peer.createNode({ name });
    assertEquals([peer.name, named.name], [name, name]);
    const seen = peer.inspect();
    assertEquals([seen.name, seen.nodes[0].name], [name, name]);
  }
  using half = Peer.open({ engine, name: "half \ud800" });
  assertEquals([half.name, half.inspect().name], ["half \ufffd", "half \ufffd"]);
  for (const name of [undefined, ""]) {
    using peer = Peer.open({ engine, name });
    assertEquals([peer.name, peer.createNode({ name }).node.name, peer.inspect().name], [null, null, null]);
  }
  const before = liveCounts();
  for (const name of [null, 1, {}, Symbol(), ["a"], () => "a"] as unknown as string[]) {
    throwsTypeError(() => Peer.open({ engine, name }));
    using peer = open(engine);
    throwsTypeError(() => peer.createNode({ name }));
    assertEquals(peer.createNode().node.id, 1n);
  }
  assertEquals(liveCounts(), before);
});

engineTest("names: error messages contain them", (engine) => {
  const server = Peer.open({ engine, name: "server" });
  using client = Peer.open({ engine, name: "client" });
  const { node: files, handle: to } = server.createNode({ for: client, name: "files" });
  const message = (call: () => unknown) => throws("EBADRQC", call).message;
  client.release(to);
  assertStringIncludes(message(() => client.send(to, "")), `send to handle 1 of "client": handle 1 of "client" is not`);
  files.release();
  assertStringIncludes(message(() => files.release()), `release node 1 "files"`);
  server.close();
  assertStringIncludes(throws("ESHUTDOWN", () => server.tryReceive()).message, `the peer "server" has ended`);
});

engineTest("names: error messages for unnamed objects are unchanged", (engine) => {
  using peer = open(engine);
  const { handle: to } = peer.createNode();
  to.release();
  const { message } = throws("EBADRQC", () => peer.send(to, ""));
  assertEquals(message, new BusError("EBADRQC", "send to handle 3", "handle 3 is not alive on this peer").message);
});

engineTest("inspect: frequent snapshots do not disturb the order of messages", (engine) => {
  using server = open(engine);
  const clients = Array.from({ length: 3 }, () => open(engine));
  const handles = clients.map((client) => server.createNode({ for: client }).handle);
  const sent: string[] = [];
  for (let i = 0; i < 200; i++) {
    const text = String(i);
    clients[i % 3].send(handles[i % 3], text);
    sent.push(text);
    if (i % 7 === 0) server.inspect();
    if (i % 11 === 0) assertEquals(server.tryReceive()?.type, "message");
  }
  assertEquals(heard(server), sent.slice(Math.ceil(200 / 11)));
  for (const client of clients) client.close();
});

engineTest("inspect: each snapshot names its engine", (engine) => {
  using other = open(engine === "typescript" ? "native" : "typescript");
  using peer = open(engine);
  const seen = inspect().peers.filter(({ local }) => local);
  assertNotEquals(seen.map((each) => each.engine).indexOf(other.engine), -1);
  assertNotEquals(seen.map((each) => each.engine).indexOf(peer.engine), -1);
});

engineTest("inspect: peers that were revoked are not kept in memory, although they are never closed", (engine) => {
  const start = [...openPeers()].length;
  for (let i = 0; i < 1000; i++) {
    const ticket = open(engine).detach();
    Peer.adopt(ticket);
    Peer.revoke(ticket);
  }
  assert([...openPeers()].length <= 2 * start + 66, `${[...openPeers()].length}`);
});
