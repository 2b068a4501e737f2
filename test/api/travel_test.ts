/** How objects of the bus travel: JSON refuses them, a clone is empty, and arriving data has the type `unknown`. */

import { assertEquals, assertMatch } from "@std/assert";
import type { Node, NodeWithHandle } from "@bus1/bus1";
import { engineTest, open, throwsTypeError } from "../support/harness.ts";

engineTest("JSON: a peer, a node or a handle is a TypeError that says how it travels, at any depth", (engine) => {
  using peer = open(engine);
  const { node, handle } = peer.createNode();
  assertMatch(throwsTypeError(() => JSON.stringify(handle)).message, /send a copy of it with \{ handles \}/);
  assertMatch(throwsTypeError(() => JSON.stringify({ reply: [handle] })).message, /^JSON cannot carry a Handle/);
  assertMatch(throwsTypeError(() => JSON.stringify({ node })).message, /^JSON cannot carry a Node/);
  assertMatch(throwsTypeError(() => JSON.stringify([peer])).message, /^JSON cannot carry a Peer: detach it/);
  assertEquals(JSON.parse(JSON.stringify(peer.inspect())), peer.inspect());
});

engineTest("structuredClone: a handle becomes an empty object", (engine) => {
  using peer = open(engine);
  const { handle } = peer.createNode();
  assertEquals(structuredClone(handle) as unknown, {});
});

engineTest("types: data and JSON are unknown unless their types are given", (engine) => {
  using peer = open(engine);
  const made: NodeWithHandle<{ count: number }> = peer.createNode({ data: { count: 1 } });
  made.node.data.count++;
  const plain: NodeWithHandle = peer.createNode();
  plain.node.data = "anything";
  peer.send(made.handle, '{"a":[1,2]}');
  const message = peer.tryReceive();
  if (message?.type !== "message") throw new Error("no message");
  const node: Node = message.node;
  // @ts-expect-error -- the data of a node that a message names is unknown
  assertEquals(node.data.count, 2);
  const { a } = message.json<{ a: number[] }>();
  assertEquals(a.length, 2);
  // @ts-expect-error -- without a type parameter it is unknown
  assertEquals(message.json().a, [1, 2]);
});
