/**
 * Accounting (specification, section 8): which user pays for what, how much a user may claim of another user, and when
 * charges end.
 *
 * A claimant can have half of what it may draw. A user may draw all that is left of its own resources. Another user, as
 * one of `n` claimants, may draw one part in `A(n)`. The owner of a node claims something of itself, so the first
 * sender is the second claimant: `A(2)` is 9.
 */

import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { type Handle, liveCounts, type Message, Peer } from "@bus1/bus1";
import { MAX_UNRECEIVED } from "../../src/port/abi.ts";
import type { AccountOptions, EngineName } from "../../src/port/engine.ts";
import { drain, engineTest, failsWithoutTrace, open, throws, throwsTypeError } from "../support/harness.ts";

const KERNELS = "the kernel manages the accounts";

function accountTest(name: string, run: (engine: EngineName) => void): void {
  engineTest(`accounting: ${name}`, run, { notOnKernel: KERNELS });
}

/** Opens a peer of a user. */
function openFor(engine: EngineName, user: number, limits: Omit<AccountOptions, "user"> = {}): Peer {
  return Peer.open({ engine, account: { user, ...limits } });
}

/** Repeats `act` until it is refused. Returns how often it succeeded. */
function untilRefused(act: () => unknown): number {
  for (let times = 0; times < 100_000; times++) {
    try {
      act();
    } catch {
      failsWithoutTrace("EDQUOT", act);
      return times;
    }
  }
  throw new Error("never refused");
}

function accountOf(message: Message | null): number | null {
  assert(message?.type === "message");
  return message.account;
}

engineTest("accounting: the kernel engine supports neither accounts nor queue limits", (engine) => {
  throws("EOPNOTSUPP", () => Peer.open({ engine, account: { user: 1 } }));
  throws("EOPNOTSUPP", () => Peer.open({ engine, maxQueued: { messages: 1 } }));
}, { only: "kernel" });

engineTest("accounting: on the emulated device the account is the user of the sending process", (engine) => {
  using peer = open(engine);
  const { handle } = peer.createNode();
  peer.send(handle, "hello");
  assertEquals(accountOf(peer.tryReceive()), process.geteuid!());
}, { only: "kernel" });

accountTest("a message names the account of its sender", (engine) => {
  using server = openFor(engine, 7);
  using other = open(engine);
  using root = openFor(engine, 0);
  using last = openFor(engine, 0xffff_fffe);
  const senders: [Peer, number | null][] = [[server, 7], [other, null], [root, 0], [last, 0xffff_fffe]];
  for (const [peer, user] of senders) {
    const { handle } = server.createNode({ for: peer });
    peer.send(handle, "one");
    peer.send([handle, handle], "more", { handles: [handle] });
    using tx = peer.transaction();
    tx.send(handle, "together").send(handle, "again");
    tx.commit();
    using batch = peer.batch(handle);
    batch.add("a").add("b").flush();
    for (let i = 0; i < 4; i++) assertEquals(accountOf(server.tryReceive()), user);
    const cursor = server.cursor();
    for (let i = 0; i < 3; i++) assertEquals([cursor.tryNext(), cursor.account], [true, user]);
    assertEquals([cursor.tryNext(), cursor.account], [false, user === null ? null : cursor.account]);
  }
});

accountTest("an adopted peer keeps its account", (engine) => {
  using server = open(engine);
  const client = openFor(engine, 5, { objects: 40 });
  const { handle } = server.createNode({ for: client });
  using moved = Peer.adopt(client.detach());
  moved.send(moved.handle(handle.id), "from there");
  assertEquals(accountOf(server.tryReceive()), 5);
  assertEquals(untilRefused(() => moved.createNode({ for: server })), 19);
});

accountTest("nodes and handles are charged to their owner, until they are released", (engine) => {
  using peer = openFor(engine, 1, { objects: 40 });
  using other = openFor(engine, 2, { objects: 40 });
  const made = Array.from({ length: 10 }, () => peer.createNode());
  failsWithoutTrace("EDQUOT", () => peer.createNode());
  failsWithoutTrace("EDQUOT", () => peer.createNode({ for: other }));
  failsWithoutTrace("EDQUOT", () => peer.copy(made[0].handle, peer));
  failsWithoutTrace("EDQUOT", () => other.createNode({ for: peer }));
  const copy = peer.copy(made[0].handle, other);
  copy.release();
  for (const { node, handle } of made.splice(5)) peer.release(node, handle);
  assertEquals(untilRefused(() => peer.createNode({ for: other })), 10);
  assertEquals(untilRefused(() => other.copy(other.createNode().handle, other)), 3);
  assertEquals(other.close(), undefined);
  drain(peer); // receives the last handle releases, which release the nodes
  assertEquals(untilRefused(() => peer.createNode()), 5);
});

accountTest("a refused call consumes no id", (engine) => {
  using peer = openFor(engine, 1, { objects: 6 });
  using other = open(engine);
  assertEquals(untilRefused(() => other.createNode({ for: peer })), 3);
  failsWithoutTrace("EDQUOT", () => other.createNode({ for: peer })); // room for the node, not for the handle
  failsWithoutTrace("EDQUOT", () => peer.createNode({ for: other }));
  peer.close();
  assertEquals(other.createNode().node.id, 7n);
});

accountTest("a handle to a released node is charged until its owner receives the node-release", (engine) => {
  using server = open(engine);
  using client = openFor(engine, 1, { objects: 2 });
  const { node } = server.createNode({ for: client });
  failsWithoutTrace("EDQUOT", () => server.createNode({ for: client }));
  node.release();
  failsWithoutTrace("EDQUOT", () => server.createNode({ for: client }));
  assertEquals(client.tryReceive()?.type, "node-release");
  server.createNode({ for: client });
});

accountTest("messages are charged to the receiver on behalf of the sender, until they are received", (engine) => {
  using server = openFor(engine, 1, { objects: 2 + 72 });
  using client = openFor(engine, 2);
  using unaccounted = open(engine);
  const { handle } = server.createNode({ for: client });
  const copy = client.copy(handle, unaccounted);
  for (const [peer, to] of [[client, handle], [unaccounted, copy]] as const) {
    assertEquals(untilRefused(() => peer.send(to, "")), 4);
    server.tryReceive();
    peer.send(to, "");
    failsWithoutTrace("EDQUOT", () => peer.send([to], ""));
    drain(server);
  }
  // The claims of one user leave room for the others.
  assertEquals(untilRefused(() => client.send(handle, "")), 4);
  assertEquals(untilRefused(() => unaccounted.send(copy, "")), 2);
  assertEquals(untilRefused(() => server.send(server.createNode().handle, "")), 10);
});

accountTest("bytes are charged for each receiver", (engine) => {
  using server = openFor(engine, 1, { bytes: 2 * 50 * 9 });
  using client = openFor(engine, 2);
  const { handle } = server.createNode({ for: client });
  client.send(handle, new Uint8Array(50));
  failsWithoutTrace("EDQUOT", () => client.send(handle, "1"));
  client.send(handle, "");
  drain(server);
  client.send([handle, handle], new Uint8Array(25));
  failsWithoutTrace("EDQUOT", () => client.send(handle, "1"));
  drain(server);
  failsWithoutTrace("EDQUOT", () => client.send([handle, handle], new Uint8Array(26)));
  client.send(handle, new Uint8Array(50));
});

accountTest(
  "copies of handles are charged to the receiver on behalf of the sender, until the receiver releases them",
  (engine) => {
    using server = openFor(engine, 1, { objects: 2 + 18 * 6 });
    using client = openFor(engine, 2);
    const { handle } = server.createNode({ for: client });
    const reply = client.createNode().handle;
    client.send(handle, "", { handles: [reply, reply, reply, reply] });
    client.send(handle, "");
    failsWithoutTrace("EDQUOT", () => client.send(handle, ""));
    const [message] = drain(server);
    assert(message.type === "message" && message.handles.length === 4);
    client.send(handle, "", { handles: [reply] });
    failsWithoutTrace("EDQUOT", () => client.send(handle, ""));
    server.release(...message.handles);
    assertEquals(untilRefused(() => client.send(handle, "")), 4);
  },
);

accountTest("the charges of a message end, whether it is received or discarded", (engine) => {
  using server = openFor(engine, 1, { objects: 300 });
  using client = openFor(engine, 2);
  const { node, handle } = server.createNode({ for: client });
  const reply = client.createNode().handle;
  const fill = (to: Handle) => untilRefused(() => client.send(to, "", { handles: [reply] }));
  const capacity = fill(handle);
  drain(server).forEach((message) => message.type === "message" && server.release(...message.handles));
  assertEquals(fill(handle), capacity);
  node.release(); // its messages are discarded when they would be received
  assertEquals(server.tryReceive(), null);
  const again = server.createNode({ for: client });
  assertEquals(fill(again.handle), capacity);
  // Charges end with the receiver, even if its user has another peer.
  using second = openFor(engine, 1);
  server.close();
  const third = second.createNode({ for: client });
  assertEquals(fill(third.handle), capacity);
  // The end of the sender changes nothing.
  const heir = openFor(engine, 2);
  const inherited = client.copy(third.handle, heir);
  client.close();
  const left = untilRefused(() => heir.send(inherited, ""));
  drain(second); // also receives that the client's node is gone, and so the handles to it
  const all = untilRefused(() => heir.send(inherited, ""));
  assert(left < all, `${left} of ${all}`);
  heir.close();
});

accountTest("a transaction is charged when it grows, and discharged if it is not committed", (engine) => {
  using server = openFor(engine, 1, { objects: 2 + 18 * 4 });
  using client = openFor(engine, 2);
  const { handle } = server.createNode({ for: client });
  const capacity = untilRefused(() => client.send(handle, ""));
  assertEquals(capacity, 4);
  drain(server);
  {
    using tx = client.transaction();
    const before = liveCounts();
    for (let i = 0; i < capacity; i++) tx.send(handle, "");
    throws("EDQUOT", () => tx.send(handle, ""));
    throws("EDQUOT", () => client.send(handle, ""));
    assertEquals(liveCounts(), before);
  }
  assertEquals(untilRefused(() => client.send(handle, "")), capacity);
  drain(server);
  {
    using tx = client.transaction();
    assertEquals(untilRefused(() => tx.send(handle, "")), capacity);
    tx.commit();
    assertEquals(drain(server).length, capacity);
  }
  // Charges also end if the commit fails, the peer is detached, or the peer ends.
  const doomed = client.copy(handle, client);
  const failing = client.transaction();
  for (let i = 0; i < capacity; i++) failing.send(doomed, "");
  doomed.release();
  throws("EBADRQC", () => failing.commit());
  client.transaction().send(handle, "");
  const moved = Peer.adopt(client.detach());
  moved.transaction().send(moved.handle(handle.id), "");
  using other = openFor(engine, 2);
  const copy = moved.copy(moved.handle(handle.id), other);
  moved.close();
  assertEquals(untilRefused(() => other.send(copy, "")), capacity);
});

accountTest("a multicast that one receiver cannot pay for reaches no receiver and charges none", (engine) => {
  using rich = openFor(engine, 1);
  using poor = openFor(engine, 2, { objects: 2 + 18 });
  using client = openFor(engine, 3);
  const toRich = rich.createNode({ for: client }).handle;
  const toPoor = poor.createNode({ for: client }).handle;
  failsWithoutTrace("EDQUOT", () => client.send([toRich, toPoor, toPoor], "for all"));
  assertEquals([rich.tryReceive(), poor.tryReceive()], [null, null]);
  client.send([toRich, toPoor], "for both");
  assertEquals([drain(rich).length, drain(poor).length], [1, 1]);
});

accountTest("a later claimant gets a share, regardless of what the others hold", (engine) => {
  using server = openFor(engine, 1, { objects: 100_000 });
  const clients = Array.from({ length: 6 }, (_, i) => openFor(engine, 10 + i));
  let left = 100_000;
  clients.forEach((client, i) => {
    const { handle } = server.createNode({ for: client });
    const share = (i + 3) * Math.ceil(Math.log2(i + 3)) + (i + 3);
    const got = untilRefused(() => client.send(handle, ""));
    assert(got >= Math.floor(left / share / 2) - 20, `user ${i} got ${got}, of ${left} left`);
    left *= 1 - 1 / share;
  });
  drain(server);
  for (const client of clients) client.close();
});

accountTest("peers of one user share its resources", (engine) => {
  using one = openFor(engine, 1, { objects: 64 });
  using two = openFor(engine, 1, { objects: 64 });
  const first = untilRefused(() => one.createNode());
  const second = untilRefused(() => two.createNode());
  assertEquals([first, second], [16, 8]);
  one.close();
  assert(untilRefused(() => two.createNode()) >= 4);
});

accountTest("a user has one set of limits for as long as it exists", (engine) => {
  const one = openFor(engine, 1, { objects: 10, bytes: Infinity });
  for (const limits of [{ objects: 11 }, { bytes: 5 }, { objects: 10, bytes: 1 }]) {
    const error = throws("EINVAL", () => openFor(engine, 1, limits));
    assert(error.message.includes("user 1"), error.message);
  }
  const same = openFor(engine, 1, { objects: 10 });
  const unsaid = openFor(engine, 1);
  using keeper = open(engine);
  const { handle } = one.createNode({ for: keeper });
  using reader = openFor(engine, 2);
  const toReader = reader.createNode({ for: one }).handle;
  one.send(toReader, "still waiting");
  same.close();
  unsaid.close();
  one.close(); // a handle to its node is left; the user exists only because of a message that it sent
  throws("EINVAL", () => openFor(engine, 1, { objects: 11 }));
  keeper.send(handle, "discarded");
  drain(reader);
  openFor(engine, 1, { objects: 11 }).close();
  openFor(engine, 1).close();
});

accountTest("unlimited resources cost nothing", (engine) => {
  using server = openFor(engine, 1, { objects: Infinity, bytes: Infinity });
  using client = openFor(engine, 2);
  const { handle } = server.createNode({ for: client });
  for (let i = 0; i < 1000; i++) client.send(handle, "x");
  assertEquals(drain(server).map(accountOf), Array(1000).fill(2));
});

accountTest("the default limits are large enough for an ordinary program", (engine) => {
  using server = openFor(engine, 1);
  using client = openFor(engine, 2);
  const { handle } = server.createNode({ for: client });
  const made = Array.from({ length: 20_000 }, () => server.createNode({ for: client }).handle);
  for (let i = 0; i < 50_000; i++) client.send(handle, "some bytes");
  client.send(handle, new Uint8Array(64 << 20));
  client.release(...made);
  assertEquals(server.receiveMany(50_001).length, 50_001);
});

accountTest("a client that makes and releases handles without end cannot fill a queue without end", (engine) => {
  using server = openFor(engine, 1);
  const client = openFor(engine, 2, { objects: 400 });
  const { handle } = server.createNode({ for: client });
  const receiveAll = () => {
    while (server.receiveMany(1000).length > 0);
  };
  // The first releases that are not received yet are free. Then each takes one of the objects that are left.
  const release = () => client.copy(handle, client).release();
  const all = MAX_UNRECEIVED + 200 - 1;
  assertEquals(untilRefused(release), all);
  // A new peer of the same user gains little: each gets half of the objects that are left.
  client.close();
  const again = openFor(engine, 2, { objects: 400 });
  const another = server.createNode({ for: again }).handle;
  const more = untilRefused(() => again.copy(another, again).release());
  assert(more < 200, `${more} more`);
  again.close();
  throws("EINVAL", () => openFor(engine, 2, { objects: 401 }));
  receiveAll();
  const last = openFor(engine, 2, { objects: 400 });
  const copy = server.copy(server.createNode().handle, last);
  for (let i = 0; i < 3; i++) {
    assertEquals(untilRefused(() => last.copy(copy, last).release()), all);
    receiveAll();
  }
  last.close();
});

accountTest("sending to a receiver that is gone costs nothing and is not an error", (engine) => {
  using full = openFor(engine, 1, { objects: 16 });
  const server = openFor(engine, 1);
  using client = openFor(engine, 2);
  const { handle } = server.createNode({ for: client });
  server.close();
  untilRefused(() => full.createNode());
  const reply = client.createNode().handle;
  client.send(handle, "silence");
  client.send([handle, handle], "silence", { handles: [reply] });
  client.transaction().send(handle, "silence").commit();
});

accountTest("wrong arguments are a TypeError", (engine) => {
  const accounts: unknown[] = [
    ...[null, 1, "1", {}, { user: -1 }, { user: 1.5 }, { user: 0xffff_ffff }, { user: "1" }, { user: 1n }],
    ...[{ user: 1, objects: -1 }, { user: 1, objects: 1.5 }, { user: 1, bytes: NaN }, { user: 1, bytes: 2 ** 53 }],
    ...[{ user: 1, objects: "many" }, { user: 1, bytes: null }],
  ];
  for (const account of accounts) throwsTypeError(() => Peer.open({ engine, account: account as AccountOptions }));
  openFor(engine, 1, { objects: 0, bytes: 0 }).close();
});
