/**
 * The rules of specification, sections 4 and 5, across Workers, on the engines that have threads. The Workers play the roles
 * of `racers.ts` and return what they observed; the tests here assert it.
 *
 * No test asserts a speed, and each must pass under every schedule.
 */

import { assert, assertEquals } from "@std/assert";
import { type Message, Peer } from "@bus1/bus1";
import type { EngineName } from "../../src/port/engine.ts";
import { drain, engineTest, heard, MIXED, open, sleep, type TestOptions, word } from "../support/harness.ts";
import { anySeed } from "../support/random.ts";
import { Agent } from "../support/calls.ts";
import type { Carried, Consumed, Delivered, Passed } from "./racers.ts";

const gate = () => new Int32Array(new SharedArrayBuffer(4));

/** Registers a race among `count` Workers, which are terminated after it. */
function race(
  name: string,
  count: number,
  run: (engine: EngineName, ...racers: Agent[]) => Promise<void>,
  options: TestOptions = {},
): void {
  engineTest(`race: ${name}`, async (engine) => {
    const racers = await Agent.startMany(count, "racers.ts");
    try {
      await run(engine, ...racers);
    } finally {
      for (const racer of racers) racer.terminate();
    }
  }, { only: ["kernel", "native"], timeout: 60_000, ...options });
}

/** Returns the number of repetitions: fewer where each message costs a system call. */
const often = (engine: EngineName, count: number) => engine === "kernel" ? count / 5 : count;

race(
  "rule 2, after a part of a multicast was received, the other receiver finds its part",
  3,
  async (engine, sender, lookA, lookB) => {
    const [s, a, b] = [open(engine), open(engine), open(engine)];
    const to = [a.createNode({ for: s }), b.createNode({ for: s })].map(({ handle }) => handle.id);
    const start = gate(), progress = new Int32Array(new SharedArrayBuffer(8)), count = often(engine, 3000);
    const [, missedA, missedB] = await Promise.all([
      sender.call("multicast", start, s.detach(), to, count),
      lookA.call<number>("look", start, a.detach(), "message", 0, progress, count),
      lookB.call<number>("look", start, b.detach(), "message", 1, progress, count),
    ]);
    assertEquals([missedA, missedB], [0, 0]);
  },
);

race(
  "rule 2, after the message of a transaction was received, its node release is found, and vice versa",
  3,
  async (engine, sender, lookA, lookB) => {
    const [s, a, b] = [open(engine), open(engine), open(engine)];
    const to = [a.createNode({ for: s }), b.createNode({ for: s })].map(({ handle }) => handle.id);
    const start = gate(), progress = new Int32Array(new SharedArrayBuffer(8)), count = 10_000;
    const [, missedA, missedB] = await Promise.all([
      sender.call("mixed", start, s.detach(), to, count),
      lookA.call<number>("look", start, a.detach(), "message", 0, progress, count),
      lookB.call<number>("look", start, b.detach(), "node-release", 1, progress, count),
    ]);
    assertEquals([missedA, missedB], [0, 0]);
  },
  { notOnKernel: MIXED },
);

/** Receives until `B count`. Returns how many B came before both parts of their A. */
async function early(peer: Peer, count: number): Promise<number> {
  let partsOfA = 0, lastB = 0, wrong = 0;
  while (lastB < count) {
    const message = await peer.receive();
    if (message.type !== "message") continue;
    const [isB, number] = new Uint32Array(message.bytes.slice().buffer);
    if (!isB) partsOfA++;
    else if (partsOfA < 2 * (lastB = number)) wrong++;
  }
  return wrong;
}

race(
  "rule 3, B by a sender that learnt of A outside the bus never comes before A",
  2,
  async (engine, first, second) => {
    using receiver = open(engine);
    const [x, y] = [open(engine), open(engine)];
    const xTo = receiver.createNode({ for: x }).handle.id, yTo = receiver.createNode({ for: y }).handle.id;
    const start = gate(), outside = gate(), count = often(engine, 3000);
    const [wrong] = await Promise.all([
      early(receiver, count),
      first.call("first", start, x.detach(), [xTo, xTo], outside, count),
      second.call("second", start, y.detach(), yTo, outside, count),
    ]);
    assertEquals(wrong, 0);
  },
);

race("rule 3, B by another peer of the same Worker never comes before A", 2, async (engine, sender, judge) => {
  const [x, y, r] = [open(engine), open(engine), open(engine)];
  const to = [x, y].map((peer) => r.createNode({ for: peer }).handle.id);
  const start = gate(), count = often(engine, 10_000);
  const [wrong] = await Promise.all([
    judge.call<number>("judge", start, r.detach(), count),
    sender.call("both", start, x.detach(), y.detach(), to, count),
  ]);
  assertEquals(wrong, 0);
});

race("rule 3, B by a receiver of a part of A never comes before A", 2, async (engine, first, forwarder) => {
  using receiver = open(engine);
  const [x, y] = [open(engine), open(engine)];
  const xTo = receiver.createNode({ for: x }).handle.id, yTo = receiver.createNode({ for: y }).handle.id;
  const xToY = y.createNode({ for: x }).handle.id;
  const start = gate(), count = often(engine, 3000);
  const [wrong] = await Promise.all([
    early(receiver, count),
    first.call("first", start, x.detach(), [xTo, xToY, xTo], gate(), count),
    forwarder.call("forward", start, y.detach(), yTo, count),
  ]);
  assertEquals(wrong, 0);
});

race(
  "rule 4, the messages of each of several senders come in its order, and all of them",
  3,
  async (engine, ...senders) => {
    using receiver = open(engine);
    const start = gate(), count = often(engine, 10_000);
    const sent = senders.map((sender, i) => {
      const peer = open(engine);
      const { handle } = receiver.createNode({ for: peer });
      return sender.call("flood", start, senders.length, peer.detach(), handle.id, i, count);
    });
    const next = senders.map(() => 0);
    for (let gone = 0; gone < senders.length;) {
      for (const message of [await receiver.receive(), ...receiver.receiveMany(100)]) {
        if (message.type === "handle-release") gone++;
        if (message.type !== "message") continue;
        const [from, number] = new Uint32Array(message.bytes.slice().buffer);
        assertEquals(number, next[from]++, `sender ${from}`);
      }
    }
    assertEquals(next, senders.map(() => count));
    await Promise.all(sent);
  },
);

race(
  "section 5, a node is released while copies of its handle pass: each live copy is notified, once",
  2,
  async (engine, left, right) => {
    for (let round = 0; round < 20; round++) {
      using owner = open(engine);
      const [l, r] = [open(engine), open(engine)];
      const lTo = r.createNode({ for: l }).handle.id, rTo = l.createNode({ for: r }).handle.id;
      const { node, handle } = owner.createNode({ for: l });
      const copy = l.copy(handle, r);
      const crowd = Array.from({ length: 2000 }, () => owner.createNode().node);
      const start = gate(), stage = new Int32Array(new SharedArrayBuffer(12)), from = anySeed();
      const passing = Promise.all([
        left.call<Passed>("pass", start, stage, l.detach(), lTo, handle.id, from),
        right.call<Passed>("pass", start, stage, r.detach(), rTo, copy.id, from + 1),
      ]);
      await sleep(from % 8);
      owner.release(node, ...crowd); // takes a while, in which copies continue to arrive
      Atomics.store(stage, 0, 1);
      for (const { unexpected, unnotified, notified } of await passing) {
        assertEquals([unexpected, unnotified], [0, 0], `seed ${from}`);
        assert(notified > 0);
      }
      const rest = drain(owner);
      assert(rest.every(({ type }) => type === "node-release"), "the owner of a released node is not notified of it");
      assertEquals(rest.length, crowd.length, "but it is of its own handles to the others");
    }
  },
);

race(
  "section 5, the last of the handles that pass is notified once, after all messages through them",
  2,
  async (engine, left, right) => {
    using owner = open(engine);
    const [l, r] = [open(engine), open(engine)];
    const lTo = r.createNode({ for: l }).handle.id, rTo = l.createNode({ for: r }).handle.id;
    const toBoth = [l.createNode({ for: owner }).handle, r.createNode({ for: owner }).handle];
    const start = gate(), nodes = 2000, hops = 3;
    const relaying = Promise.all([
      left.call<number>("relay", start, l.detach(), lTo),
      right.call<number>("relay", start, r.detach(), rTo),
    ]);
    const uses = new Map<object, number>();
    let last = 0;
    const listen = (messages: Message[]) => {
      for (const message of messages) {
        if (message.type === "node-release") throw new Error("neither Worker has ended");
        const used = uses.get(message.node);
        assert(used !== undefined, `${message.type} for a node after its handle-release`);
        if (message.type === "message") {
          uses.set(message.node, used + 1);
        } else {
          assertEquals(used, 2 * (hops + 1), "used by each of its holders, and then notified");
          uses.delete(message.node);
          last++;
        }
      }
    };
    for (let i = 0; i < nodes; i++) {
      const { node, handle } = owner.createNode();
      uses.set(node, 0);
      owner.send(toBoth, Uint32Array.of(hops), { handles: [handle] });
      handle.release();
      listen(owner.receiveMany(1 + i % 20));
    }
    while (last < nodes) listen([await owner.receive()]);
    owner.send(toBoth, "");
    assertEquals(await relaying, [0, 0]);
    assertEquals(uses.size, 0);
  },
);

race("section 5, releases of both sides that cross notify neither side", 2, async (engine, giver, taker) => {
  const [g, t] = [open(engine), open(engine)];
  const to = t.createNode({ for: g }).handle.id;
  const start = gate();
  const unexpected = await Promise.all([
    giver.call<number>("giveAndRelease", start, g.detach(), to, 10_000),
    taker.call<number>("takeAndRelease", start, t.detach()),
  ]);
  assertEquals(unexpected, [0, 0]);
});

for (const end of ["closes", "is revoked"]) {
  race(
    `section 5, a receiver ${end} under load: every message is received or discarded, once`,
    3,
    async (engine, first, second, consumer) => {
      for (let round = 0; round < 15; round++) {
        const [x, y, r] = [open(engine), open(engine), open(engine)];
        const xTo = r.createNode({ for: x }).handle.id, yTo = r.createNode({ for: y }).handle.id;
        const start = gate(), from = anySeed(), ticket = r.detach();
        const outcome = Promise.all([
          first.call<Delivered>("deliver", start, x.detach(), xTo, 1e9),
          // In every other round the second sender also closes under load.
          second.call<Delivered>(
            "deliver",
            start,
            y.detach(),
            yTo,
            round % 2 ? 1e9 : from % 500,
          ),
          consumer.call<Consumed>(
            "consume",
            start,
            ticket,
            end === "closes" ? from % 5000 : 1e9,
          ),
        ]);
        if (end === "is revoked") {
          while (Atomics.load(start, 0) < 3) await sleep(1);
          await sleep(from % 20);
          Peer.revoke(ticket);
        }
        const [one, two, got] = await outcome;
        assertEquals([one.unexpected, two.unexpected, got.unexpected], [0, 0, 0], `seed ${from}`);
        assertEquals(one.back, one.sent, "each node of a transaction came back");
        if (round % 2) assertEquals(two.back, two.sent, "each node of a transaction came back");
        assert(got.received <= 20 * (one.sent + two.sent));
      }
    },
  );
}

race("waiting, no wake is lost between an event loop and a blocked thread", 1, async (engine, echo) => {
  using here = open(engine);
  const there = open(engine);
  const to = there.createNode({ for: here }).handle, back = here.createNode({ for: there }).handle;
  const echoed = echo.call<number>("echo", there.detach(), back.id);
  const count = 3000;
  for (let i = 0; i < count; i++) {
    here.send(to, String(i));
    const message = i % 3 ? await here.receive() : here.receiveSync({ timeout: 10_000 });
    assertEquals(message && word(message), String(i));
  }
  here.close();
  assertEquals(await echoed, count);
});

race(
  "detach, a queue that is sent to while it moves loses nothing and keeps its order",
  3,
  async (engine, sender, left, right) => {
    const [s, r] = [open(engine), open(engine)];
    const to = r.createNode({ for: s }).handle.id;
    const count = 20_000;
    let ticket = r.detach();
    const sent = sender.call("flood", gate(), 1, s.detach(), to, 0, count);
    const numbers: number[] = [];
    for (let move = 0; numbers.length < count; move++) {
      const carried = await [left, right][move % 2].call<Carried>(
        "carry",
        ticket,
        Math.min(500, count - numbers.length),
      );
      ticket = carried.ticket;
      numbers.push(...carried.numbers);
    }
    await sent;
    assertEquals(numbers.findIndex((number, i) => number !== i), -1);
    assertEquals(numbers.length, count);
    Peer.revoke(ticket);
  },
);

race("detach, of several Workers that adopt one ticket at the same time one succeeds", 3, async (engine, ...racers) => {
  for (let round = 0; round < 30; round++) {
    const start = gate(), ticket = open(engine).detach();
    const codes = await Promise.all(
      racers.map((racer) => racer.call<string>("grab", start, racers.length, ticket)),
    );
    assertEquals(codes.sort(), ["EBADRQC", "EBADRQC", "adopted"]);
  }
});

engineTest("race: death, a Worker is terminated while it sends", async (engine) => {
  for (let round = 0; round < 5; round++) {
    using receiver = open(engine);
    using agent = await Agent.start("racers.ts");
    const peer = open(engine);
    const { node, handle } = receiver.createNode({ for: peer });
    agent.call("chatter", peer.detach(), handle.id).catch(() => {});
    let count = 0;
    for await (const message of receiver) {
      if (message.type === "handle-release") {
        assertEquals(message.node, node);
        break;
      }
      if (message.type === "message") { for (const copy of message.handles) copy.release(); }
      if (++count === 200) agent.terminate();
    }
    assertEquals(heard(receiver), []);
  }
}, { only: ["kernel", "native"], timeout: 60_000 });
