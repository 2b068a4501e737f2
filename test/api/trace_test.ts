/** The trace of a peer: every transaction that happened, in order, and nothing else. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatTrace, Peer, type TraceEvent } from "@bus1/bus1";
import type { EngineName } from "../../src/port/engine.ts";
import {
  engineTest,
  failsWithoutTrace,
  heard,
  MIXED,
  open,
  rejects,
  run,
  test,
  throws,
  throwsTypeError,
} from "../support/harness.ts";

/** An event without its peer and its time. */
type Told = Record<string, unknown>;

/** Opens a traced peer. `told` returns the events since its last call. */
function traced(engine: EngineName, name?: string): { peer: Peer; told: () => Told[]; events: TraceEvent[] } {
  const events: TraceEvent[] = [];
  const peer = Peer.open({ engine, name, trace: (event) => events.push(event) });
  const told = () => events.splice(0).map(({ peer: _, time: __, ...event }) => event);
  told();
  return { peer, told, events };
}

/** The event of a commit with one message. */
function sent(to: bigint[], bytes: number, handles: bigint[] = []): Told {
  return { type: "commit", messages: [{ to: to.map(Number), bytes, handles: handles.map(Number) }], released: [] };
}

/** The event of a received message. */
function received(node: bigint, bytes: number, handles: bigint[] = []): Told {
  return { type: "receive", what: "message", node: Number(node), handle: null, bytes, handles: handles.map(Number) };
}

engineTest("trace: creating, copying, sending, releasing and receiving, in order", async (engine) => {
  const { peer: server, told } = traced(engine, "server");
  using client = open(engine);
  const [mine, its] = [server.inspect().number, client.inspect().number];
  const { node, handle } = server.createNode({ for: client, name: "files" });
  assertEquals(told(), [{ type: "create", node: Number(node.id), name: "files", for: its, handle: Number(handle.id) }]);
  const own = server.createNode();
  const copy = server.copy(own.handle, client);
  assertEquals(told(), [
    { type: "create", node: Number(own.node.id), name: null, for: mine, handle: Number(own.handle.id) },
    { type: "copy", handle: Number(own.handle.id), for: its, copy: Number(copy.id) },
  ]);
  server.send(own.handle, "five!");
  server.send([own.handle], "three", { handles: [own.handle] });
  assertEquals(told(), [sent([own.handle.id], 5), sent([own.handle.id], 5, [own.handle.id])]);
  assertEquals(server.tryReceive()?.type, "message");
  const second = await server.receive();
  assert(second.type === "message");
  assertEquals(told(), [received(own.node.id, 5), received(own.node.id, 5, [second.handles[0].id])]);
  client.send(handle, "from there");
  client.release(handle);
  assertEquals(told(), [], "the actions of another peer are not in this trace");
  assertEquals(heard(server).length, 2);
  assertEquals(told(), [
    received(node.id, 10),
    { type: "receive", what: "handle-release", node: Number(node.id), handle: null, bytes: 0, handles: [] },
  ]);
  own.handle.release();
  assertEquals(told(), [{ type: "commit", messages: [], released: [Number(own.handle.id)] }]);
  assertEquals(server.tryReceive(), null);
  assertEquals(told(), []);
  server.close();
  server.close();
  assertEquals(told(), [{ type: "close" }]);
});

engineTest("trace: a committed transaction is one event, another one is none", (engine) => {
  const { peer, told } = traced(engine);
  const [a, b] = [peer.createNode(), peer.createNode()];
  told();
  const tx = peer.transaction();
  tx.send([a.handle, b.handle], "both", { handles: [b.handle] }).send(a.handle, "").release(b.node, b.handle, b.node);
  assertEquals(told(), []);
  tx.commit();
  assertEquals(told(), [{
    type: "commit",
    messages: [
      { to: [Number(a.handle.id), Number(b.handle.id)], bytes: 4, handles: [Number(b.handle.id)] },
      { to: [Number(a.handle.id)], bytes: 0, handles: [] },
    ],
    released: [Number(b.node.id), Number(b.handle.id)],
  }]);
  {
    using dropped = peer.transaction();
    dropped.send(a.handle, "never");
  }
  const failing = peer.transaction();
  failing.send(a.handle, "never");
  a.handle.release();
  told();
  throws("EBADRQC", () => failing.commit());
  assertEquals(told(), []);
  peer.close();
}, { notOnKernel: MIXED });

engineTest("trace: failed calls are not traced", (engine) => {
  const { peer, told } = traced(engine);
  using other = open(engine);
  const { handle } = peer.createNode();
  const foreign = other.createNode().handle;
  handle.release();
  told();
  failsWithoutTrace("EBADRQC", () => peer.send(handle, ""));
  failsWithoutTrace("EBADRQC", () => peer.send([foreign], "", { handles: [handle] }));
  failsWithoutTrace("EBADRQC", () => peer.release(handle));
  failsWithoutTrace("EBADRQC", () => peer.copy(handle, other));
  peer.close();
  told();
  throws("ESHUTDOWN", () => peer.createNode());
  throws("ESHUTDOWN", () => peer.tryReceive());
  throws("ESHUTDOWN", () => peer.transaction());
  throws("ESHUTDOWN", () => peer.detach());
  assertEquals(told(), []);
});

engineTest("trace: a batch traces each message, and a cursor each message that it passes", (engine) => {
  const { peer, told } = traced(engine);
  const { node, handle } = peer.createNode();
  told();
  using batch = peer.batch(handle);
  for (const word of ["one", "three", ""]) batch.add(word);
  assertEquals(told(), []);
  batch.flush();
  assertEquals(told(), [sent([handle.id], 3), sent([handle.id], 5), sent([handle.id], 0)]);
  peer.send(handle, "", { handles: [handle] });
  told();
  const cursor = peer.cursor();
  assert(cursor.tryNext() && cursor.tryNext());
  assertEquals(peer.inspect().queued?.messages ?? 2, 2);
  assertEquals(told(), [received(node.id, 3), received(node.id, 5)]);
  assert(cursor.tryNext() && cursor.tryNext() && !cursor.tryNext());
  assertEquals(told(), [received(node.id, 0), received(node.id, 0, [cursor.handles[0]?.id ?? 5n])]);
  peer.close();
});

engineTest("trace: opening, detaching and adopting", (engine) => {
  const events: TraceEvent[] = [];
  const trace = (event: TraceEvent) => events.push(event);
  const peer = Peer.open({ engine, name: "moving", trace });
  const { number } = peer.inspect();
  using adopted = Peer.adopt(peer.detach(), { trace });
  adopted.createNode();
  assertEquals(events.map(({ type }) => type), ["open", "detach", "adopt", "create"]);
  for (const event of events) assertEquals(event.peer, { engine, number, name: "moving" });
  assert(events.every(({ time }, i) => i === 0 || time >= events[i - 1].time));
  assertEquals(JSON.parse(JSON.stringify(events)), events);
  using untraced = Peer.adopt(adopted.detach());
  untraced.createNode();
  assertEquals(events.length, 5, "the trace does not move with the peer");
});

engineTest(
  "trace: the callback may inspect and close its peer and use other peers, and nothing else",
  async (engine) => {
    using log = open(engine);
    const { handle: line } = log.createNode();
    const failures: string[] = [];
    let closes = false;
    const peer: Peer = Peer.open({
      engine,
      trace(event) {
        if (event.type === "open") return;
        log.send(line, formatTrace(event));
        String(peer);
        if (event.type === "close") return;
        peer.inspect();
        const uses = [() => peer.tryReceive(), () => peer.createNode(), () => peer.send([], ""), () => peer.detach()];
        for (const use of uses) failures.push(throws("EOPNOTSUPP", use).message);
        peer.receive().catch((error) => failures.push(error.message));
        if (closes) peer.close();
      },
    });
    const { handle } = peer.createNode();
    peer.send(handle, "first");
    peer.send(handle, "second");
    assertEquals(heard(peer), ["first", "second"]);
    await Promise.resolve();
    assert(failures.length > 10);
    for (const failure of failures) assertMatch(failure, /the trace of a peer must not use the peer itself$/);
    closes = true;
    peer.send(handle, "third");
    throws("ESHUTDOWN", () => peer.tryReceive());
    assertStringIncludes(heard(log).at(-1)!, "close");
  },
  { only: ["native", "typescript"] },
);

test("trace: a value that is not a function is a TypeError", () => {
  for (const trace of [null, 1, "log", {}] as unknown as (() => void)[]) {
    throwsTypeError(() => Peer.open({ engine: "typescript", trace }));
    const ticket = Peer.open({ engine: "typescript" }).detach();
    throwsTypeError(() => Peer.adopt(ticket, { trace }));
    Peer.adopt(ticket).close();
  }
});

test("trace: an error in the callback does not change the call, and is reported as uncaught", async () => {
  const { code, stdout, stderr } = await run("trace_throws.ts");
  assertEquals(stdout.split("\n").slice(0, 3), ["sent", "received hello", "uncaught: on purpose, 4 times"], stderr);
  assertEquals(code, 0);
});

engineTest("trace: waits work as without a trace", async (engine) => {
  const { peer, told } = traced(engine);
  using client = open(engine);
  const { node, handle } = peer.createNode({ for: client });
  told();
  const waiting = peer.receive();
  client.send(handle, "late");
  assertEquals((await waiting).type, "message");
  assertEquals(told(), [received(node.id, 4)]);
  assertEquals(peer.receiveSync({ timeout: 1 }), null);
  const open_ = peer.receive();
  peer.close();
  await rejects("ESHUTDOWN", open_);
  assertEquals(told(), [{ type: "close" }]);
});

test("trace: formatTrace makes readable lines", () => {
  const { peer, events } = traced("typescript", "server");
  using client = open("typescript");
  const made = peer.createNode({ name: 'a "name"', for: client });
  const own = peer.createNode();
  peer.send([own.handle], "1", { handles: [own.handle] });
  const tx = peer.transaction();
  tx.send([own.handle, own.handle], "12345").release(own.node);
  tx.commit();
  client.send(made.handle, "four", { handles: [client.createNode().handle] });
  made.handle.release();
  heard(peer);
  client.close();
  heard(peer);
  peer.close();
  const its = events.find((event) => event.type === "create")!.for;
  assertEquals(events.map((event) => formatTrace(event).replace(/^\d+\.\d{3} /, "")), [
    `server: create node 1 "a \\"name\\"", handle 1 of peer ${its}`,
    "server: create node 3, handle 5",
    "server: send 1 byte with handle 5 to 5",
    "server: send 5 bytes to 5, 5; release 3",
    "server: receive node-release of handle 5",
    "server: receive 4 bytes with handle 7 at node 1",
    "server: receive handle-release of node 1",
    "server: receive node-release of handle 7",
    "server: close",
  ]);
});
