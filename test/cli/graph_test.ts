/** `cli graph`, as a user runs it: its example, and programs that end in various ways. */

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Snapshot } from "@bus1/bus1";
import { isDeno, test } from "../support/harness.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const module = new URL("../../mod.ts", import.meta.url).href;

interface Done {
  code: number | null;
  stdout: string;
  stderr: string;
}

function graph(args: string[], kill?: NodeJS.Signals): Promise<Done> {
  const command = [...(isDeno ? ["run", "-A", "--no-check"] : ["run"]), main, "graph", ...args];
  const child = spawn(process.execPath, command, { env: { ...process.env, NO_COLOR: "1" } });
  const done: Done = { code: null, stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => done.stdout += chunk);
  child.stderr.on("data", (chunk) => {
    done.stderr += chunk;
    if (!kill || !done.stderr.includes("ready")) return;
    process.kill(child.pid!, kill); // after child.kill, Deno reports that the signal ended the child
    kill = undefined;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...done, code }));
  });
}

/** Runs a program of these lines by the command. */
async function drawn(lines: string[], args: string[], kill?: NodeJS.Signals): Promise<Done> {
  const folder = await mkdtemp(join(tmpdir(), "bus1-graph-"));
  try {
    const program = join(folder, "program.ts");
    await writeFile(program, `import { Peer } from ${JSON.stringify(module)};\n${lines.join("\n")}\n`);
    return await graph([...args, program, "first", "--second"], kill);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function names({ stdout, stderr }: Done): (string | null)[] {
  assert(stdout.startsWith("{"), stderr);
  return (JSON.parse(stdout) as Snapshot).peers.map(({ name }) => name);
}

test("graph: without a program, an example, in every format", async () => {
  const json = await graph(["--format", "json"]);
  assertEquals(names(json), ["broker", "logger", "worker 1", "worker 2", "worker 3"]);
  assertMatch((await graph([])).stdout, /^<svg .*<\/svg>\n$/s);
  assertMatch((await graph(["--format", "dot"])).stdout, /^digraph bus1 \{/);
  assertMatch((await graph(["--format", "mermaid"])).stdout, /^flowchart LR\n/);
}, { timeout: 60_000 });

test("graph: the name of the file determines the format", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bus1-graph-"));
  try {
    for (const [file, start] of [["a.svg", "<svg"], ["b.mmd", "flowchart"], ["c.GV", "digraph"], ["d.json", "{"]]) {
      const { code, stdout, stderr } = await graph(["--out", join(folder, file)]);
      assertEquals([code, stdout, stderr], [0, "", ""]);
      assert((await readFile(join(folder, file), "utf8")).startsWith(start));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}, { timeout: 60_000 });

const OPENS = ['const server = Peer.open({ name: "server" });', "const { handle } = server.createNode();"];

test("graph: a program that closes its peers at its end is drawn at its largest", async () => {
  const done = await drawn([
    'using server = Peer.open({ name: "server" });',
    'using client = Peer.open({ name: "client" });',
    'server.createNode({ name: "files", for: client });',
    'console.log("args:", ...process.argv.slice(2));',
  ], ["--format", "json"]);
  assertEquals(names(done), ["server", "client"]);
  assertStringIncludes(done.stderr, "args: first --second");
  assertEquals(done.code, 0);
});

test("graph: a program that runs on is drawn when its top level is done, and ended", async () => {
  const done = await drawn([...OPENS, "server.receive();", "setInterval(() => {}, 1000);"], ["--format", "json"]);
  assertEquals([names(done), done.code], [["server"], 0]);
});

test("graph: --after inspects later", async () => {
  const late = 'setTimeout(() => Peer.open({ name: "late" }), 30);';
  const done = await drawn([...OPENS, late, "server.receive();"], ["--format", "json", "--after", "1000"]);
  assertEquals(names(done), ["server", "late"]);
  const closed = await drawn(["using server = Peer.open({ name: 'short' });"], ["--format", "json", "--after", "50"]);
  assertEquals(names(closed), ["short"]);
});

test("graph: a program that ends itself is drawn on its way out, with its exit code", async () => {
  const done = await drawn([...OPENS, "process.exit(3);"], ["--format", "json"]);
  assertEquals([names(done), done.code], [["server"], 3]);
});

test("graph: Ctrl-C draws what there is", async () => {
  const lines = [...OPENS, 'setTimeout(() => console.log("ready"), 10);', "await server.receive();"];
  const done = await drawn(lines, ["--format", "json"], "SIGINT");
  assertEquals([names(done), done.code], [["server"], 0]);
});

test("graph: a program that fails is not drawn", async () => {
  const { code, stdout, stderr } = await drawn([...OPENS, 'throw new Error("on purpose");'], []);
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, "on purpose");
});

test("graph: a program without peers says so", async () => {
  const { code, stderr } = await drawn(["Peer.name;"], []);
  assertEquals(code, 0);
  assertStringIncludes(stderr, "there was no peer");
});

test("graph: reports wrong usage, with exit code 2", async () => {
  for (
    const [args, words] of [
      [["--format", "gif"], 'there is no format "gif"; it must be one of svg, dot, mermaid, json'],
      [["--format", "mermad"], "did you mean mermaid?"],
      [["--after", "soon", "x.ts"], "--after must be a number"],
      [["--after", "10"], "there is none"],
      [["no_such_program.ts"], "there is no file no_such_program.ts"],
      [["--colour"], "--colour"],
    ] as const
  ) {
    const { code, stderr } = await graph([...args]);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, words);
  }
  const { code, stderr } = await graph(["--out", "/no/such/folder/bus.svg"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "cannot write");
}, { timeout: 60_000 });
