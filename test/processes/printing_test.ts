/** How objects print, in the runtime that is running: by its own console.log, and by node:util, which Node.js uses. */

import { inspect as show } from "node:util";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { liveCounts, Peer } from "@bus1/bus1";
import { engineTest, heard, open, run, test, UNCOUNTED } from "../support/harness.ts";

/** What does not differ between runtimes: their quotes, commas at the end, and line ends. */
function plain(text: string): string {
  return text.replaceAll("'", '"').replace(/,(?=\s*[}\]])/g, "").replace(/\s+/g, " ").trim();
}

test("console.log: one of each", async () => {
  const { stdout, stderr, code } = await run("prints_objects.ts");
  assertEquals([code, stderr], [0, ""]);
  const text = plain(stdout);
  let at = 0;
  for (
    const expected of [
      'Peer 3 { engine: "typescript", nodes: 0, handles: 0, queued: 0 }',
      'Peer 3 { engine: "typescript", ended: true }',
      'Node 1n "files" of Peer "server" { data: { open: 3 } }',
      'Handle 1n of Peer "client" Node 3n of Peer "client"',
      'Peer "server" { engine: "typescript", nodes: 1, handles: 0, queued: 3 }',
      '{ nested: [ Peer "client" { engine: "typescript", nodes: 1, handles: 2, queued: 0 } ] }',
      'Transaction of Peer "client" { messages: 2, releases: 1 }',
      'Transaction of Peer "client" (spent)',
      'Batch to handle 1n of Peer "client" { gathered: 2 }',
      'Cursor of Peer "server"',
      'Cursor of Peer "server" { type: "message", node: Node 1n "files" of Peer "server"',
      'text: "ping", length: 4, handles: [ Handle 3n of Peer "server" ] }',
      'UserMessage { node: Node 1n "files" of Peer "server"',
      "bytes: Uint8Array(2) [ 0, 255 ], handles: [] }",
      `text: "${"x".repeat(200)}…"`,
      "length: 300",
      'NodeRelease { handle: Handle 5n of Peer "server" (gone) }',
      "HandleRelease { node: ",
      'Node 1n "files" of Peer "server" (gone)',
      'Handle 1n of Peer "client" (gone)',
      "BusError: EBADRQC: send to handle 1: not alive on this peer",
      'Peer "client" { engine: "typescript", detached: true }',
      "[ [object Object], [object Object] ]",
      'Peer "server" { engine: "typescript", ended: true } Node 1n "files" of Peer "server" (gone)',
    ]
  ) {
    const found = text.indexOf(plain(expected), at);
    assert(found >= 0, `${expected}\nnot in:\n${text.slice(at)}`);
    at = found;
  }
  assertMatch(text, /BusError: .*code: "EBADRQC"/);
});

test("print: as Node.js prints it", () => {
  using peer = Peer.open({ engine: "typescript", name: "server" });
  const { node, handle } = peer.createNode({ name: "files", data: { a: { b: { c: { d: 1 } } } } });
  assertEquals(show(handle), 'Handle 3n of Peer "server"');
  assertMatch(show(peer), /^Peer "server" \{ engine: 'typescript', nodes: 1, handles: 1, queued: 0 \}$/);
  assertStringIncludes(show(node), 'Node 1n "files" of Peer "server" {');
  assertStringIncludes(show({ deep: { deeper: { peer } } }, { depth: 1 }), "[Object]");
  assertMatch(show([peer], { depth: 0 }), /Peer "server"/);
});

engineTest("print: nothing is received, and no peer notices", (engine) => {
  using server = Peer.open({ engine, name: "server" });
  using client = open(engine);
  const { handle } = server.createNode({ for: client });
  client.send(handle, "hello", { handles: [handle] });
  const before = liveCounts();
  for (const object of [server, client, handle, server.cursor(), client.batch(handle)]) {
    for (let i = 0; i < 3; i++) assert(show(object).length > 0);
  }
  assertEquals(liveCounts(), before);
  assertEquals(heard(server), ["hello +3"]);
}, { notOnKernel: UNCOUNTED });

engineTest("print: whatever has become of an object, it prints", (engine) => {
  const peer = open(engine);
  const made = peer.createNode<unknown>({ data: peer });
  made.node.data = made; // round and round
  peer.send(made.handle, "x");
  const message = peer.tryReceive();
  const cursor = peer.cursor();
  const batch = peer.batch(made.handle);
  const tx = peer.transaction();
  const objects = [peer, made, message, cursor, batch, tx, made.handle, made.node];
  const printed = () => objects.map((object) => show(object, { depth: 6 }));
  printed();
  made.handle.release();
  printed();
  structuredClone(batch.bytes.buffer, { transfer: [batch.bytes.buffer] });
  if (message?.type === "message") structuredClone(null, { transfer: [message.bytes.buffer] });
  printed();
  using adopted = Peer.adopt(peer.detach());
  for (const text of printed()) assert(text.length > 0);
  adopted.close();
  for (const text of printed()) assert(text.length > 0);
});
