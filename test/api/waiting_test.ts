/** Every way to wait for a message, and every way for a wait to end. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Peer } from "@bus1/bus1";
import { engines, engineTest, open, rejects, run, sleep, test, throws, within, word } from "../support/harness.ts";

/** Returns the reason with which `promise` rejects. */
async function reason(promise: Promise<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([promise]);
  assertStrictEquals(outcome.status, "rejected");
  return (outcome as PromiseRejectedResult).reason;
}

engineTest("receive: called after the send", async (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  a.send(handle, "x");
  assertEquals(word(await a.receive()), "x");
});

engineTest("receive: called before the send", async (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  const received = a.receive();
  await sleep(5);
  a.send(handle, "x");
  assertEquals(word(await received), "x");
});

engineTest("receive: a thousand round trips between two waiting peers", async (engine) => {
  using a = open(engine), b = open(engine);
  const toA = a.createNode({ for: b }).handle, toB = b.createNode({ for: a }).handle;
  const echo = (async () => {
    for (let i = 0; i < 1000; i++) b.send(toA, (await b.receive() as { bytes: Uint8Array }).bytes);
  })();
  for (let i = 0; i < 1000; i++) {
    a.send(toB, String(i));
    assertEquals(word(await a.receive()), String(i));
  }
  await echo;
});

engineTest("receive: several pending calls are served in the order of the calls", async (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  const all = Promise.all([a.receive(), a.receive(), a.receive()]);
  for (const text of ["1", "2", "3"]) a.send(handle, text);
  assertEquals((await all).map(word), ["1", "2", "3"]);
});

engineTest("receive: a release notification wakes like a message", async (engine) => {
  using a = open(engine), b = open(engine);
  const { handle, node } = a.createNode({ for: b });
  const own = b.createNode({ for: a });
  const atA = a.receive(), atB = b.receive();
  own.handle.release();
  assertEquals(word(await atB), `handle-release ${own.node.id}`);
  const next = b.receive();
  node.release();
  assertEquals(word(await next), `node-release ${handle.id}`);
  a.close();
  await rejects("ESHUTDOWN", atA);
});

engineTest("receive: the end of a peer wakes the owners of handles to its nodes", async (engine) => {
  using a = open(engine);
  const b = open(engine);
  b.createNode({ for: a });
  const received = a.receive();
  b.close();
  assertEquals(word(await received), "node-release 1");
});

engineTest("receive: undeliverable messages resolve no wait and do not block later ones", async (engine) => {
  using a = open(engine), b = open(engine);
  const x = a.createNode({ for: b }), y = a.createNode({ for: b });
  const copy = b.copy(y.handle, b);
  const received = a.receive();
  x.node.release();
  b.send(x.handle, "to a released node");
  y.handle.release(); // not the last
  await sleep(5);
  b.send(copy, "this one");
  assertEquals(word(await received), "this one");
});

engineTest("abort: an aborted signal rejects at once with its reason, even if a message is ready", async (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  a.send(handle, "stays");
  const why = { a: "reason" };
  assertStrictEquals(await reason(a.receive({ signal: AbortSignal.abort(why) })), why);
  assertEquals(word(a.tryReceive()!), "stays");
});

engineTest("abort: an abort during the wait rejects with the reason and takes no message", async (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  const controller = new AbortController();
  const first = reason(a.receive({ signal: controller.signal }));
  const second = a.receive();
  const why = new Error("enough");
  await sleep(2);
  controller.abort(why);
  assertStrictEquals(await first, why);
  a.send(handle, "for the second");
  assertEquals(word(await second), "for the second");
});

engineTest("abort: an abort after the message has arrived has no effect", async (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  const controller = new AbortController();
  const received = a.receive({ signal: controller.signal });
  a.send(handle, "x");
  assertEquals(word(await received), "x");
  controller.abort();
  a.send(handle, "y");
  assertEquals(word(await a.receive()), "y");
});

engineTest("abort: no message is lost when it arrives together with an abort", async (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  for (let i = 0; i < 50; i++) {
    const controller = new AbortController();
    const outcome = Promise.allSettled([a.receive({ signal: controller.signal })]);
    if (i % 3 === 0) await sleep(0);
    if (i % 2) a.send(handle, "x"), controller.abort();
    else controller.abort(), a.send(handle, "x");
    const [{ status }] = await outcome;
    assertEquals(a.receiveMany(10).length, status === "fulfilled" ? 0 : 1);
  }
});

engineTest("abort: AbortSignal.timeout ends a wait", async (engine) => {
  using a = open(engine);
  const error = await reason(a.receive({ signal: AbortSignal.timeout(5) }));
  assertEquals((error as Error).name, "TimeoutError");
});

engineTest("close: rejects all pending waits with ESHUTDOWN", async (engine) => {
  const a = open(engine);
  const waits = [a.receive(), a.receive({ signal: new AbortController().signal }), a.receive()];
  await sleep(2);
  a.close();
  for (const wait of waits) await rejects("ESHUTDOWN", wait);
});

engineTest("detach: rejects all pending waits with ESHUTDOWN, and the queue moves with the peer", async (engine) => {
  const a = open(engine);
  const { handle } = a.createNode();
  const waits = [a.receive(), a.receive()];
  const ticket = a.detach();
  for (const wait of waits) await rejects("ESHUTDOWN", wait);
  using moved = Peer.adopt(ticket);
  const received = moved.receive();
  moved.send(moved.handle(handle.id), "x");
  assertEquals(word(await received), "x");
});

engineTest("for await: yields everything and ends when the peer is closed", async (engine) => {
  const a = open(engine);
  const { node, handle } = a.createNode();
  const words: string[] = [];
  const loop = (async () => {
    for await (const message of a) words.push(word(message));
  })();
  a.send(handle, "1");
  a.send(handle, "2");
  await sleep(2);
  handle.release();
  await sleep(2);
  a.close();
  await loop;
  assertEquals(words, ["1", "2", `handle-release ${node.id}`]);
});

engineTest("for await: break leaves the peer open and the other messages in its queue", async (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  for (const text of ["1", "2", "3"]) a.send(handle, text);
  for await (const message of a) {
    assertEquals(word(message), "1");
    break;
  }
  for await (const message of a) {
    assertEquals(word(message), "2");
    break;
  }
  assertEquals(word(a.tryReceive()!), "3");
});

engineTest("for await: close inside the loop ends it", async (engine) => {
  const a = open(engine);
  const { handle } = a.createNode();
  a.send(handle, "1");
  a.send(handle, "never seen");
  const words: string[] = [];
  for await (const message of a) {
    words.push(word(message));
    a.close();
  }
  assertEquals(words, ["1"]);
  for await (const _ of a) throw new Error("a closed peer has no messages");
});

engineTest("for await: two loops share the messages without loss or duplicates", async (engine) => {
  const a = open(engine);
  const { handle } = a.createNode();
  const words: string[] = [];
  const loop = async () => {
    for await (const message of a) {
      words.push(word(message));
      if (words.length === 20) a.close();
    }
  };
  const loops = [loop(), loop()];
  for (let i = 0; i < 20; i++) {
    a.send(handle, String(i));
    if (i % 5 === 0) await sleep(1);
  }
  await Promise.all(loops);
  assertEquals(words.map(Number).sort((x, y) => x - y), Array.from({ length: 20 }, (_, i) => i));
});

engineTest("receiveSync: returns a ready message, or null after the timeout", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  a.send(handle, "x");
  assertEquals(word(a.receiveSync({ timeout: 10_000 })!), "x");
  const begin = performance.now();
  assertEquals(a.receiveSync({ timeout: 50 }), null);
  const took = performance.now() - begin;
  assert(took >= 49, `returned after ${took} ms`);
  assertEquals(a.receiveSync({ timeout: 0 }), null);
});

engineTest("receiveSync: without a timeout, returns a ready message", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  a.send(handle, "x");
  assertEquals(word(a.receiveSync()!), "x");
});

engineTest("receiveSync: in one isolate, an empty queue without a timeout is EOPNOTSUPP", (engine) => {
  using a = open(engine);
  throws("EOPNOTSUPP", () => a.receiveSync());
}, { only: "typescript" });

for (const engine of engines) {
  const env = { BUS1_ENGINE: engine };

  test(`process: ends although peers are open, if no call awaits [${engine}]`, async () => {
    const ran = await run("ends.ts", env);
    assertEquals({ ...ran, stderr: "" }, {
      code: 0,
      stdout: `${engine} end of the program\n`,
      stderr: "",
      killed: false,
    });
  });

  test(`process: ends after the last wait is aborted, resolved or closed [${engine}]`, async () => {
    const ran = await run("waited.ts", env);
    assertEquals([ran.code, ran.stdout, ran.killed], [0, "aborted received broken closed\n", false], ran.stderr);
  });
}

for (const engine of engines.filter((engine) => engine !== "typescript")) {
  test(`process: stays while a call awaits, and uses no CPU [${engine}]`, async () => {
    const ran = await run("awaits.ts", { BUS1_ENGINE: engine });
    assertEquals([ran.code, ran.killed], [0, false], ran.stderr);
    const { waited, busy, answer } = JSON.parse(ran.stdout);
    assertEquals(answer, "answer");
    assert(waited >= 990 && busy < 0.1 * waited, `${busy} ms of CPU in ${waited} ms`);
  });
}

test("process: uses no CPU while it is idle with open peers", async () => {
  for (const engine of engines) {
    const ran = await within(15_000, engine, run("idles.ts", { BUS1_ENGINE: engine }));
    assertEquals([ran.code, ran.killed], [0, false], ran.stderr);
    const { waited, busy } = JSON.parse(ran.stdout);
    assert(busy < 0.1 * waited, `${engine}: ${busy} ms of CPU in ${waited} ms`);
  }
});
