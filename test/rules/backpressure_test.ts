/**
 * Backpressure: a peer limits its queue, and a sender is refused and waits for room (specification, section 8).
 */

import { assertEquals } from "@std/assert";
import { type Handle, Peer } from "@bus1/bus1";
import type { EngineName, QueueLimits } from "../../src/port/engine.ts";
import {
  drain,
  engineTest,
  failsWithoutTrace,
  heard,
  open,
  rejects,
  throws,
  throwsTypeError,
} from "../support/harness.ts";

function roomTest(name: string, run: (engine: EngineName) => void | Promise<void>): void {
  engineTest(`backpressure: ${name}`, run, { notOnKernel: "the kernel has no queue limits" });
}

/** Opens a peer with a bounded queue, and a client with a handle to it. */
function pair(engine: EngineName, maxQueued: QueueLimits): { server: Peer; client: Peer; handle: Handle } {
  const server = Peer.open({ engine, maxQueued });
  const client = open(engine);
  return { server, client, handle: server.createNode({ for: client }).handle };
}

/** Returns whether the promise settles within five turns of the event loop. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => settled = true, () => settled = true);
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve));
  return settled;
}

async function rejectsTypeError(promise: Promise<unknown>): Promise<void> {
  const [outcome] = await Promise.allSettled([promise]);
  throwsTypeError(() => {
    if (outcome.status === "rejected") throw outcome.reason;
  });
}

engineTest("backpressure: the kernel engine does not support writable", async (engine) => {
  using peer = open(engine);
  const { handle } = peer.createNode();
  await rejects("EOPNOTSUPP", peer.writable(handle));
  handle.release();
  await rejects("EBADRQC", peer.writable(handle));
}, { only: "kernel" });

roomTest("a message that does not fit is refused without any effect", (engine) => {
  const { server, client, handle } = pair(engine, { messages: 3, bytes: 10 });
  client.send(handle, "1234");
  failsWithoutTrace("EDQUOT", () => client.send(handle, "1234567"));
  const error = throws("EDQUOT", () => client.send([handle], "1234567", { handles: [handle] }));
  assertEquals(error.message.includes("full"), true, error.message);
  client.send(handle, "123456");
  failsWithoutTrace("EDQUOT", () => client.send(handle, "1"));
  client.send(handle, "");
  failsWithoutTrace("EDQUOT", () => client.send(handle, ""));
  assertEquals(heard(server), ["1234", "123456", ""]);
  failsWithoutTrace("EDQUOT", () => client.send(handle, "12345678901"));
  client.send(handle, "1234567890");
  server.close();
  client.send(handle, "discarded, so it needs no room");
  client.close();
});

roomTest("each of the two limits works alone", (engine) => {
  const few = pair(engine, { messages: 1 });
  few.client.send(few.handle, new Uint8Array(1 << 20));
  failsWithoutTrace("EDQUOT", () => few.client.send(few.handle, ""));
  const small = pair(engine, { bytes: 1 });
  for (let i = 0; i < 100; i++) small.client.send(small.handle, "");
  small.client.send(small.handle, "1");
  failsWithoutTrace("EDQUOT", () => small.client.send(small.handle, "1"));
  const free = pair(engine, {});
  for (let i = 0; i < 100; i++) free.client.send(free.handle, "1");
  const closed = pair(engine, { messages: 0, bytes: Infinity });
  failsWithoutTrace("EDQUOT", () => closed.client.send(closed.handle, ""));
  for (const { server, client } of [few, small, free, closed]) server.close(), client.close();
});

roomTest("a multicast with one full receiver changes nothing", (engine) => {
  const { server, client, handle } = pair(engine, { messages: 2 });
  using other = open(engine);
  const toOther = other.createNode({ for: client }).handle;
  failsWithoutTrace("EDQUOT", () => client.send([handle, toOther, handle, handle], "for all"));
  assertEquals([heard(server), heard(other)], [[], []]);
  client.send([handle, toOther, handle], "for all");
  failsWithoutTrace("EDQUOT", () => client.send([toOther, handle], "for both"));
  assertEquals([heard(server), heard(other)], [["for all", "for all"], ["for all"]]);
  client.send([toOther, handle], "for both");
  server.close();
  client.close();
});

roomTest("a transaction reserves room when a message is added, and frees it if it is not committed", (engine) => {
  const { server, client, handle } = pair(engine, { messages: 2 });
  {
    using tx = client.transaction();
    tx.send(handle, "one").send(handle, "two");
    throws("EDQUOT", () => tx.send(handle, "three"));
    throws("EDQUOT", () => client.send(handle, "three"));
  }
  using tx = client.transaction();
  tx.send(handle, "one");
  client.send(handle, "before");
  tx.commit();
  assertEquals(heard(server), ["before", "one"]);
  const copy = client.copy(handle, client);
  using failing = client.transaction().send(copy, "one").send(copy, "two");
  copy.release();
  throws("EBADRQC", () => failing.commit());
  client.transaction().send(handle, "one").send(handle, "two");
  const moved = Peer.adopt(client.detach());
  moved.send(moved.handle(handle.id), "there is room");
  moved.send(moved.handle(handle.id), "again");
  server.close();
  moved.close();
});

roomTest("release notifications need no room", (engine) => {
  const { server, client, handle } = pair(engine, { messages: 1 });
  const { node } = client.createNode({ for: server });
  client.send(handle, "full");
  client.release(node, handle);
  assertEquals(heard(server), ["full", "node-release 3", "handle-release 1"]);
  server.close();
  client.close();
});

roomTest("discarded messages take no room", (engine) => {
  const { server, client, handle } = pair(engine, { messages: 1 });
  const other = server.createNode({ for: client });
  client.send(other.handle, "lost");
  failsWithoutTrace("EDQUOT", () => client.send(handle, "full"));
  other.node.release();
  assertEquals(heard(server), []);
  client.send(handle, "kept");
  assertEquals(heard(server), ["kept"]);
  server.close();
  client.close();
});

roomTest("writable resolves at once if there is room", async (engine) => {
  const { server, client, handle } = pair(engine, { messages: 1 });
  await client.writable(handle);
  using free = open(engine);
  const { handle: unbounded } = free.createNode({ for: client });
  for (let i = 0; i < 100; i++) client.send(unbounded, "1");
  await client.writable(unbounded);
  server.close();
  client.close();
});

roomTest("writable resolves when the receiver has made room", async (engine) => {
  const { server, client, handle } = pair(engine, { messages: 2 });
  const other = server.createNode({ for: client });
  client.send(handle, "one");
  client.send(other.handle, "two");
  const waiting = [client.writable(handle), client.writable(handle), client.writable(other.handle)];
  for (const promise of waiting) assertEquals(await isSettled(promise), false);
  server.tryReceive();
  await Promise.all(waiting);
  client.send(handle, "three");
  // A discarded message and an aborted transaction make room, too.
  other.node.release();
  const discarded = client.writable(handle);
  assertEquals(await isSettled(discarded), false);
  assertEquals(heard(server), ["three"]);
  await discarded;
  const tx = client.transaction().send(handle, "four").send(handle, "five");
  const aborted = client.writable(handle);
  assertEquals(await isSettled(aborted), false);
  tx[Symbol.dispose]();
  await aborted;
  server.close();
  client.close();
});

roomTest("writable waits for room for the message that was refused last", async (engine) => {
  const { server, client, handle } = pair(engine, { bytes: 100 });
  for (const length of [50, 30, 20]) client.send(handle, new Uint8Array(length));
  throws("EDQUOT", () => client.send(handle, new Uint8Array(60)));
  const waiting = client.writable(handle);
  server.tryReceive(); // 50 are free
  assertEquals(await isSettled(waiting), false);
  server.tryReceive();
  await waiting;
  client.send(handle, new Uint8Array(60));
  // The same holds for a multicast and for a transaction.
  throws("EDQUOT", () => client.send([handle], new Uint8Array(70), { handles: [handle] }));
  const second = client.writable(handle);
  server.tryReceive();
  assertEquals(await isSettled(second), false);
  server.tryReceive();
  await second;
  client.send(handle, new Uint8Array(60));
  throws("EDQUOT", () => client.transaction().send(handle, new Uint8Array(50)));
  const third = client.writable(handle);
  assertEquals(await isSettled(third), false);
  await client.writable(handle); // the second call waits for room for an empty message
  server.tryReceive();
  await third;
  server.close();
  client.close();
});

roomTest("writable resolves when the node or the handle is released, and when the receiver ends", async (engine) => {
  const { server, client, handle } = pair(engine, { messages: 1 });
  const other = server.createNode({ for: client });
  const third = server.createNode({ for: client });
  client.send(handle, "full");
  const released = client.writable(other.handle);
  const dropped = client.writable(third.handle);
  const ended = client.writable(handle);
  assertEquals(await isSettled(released), false);
  other.node.release();
  await released;
  await client.writable(other.handle);
  assertEquals([await isSettled(dropped), await isSettled(ended)], [false, false]);
  third.handle.release();
  await dropped;
  server.close();
  await ended;
  await client.writable(handle);
  drain(client);
  await rejects("EBADRQC", client.writable(handle));
  client.close();
});

roomTest("writable rejects if the message can never fit, on abort, and for wrong arguments", async (engine) => {
  const { server, client, handle } = pair(engine, { messages: 1, bytes: 10 });
  throws("EDQUOT", () => client.send(handle, new Uint8Array(11)));
  await rejects("EDQUOT", client.writable(handle)); // never
  await client.writable(handle);
  client.send(handle, "full");

  const controller = new AbortController();
  const aborted = client.writable(handle, { signal: controller.signal });
  const waiting = client.writable(handle);
  controller.abort("enough");
  assertEquals(await aborted.catch((reason) => reason), "enough");
  assertEquals(
    await client.writable(handle, { signal: AbortSignal.abort("before") }).catch((reason) => reason),
    "before",
  );
  assertEquals(await isSettled(waiting), false);

  await rejects("EBADRQC", server.writable(handle));
  for (const wrong of [null, {}, 1n, client]) await rejectsTypeError(client.writable(wrong as never));
  await rejectsTypeError(client.writable(handle, { signal: 1 as never }));
  client.close();
  await rejects("ESHUTDOWN", waiting);
  await rejects("ESHUTDOWN", client.writable(handle));
  server.close();
});

roomTest("writable rejects when the peer is detached, and works on the adopted peer", async (engine) => {
  const { server, client, handle } = pair(engine, { messages: 1 });
  client.send(handle, "full");
  const waiting = client.writable(handle);
  const moved = Peer.adopt(client.detach());
  await rejects("ESHUTDOWN", waiting);
  const there = moved.writable(moved.handle(handle.id));
  assertEquals(await isSettled(there), false);
  server.tryReceive();
  await there;
  server.close();
  moved.close();
});

roomTest("a peer may wait for room and for a message at the same time", async (engine) => {
  const { server, client, handle } = pair(engine, { messages: 1 });
  const { handle: back } = client.createNode({ for: server });
  client.send(handle, "full");
  const writable = client.writable(handle);
  const received = client.receive();
  server.send(back, "first");
  assertEquals(await received.then((message) => message.type), "message");
  assertEquals(await isSettled(writable), false);
  const second = client.receive();
  server.tryReceive();
  await writable;
  assertEquals(await isSettled(second), false);
  server.send(back, "second");
  await second;
  // Aborting one wait does not affect the other.
  client.send(handle, "full");
  const controller = new AbortController();
  const aborted = client.receive({ signal: controller.signal });
  const last = client.writable(handle);
  controller.abort();
  await aborted.catch(() => {});
  assertEquals(await isSettled(last), false);
  server.tryReceive();
  await last;
  server.close();
  client.close();
});

roomTest("writable also waits for room in a user's account", async (engine) => {
  const account = { user: 1, bytes: 1000 };
  const server = Peer.open({ engine, account });
  const client = open(engine);
  const { handle } = server.createNode({ for: client });
  client.send(handle, new Uint8Array(50));
  throws("EDQUOT", () => client.send(handle, new Uint8Array(50)));
  const waiting = client.writable(handle);
  assertEquals(await isSettled(waiting), false);
  server.tryReceive();
  await waiting;
  client.send(handle, new Uint8Array(50));
  throws("EDQUOT", () => client.send(handle, new Uint8Array(501)));
  await rejects("EDQUOT", client.writable(handle)); // never
  throws("EDQUOT", () => client.send(handle, new Uint8Array(50)));
  const ended = client.writable(handle);
  assertEquals(await isSettled(ended), false);
  server.close();
  await ended;
  client.close();
});

roomTest("a batch sends as many messages as there is room for", async (engine) => {
  const { server, client, handle } = pair(engine, { messages: 4, bytes: 100 });
  using batch = client.batch(handle);
  const words = Array.from({ length: 10 }, (_, i) => `${i}`.padEnd(i === 7 ? 100 : 10));
  for (const word of words) batch.add(word);
  const received: string[] = [];
  for (let tries = 0; tries < 5; tries++) {
    try {
      batch.flush();
      break;
    } catch {
      const waiting = client.writable(handle);
      assertEquals(await isSettled(waiting), false);
      received.push(...heard(server));
      await waiting;
    }
  }
  assertEquals([...received, ...heard(server)], words);
  server.close();
  client.close();
});

roomTest("many messages pass a short queue in order", async (engine) => {
  const { server, client, handle } = pair(engine, { messages: 3 });
  const count = 300;
  const sending = (async () => {
    for (let i = 0; i < count;) {
      try {
        client.send(handle, `${i}`);
        i++;
      } catch {
        await client.writable(handle);
      }
    }
  })();
  for (let i = 0; i < count; i++) {
    const message = await server.receive();
    assertEquals(message.type === "message" && message.text(), `${i}`);
  }
  await sending;
  server.close();
  client.close();
});

roomTest("wrong arguments are a TypeError", (engine) => {
  for (const maxQueued of [null, 1, { messages: -1 }, { bytes: 1.5 }, { messages: "1" }, { bytes: NaN }]) {
    throwsTypeError(() => Peer.open({ engine, maxQueued: maxQueued as QueueLimits }));
  }
});
