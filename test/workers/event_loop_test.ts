/**
 * An isolate with an event loop that does not turn: it is blocked, it has crashed, or it ends while others send. Senders do not
 * wait for it and do not fail, and messages that it does not receive are released.
 */

import { assertEquals, assertLess } from "@std/assert";
import { engineTest, open, sleep, within, word } from "../support/harness.ts";
import { Agent } from "../support/calls.ts";

const native = { only: ["kernel", "native"] as const };

engineTest("event loop blocked: senders do not wait, and nothing is lost", async (engine) => {
  using agent = await Agent.start();
  using a = open(engine);
  const b = open(engine);
  const { handle } = b.createNode({ for: a });
  await agent.call("adopt", b.detach());
  const first = agent.call("receive"); // it awaits, so a wake goes to its socket
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const spinning = agent.call("spin", stop);
  await sleep(20);
  const count = 5000, begin = performance.now();
  for (let i = 0; i < count; i++) a.send(handle, String(i));
  assertLess(performance.now() - begin, 4000);
  Atomics.store(stop, 0, 1);
  await spinning;
  const rest = [await within(5000, "the first", first)];
  while (rest.length < count) rest.push(...await agent.call<string[]>("heard"));
  assertEquals(rest, Array.from({ length: count }, (_, i) => String(i)));
}, native);

engineTest("event loop crashed: the peers of a Worker that has thrown end", async (engine) => {
  using agent = await Agent.start();
  using a = open(engine);
  const b = open(engine);
  const held = a.createNode({ for: b }), lost = b.createNode({ for: a });
  await agent.call("adopt", b.detach());
  agent.call("receive").catch(() => {});
  agent.call("crash").catch(() => {});
  const heard = [await within(5000, "its end", a.receive()), await within(5000, "all of it", a.receive())];
  assertEquals(heard.map(word), [`node-release ${lost.handle.id}`, `handle-release ${held.node.id}`]);
}, native);

engineTest("event loop ended: a sender goes on, and is notified", async (engine) => {
  for (let round = 0; round < 10; round++) {
    using agent = await Agent.start();
    using a = open(engine);
    const b = open(engine);
    const { handle } = b.createNode({ for: a }), mine = a.createNode();
    await agent.call("adopt", b.detach());
    agent.call("receive").catch(() => {});
    let heard: string | undefined;
    const ended = a.receive().then((message) => heard = word(message));
    for (let i = 0; heard === undefined; i++) {
      if (i === 10 * round) agent.terminate();
      try {
        a.send(handle, "is anything there?", { handles: [mine.handle] });
      } catch (error) {
        // Between the arrival of the release and its receipt here, the handle is gone.
        assertEquals([(error as { code: string }).code, i >= 10 * round], ["EBADRQC", true]);
      }
      await sleep(0);
    }
    await within(5000, "its end", ended);
    assertEquals(heard, `node-release ${handle.id}`);
  }
}, { ...native, timeout: 60_000 });
