/**
 * Bounded queues and accounts across Workers: a sender that was refused is woken when there is room, whatever its thread, or
 * when the receiver is gone.
 */

import { assert, assertEquals } from "@std/assert";
import { type Message, Peer } from "@bus1/bus1";
import { engineTest, heard, open, throws } from "../support/harness.ts";
import { Agent } from "../support/calls.ts";

const NATIVE = { only: "native", timeout: 60_000 } as const;

/** Checks that all messages of every sender arrive, in its order. */
class Tally {
  readonly #next = new Map<string, number>();
  left: number;

  constructor(names: string[], count: number) {
    for (const name of names) this.#next.set(name, 0);
    this.left = names.length * count;
  }

  take(message: Message): void {
    if (message.type !== "message") return;
    const [name, number] = message.text().split(" ");
    assertEquals(Number(number), this.#next.get(name), name);
    this.#next.set(name, Number(number) + 1);
    this.left--;
  }
}

engineTest("backpressure: no sender waits for a queue without a bound", async (engine) => {
  using server = open(engine);
  const client = open(engine);
  const { handle } = server.createNode({ for: client });
  using agent = await Agent.start("sender.ts");
  const count = 500;
  assertEquals(await agent.call<number>("sendAll", client.detach(), handle.id, "a", count), 0);
  const tally = new Tally(["a"], count);
  while (tally.left > 0) tally.take(await server.receive());
}, { only: ["native", "kernel"] });

engineTest("backpressure: Workers that are refused are woken when there is room", async (engine) => {
  using server = Peer.open({ engine, maxQueued: { messages: 4, bytes: 500 } });
  const names = ["a", "b", "c"], count = 1500;
  const agents = await Agent.startMany(names.length, "sender.ts");
  const sending = agents.map((agent, i) => {
    const client = Peer.open({ engine });
    const { handle } = server.createNode({ for: client });
    return agent.call<number>("sendAll", client.detach(), handle.id, names[i], count);
  });
  const tally = new Tally(names, count);
  while (tally.left > 0) tally.take(await server.receive());
  const waits = await Promise.all(sending);
  assert(waits.some((times) => times > 0), "no sender had to wait");
  for (const agent of agents) agent.terminate();
}, NATIVE);

engineTest("backpressure: users share an account without starving each other", async (engine) => {
  using server = Peer.open({ engine, account: { user: 100, objects: 300, bytes: 30_000 } });
  const names = ["a", "b", "c"], count = 1000;
  const agents = await Agent.startMany(names.length, "sender.ts");
  const sending = agents.map((agent, i) => {
    const client = Peer.open({ engine, account: i === 2 ? undefined : { user: i } });
    const { handle } = server.createNode({ for: client });
    return agent.call<number>("sendAll", client.detach(), handle.id, names[i], count);
  });
  const tally = new Tally(names, count);
  while (tally.left > 0) tally.take(await server.receive());
  await Promise.all(sending);
  for (const agent of agents) agent.terminate();
}, NATIVE);

engineTest("backpressure: a sender here and a receiver that blocks its Worker", async (engine) => {
  const server = Peer.open({ engine, maxQueued: { messages: 2 } });
  using client = Peer.open({ engine });
  const { handle } = server.createNode({ for: client });
  using agent = await Agent.start("sender.ts");
  const count = 2000;
  const draining = agent.call("drain", server.detach(), count);
  for (let i = 0; i < count;) {
    try {
      client.send(handle, `${i}`);
      i++;
    } catch {
      await client.writable(handle);
    }
  }
  await draining;
  assertEquals(heard(client), ["node-release 1"]);
}, NATIVE);

engineTest("backpressure: a sender that waits is notified when the receiver's Worker ends", async (engine) => {
  const server = Peer.open({ engine, maxQueued: { messages: 1 } });
  using client = Peer.open({ engine });
  const { handle } = server.createNode({ for: client });
  using agent = await Agent.start("sender.ts");
  const ticket = server.detach();
  await agent.call("keep", ticket);
  client.send(handle, "full");
  throws("EDQUOT", () => client.send(handle, "more"));
  const waiting = client.writable(handle);
  agent.terminate();
  await waiting;
  assertEquals((await client.receive()).type, "node-release");
}, NATIVE);

engineTest("backpressure: a Worker that ends while it waits leaves nothing behind", async (engine) => {
  using server = Peer.open({ engine, maxQueued: { messages: 1 }, account: { user: 1, objects: 100 } });
  for (let i = 0; i < 5; i++) {
    const client = Peer.open({ engine });
    const { handle } = server.createNode({ for: client });
    const agent = await Agent.start("sender.ts");
    agent.call("sendAll", client.detach(), handle.id, "a", 100).catch(() => {});
    await server.receive();
    agent.terminate();
    while ((await server.receive()).type === "message");
  }
  using last = Peer.open({ engine });
  const { handle } = server.createNode({ for: last });
  last.send(handle, "there is room");
  assertEquals(heard(server), ["there is room"]);
}, NATIVE);
