/** The engines, and the choice among them (specification, section 7). */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { engineReport, Peer } from "@bus1/bus1";
import { engines, engineTest, heard, open, run, test, throwsTypeError } from "../support/harness.ts";

engineTest("engine: a peer says which engine it lives on, and a handed-over peer brings it along", (engine) => {
  const a = open(engine);
  assertEquals(a.engine, engine);
  using moved = Peer.adopt(a.detach());
  assertEquals(moved.engine, engine);
});

engineTest("engine: the report says that it is available, in words", (engine) => {
  const status = engineReport().find((status) => status.engine === engine);
  assert(status?.available, status?.reason);
  assert(status.reason.length > 10);
});

engineTest("engine: two peers of one engine meet, wherever they were opened", (engine) => {
  using a = open(engine), b = Peer.open({ engine });
  b.send(a.createNode({ for: b }).handle, "x");
  assertEquals(heard(a), ["x"]);
});

test("engine: auto takes the first that works, in the order kernel, native, typescript, and stays with it", () => {
  const report = engineReport();
  assertEquals(report.map(({ engine }) => engine), ["kernel", "native", "typescript"]);
  const first = report.find(({ available }) => available)!.engine;
  using a = Peer.open(), b = Peer.open({ engine: "auto" }), c = Peer.open({});
  assertEquals([a.engine, b.engine, c.engine], [first, first, first]);
  assertEquals(report.filter(({ chosen }) => chosen).map(({ engine }) => engine), [first]);
});

test("engine: there is no other", () => {
  throwsTypeError(() => Peer.open({ engine: "kernal" as "native" }));
  throwsTypeError(() => Peer.open({ engine: "toString" as "native" }));
});

test("engine: BUS1_ENGINE names it, and a wrong one is EINVAL", async () => {
  for (const engine of engines) {
    const ran = await run("report.ts", { BUS1_ENGINE: engine });
    assertEquals(ran.code, 0, ran.stderr);
    assertStringIncludes(ran.stdout, `opened ${engine}`);
    assertStringIncludes(ran.stdout, `${engine} chosen: BUS1_ENGINE asks for it`);
  }
  const wrong = await run("report.ts", { BUS1_ENGINE: "nonsense" });
  assertStringIncludes(wrong.stdout, "EINVAL: ");
  assertStringIncludes(wrong.stdout, "nonsense");
});

test("engine: a library that cannot be opened is passed over, and the report says why", async () => {
  const ran = await run("report.ts", { BUS1_LIBRARY: "/nonexistent/libbus1.so", BUS1_ENGINE: "" });
  assertEquals(ran.code, 0, ran.stderr);
  assertStringIncludes(ran.stdout, "opened typescript");
  assertStringIncludes(ran.stdout, "native passed over: ");
  assertStringIncludes(ran.stdout, "/nonexistent/libbus1.so");
  const wanted = await run("report.ts", { BUS1_LIBRARY: "/nonexistent/libbus1.so", BUS1_ENGINE: "native" });
  assertStringIncludes(wanted.stdout, "EOPNOTSUPP: ");
  assertStringIncludes(wanted.stdout, "/nonexistent/libbus1.so");
});
