/** Cap'n Web over bus1, with the library itself: in one isolate, and across Workers that end at any time. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { liveCounts, Peer } from "@bus1/bus1";
import {
  type CapnwebTransport,
  capnwebTransport,
  connect,
  type ConnectionTicket,
  detach,
} from "@bus1/bus1/adapters/capnweb";
import { RpcSession, type RpcStub } from "capnweb";
import { drain, engineTest, open, rejects, test, throws, throwsTypeError, until, within } from "../support/harness.ts";
import { timesOf } from "../support/durations.ts";
import { Agent } from "../support/calls.ts";
import { Api } from "./capnweb_api.ts";
import type { EngineName } from "../../src/port/engine.ts";

const inWorkers = { only: ["kernel", "native"] as const, timeout: 60_000 };
const WORKER = new URL("capnweb_worker.ts", import.meta.url).href;

/** Two sessions of one isolate. */
class Both implements Disposable {
  readonly server: Peer;
  readonly client: Peer;
  readonly api = new Api();
  readonly main: RpcStub<Api>;

  constructor(engine: EngineName, options: { maxQueued?: { messages?: number; bytes?: number } } = {}) {
    this.server = Peer.open({ engine, ...options });
    this.client = Peer.open({ engine, ...options });
    const [ours, theirs] = connect(this.server, this.client);
    new RpcSession(capnwebTransport(ours), this.api);
    this.main = new RpcSession<Api>(capnwebTransport(theirs)).getRemoteMain();
  }

  [Symbol.dispose](): void {
    this.main[Symbol.dispose]();
    this.server.close();
    this.client.close();
  }
}

/** Starts a Worker with a session that is connected to `server`. */
async function partner(
  server: Peer,
): Promise<{ agent: Agent; main: RpcStub<Api>; api: Api; ticket: ConnectionTicket }> {
  const agent = await Agent.start(WORKER);
  const [ours, theirs] = connect(server, Peer.open({ engine: server.engine }));
  const ticket = detach(theirs);
  const api = new Api();
  const session = new RpcSession<Api>(capnwebTransport(ours), api);
  await agent.call("connect", ticket);
  return { agent, main: session.getRemoteMain(), api, ticket };
}

/** Makes calls that never settle by themselves; resolves when the last has begun. */
async function callInto(main: RpcStub<Api>, count: number): Promise<Promise<string>[]> {
  const calls = Array.from({ length: count }, () => main.never().then(() => "settled", (error) => String(error.code)));
  await main.begun();
  return calls;
}

engineTest("capnweb: calls, callbacks, errors, values", async (engine) => {
  using both = new Both(engine);
  const { main } = both;
  assertEquals(await main.echo("text €"), "text €");
  const value = { date: new Date(5), big: 7n, list: [undefined, null, -1.5] };
  assertEquals(await main.echo(value) as unknown, value as unknown);
  assertEquals([...await main.echo(new Uint8Array([1, 2, 3])) as Uint8Array], [1, 2, 3]);
  assertEquals(await main.count(10, (n) => n * 2), 110);
  const error = await assertRejects(async () => await main.fail("too far"), RangeError);
  assertEquals(error.message, "too far");
});

engineTest("capnweb: a call that depends on a result is sent before the result has come", async (engine) => {
  using server = open(engine);
  using client = open(engine);
  const [ours, theirs] = connect(server, client);
  new RpcSession(capnwebTransport(ours), new Api());
  const seen: string[] = [];
  const transport = capnwebTransport(theirs);
  const watched = {
    send(message: string) {
      seen.push(`sent ${JSON.parse(message)[0]}`);
      return transport.send(message);
    },
    async receive() {
      const message = await transport.receive();
      seen.push(`received ${JSON.parse(message)[0]}`);
      return message;
    },
    abort: (reason: unknown) => transport.abort(reason),
  };
  using main = new RpcSession<Api>(watched).getRemoteMain();
  using counter = main.counter();
  assertEquals(await counter.add(2), 2);
  assertEquals(seen.slice(0, 4), ["sent push", "sent push", "sent pull", "received resolve"]);
});

engineTest("capnweb: 10,000 calls in flight", async (engine) => {
  using both = new Both(engine);
  const calls = Array.from({ length: 10_000 }, (_, i) => both.main.echo(i));
  assertEquals(await Promise.all(calls), Array.from({ length: 10_000 }, (_, i) => i));
}, { timeout: 60_000 });

engineTest("capnweb: disposal of a stub reaches the other side", async (engine) => {
  using both = new Both(engine);
  const { main } = both;
  const counters = [await main.counter(), await main.counter()];
  assertEquals(await main.counters(), 2);
  counters[0][Symbol.dispose]();
  await until("one is disposed", () => both.api.counters() === 1);
  counters[1][Symbol.dispose]();
  await until("both are disposed", () => both.api.counters() === 0);
});

engineTest("capnweb: large payloads", async (engine) => {
  using both = new Both(engine);
  const text = "x€".repeat(1 << 19);
  assertEquals((await both.main.echo(text) as string).length, text.length);
  const bytes = new Uint8Array(1 << 20).map((_, i) => i);
  assertEquals((await both.main.echo(bytes) as Uint8Array).length, bytes.length);
}, { timeout: 60_000 });

engineTest("capnweb: the end of the session here ends it there, and leaves nothing", async (engine) => {
  const before = liveCounts();
  using server = open(engine);
  using client = open(engine);
  const two = liveCounts();
  const [ours, theirs] = connect(server, client);
  let isDisposed = false;
  new RpcSession(capnwebTransport(ours), new Api(() => isDisposed = true));
  const main = new RpcSession<Api>(capnwebTransport(theirs)).getRemoteMain();
  await main.echo("before");
  main[Symbol.dispose]();
  await until("the other session has ended", () => isDisposed);
  assertEquals({ ...liveCounts(), messages: 0, bytes: 0 }, { ...two, messages: 0, bytes: 0 }, "the peers are left");
  await assertRejects(async () => await main.echo("after"), Error);
  server.close();
  client.close();
  assertEquals(liveCounts(), before);
});

engineTest("capnweb: the peer's end, by close or revoke, rejects at once on both sides", async (engine) => {
  for (const end of [(peer: Peer) => peer.close(), (peer: Peer) => Peer.revoke(peer.detach())]) {
    using both = new Both(engine);
    const calls = await callInto(both.main, 10);
    let here: unknown;
    both.main.onRpcBroken((error) => here = error);
    end(both.server);
    assertEquals(new Set(await within(5000, "the calls", Promise.all(calls))), new Set(["ECONNRESET"]));
    assertStringIncludes(String(here), "the other end has gone");
    await rejects("ECONNRESET", Promise.resolve(both.main.echo("later")));

    using other = new Both(engine);
    const theirs = await callInto(other.main, 10);
    end(other.client);
    assertEquals(new Set(await within(5000, "the calls", Promise.all(theirs))), new Set(["ESHUTDOWN"]));
  }
});

engineTest("capnweb: what was sent before the end is received before it", async (engine) => {
  using server = open(engine);
  const client = open(engine);
  const [ours, theirs] = connect(server, client);
  const transport = capnwebTransport(theirs);
  for (const text of ["one", "two", "three"]) transport.send(text);
  client.close();
  const end = capnwebTransport(ours);
  assertEquals([await end.receive(), await end.receive(), await end.receive()], ["one", "two", "three"]);
  await rejects("ECONNRESET", end.receive());
  await rejects("ECONNRESET", end.receive());
  throws("ECONNRESET", () => end.send("more"));
  end.abort();
});

engineTest(
  "capnweb: an end that is used later finds the messages and ends of the meantime",
  async (engine) => {
    using server = open(engine);
    using client = open(engine);
    const one = connect(server, client), two = connect(server, client), three = connect(server, client);
    const first = [capnwebTransport(one[0]), capnwebTransport(one[1])];
    const second = capnwebTransport(two[1]), third = capnwebTransport(three[1]);
    second.send("early");
    third.send("early, and gone");
    third.abort();
    first[1].send("after it");
    assertEquals(await first[0].receive(), "after it"); // the server has received all of them
    assertEquals(await capnwebTransport(two[0]).receive(), "early");
    const late = capnwebTransport(three[0]);
    assertEquals(await late.receive(), "early, and gone");
    await rejects("ECONNRESET", late.receive());
  },
);

engineTest(
  "capnweb: after the last transport of a peer has ended, the program can receive there again",
  async (engine) => {
    using server = open(engine);
    using client = open(engine);
    for (let i = 0; i < 3; i++) {
      const [ours, theirs] = connect(server, client);
      const a = capnwebTransport(ours), b = capnwebTransport(theirs);
      const received = a.receive();
      b.send("over it");
      assertEquals(await received, "over it");
      b.abort();
      await rejects("ECONNRESET", a.receive());
      const { handle } = server.createNode({ for: client });
      client.send(handle, "beside it");
      const message = await server.receive();
      assert(message.type === "message" && message.text() === "beside it");
      assertEquals(drain(server).filter(({ type }) => type === "message"), []);
    }
  },
);

for (const limit of [{ messages: 4 }, { bytes: 400 }]) {
  engineTest(`capnweb: a queue of at most ${JSON.stringify(limit)} makes senders wait, in order`, async (engine) => {
    using both = new Both(engine, { maxQueued: limit });
    const order: number[] = [];
    const calls = Array.from({ length: 300 }, (_, i) => both.main.echo(i).then((n) => order.push(n as number)));
    await Promise.all(calls);
    assertEquals(order, Array.from({ length: 300 }, (_, i) => i));
  }, { notOnKernel: "its queues have no bound" });
}

engineTest("capnweb: a message that can never fit ends the session, with EDQUOT", async (engine) => {
  using both = new Both(engine, { maxQueued: { bytes: 1000 } });
  await both.main.echo("fits");
  await rejects("EDQUOT", Promise.resolve(both.main.echo("x".repeat(2000))));
}, { notOnKernel: "its queues have no bound" });

engineTest("capnweb: a transport that waits for room lets go when it ends", async (engine) => {
  using server = Peer.open({ engine, maxQueued: { messages: 1 } });
  using client = open(engine);
  const [, theirs] = connect(server, client);
  const transport = capnwebTransport(theirs);
  assertEquals(transport.send("one"), undefined);
  const waiting = [transport.send("two"), transport.send("three")] as Promise<void>[];
  transport.abort();
  for (const sent of waiting) await rejects("ESHUTDOWN", sent);
}, { notOnKernel: "its queues have no bound" });

engineTest("capnweb: many connections of one peer are apart", async (engine) => {
  using server = open(engine);
  using client = open(engine);
  const ends = Array.from({ length: 20 }, () => connect(server, client));
  const apis = ends.map(([ours]) => {
    const api = new Api();
    new RpcSession(capnwebTransport(ours), api);
    return api;
  });
  const mains = ends.map(([, theirs]) => new RpcSession<Api>(capnwebTransport(theirs)).getRemoteMain());
  assertEquals(await Promise.all(mains.map((main, i) => main.echo(i))), mains.map((_, i) => i));
  const inFlight = await Promise.all(mains.map((main) => callInto(main, 1)));
  mains[3][Symbol.dispose]();
  await assertRejects(async () => await mains[3].echo("ended"));
  assertEquals(await mains[4].echo("goes on"), "goes on");
  assertEquals(apis.map((api) => api.begun()), mains.map(() => 1));
  server.close();
  const outcomes = await Promise.all(inFlight.flat());
  assertEquals(outcomes.filter((outcome) => outcome === "ECONNRESET").length, 19);
});

engineTest("capnweb: what is not an end is refused, and changes nothing", (engine) => {
  using server = open(engine);
  using client = open(engine);
  // deno-lint-ignore no-explicit-any -- on purpose
  for (const wrong of [null, undefined, 5, "end", {}, { node: 1, handle: 2 }, { key: 1 }] as any[]) {
    throwsTypeError(() => capnwebTransport(wrong));
  }
  // deno-lint-ignore no-explicit-any -- on purpose
  throwsTypeError(() => connect(server, {} as any));
  const before = liveCounts();
  throws("EBADRQC", () => capnwebTransport(server.createNode({ for: client })));
  drain(server);
  const [ours, theirs] = connect(server, client);
  const transport = capnwebTransport(ours);
  throws("EBUSY", () => capnwebTransport(ours));
  throws("EBUSY", () => detach(ours));
  transport.abort();
  client.close();
  throws("ESHUTDOWN", () => capnwebTransport(theirs));
  throws("ESHUTDOWN", () => connect(server, client));
  assertEquals(liveCounts().nodes, before.nodes + 1);
});

test("capnweb: the transport is one of the library's", () => {
  const check: import("capnweb").RpcTransport = null as unknown as CapnwebTransport; // its type says so
  assertEquals(check, null as never);
});

engineTest("capnweb: across Workers: calls both ways, callbacks, pipelining, disposal", async (engine) => {
  using server = open(engine);
  const { agent, main, api } = await partner(server);
  using _ = agent;
  assertEquals(await main.count(5, (n) => n), 15);
  assertEquals(await agent.call("echo", "from the Worker"), "from the Worker");
  using counter = main.counter();
  assertEquals(await counter.add(3), 3);
  assertEquals(api.begun(), 0);
  const calls = Array.from({ length: 10_000 }, (_, i) => main.echo(i));
  assertEquals((await Promise.all(calls)).at(-1), 9999);
  const bytes = await main.echo(new Uint8Array(300_000).fill(7)) as Uint8Array;
  assertEquals(bytes.length, 300_000);
  main[Symbol.dispose]();
  let isDisposed = false;
  while (!isDisposed) isDisposed = await agent.call("isDisposed");
}, inWorkers);

/** How a Worker ends in the middle of a call. */
const ends: Record<string, (agent: Agent, ticket: ConnectionTicket) => void> = {
  "is terminated": (agent) => agent.terminate(),
  "closes itself": (agent) => void agent.call("exit").catch(() => {}),
  "crashes": (agent) => void agent.call("crash").catch(() => {}),
  "has its peer revoked": (_, ticket) => Peer.revoke(ticket),
};

for (const [how, end] of Object.entries(ends)) {
  engineTest(`capnweb: a Worker ${how}: its callers are rejected, again and again`, async (engine) => {
    using server = open(engine);
    const before = liveCounts();
    for (let round = timesOf(3); round > 0; round--) {
      const { agent, main, ticket } = await partner(server);
      using _ = agent;
      const calls = await callInto(main, 20);
      await agent.call("call", 20);
      end(agent, ticket);
      assertEquals(new Set(await within(5000, how, Promise.all(calls))), new Set(["ECONNRESET"]));
      await rejects("ECONNRESET", Promise.resolve(main.echo("later")));
      if (how === "has its peer revoked") {
        assertEquals(await within(5000, how, agent.call("outcome")), ["ESHUTDOWN"], "on the other side, too");
        assertEquals(await agent.call("later"), "ESHUTDOWN");
      }
      await until("nothing is left", () => JSON.stringify(liveCounts()) === JSON.stringify(before));
    }
  }, { ...inWorkers, timeout: timesOf(60_000) });
}

engineTest("capnweb: this side ends first: the Worker's calls reject, and its session can end", async (engine) => {
  const server = open(engine);
  const { agent } = await partner(server);
  using _ = agent;
  await agent.call("call", 20);
  server.close();
  assertEquals(await within(5000, "the Worker's calls", agent.call("outcome")), ["ECONNRESET"]);
  assertEquals(await agent.call("later"), "ECONNRESET");
  assertEquals(await agent.call("isDisposed"), true);
}, inWorkers);

engineTest("capnweb: one server, four Workers, one of which ends", async (engine) => {
  using server = open(engine);
  const partners = await Promise.all([1, 2, 3, 4].map(() => partner(server)));
  const calls = await callInto(partners[0].main, 5);
  assertEquals(await Promise.all(partners.map(({ main }, i) => main.echo(i))), [0, 1, 2, 3]);
  partners[0].agent.terminate();
  assertEquals(new Set(await within(5000, "the calls", Promise.all(calls))), new Set(["ECONNRESET"]));
  for (const { main } of partners.slice(1)) assertEquals(await main.echo("alive"), "alive");
  for (const { agent } of partners.slice(1)) agent.terminate();
}, inWorkers);

engineTest("capnweb: a Worker that never adopts is ended by revoke", async (engine) => {
  using server = open(engine);
  const [ours, theirs] = connect(server, open(engine));
  const ticket = detach(theirs);
  const main = new RpcSession<Api>(capnwebTransport(ours)).getRemoteMain();
  const call = main.echo("not received").then(() => "settled", (error) => error.code);
  Peer.revoke(ticket);
  assertEquals(await within(5000, "the call", call), "ECONNRESET");
}, inWorkers);
