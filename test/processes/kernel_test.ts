/**
 * What is the kernel engine's own: descriptors, what the uapi has no command for, what a device gets wrong, and the end of
 * a device. What all engines have in common is in the other files, which run on this engine under `cli run`, as do most
 * tests here; those that need another device, or none, start a program on it.
 */

import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { engineReport, type Handle, liveCounts, Peer } from "@bus1/bus1";
import * as uapi from "@bus1/bus1/uapi";
import {
  drain,
  engines,
  engineTest,
  failsWithoutTrace,
  heard,
  isDeno,
  open,
  run,
  sleep,
  startOnDevice,
  test,
  throws,
  throwsTypeError,
  within,
  word,
} from "../support/harness.ts";
import { Agent } from "../support/calls.ts";

const kernel = { only: "kernel" } as const;

/** Why a test that needs a device of its own is for other suites, if it is. */
const inside = engines.includes("kernel") && "inside another cli run its device is used";

const CREATE = { flags: uapi.BUS1_TRANSFER_FLAG_CREATE, id: uapi.BUS1_INVALID };

function isOpen(fd: number): boolean {
  return uapi.poll([{ fd, events: 0 }], 0)[0] !== uapi.POLLNVAL;
}

// The choice.

test("kernel: without a device it is not available, and the report says why", async () => {
  for (
    const [device, why] of [
      ["/nonexistent", "there is no /nonexistent"],
      ["/dev/null", "/dev/null does not answer as a bus1 device does"],
      ["/proc/self/mem/x", "ENOTDIR"],
    ]
  ) {
    const ran = await run("report.ts", { BUS1_DEVICE: device, BUS1_ENGINE: "" });
    assertEquals(ran.code, 0, ran.stderr);
    assertStringIncludes(ran.stdout, "opened native");
    assertMatch(ran.stdout, new RegExp(`kernel passed over: .*${why}`));
  }
});

engineTest("kernel: auto takes a device that keeps the contract", () => {
  const [first] = engineReport();
  assertEquals([first.engine, first.available, first.chosen], ["kernel", true, true], first.reason);
}, kernel);

test("kernel: a device with the faults of the RFC is found out, passed over by auto, and safe to use", async () => {
  const { ended } = startOnDevice(["--quirks", "rfc"], "faulty.ts", { BUS1_ENGINE: "" });
  const ran = await ended;
  assertEquals([ran.stdout, ran.code], ["end\n", 0], ran.stderr);
}, { elsewhere: inside });

test("kernel: a program that asks for a faulty device gets it, with a caution", async () => {
  const ran = await startOnDevice(["--quirks", "rfc"], "report.ts", { BUS1_ENGINE: "kernel" }).ended;
  assertStringIncludes(ran.stdout, "opened kernel");
  assertStringIncludes(
    ran.stdout,
    "kernel chosen: BUS1_ENGINE asks for it, though /dev/bus1 breaks the contract: F1 (",
  );
}, { elsewhere: inside });

test("kernel: a wait does not spin on a device that stays readable forever", async () => {
  const ran = await startOnDevice(["--quirks", "rfc"], "idles.ts", { BUS1_ENGINE: "kernel" }).ended;
  const { waited, busy } = JSON.parse(ran.stdout);
  assert(busy < 0.1 * waited, `${busy} ms of CPU in ${waited} ms`);
}, { elsewhere: inside });

test("kernel: when the device is gone its peers and their waits have ended, and no wait spins", async () => {
  const { supervisor, ended } = startOnDevice([], "orphan.ts");
  await once(supervisor.stdout!, "data"); // "waiting"
  supervisor.kill("SIGKILL");
  const ran = await within(10_000, "the program's end", ended);
  const { answer, code, busy } = JSON.parse(ran.stdout.split("\n")[1]);
  assertEquals([answer, code], ["ESHUTDOWN", "ESHUTDOWN"]);
  assert(busy < 250, `${busy} ms of CPU in half a second`);
}, { elsewhere: inside });

// Descriptors.

engineTest("fd: a peer's descriptor; on other engines there is none", (engine) => {
  const peer = open(engine);
  if (engine === "kernel") assert(isOpen(peer.fd));
  else assertStringIncludes(throws("EOPNOTSUPP", () => peer.fd).message, engine);
  peer.close();
  throws("ESHUTDOWN", () => peer.fd);
});

engineTest("fd: other engines take none", (engine) => {
  const fd = openSync("/dev/null", "r");
  failsWithoutTrace("EOPNOTSUPP", () => Peer.open({ engine, fd }));
  assert(isOpen(fd));
  closeSync(fd);
}, { only: ["native", "typescript"] });

engineTest("fd: it is closed with the peer, by whatever ends it", (engine) => {
  for (const end of [(peer: Peer) => peer.close(), (peer: Peer) => Peer.revoke(peer.detach())]) {
    const peer = open(engine);
    const { fd } = peer;
    end(peer);
    assert(!isOpen(fd));
  }
}, kernel);

engineTest(
  "open from a descriptor: the peer is ours with all that it has, and the Fd has nothing more to close",
  () => {
    using other = open("kernel");
    const fd = uapi.open();
    const { src: [node], dst: [handle] } = uapi.transfer(fd, [CREATE], { to: other.fd });
    other.send(other.handle(handle.id), "waits already");
    const peer = Peer.open({ fd });
    assertEquals([peer.engine, fd.number], ["kernel", -1]);
    fd.close();
    throws("EBADRQC", () => peer.node(node.id)); // the peer does not know it yet
    const message = peer.tryReceive();
    assertEquals(message?.type === "message" && [message.text(), message.node.id], ["waits already", node.id]);
    peer.node(node.id).release();
    assertEquals(heard(other), [`node-release ${handle.id}`]);
    peer.close();
  },
  kernel,
);

engineTest("open from a descriptor: its handles are found, though they came before or by others", (engine) => {
  using other = open(engine);
  const fd = uapi.open();
  const { dst: [early] } = uapi.transfer(fd, [CREATE]);
  using peer = Peer.open({ engine, fd: fd.number });
  const late = other.createNode({ for: peer }).handle;
  const { dst: [byOthers] } = uapi.transfer(other.fd, [CREATE], { to: peer.fd });
  for (const id of [early.id, late.id, byOthers.id]) peer.send(peer.handle(id), `to ${id}`);
  assertEquals([heard(peer), heard(other)], [["to 3"], ["to 5", "to 7"]]);
  for (const id of [1n, 9n, 4n, 0n, -1n, 2n ** 60n]) throws("EBADRQC", () => peer.handle(id));
  throws("EBADRQC", () => peer.node(early.id));
}, kernel);

engineTest("open from a descriptor: a wrong one stays as it was, and the caller's", (engine) => {
  using peer = open(engine);
  const none = openSync("/dev/null", "r");
  failsWithoutTrace("EOPNOTSUPP", () => Peer.open({ engine, fd: none }));
  assert(isOpen(none));
  using other = new uapi.Fd(none);
  failsWithoutTrace("EOPNOTSUPP", () => Peer.open({ engine, fd: other }));
  assertEquals(other.number, none);
  failsWithoutTrace("EBADF", () => Peer.open({ engine, fd: 9999 }));
  failsWithoutTrace("EBADF", () => Peer.open({ engine, fd: -1 }));
  failsWithoutTrace("EBADF", () => Peer.open({ engine, fd: peer.fd })); // it has an owner
  const closed = uapi.open();
  closed.close();
  failsWithoutTrace("EBADF", () => Peer.open({ engine, fd: closed }));
  for (const wrong of ["3", 3n, 1.5, {}, null]) throwsTypeError(() => Peer.open({ engine, fd: wrong as number }));
}, kernel);

engineTest("open from a descriptor: two peers of one are one to all other peers", (engine) => {
  using other = open(engine);
  const first = open(engine);
  using second = Peer.open({ engine, fd: uapi.dup(first.fd) });
  const { handle } = first.createNode({ for: other });
  other.send(handle, "to the first that receives");
  assertEquals([heard(second), heard(first)], [["to the first that receives"], []]);
  first.close();
  assertEquals(heard(other), [], "the second has it still");
  other.send(handle, "to the remaining one");
  assertEquals(heard(second), ["to the remaining one"]);
}, kernel);

engineTest("fd: a process inherits a peer, uses it, and ends it by its own end", async (engine) => {
  using server = open(engine);
  const client = open(engine);
  const toClient = client.createNode({ for: server }).handle, toServer = server.createNode({ for: client });
  const reply = server.createNode();
  const program = fileURLToPath(new URL("../programs/inherits.ts", import.meta.url));
  const child = spawn(process.execPath, [...(isDeno ? ["run", "-A", "--no-check"] : ["run"]), program], {
    env: { ...process.env, HANDLE: String(toServer.handle.id) },
    stdio: ["ignore", "pipe", "inherit", client.fd],
  });
  const ended = once(child, "close");
  client.close(); // the child has it now
  server.send(toClient, "hello", { handles: [reply.handle] });
  const heardLater: string[] = [];
  while (heardLater.length < 3) heardLater.push(word(await server.receive()));
  assertEquals(heardLater, ["hello at node 1 +9", `node-release ${toClient.id}`, `handle-release ${toServer.node.id}`]);
  await ended;
}, kernel);

engineTest("fd: a peer from a descriptor is handed over like any other", async (engine) => {
  using agent = await Agent.start();
  using other = open(engine);
  const fd = uapi.open();
  const { dst: [handle] } = uapi.transfer(fd, [CREATE], { to: other.fd });
  await agent.call("adopt", Peer.open({ engine, fd }).detach());
  const received = agent.call("receive");
  other.send(other.handle(handle.id), "over there");
  assertEquals(await received, "over there");
  agent.terminate();
  assertEquals(word(await other.receive()), `node-release ${handle.id}`);
}, kernel);

// Transactions.

engineTest("transaction: what comes to one SEND is one, the rest is refused and changes nothing", (engine) => {
  using a = open(engine), b = open(engine), c = open(engine);
  const toB = b.createNode({ for: a }).handle, toC = c.createNode({ for: a });
  const extra = a.createNode();
  using tx = a.transaction();
  tx.send(toB, "same", { handles: [extra.handle] }).send([toC.handle, toB], "same", { handles: [extra.handle] });
  const refused: [() => unknown, string][] = [
    [() => tx.send(toB, "other", { handles: [extra.handle] }), "the same bytes"],
    [() => tx.send(toB, "same"), "the same handles"],
    [() => tx.send(toB, "same", { handles: [toB] }), "the same handles"],
    [() => tx.release(toB), "messages and releases"],
  ];
  for (const [call, why] of refused) {
    failsWithoutTrace("EOPNOTSUPP", call);
    assertStringIncludes(throws("EOPNOTSUPP", call).message, why);
  }
  tx.release();
  tx.send([], "no receiver");
  assertEquals([heard(b), heard(c)], [[], []], "nothing happens before the commit");
  tx.commit();
  assertEquals([heard(b), heard(c)], [["same +3", "same +5"], ["same +3"]]);
}, kernel);

engineTest("transaction: the bytes are those of the time when they were added", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode();
  const data = Uint8Array.of(65);
  using tx = a.transaction();
  tx.send(handle, data);
  data[0] = 66;
  failsWithoutTrace("EOPNOTSUPP", () => tx.send(handle, data));
  tx.send(handle, "A").commit();
  assertEquals(heard(a), ["A", "A"]);
}, kernel);

engineTest("transaction: releases become one RELEASE, and an error comes before a refusal", (engine) => {
  using a = open(engine), b = open(engine);
  const ours = [1, 2, 3].map(() => a.createNode({ for: b }));
  const theirs = b.createNode({ for: a });
  const gone = a.createNode();
  a.release(gone.node, gone.handle);
  using tx = a.transaction();
  tx.release(ours[1].node).release(theirs.handle, ours[0].node).release(ours[1].node);
  failsWithoutTrace("EBADRQC", () => tx.release(ours[2].node, gone.node));
  failsWithoutTrace("EBADRQC", () => tx.send(gone.handle, "x"));
  failsWithoutTrace("EOPNOTSUPP", () => tx.send(theirs.handle, "x"));
  tx.commit();
  assertEquals(heard(b), ["node-release 3", "node-release 1", `handle-release ${theirs.node.id}`]);
  using again = a.transaction();
  again.release(ours[2].node);
  a.release(ours[2].node);
  failsWithoutTrace("EBADRQC", () => again.commit());
  using late = a.transaction();
  a.close();
  for (const call of [() => late.send([], ""), () => late.release(), () => late.commit()]) throws("ESHUTDOWN", call);
}, kernel);

// Messages.

engineTest("message: of any size, after any other, with any number of handles", (engine) => {
  using a = open(engine), b = open(engine);
  const toB = b.createNode({ for: a }).handle;
  const lengths = [0, 1, 999, 1000, 1001, 1023, 1024, 16_000, 65_000, 65_512, 65_536, 70_000, 3_000_000];
  const pattern = (length: number) => new Uint8Array(length).map((_, i) => i * 31 + length);
  const all = [...lengths, ...lengths.toReversed(), ...lengths.flatMap((length) => [0, length])];
  const counts = [0, 1, 0, 2, 0, 0, 100];
  all.forEach((length, i) => {
    const handles = Array<Handle>(counts[i % counts.length]).fill(toB);
    a.send(toB, pattern(length), { handles });
  });
  const messages = [...b.receiveMany(5), b.tryReceive()!, ...b.receiveMany()];
  assertEquals(messages.length, all.length);
  messages.forEach((message, i) => {
    if (message.type !== "message") throw new Error(message.type);
    assertEquals([message.bytes.length, message.handles.length], [all[i], counts[i % counts.length]]);
    const expected = pattern(all[i]);
    assert(message.bytes.every((byte, at) => byte === expected[at]), `the bytes of message ${i}`);
    if (message.handles.length > 0) b.release(...message.handles);
  });
  b.send(b.copy(b.createNode().handle, b), "the ids are right");
  assertEquals(drain(b).length, 1);
}, kernel);

engineTest("counts: what this process was given", (engine) => {
  const before = liveCounts();
  const more = () => {
    const { peers, nodes, handles, messages, bytes } = liveCounts();
    return [peers - before.peers, nodes - before.nodes, handles - before.handles, messages, bytes];
  };
  const a = open(engine), b = open(engine);
  const { handle } = a.createNode({ for: b });
  b.send(handle, "x", { handles: [handle, handle] });
  assertEquals(more(), [2, 1, 1, 0, 0], "what is under way is the kernel's");
  a.tryReceive();
  assertEquals(more(), [2, 1, 3, 0, 0]);
  a.close();
  assertEquals(more(), [1, 0, 1, 0, 0]);
  assertEquals(b.tryReceive()?.type, "node-release");
  assertEquals(more(), [1, 0, 0, 0, 0]);
  b.close();
}, kernel);

// Waiting.

engineTest("waiting: one thread watches, from the first wait to the end of the last peer", async (engine) => {
  const threads = () =>
    readdirSync("/proc/self/task").filter((task) => {
      try {
        return readFileSync(`/proc/self/task/${task}/comm`, "utf8") === "bus1-watcher\n";
      } catch {
        return false; // it has just ended
      }
    }).length;
  const descriptors = () => readdirSync("/proc/self/fd").length;
  const soon = async (count: number) => {
    const end = performance.now() + 5000;
    while (threads() !== count && performance.now() < end) await sleep(2);
    assertEquals(threads(), count);
  };
  let open0 = 0;
  for (let round = 0; round < 5; round++) {
    await soon(0);
    if (round === 1) open0 = descriptors(); // all that stays is there
    if (round > 1) assertEquals(descriptors(), open0);
    const a = open(engine), b = open(engine);
    const { handle } = a.createNode({ for: b });
    b.send(handle, "x");
    assertEquals(a.receiveSync({ timeout: 1000 })?.type, "message");
    assertEquals(threads(), 0, "without waits no thread is needed");
    const waits = [a.receive(), b.receive().catch(() => {})];
    await soon(1);
    b.send(handle, "y");
    await waits[0];
    a.close();
    await waits[1];
    await soon(1);
    b.close();
  }
  await soon(0);
}, kernel);

engineTest("waiting: many peers, each woken by its own messages, none left out", async (engine) => {
  using sender = open(engine);
  const peers = Array.from({ length: 40 }, () => open(engine));
  const handles = peers.map((peer) => peer.createNode({ for: sender }).handle);
  for (let round = 0; round < 10; round++) {
    const waits = peers.map((peer) => peer.receive());
    if (round % 2) await sleep(1);
    if (round % 3) sender.send(handles, String(round));
    else for (const handle of handles) sender.send(handle, String(round));
    assertEquals((await Promise.all(waits)).map(word), peers.map(() => String(round)));
  }
  for (const peer of peers) peer.close();
}, kernel);

engineTest("waiting: a peer that is revoked while it is waited for says so at once", async (engine) => {
  using agent = await Agent.start();
  const peer = open(engine);
  peer.createNode();
  const ticket = peer.detach();
  await agent.call("adopt", ticket);
  const waiting = agent.call("receiveSync").catch((error) => error.code);
  await sleep(50);
  Peer.revoke(ticket);
  assertEquals(await within(1000, "the revoked wait", waiting), "ESHUTDOWN");
}, kernel);
