/** The engines, and the choice among them (specification, section 7). */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { engineReport, Peer } from "@bus1/bus1";
import { engines, engineTest, heard, open, run, test, throwsTypeError } from "../support/harness.ts";

engineTest("engine: a peer names its engine, and an adopted peer keeps it", (engine) => {
  const a = open(engine);
  assertEquals(a.engine, engine);
  using moved = Peer.adopt(a.detach());
  assertEquals(moved.engine, engine);
});

engineTest("engine: the report says that the engine is available, with a reason", (engine) => {
  const status = engineReport().find((status) => status.engine === engine);
  assert(status?.available, status?.reason);
  assert(status.reason.length > 10);
});

engineTest("engine: all peers of one engine can reach each other", (engine) => {
  using a = open(engine), b = Peer.open({ engine });
  b.send(a.createNode({ for: b }).handle, "x");
  assertEquals(heard(a), ["x"]);
});

test("engine: auto chooses the first available of kernel, native and typescript, and keeps it", () => {
  const report = engineReport();
  assertEquals(report.map(({ engine }) => engine), ["kernel", "native", "typescript"]);
  const first = report.find(({ available }) => available)!.engine;
  using a = Peer.open(), b = Peer.open({ engine: "auto" }), c = Peer.open({});
  assertEquals([a.engine, b.engine, c.engine], [first, first, first]);
  assertEquals(report.filter(({ chosen }) => chosen).map(({ engine }) => engine), [first]);
});

test("engine: another name is a TypeError", () => {
  throwsTypeError(() => Peer.open({ engine: "kernal" as "native" }));
  throwsTypeError(() => Peer.open({ engine: "toString" as "native" }));
});

test("engine: BUS1_ENGINE chooses the engine, and a wrong name is EINVAL", async () => {
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

test("engine: auto skips a library that cannot be opened, and the report says why", async () => {
  const ran = await run("report.ts", { BUS1_LIBRARY: "/nonexistent/libbus1.so", BUS1_ENGINE: "" });
  assertEquals(ran.code, 0, ran.stderr);
  assertStringIncludes(ran.stdout, "opened typescript");
  assertStringIncludes(ran.stdout, "native passed over: ");
  assertStringIncludes(ran.stdout, "/nonexistent/libbus1.so");
  const wanted = await run("report.ts", { BUS1_LIBRARY: "/nonexistent/libbus1.so", BUS1_ENGINE: "native" });
  assertStringIncludes(wanted.stdout, "EOPNOTSUPP: ");
  assertStringIncludes(wanted.stdout, "/nonexistent/libbus1.so");
});
