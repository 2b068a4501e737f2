/** Moving a peer by `detach` and `adopt` (docs/workers.md): all that it owns and all messages in its queue move with it. */

import { assertEquals, assertMatch, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { type BusError, liveCounts, Peer } from "@bus1/bus1";
import type { Ticket } from "../../src/port/engine.ts";
import {
  engineTest,
  failsWithoutTrace,
  heard,
  MIXED,
  open,
  rejects,
  sleep,
  throws,
  throwsTypeError,
} from "../support/harness.ts";
import { Agent, RemoteError } from "../support/calls.ts";

/** Returns the code of the error with which a call to a Worker rejects. */
async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  const [outcome] = await Promise.allSettled([call]);
  if (outcome.status === "fulfilled") throw new Error(`returned ${outcome.value} instead of an error`);
  if (!(outcome.reason instanceof RemoteError)) throw outcome.reason;
  return outcome.reason.code;
}

function codeThrown(call: () => unknown): string {
  try {
    call();
    return "nothing";
  } catch (error) {
    return String((error as BusError).code);
  }
}

engineTest("detach: ids, queue, nodes and handles move; data stays behind", (engine) => {
  using a = open(engine);
  const b = open(engine);
  const { node, handle } = b.createNode({ for: a, data: "stays" });
  const own = a.createNode({ for: b });
  a.send(handle, "queued", { handles: [handle] });
  own.node.release();
  const before = liveCounts();
  const ticket = b.detach();
  assertEquals(liveCounts(), before, "a peer that waits for its adoption exists");
  a.send(handle, "sent meanwhile");
  using moved = Peer.adopt(ticket);
  assertEquals(moved.engine, engine);
  assertEquals(moved.node(node.id).id, node.id);
  assertEquals(moved.handle(own.handle.id).id, own.handle.id);
  assertStrictEquals(moved.node(node.id).data, undefined);
  assertEquals(heard(moved), ["queued +5", `node-release ${own.handle.id}`, "sent meanwhile"]);
  assertEquals(moved.createNode().node.id, 7n, "the counter moves too");
});

engineTest("detach: node() and handle() always return the same object for one peer object", (engine) => {
  const a = open(engine);
  const { node, handle } = a.createNode();
  assertStrictEquals(a.node(node.id), node);
  using moved = Peer.adopt(a.detach());
  assertNotStrictEquals(moved.node(node.id), node);
  assertStrictEquals(moved.node(node.id), moved.node(node.id));
  assertStrictEquals(moved.handle(handle.id), moved.handle(handle.id));
  moved.send(moved.handle(handle.id), "");
  const message = moved.tryReceive();
  assertStrictEquals(message?.type === "message" && message.node, moved.node(node.id));
});

engineTest("detach: objects of the old peer object are foreign to the new one", (engine) => {
  const a = open(engine);
  const { node, handle } = a.createNode();
  using moved = Peer.adopt(a.detach());
  failsWithoutTrace("EBADRQC", () => moved.send(handle, ""));
  failsWithoutTrace("EBADRQC", () => moved.release(node));
  failsWithoutTrace("ESHUTDOWN", () => handle.release());
});

engineTest("detach: the old object cannot be used, and closing it is a no-op", (engine) => {
  const a = open(engine);
  const { handle } = a.createNode();
  const ticket = a.detach();
  throws("ESHUTDOWN", () => a.send(handle, ""));
  a.close();
  a[Symbol.dispose]();
  using moved = Peer.adopt(ticket);
  moved.send(moved.handle(handle.id), "lives");
  assertEquals(heard(moved), ["lives"]);
});

engineTest("detach: a transaction of the old object throws ESHUTDOWN and changes nothing", (engine) => {
  const a = open(engine);
  const { handle, node } = a.createNode();
  const tx = a.transaction();
  tx.send(handle, "never").release(node);
  using moved = Peer.adopt(a.detach());
  throws("ESHUTDOWN", () => tx.commit());
  tx[Symbol.dispose]();
  assertEquals(heard(moved), []);
  moved.node(node.id);
}, { notOnKernel: MIXED });

engineTest("ticket: adopts once, then EBADRQC", (engine) => {
  const a = open(engine);
  const ticket = a.detach();
  using moved = Peer.adopt(ticket);
  failsWithoutTrace("EBADRQC", () => Peer.adopt(ticket));
  const second = moved.detach();
  failsWithoutTrace("EBADRQC", () => Peer.adopt(ticket));
  using again = Peer.adopt(second);
  again.createNode();
});

engineTest("ticket: is plain data", (engine) => {
  const a = open(engine);
  const ticket = a.detach();
  assertEquals(ticket.engine, engine);
  using moved = Peer.adopt(JSON.parse(JSON.stringify(structuredClone(ticket))));
  moved.createNode();
});

engineTest("ticket: a value that is not a ticket is a TypeError, an unknown ticket is an error", (engine) => {
  const a = open(engine);
  const ticket = a.detach();
  for (const wrong of [null, undefined, 1, "x", {}, [], { engine }, { key: "x" }, { engine: 1, key: 2 }]) {
    throwsTypeError(() => Peer.adopt(wrong as unknown as Ticket));
    throwsTypeError(() => Peer.revoke(wrong as unknown as Ticket));
  }
  throwsTypeError(() => Peer.adopt({ engine: "nonsense" as "native", key: ticket.key }));
  const unknown = ["", "x", "0", "9".repeat(10_000), "\0\0", "\u{1F600}", ":::", ticket.key.slice(1)];
  for (const key of [...unknown, `${ticket.key}0`]) {
    assertMatch(codeThrown(() => Peer.adopt({ engine, key })), /^(EBADRQC|EOPNOTSUPP)$/);
  }
  for (const key of unknown) {
    assertMatch(codeThrown(() => Peer.revoke({ engine, key })), /^(EBADRQC|EOPNOTSUPP|nothing)$/);
  }
  Peer.adopt(ticket).close();
});

engineTest("revoke: ends a peer that was not adopted", (engine) => {
  using a = open(engine);
  const b = open(engine);
  b.createNode({ for: a });
  const ticket = b.detach();
  Peer.revoke(ticket);
  assertEquals(heard(a), ["node-release 1"]);
  failsWithoutTrace("EBADRQC", () => Peer.adopt(ticket));
  Peer.revoke(ticket);
});

engineTest("revoke: ends a peer that was adopted, at once", async (engine) => {
  using a = open(engine);
  const b = open(engine);
  b.createNode({ for: a });
  const ticket = b.detach();
  const moved = Peer.adopt(ticket);
  const waiting = moved.receive();
  Peer.revoke(ticket);
  throws("ESHUTDOWN", () => moved.tryReceive());
  await rejects("ESHUTDOWN", waiting);
  assertEquals(heard(a), ["node-release 1"]);
  moved.close();
  Peer.revoke(ticket);
});

engineTest("revoke: ends a for await", async (engine) => {
  const b = open(engine);
  const ticket = b.detach();
  const moved = Peer.adopt(ticket);
  const loop = (async () => {
    for await (const _ of moved) throw new Error("nothing was sent");
  })();
  await sleep(2);
  Peer.revoke(ticket);
  await loop;
});

engineTest("revoke: reaches a peer that has moved on", (engine) => {
  using a = open(engine);
  const b = open(engine);
  b.createNode({ for: a });
  const first = b.detach();
  const second = Peer.adopt(first).detach();
  const moved = Peer.adopt(second);
  Peer.revoke(first);
  throws("ESHUTDOWN", () => moved.tryReceive());
  assertEquals(heard(a), ["node-release 1"]);
});

engineTest("revoke: is a no-op for a peer that has ended", (engine) => {
  const b = open(engine);
  const ticket = b.detach();
  Peer.adopt(ticket).close();
  Peer.revoke(ticket);
});

engineTest("Worker: a ticket of the TypeScript engine is a clear error in another isolate", async (engine) => {
  using agent = await Agent.start();
  const a = open(engine);
  const ticket = a.detach();
  assertEquals(await codeOf(agent.call("adopt", ticket)), "EOPNOTSUPP");
  assertEquals(await codeOf(agent.call("revoke", ticket)), "EOPNOTSUPP");
  Peer.adopt(ticket).close();
}, { only: "typescript" });

const native = { only: ["kernel", "native"] as const };

engineTest("Worker: a peer moves there with its ids and its queue, and works", async (engine) => {
  using agent = await Agent.start();
  using a = open(engine);
  const b = open(engine);
  const toA = a.createNode({ for: b }), toB = b.createNode({ for: a });
  a.send(toB.handle, "queued");
  assertEquals(await agent.call<string>("adopt", b.detach()), engine);
  a.send(toB.handle, "sent later");
  assertEquals(await agent.call("heard"), ["queued", "sent later"]);
  await agent.call("send", toA.handle.id, "hello", [toA.handle.id]);
  assertEquals(heard(a), ["hello +5"]);
  await agent.call("close");
  assertEquals(heard(a), [`node-release ${toB.handle.id}`]);
}, native);

engineTest("Worker: a peer comes back, and goes on to another Worker", async (engine) => {
  using first = await Agent.start(), second = await Agent.start();
  using a = open(engine);
  const b = open(engine);
  const { handle } = b.createNode({ for: a });
  let ticket = b.detach();
  for (const agent of [first, second, first]) {
    a.send(handle, "before");
    await agent.call("adopt", ticket);
    a.send(handle, "after");
    assertEquals(await agent.call("heard"), ["before", "after"]);
    ticket = await agent.call("detach");
    assertEquals(await codeOf(agent.call("heard")), "ESHUTDOWN");
  }
  using back = Peer.adopt(ticket);
  a.send(handle, "home");
  assertEquals(heard(back), ["home"]);
}, native);

engineTest(
  "Worker: receive() and receiveSync() there wake by a send from here, and the other way round",
  async (engine) => {
    using agent = await Agent.start();
    using a = open(engine);
    const b = open(engine);
    const toA = a.createNode({ for: b }), toB = b.createNode({ for: a });
    await agent.call("adopt", b.detach());
    for (const command of ["receive", "receiveSync"]) {
      const received = agent.call(command);
      await sleep(20); // most likely the wait has begun; the test must pass either way
      a.send(toB.handle, command);
      assertEquals(await received, command);
    }
    const received = a.receive();
    await agent.call("send", toA.handle.id, "back");
    const message = await received;
    assertEquals(message.type === "message" && message.text(), "back");
  },
  native,
);

engineTest("Worker: receiveSync blocks this thread until a Worker sends", async (engine) => {
  using agent = await Agent.start();
  using a = open(engine);
  const b = open(engine);
  const { handle } = a.createNode({ for: b });
  await agent.call("adopt", b.detach());
  const sent = agent.call("send", handle.id, "wakes");
  const message = a.receiveSync();
  assertEquals(message?.type === "message" && message.text(), "wakes");
  await sent;
}, native);

engineTest("Worker: revoke ends its peer from outside, waiting or not", async (engine) => {
  using agent = await Agent.start();
  for (const command of ["receive", "receiveSync", "heard"]) {
    using a = open(engine);
    const b = open(engine);
    b.createNode({ for: a });
    const ticket = b.detach();
    await agent.call("adopt", ticket);
    const blocked = command === "heard" ? null : codeOf(agent.call(command));
    if (blocked) await sleep(20);
    Peer.revoke(ticket);
    assertEquals(await (blocked ?? codeOf(agent.call(command))), "ESHUTDOWN", command);
    assertEquals((await a.receive()).type, "node-release");
    assertEquals(await codeOf(agent.call("send", 1n, "x")), "ESHUTDOWN");
  }
}, native);

engineTest("Worker: revoke reaches one that never returns to its event loop", async (engine) => {
  using agent = await Agent.start();
  using a = open(engine);
  const b = open(engine);
  b.createNode({ for: a });
  const ticket = b.detach();
  await agent.call("adopt", ticket);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const spun = agent.call("spin", stop);
  await sleep(20);
  Peer.revoke(ticket);
  assertEquals((await a.receive()).type, "node-release");
  Atomics.store(stop, 0, 1);
  await spun;
  assertEquals(await codeOf(agent.call("heard")), "ESHUTDOWN");
}, native);

engineTest("Worker: can revoke a peer by its ticket", async (engine) => {
  using agent = await Agent.start();
  using a = open(engine);
  const b = open(engine);
  b.createNode({ for: a });
  const ticket = b.detach();
  const moved = Peer.adopt(ticket);
  const waiting = rejects("ESHUTDOWN", moved.receive());
  await agent.call("revoke", ticket);
  await waiting;
  assertEquals(heard(a), ["node-release 1"]);
}, native);

engineTest("Worker: a wake for the previous holder does not suppress one for the next", async (engine) => {
  using agent = await Agent.start();
  using a = open(engine);
  const b = open(engine);
  const { handle } = b.createNode({ for: a });
  const asked = rejects("ESHUTDOWN", b.receive());
  const ticket = b.detach();
  await asked;
  await agent.call("adopt", ticket);
  a.send(handle, "one"); // the wake goes to the Worker, which has not waited yet
  assertEquals(await agent.call("receive"), "one");
  const second = agent.call("receive");
  await sleep(50);
  a.send(handle, "two");
  assertEquals(await second, "two");
}, native);

engineTest("Worker: a peer moves on to a nested Worker", async (engine) => {
  using agent = await Agent.start();
  using a = open(engine);
  const b = open(engine);
  const toA = a.createNode({ for: b }), toB = b.createNode({ for: a });
  await agent.call("nest");
  assertEquals(await agent.call("inner", "adopt", b.detach()), engine);
  const received = agent.call("inner", "receive");
  a.send(toB.handle, "far down");
  assertEquals(await received, "far down");
  await agent.call("inner", "send", toA.handle.id, "far up");
  assertEquals(heard(a), ["far up"]);
  await agent.call("inner", "close");
}, native);
