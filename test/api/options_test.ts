/** Options: an unknown option is a `TypeError` that names it, and an object of the bus is refused. */

import { assertEquals, assertMatch } from "@std/assert";
import { type Handle, liveCounts, Peer } from "@bus1/bus1";
import { engineTest, heard, open, throwsTypeError } from "../support/harness.ts";

/** Passes options that the types do not allow. */
// deno-lint-ignore no-explicit-any -- the tests pass wrong types
const wrong = (options: unknown): any => options;

engineTest("options: an unknown option is a TypeError that names it, and the call has no effect", async (engine) => {
  using peer = open(engine);
  const { node, handle } = peer.createNode();
  using tx = peer.transaction();
  const cursor = peer.cursor();
  const ticket = open(engine).detach();
  const before = liveCounts();
  const calls: Record<string, () => unknown> = {
    enigne: () => Peer.open(wrong({ enigne: "typescript" })),
    uesr: () => Peer.open({ engine, account: wrong({ uesr: 1 }) }),
    size: () => Peer.open({ engine, maxQueued: wrong({ size: 1 }) }),
    engine: () => Peer.adopt(ticket, wrong({ engine })),
    fro: () => peer.createNode(wrong({ fro: peer })),
    handle: () => peer.send(handle, "", wrong({ handle })),
    transfer: () => peer.send([handle], "", wrong({ transfer: [handle] })),
    "0": () => peer.send(handle, "", wrong([handle])),
    handels: () => tx.send(handle, "", wrong({ handels: [handle] })),
    signal: () => peer.receiveSync(wrong({ signal: AbortSignal.abort() })),
    timeOut: () => cursor.nextSync(wrong({ timeOut: 0 })),
  };
  for (const [name, call] of Object.entries(calls)) {
    assertMatch(throwsTypeError(call).message, new RegExp(`: unknown option "${name}"; the options are: \\w`));
  }
  const rejecting = {
    timeout: [() => peer.receive(wrong({ timeout: 1 })), () => cursor.next(wrong({ timeout: 1 }))],
    length: [() => peer.writable(handle, wrong({ length: 1 }))],
  };
  for (const [name, promises] of Object.entries(rejecting)) {
    for (const start of promises) {
      const [outcome] = await Promise.allSettled([start()]);
      const error = outcome.status === "rejected" ? outcome.reason : outcome;
      assertEquals([error instanceof TypeError, error.message.includes(`"${name}"`)], [true, true], error.message);
    }
  }
  assertEquals(liveCounts(), before);
  Peer.adopt(ticket, {}).close();
  tx.commit();
  assertEquals(heard(peer), []);
  peer.release(node, handle);
});

engineTest("options: an object of the bus is refused, and createNode says how to pass a peer", (engine) => {
  using a = open(engine), b = open(engine);
  const { handle } = a.createNode();
  assertMatch(
    throwsTypeError(() => a.createNode(wrong(b))).message,
    /the peer that gets the handle belongs in \{ for: peer \}$/,
  );
  throwsTypeError(() => a.createNode(wrong(handle)));
  throwsTypeError(() => a.send(handle, "", wrong(handle)));
  throwsTypeError(() => Peer.open(wrong(a)));
  throwsTypeError(() => a.receiveSync(wrong(handle)));
  assertEquals(heard(a), []);
});

engineTest("options: omitted and undefined options have their defaults", (engine) => {
  using a = open(engine);
  const { handle } = a.createNode({ for: undefined, data: undefined, name: undefined });
  a.send(handle, "one", {});
  a.send(handle, "two", { handles: undefined });
  a.send(handle, "three", Object.create({ handles: [handle] } satisfies { handles: Handle[] }));
  assertEquals(heard(a), ["one", "two", "three +5"]);
  assertEquals(a.receiveSync({ timeout: 0 }), null);
});
