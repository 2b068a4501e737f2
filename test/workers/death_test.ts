/**
 * The end of a Worker (docs/workers.md): its peers end with it, and connected peers are notified. Each test awaits that; the
 * harness waits up to 5 s until nothing is left.
 */

import { readdirSync } from "node:fs";
import { assertEquals, assertLess } from "@std/assert";
import { Peer } from "@bus1/bus1";
import { drain, engineTest, failsWithoutTrace, isDeno, open, sleep, within, word } from "../support/harness.ts";
import { random } from "../support/random.ts";
import { firstSeed, printFigures, timesOf } from "../support/durations.ts";
import { Agent } from "../support/calls.ts";
import type { Action } from "./repeater.ts";

const native = { only: ["kernel", "native"] as const };

/** The ways in which a Worker ends. */
const ends: Record<string, (agent: Agent) => void> = {
  "terminated while idle": (agent) => agent.terminate(),
  "terminated while it awaits": (agent) => {
    agent.call("receive").catch(() => {});
    setTimeout(() => agent.terminate(), 50);
  },
  "closing itself": (agent) => void agent.call("exit").catch(() => {}),
  "closing itself while it awaits": (agent) => {
    agent.call("receive").catch(() => {});
    agent.call("exit").catch(() => {});
  },
};

for (const [how, end] of Object.entries(ends)) {
  engineTest(`Worker ${how}: a connected peer receives node-release and handle-release`, async (engine) => {
    using agent = await Agent.start();
    using a = open(engine);
    const b = open(engine);
    const held = a.createNode({ for: b }), lost = b.createNode({ for: a });
    await agent.call("adopt", b.detach());
    end(agent);
    const heard = [await within(5000, how, a.receive()), await within(5000, how, a.receive())];
    assertEquals(heard.map(word), [`node-release ${lost.handle.id}`, `handle-release ${held.node.id}`]);
  }, native);
}

engineTest("Worker ended: the peers that it opened itself end too", async (engine) => {
  const agent = await Agent.start();
  await agent.call("open", engine);
  await agent.call("createNode");
  agent.terminate();
  // The harness waits until the live counts are what they were.
}, native);

engineTest("Worker ended: it leaves no descriptor behind", async (engine) => {
  const workers = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) {
      const agent = await Agent.start();
      await agent.call("open", engine);
      agent.call("receive").catch(() => {}); // it has a socket now
      await sleep(5);
      agent.terminate();
    }
    // A socket that the runtime leaves open is closed by the first Worker that starts a second later.
    await sleep(1500);
    return readdirSync("/proc/self/fd").length;
  };
  await workers(2);
  const before = await workers(1);
  assertLess(await workers(20).then(() => workers(1)), before + 10);
}, { ...native, timeout: 30_000 });

engineTest("Worker ended: handles in messages that it had not received are released", async (engine) => {
  using agent = await Agent.start();
  using a = open(engine);
  const b = open(engine);
  const toB = b.createNode({ for: a }), reply = a.createNode();
  await agent.call("adopt", b.detach());
  a.send(toB.handle, "unread", { handles: [reply.handle] });
  reply.handle.release();
  agent.terminate();
  const heard = [await a.receive(), await a.receive()];
  assertEquals(heard.map(word), [`node-release ${toB.handle.id}`, `handle-release ${reply.node.id}`]);
}, native);

engineTest("Worker ended: a ticket that it made and that was not adopted ends with it", async (engine) => {
  using agent = await Agent.start();
  using a = open(engine);
  const b = open(engine);
  b.createNode({ for: a });
  await agent.call("adopt", b.detach());
  const ticket = await agent.call<ReturnType<Peer["detach"]>>("detach");
  agent.terminate();
  assertEquals(word(await a.receive()), "node-release 1");
  failsWithoutTrace("EBADRQC", () => Peer.adopt(ticket));
}, native);

engineTest("Worker ended: a peer that was adopted from it lives on", async (engine) => {
  using agent = await Agent.start();
  using a = open(engine);
  const b = open(engine), gone = open(engine);
  const { handle } = b.createNode({ for: a });
  gone.createNode({ for: a });
  await agent.call("adopt", b.detach());
  using back = Peer.adopt(await agent.call("detach"));
  await agent.call("adopt", gone.detach());
  agent.terminate();
  assertEquals(word(await a.receive()), "node-release 3", "the Worker's end was noticed");
  a.send(handle, "lives");
  assertEquals(word(await back.receive()), "lives");
}, native);

engineTest("Worker ended: a ticket that it received and did not use stays valid", async (engine) => {
  using agent = await Agent.start();
  using a = open(engine);
  const b = open(engine), gone = open(engine);
  b.createNode({ for: a });
  gone.createNode({ for: a });
  const ticket = b.detach();
  await agent.call("adopt", gone.detach());
  agent.terminate();
  assertEquals(word(await a.receive()), "node-release 3");
  Peer.adopt(ticket).close();
  assertEquals(word(await a.receive()), "node-release 1");
}, native);

engineTest("Worker ended: a peer in another Worker is notified too, awaiting or blocked", async (engine) => {
  for (const command of ["receive", "receiveSync"]) {
    using ending = await Agent.start(), listening = await Agent.start();
    const a = open(engine), b = open(engine);
    b.createNode({ for: a });
    await ending.call("adopt", b.detach());
    await listening.call("adopt", a.detach());
    const heard = listening.call(command);
    await sleep(20);
    ending.terminate();
    assertEquals(await within(5000, command, heard), "node-release 1");
    await listening.call("close");
  }
}, native);

engineTest("Worker ended: a nested Worker ends with its parent", async (engine) => {
  using agent = await Agent.start();
  using a = open(engine);
  const b = open(engine);
  b.createNode({ for: a });
  await agent.call("nest");
  await agent.call("inner", "adopt", b.detach());
  agent.terminate();
  assertEquals(word(await within(5000, "the nested Worker's end", a.receive())), "node-release 1");
}, native);

for (const command of ["spin", "receiveSync"]) {
  engineTest(`Worker terminated in ${command}: its peer ends, in Deno by revoke`, async (engine) => {
    using agent = await Agent.start();
    using a = open(engine);
    const b = open(engine);
    b.createNode({ for: a });
    const ticket = b.detach();
    await agent.call("adopt", ticket);
    const stop = new Int32Array(new SharedArrayBuffer(4));
    agent.call(command, ...command === "spin" ? [stop] : []).catch(() => {});
    await sleep(50);
    agent.terminate();
    if (isDeno) Peer.revoke(ticket);
    assertEquals(word(await within(5000, command, a.receive())), "node-release 1");
    Atomics.store(stop, 0, 1); // Deno's Worker runs on until its loop returns
  }, native);
}

engineTest("Worker ended: many at once", async (engine) => {
  using a = open(engine);
  const agents = await Agent.startMany(4, "agent.ts");
  for (const agent of agents) {
    const b = open(engine);
    b.createNode({ for: a });
    await agent.call("adopt", b.detach());
  }
  for (const agent of agents) agent.terminate();
  const heard = new Set<string>();
  while (heard.size < agents.length) heard.add(word(await within(5000, "all of them", a.receive())));
  assertEquals([...heard].sort(), ["node-release 1", "node-release 3", "node-release 5", "node-release 7"]);
}, native);

for (const action of ["send", "receive", "wait", "transfer", "adopt"] satisfies Action[]) {
  engineTest(
    `Worker terminated at random moments of ${action}: all its messages come before its end`,
    async (engine) => {
      const rounds = timesOf(8);
      for (let seed = firstSeed(), round = 0; round < rounds; round++, seed++) {
        const pick = random(seed);
        const agent = await Agent.start("repeater.ts");
        const a = open(engine), b = open(engine);
        const { node, handle } = a.createNode({ for: b });
        const { handle: toB } = b.createNode({ for: a });
        await agent.call("adopt", b.detach()); // otherwise its ticket would stay valid
        agent.call("repeat", action, handle.id).catch(() => {});
        for (let left = pick(40); left > 0; left--) {
          a.send(toB, "for it");
          if (pick(4) === 0) await sleep(1);
        }
        agent.terminate();

        // Its end is one transaction, and the release of its handle is the last part of it.
        const heard = [];
        while (heard.at(-1)?.type !== "handle-release") heard.push(await within(5000, `seed ${seed}`, a.receive()));
        const texts = heard.flatMap((message) => message.type === "message" ? message.text() : []);
        const copies = action === "transfer" ? 2 : 1;
        assertEquals(texts, texts.map((_, i) => String(Math.floor(i / copies))), `seed ${seed}`);
        assertEquals(texts.length % copies, 0, `seed ${seed}: half of a transaction`);
        const came = heard.flatMap((message) => message.type === "message" ? message.handles : []);
        const lost = heard.flatMap((message) => message.type === "node-release" ? message.handle : []);
        assertEquals(new Set(lost), new Set([toB, ...came]), `seed ${seed}: of each node that it made`);
        assertEquals(drain(a), [], `seed ${seed}`);
        assertEquals(word(heard.at(-1)!), `handle-release ${node.id}`);
        a.close();
      }
      printFigures(`deaths in ${action} [${engine}]`, { Workers: rounds });
    },
    { ...native, timeout: timesOf(60_000) },
  );
}
