/** Inspecting peers while other threads operate them. */

import { assert, assertEquals } from "@std/assert";
import { inspect, liveCounts, Peer, type PeerSnapshot } from "@bus1/bus1";
import { toDot, toMermaid, toSvg } from "@bus1/bus1/graph";
import { engineTest, heard, open, sleep } from "../support/harness.ts";
import { Agent } from "../support/calls.ts";

function named(peers: PeerSnapshot[], name: string): PeerSnapshot | undefined {
  return peers.find((peer) => peer.name === name);
}

engineTest("inspect: a peer in a Worker is visible from here, and a peer here from the Worker", async () => {
  using agent = await Agent.start();
  using server = Peer.open({ engine: "native", name: "here" });
  const away = Peer.open({ engine: "native", name: "there" });
  const files = server.createNode({ for: away, name: "files" });
  const inbox = away.createNode({ for: server, name: "inbox" });
  const own = away.createNode({ name: "own" });
  await agent.call("adopt", away.detach());

  const numbers = { here: server.inspect().number, there: named(inspect().peers, "there")!.number };
  const there = named(inspect().peers, "there")!;
  assertEquals(there, {
    engine: "native",
    number: numbers.there,
    name: "there",
    local: false,
    nodes: [
      { id: Number(inbox.node.id), name: "inbox", handles: 1, released: false, queued: null },
      { id: Number(own.node.id), name: "own", handles: 1, released: false, queued: null },
    ],
    handles: [
      { id: Number(files.handle.id), peer: numbers.here, node: Number(files.node.id), gone: false },
      { id: Number(own.handle.id), peer: numbers.there, node: Number(own.node.id), gone: false },
    ],
    queued: null,
  });
  server.send(inbox.handle, "hello");
  const seen = await agent.call<PeerSnapshot[]>("inspect");
  const [here, its] = [named(seen, "here")!, named(seen, "there")!];
  assertEquals([here.local, its.local, here.number], [false, true, numbers.here]);
  assertEquals(its.queued, { messages: 1, bytes: 5 });
  assertEquals(here.handles, [{
    id: Number(inbox.handle.id),
    peer: numbers.there,
    node: Number(inbox.node.id),
    gone: false,
  }]);
  assertEquals(here.nodes.map(({ name }) => name), ["files"]);
  assertEquals(await agent.call("heard"), ["hello"]);

  await agent.call("close");
  assertEquals(named(inspect().peers, "there"), undefined);
  assertEquals(heard(server).length, 2);
}, { only: "native" });

engineTest("inspect: while Workers create, copy, send, release and close", async () => {
  const agents = await Agent.startMany(2, "agent.ts");
  using server = Peer.open({ engine: "native", name: "observer" });
  using client = open("native");
  const { handle } = server.createNode({ for: client });
  let done = false;
  const churning = Promise.all(agents.map((agent) => agent.call("churn", 1500))).finally(() => done = true);
  let [looks, others, received] = [0, 0, 0];
  while (!done) {
    client.send(handle, "still here");
    const { peers } = inspect();
    const churned = peers.filter(({ name }) => name === "churn");
    others = Math.max(others, churned.length);
    for (const { local, nodes } of churned) {
      assert(!local);
      for (const { name, handles } of nodes) assert(name === "node" && handles! <= 4, "never more than exist");
    }
    const mine = named(peers, "observer")!;
    assertEquals([mine.local, mine.queued, mine.nodes.length], [true, { messages: 1, bytes: 10 }, 1]);
    for (const draw of [toSvg, toDot, toMermaid]) assert(draw({ peers }).length > 0);
    received += server.receiveMany().length;
    looks++;
    await sleep(0);
  }
  await churning;
  assertEquals(received, looks);
  assert(others > 0, "some of it was seen");
  for (const agent of agents) agent.terminate();
}, { only: "native", timeout: 60_000 });

engineTest("inspect: when a Worker is gone, so are its peers", async (engine) => {
  const agent = await Agent.start();
  using server = open(engine);
  const away = Peer.open({ engine, name: "mortal" });
  away.createNode({ for: server });
  await agent.call("adopt", away.detach());
  assertEquals(named(inspect().peers, "mortal")?.local, false);
  const before = liveCounts().peers;
  agent.terminate();
  assertEquals((await server.receive()).type, "node-release");
  assertEquals(liveCounts().peers, before - 1);
  assertEquals(named(inspect().peers, "mortal"), undefined);
}, { only: ["native", "kernel"] });
