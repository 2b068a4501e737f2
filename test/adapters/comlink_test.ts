/** Comlink over bus1, with the library itself: in one isolate, and across Workers that end at any time. */

import * as Comlink from "comlink";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { BusError, liveCounts, Peer, type PeerOptions } from "@bus1/bus1";
import { ComlinkEndpoint, comlinkEndpoint, connect, type ConnectionTicket, detach } from "@bus1/bus1/adapters/comlink";
import type { EngineName } from "../../src/port/engine.ts";
import { engineTest, open, rejects, run, test, throws, throwsTypeError, until, within } from "../support/harness.ts";
import { timesOf } from "../support/durations.ts";
import { Agent } from "../support/calls.ts";
import { Api, Counter, type Remote } from "./comlink_api.ts";

const inWorkers = { only: ["kernel", "native"] as const, timeout: 60_000 };
const WORKER = new URL("comlink_worker.ts", import.meta.url).href;
const UNBOUNDED = { notOnKernel: "its queues have no bound" };

/** Two endpoints of one isolate, with an object exposed at one. */
class Both implements Disposable {
  readonly server: Peer;
  readonly client: Peer;
  readonly api = new Api();
  readonly exposed: ComlinkEndpoint;
  readonly endpoint: ComlinkEndpoint;
  readonly main: Comlink.Remote<Api>;

  constructor(engine: EngineName, options: PeerOptions = {}) {
    this.server = Peer.open({ engine, ...options });
    this.client = Peer.open({ engine, ...options });
    const [ours, theirs] = connect(this.server, this.client);
    this.exposed = comlinkEndpoint(ours);
    this.endpoint = comlinkEndpoint(theirs);
    Comlink.expose(this.api, this.exposed);
    this.main = Comlink.wrap<Api>(this.endpoint);
  }

  /** The numbers of objects on the bus. */
  get counts(): { nodes: number; handles: number } {
    const { nodes, handles } = liveCounts();
    return { nodes, handles };
  }

  [Symbol.dispose](): void {
    this.server.close();
    this.client.close();
  }
}

/** Starts a Worker with an endpoint that it exposes or wraps, connected to `server`. */
async function partner(
  server: Peer,
  command: "expose" | "wrap",
): Promise<{ agent: Agent; endpoint: ComlinkEndpoint; ticket: ConnectionTicket }> {
  const agent = await Agent.start(WORKER);
  const [ours, theirs] = connect(server, Peer.open({ engine: server.engine }));
  const ticket = detach(theirs);
  const endpoint = comlinkEndpoint(ours);
  await agent.call(command, ticket);
  return { agent, endpoint, ticket };
}

/** Makes calls that never settle by themselves; resolves when the last has begun. */
async function callInto(main: Comlink.Remote<Api>, count: number): Promise<Promise<string>[]> {
  const calls = Array.from({ length: count }, () => codeOf(main.never()));
  await main.begun();
  return calls;
}

function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(() => "settled", (error) => String(error.code ?? error));
}

function proxied<T extends object>(value: T): T {
  return Comlink.proxy(value);
}

engineTest("comlink: calls, properties, values", async (engine) => {
  using both = new Both(engine);
  const { main, api } = both;
  assertEquals(await main.add(1, 2), 3);
  assertEquals(await main.value, 1);
  // deno-lint-ignore no-explicit-any -- Comlink's type says that it cannot be set
  (main as any).value = 7;
  assertEquals(await main.value, 7);
  assertEquals(api.value, 7);
  const value = {
    map: new Map([[1, new Set([new Date(1)])]]),
    big: 7n,
    nothing: undefined,
    bytes: new Float32Array(3),
  };
  assertEquals(await main.echo(value), value);
});

engineTest("comlink: what is thrown arrives as Comlink has it", async (engine) => {
  using both = new Both(engine);
  const error = await assertRejects(() => both.main.fail("too far"), Error, "too far");
  assertEquals(error.name, "CustomError");
  assert(error.stack?.includes("comlink_api"), error.stack);
  assertEquals(await (both.main.failOddly() as Promise<never>).catch((thrown) => thrown), "text");
});

engineTest("comlink: callbacks both ways, each a connection of its own, released when they say so", async (engine) => {
  using both = new Both(engine);
  const before = both.counts;
  assertEquals(await both.main.count(10, proxied((n: number) => n * 2) as never), 110);
  await until("it is released", () => JSON.stringify(both.counts) === JSON.stringify(before));
  await both.main.keep(proxied((n: number) => -n) as never);
  assertEquals([await both.main.callKept(1), await both.main.callKept(2)], [-1, -2]);
  both.api.kept![Comlink.releaseProxy]();
  await until("it is released", () => JSON.stringify(both.counts) === JSON.stringify(before));
});

engineTest("comlink: functions in the arguments of functions in arguments", async (engine) => {
  using both = new Both(engine);
  const tell = async (down: Remote<(n: number) => number>) => {
    const sum = await down(1) + await down(10);
    down[Comlink.releaseProxy]();
    return sum;
  };
  assertEquals(await both.main.deep(proxied(tell) as never), 13);
});

engineTest("comlink: classes, objects, and their finalizers", async (engine) => {
  using both = new Both(engine);
  const before = both.counts;
  const counters = [await both.main.counter(), await both.main.counter()] as unknown as Remote<Counter>[];
  assertEquals([await counters[0].add(1), await counters[0].add(1), await counters[1].add(5)], [1, 2, 5]);
  for (const counter of counters) counter[Comlink.releaseProxy]();
  await until("both are finalized", () => both.api.finalized.counter === 2);
  await until("nothing is left", () => JSON.stringify(both.counts) === JSON.stringify(before));

  const [ours, theirs] = connect(both.server, both.client);
  Comlink.expose(Counter, comlinkEndpoint(ours));
  const Remote = Comlink.wrap<typeof Counter>(comlinkEndpoint(theirs));
  const counter = await new Remote() as unknown as Remote<Counter>;
  assertEquals(await counter.add(3), 3);
  (Remote as unknown as Comlink.ProxyMethods)[Comlink.releaseProxy]();
  assertEquals(await counter.add(3), 6, "it lives longer than what has made it");
});

engineTest("comlink: createEndpoint gives another one for the same object", async (engine) => {
  using both = new Both(engine);
  const endpoint = await both.main[Comlink.createEndpoint]() as unknown as ComlinkEndpoint;
  assert(endpoint instanceof ComlinkEndpoint);
  const again = Comlink.wrap<Api>(endpoint);
  assertEquals(await again.add(2, 2), 4);
  const call = again.never();
  both.server.close();
  await rejects("ECONNRESET", call);
  await rejects("ECONNRESET", again.add(1, 1));
});

engineTest("comlink: an endpoint that came goes on to a third peer", async (engine) => {
  using both = new Both(engine);
  using third = open(engine);
  const [ours, theirs] = connect(both.client, third);
  const endpoint = await both.main[Comlink.createEndpoint]() as unknown as ComlinkEndpoint;
  let arrived: Comlink.Remote<Api> | undefined;
  Comlink.expose((it: ComlinkEndpoint) => void (arrived = Comlink.wrap<Api>(it)), comlinkEndpoint(theirs));
  const give = Comlink.wrap<(it: ComlinkEndpoint) => void>(comlinkEndpoint(ours));
  await give(Comlink.transfer(endpoint, [endpoint as never]));
  assertEquals(await arrived!.add(20, 2), 22);
  assertEquals(await arrived!.count(3, proxied((n: number) => n) as never), 6);
  const call = arrived!.never();
  both.server.close();
  assertEquals(await codeOf(call), "ECONNRESET");
  assertEquals(await codeOf(arrived!.add(1, 1)), "ECONNRESET");
});

engineTest("comlink: MessagePorts that a program transfers itself are forwarded", async (engine) => {
  using both = new Both(engine);
  const { port1, port2 } = new MessageChannel();
  const counter = new Counter();
  Comlink.expose(counter, port1);
  const [ours, theirs] = connect(both.server, both.client);
  let remote: Remote<Counter> | undefined;
  const take = ({ port }: { port: ComlinkEndpoint }) => void (remote = Comlink.wrap<Counter>(port) as never);
  Comlink.expose(take, comlinkEndpoint(ours));
  const give = Comlink.wrap<(it: unknown) => void>(comlinkEndpoint(theirs));
  await give(Comlink.transfer({ port: port2 }, [port2]));
  assertEquals(await remote!.add(4), 4);
  remote![Comlink.releaseProxy]();
});

engineTest("comlink: transferred buffers are detached, others are not", async (engine) => {
  using both = new Both(engine);
  const bytes = new Uint8Array(100_000).fill(7);
  assertEquals(await both.main.length(bytes), 100_000);
  assertEquals(bytes.length, 100_000);
  assertEquals(await both.main.length(Comlink.transfer(bytes, [bytes.buffer])), 100_000);
  assertEquals(bytes.length, 0);
  await assertRejects(() => both.main.length(Comlink.transfer(bytes, [bytes.buffer])), DOMException, "detached");
  const large = new Uint8Array(3 << 20).fill(9);
  const came = await both.main.echo(large) as Uint8Array;
  assertEquals([came.length, came.at(-1)], [large.length, 9]);
});

engineTest("comlink: what cannot pass is refused, one way and the other, and the endpoint goes on", async (engine) => {
  using both = new Both(engine);
  const before = both.counts;
  for (const value of [() => {}, Symbol("s"), new Blob([]), new SharedArrayBuffer(1), Promise.resolve()]) {
    const error = await assertRejects(() => both.main.echo(value as never), DOMException);
    assertEquals(error.name, "DataCloneError");
  }
  await assertRejects(() => both.main.blob() as Promise<unknown>, Error, "Unserializable return value");
  const { port1, port2 } = new MessageChannel();
  await assertRejects(() => both.main.echo(Comlink.transfer({}, [port1, port1])), DOMException);
  await assertRejects(() => both.main.echo(Comlink.transfer({ f: () => {} }, [port1])), DOMException);
  port1.close();
  port2.close();
  assertEquals(await both.main.add(1, 2), 3);
  assertEquals(both.counts, before);
});

engineTest("comlink: a callback that returns what cannot pass rejects", async (engine) => {
  using both = new Both(engine);
  await both.main.keep(proxied((() => new Blob([])) as never) as never);
  await assertRejects(() => both.main.callKept(1), Error);
  await both.main.keep(proxied((() => new SharedArrayBuffer(1)) as never) as never);
  await assertRejects(() => both.main.callKept(1), Error);
});

engineTest("comlink: 10,000 calls in flight", async (engine) => {
  using both = new Both(engine);
  const calls = Array.from({ length: 10_000 }, (_, i) => both.main.echo(i));
  assertEquals(await Promise.all(calls), Array.from({ length: 10_000 }, (_, i) => i));
}, { timeout: 60_000 });

engineTest("comlink: the peer's end rejects at once, on both sides, with an error that names it", async (engine) => {
  using both = new Both(engine);
  const calls = await callInto(both.main, 10);
  const counter = await both.main.counter() as unknown as Remote<Counter>;
  const ofCounter = codeOf(counter.never());
  const closed = new Promise((resolve) => both.endpoint.addEventListener("close", resolve));
  both.server.close();
  assertEquals(new Set(await within(5000, "the calls", Promise.all(calls))), new Set(["ECONNRESET"]));
  assertEquals(await ofCounter, "ECONNRESET");
  await closed;
  const error = await rejects("ECONNRESET", both.main.add(1, 2));
  assertInstanceOf(error, BusError);
  assert(error.message.includes("the other end has gone"), error.message);
  assertEquals(both.endpoint.error?.code, "ECONNRESET");
  assertEquals(await codeOf(counter.add(1)), "ECONNRESET");
  await until("the exposed objects are finalized", () => both.api.finalized.api === 1);

  using other = new Both(engine);
  const theirs = await callInto(other.main, 10);
  other.client.close();
  assertEquals(new Set(await within(5000, "the calls", Promise.all(theirs))), new Set(["ESHUTDOWN"]));
  await until("the exposed object is finalized", () => other.api.finalized.api === 1);
});

engineTest("comlink: a callback's end rejects its callers, wherever they are", async (engine) => {
  using both = new Both(engine);
  let called = 0;
  await both.main.keep(proxied((() => new Promise(() => called++)) as never) as never);
  const call = codeOf(both.api.callKept(1));
  await until("it is called", () => called === 1);
  both.client.close();
  assertEquals(await within(5000, "the call", call), "ECONNRESET");
  assertEquals(await codeOf(both.api.callKept(1)), "ECONNRESET");
});

engineTest("comlink: a callback of a callback ends, too", async (engine) => {
  using both = new Both(engine);
  let down: Remote<(n: number) => number> | undefined;
  assertEquals(await both.main.deep(proxied((it: typeof down) => (down = it, 1)) as never), 1);
  assertEquals(await down!(1), 2);
  both.server.close();
  assertEquals(await within(5000, "the call", codeOf(down!(1))), "ECONNRESET");
  down![Comlink.releaseProxy](); // it came over a MessagePort, which is open until then
});

engineTest("comlink: setting and releasing after the other side has gone does no harm", async (engine) => {
  using both = new Both(engine);
  both.server.close();
  // deno-lint-ignore no-explicit-any -- Comlink's type says that it cannot be set
  (both.main as any).value = 7; // a program could not catch its rejection
  both.main[Comlink.releaseProxy]();
  await new Promise((resolve) => setTimeout(resolve, 5));
});

engineTest("comlink: close() rejects what is in flight, and ends the other side", async (engine) => {
  using both = new Both(engine);
  const calls = await callInto(both.main, 3);
  both.endpoint.close();
  both.endpoint.close();
  assertEquals(await Promise.all(calls), ["ESHUTDOWN", "ESHUTDOWN", "ESHUTDOWN"]);
  await rejects("ESHUTDOWN", both.main.add(1, 2));
  await until("the exposed object is finalized", () => both.api.finalized.api === 1);
  assertEquals(both.exposed.error?.code, "ECONNRESET");
});

engineTest("comlink: a proxy is released when its calls have their results", async (engine) => {
  using both = new Both(engine);
  const calls: Promise<unknown>[] = [both.main.slow(30), both.main.slow(1), both.main.echo("quick")];
  both.main[Comlink.releaseProxy]();
  assertEquals(await within(5000, "the calls", Promise.all(calls)), ["done", "done", "quick"]);
  await until("it is released", () => both.api.finalized.api === 1);
  await until("both have ended", () => both.endpoint.error !== null && both.exposed.error !== null);
  assertEquals([both.endpoint.error?.code, both.exposed.error?.code], ["ESHUTDOWN", "ESHUTDOWN"]);
});

engineTest("comlink: a proxy that is released while the other side goes, rejects its calls", async (engine) => {
  using both = new Both(engine);
  const calls = await callInto(both.main, 3);
  both.main[Comlink.releaseProxy]();
  both.server.close();
  assertEquals(await within(5000, "the calls", Promise.all(calls)), ["ECONNRESET", "ECONNRESET", "ECONNRESET"]);
});

for (const engine of ["native", "typescript"] as const) {
  test(`comlink: proxies that are collected release, not before their calls have their results [${engine}]`, async () => {
    const ran = await run("rpc/collected.ts", { BUS1_ENGINE: engine });
    assertEquals(
      [ran.stdout.trimEnd().split("\n"), ran.code],
      [["done", "finalized", "nothing is left"], 0],
      ran.stderr,
    );
  });
}

for (const limit of [{ messages: 4 }, { bytes: 1000 }]) {
  engineTest(`comlink: a queue of at most ${JSON.stringify(limit)} makes senders wait, in order`, async (engine) => {
    using both = new Both(engine, { maxQueued: limit });
    const order: number[] = [];
    const calls = Array.from({ length: 300 }, (_, i) => both.main.add(i, 0).then((n) => order.push(n)));
    await Promise.all(calls);
    assertEquals(order, Array.from({ length: 300 }, (_, i) => i));
    const before = both.counts;
    const counts = Array.from({ length: 20 }, () => both.main.count(3, proxied((n: number) => n) as never));
    assertEquals(await Promise.all(counts), counts.map(() => 6));
    await until("the callbacks are released", () => JSON.stringify(both.counts) === JSON.stringify(before));
  }, UNBOUNDED);
}

engineTest(
  "comlink: a message that can never fit is refused to its caller, and the endpoint goes on",
  async (engine) => {
    using both = new Both(engine, { maxQueued: { bytes: 1000 } });
    await rejects("EDQUOT", both.main.echo("x".repeat(2000)));
    const error = await assertRejects(() => both.main.slow(1).then(() => both.main.echo("x".repeat(1500))), Error);
    assertEquals((error as BusError).code, "EDQUOT");
    assertEquals(await both.main.echo("fits"), "fits");
    const before = both.counts;
    await rejects(
      "EDQUOT",
      both.main.echo(proxied(Object.assign(() => {}, {})) as never).then(() => {}, (e) => {
        throw e; // the proxy of a function fits
      }).then(() => both.main.echo(["x".repeat(2000)])) as Promise<unknown>,
    );
    assertEquals(both.counts.nodes >= before.nodes, true);
  },
  UNBOUNDED,
);

engineTest(
  "comlink: bytes that are not of the adapter's making end the connection, and nothing else",
  async (engine) => {
    for (const bytes of ["nonsense", new Uint8Array([0, 1]), '{"$":"endpoint","index":0}', '{"$":"ref","to":9}']) {
      using both = new Both(engine);
      const [ours, theirs] = connect(both.server, both.client);
      const wrong = Comlink.wrap<Api>(comlinkEndpoint(ours));
      const call = codeOf(wrong.add(1, 2));
      both.client.send(theirs.handle, bytes, { handles: [theirs.handle] });
      assertEquals(await within(5000, "the call", call), "EPROTO");
      assertEquals(await both.main.add(1, 2), 3);
    }
  },
);

engineTest("comlink: what is not an end is refused", (engine) => {
  using server = open(engine);
  using client = open(engine);
  // deno-lint-ignore no-explicit-any -- on purpose
  for (const wrong of [null, undefined, 5, {}, { node: {}, handle: {} }] as any[]) {
    throwsTypeError(() => comlinkEndpoint(wrong));
  }
  throws("EBADRQC", () => comlinkEndpoint(server.createNode({ for: client })));
  // deno-lint-ignore no-explicit-any -- on purpose
  throwsTypeError(() => new (ComlinkEndpoint as any)());
});

test("comlink: the endpoint is one of the library's", () => {
  const check: Comlink.Endpoint = null as unknown as ComlinkEndpoint; // its type says so
  assertEquals(check, null as never);
});

engineTest("comlink: across Workers: calls both ways, callbacks, objects, 10,000 calls in flight", async (engine) => {
  using server = open(engine);
  const { agent, endpoint } = await partner(server, "expose");
  using _ = agent;
  const main = Comlink.wrap<Api>(endpoint);
  assertEquals(await main.add(1, 2), 3);
  assertEquals(await main.count(5, proxied((n: number) => n * 2) as never), 30);
  assertEquals(await main.deep(proxied(async (down: Remote<(n: number) => number>) => await down(1)) as never), 2);
  const counter = await main.counter() as unknown as Remote<Counter>;
  assertEquals(await counter.add(5), 5);
  const calls = Array.from({ length: 10_000 }, (_, i) => main.echo(i));
  assertEquals(await Promise.all(calls), Array.from({ length: 10_000 }, (_, i) => i));
  assertEquals(await main.echo(new Map([[1, new Uint8Array([1])]])), new Map([[1, new Uint8Array([1])]]));
  const bytes = new Uint8Array(1 << 20).fill(5);
  assertEquals(await main.length(Comlink.transfer(bytes, [bytes.buffer])), 1 << 20);
  counter[Comlink.releaseProxy]();
  main[Comlink.releaseProxy]();
  let finalized = 0;
  while (finalized === 0) finalized = await agent.call("finalized");
  assertEquals(finalized, 1);
}, inWorkers);

/** How a Worker ends in the middle of a call. */
const ends: Record<string, (agent: Agent, ticket: ConnectionTicket) => void> = {
  "is terminated": (agent) => agent.terminate(),
  "closes itself": (agent) => void agent.call("exit").catch(() => {}),
  "crashes": (agent) => void agent.call("crash").catch(() => {}),
  "has its peer revoked": (_, ticket) => Peer.revoke(ticket),
};

for (const [how, end] of Object.entries(ends)) {
  engineTest(`comlink: a Worker ${how}: its callers are rejected, again and again`, async (engine) => {
    using server = open(engine);
    const before = liveCounts();
    for (let round = timesOf(3); round > 0; round--) {
      const { agent, endpoint, ticket } = await partner(server, "expose");
      using _ = agent;
      const main = Comlink.wrap<Api>(endpoint);
      const calls = await callInto(main, 20);
      const counter = await main.counter() as unknown as Remote<Counter>;
      calls.push(codeOf(counter.never()));
      await main.keep(proxied((n: number) => n) as never);
      end(agent, ticket);
      assertEquals(new Set(await within(5000, how, Promise.all(calls))), new Set(["ECONNRESET"]));
      await rejects("ECONNRESET", main.add(1, 2));
      assertEquals(await codeOf(counter.add(1)), "ECONNRESET");
      if (how === "has its peer revoked") {
        let finalized = 0;
        while (finalized === 0) finalized = await agent.call("finalized");
      }
      await until("nothing is left", () => JSON.stringify(liveCounts()) === JSON.stringify(before));
    }
  }, { ...inWorkers, timeout: timesOf(60_000) });
}

engineTest("comlink: this side ends first: the Worker's calls reject", async (engine) => {
  for (const how of ["close", "revoke"]) {
    const server = open(engine);
    const { agent, endpoint, ticket } = await partner(server, "wrap");
    using _ = agent;
    const api = new Api();
    Comlink.expose(api, endpoint);
    await agent.call("call", 20);
    if (how === "close") server.close();
    else Peer.revoke(ticket);
    const code = how === "close" ? "ECONNRESET" : "ESHUTDOWN";
    assertEquals(await within(5000, "the Worker's calls", agent.call("outcome")), [code]);
    assertEquals(await agent.call("later"), code);
    await until("the object is finalized", () => api.finalized.api === 1);
    server.close();
  }
}, inWorkers);

engineTest("comlink: one server, four Workers, one of which ends", async (engine) => {
  using server = open(engine);
  const partners = await Promise.all([1, 2, 3, 4].map(() => partner(server, "expose")));
  const mains = partners.map(({ endpoint }) => Comlink.wrap<Api>(endpoint));
  const calls = await callInto(mains[0], 5);
  assertEquals(await Promise.all(mains.map((main, i) => main.echo(i))), [0, 1, 2, 3]);
  partners[0].agent.terminate();
  assertEquals(new Set(await within(5000, "the calls", Promise.all(calls))), new Set(["ECONNRESET"]));
  for (const main of mains.slice(1)) assertEquals(await main.add(1, 1), 2);
  for (const { agent } of partners.slice(1)) agent.terminate();
}, inWorkers);
