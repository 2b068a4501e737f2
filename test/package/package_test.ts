/**
 * The package in an empty project: its native library is used from the cache or from memory, once for a whole process; if that
 * is impossible, the report says why. Nothing is fetched after the installation, and no file of this repository is used.
 */

import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ON_TERMINAL } from "../support/command.ts";
import { isDeno, type Ran, test, type TestOptions } from "../support/harness.ts";
import { Project } from "./install.ts";

/** The package's command line. */
const CLI = isDeno
  ? [process.execPath, "run", "--allow-all", "--cached-only", "jsr:@bus1/bus1/cli"]
  : [process.execPath, "run", "node_modules/@bus1/bus1/src/cli/main.js"];

/** Prints the engine and a message, and why the native engine was chosen or not. */
const HELLO = `
import { engineReport, Peer } from "@bus1/bus1";

const server = Peer.open(), client = Peer.open();
const { node, handle } = server.createNode({ for: client });
client.send(handle, "ping");
const message = await server.receive();
console.log(server.engine, message.text(), message.node === node);
console.log(engineReport()[1].reason);
client.close();
server.close();
`;

/** Gives each of 8 Workers a handle to a node of its own. All of them opened the library at the same moment. */
const WORKERS = `
import { Peer } from "@bus1/bus1";

const start = () => new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" });
const workers = Array.from({ length: 8 }, start);
const tickets = await Promise.all(workers.map((worker) => new Promise((resolve) => {
  worker.onmessage = ({ data }) => resolve(data);
})));
const server = Peer.open();
const heard = [];
tickets.forEach((ticket, i) => {
  const client = Peer.adopt(ticket); // on this bus, and on no other
  const { handle } = server.createNode({ for: client });
  const back = client.detach();
  workers[i].postMessage({ ticket: back, to: handle.id, i });
});
while (heard.length < 8) {
  const message = await server.receive();
  if (message.type === "message") heard.push(message.json());
}
console.log(server.engine, heard.sort().join());
server.close();
for (const worker of workers) worker.terminate();
`;

const WORKER = `
import { Peer } from "@bus1/bus1";

self.onmessage = ({ data }) => {
  const client = Peer.adopt(data.ticket);
  client.send(client.handle(data.to), String(data.i));
  client.close();
};
self.postMessage(Peer.open().detach());
`;

/** Opens a peer, deletes the cache, and lets a Worker open a peer. */
const CLEARED = `
import { rmSync } from "node:fs";
import { Peer } from "@bus1/bus1";

Peer.open().close();
rmSync(process.env.HOME + "/.cache", { recursive: true });
const worker = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" });
worker.onmessage = ({ data }) => {
  const peer = Peer.adopt(data);
  console.log(peer.engine);
  peer.close();
  worker.terminate();
};
`;

/** A Worker with fewer permissions must find the library that the main isolate has opened. */
const CONFINED = `
import { Peer } from "@bus1/bus1";

Peer.open().close();
const deno = { permissions: { ffi: true } };
const worker = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module", deno });
worker.onmessage = ({ data }) => {
  const peer = Peer.adopt(data);
  console.log(peer.engine);
  peer.close();
  worker.terminate();
};
`;

/** Posts to Workers before they have begun, and while they begin; prints what they send back. */
const POSTED = `
for (const name of ["echoes.mjs", "imports_later.mjs", "imports_twice.mjs"]) {
  const worker = new Worker(new URL("./" + name, import.meta.url), { type: "module" });
  const echoed = [];
  const ended = new Promise((resolve) => {
    worker.onmessage = ({ data }) => echoed.push(data) && data === 19 && setTimeout(resolve, 20);
  });
  for (let i = 0; i < 10; i++) worker.postMessage(i);
  for (let i = 10; i < 20; i++) setTimeout(() => worker.postMessage(i), i);
  await ended;
  console.log(name, echoed.join());
  worker.terminate();
}
`;

/** The same to a Worker of `node:worker_threads`. */
const POSTED_TO_THREAD = `
import { Worker } from "node:worker_threads";

const worker = new Worker(new URL("./echoes_thread.mjs", import.meta.url));
const echoed = [];
worker.on("message", (data) => {
  echoed.push(data);
  if (data < 19) return;
  console.log("thread", echoed.join());
  worker.terminate();
});
for (let i = 0; i < 10; i++) worker.postMessage(i);
for (let i = 10; i < 20; i++) setTimeout(() => worker.postMessage(i), i);
`;

/** The usual beginning of a Worker. */
const ECHOES = `
import { Peer } from "@bus1/bus1";

self.onmessage = ({ data }) => self.postMessage(data);
Peer.open();
`;

const ECHOES_THREAD = `
import { parentPort } from "node:worker_threads";
import { Peer } from "@bus1/bus1";

parentPort.on("message", (data) => parentPort.postMessage(data));
Peer.open();
`;

/** It listens before the package is loaded. */
const IMPORTS_LATER = `
self.addEventListener("message", ({ data }) => self.postMessage(data));
await import("@bus1/bus1");
`;

/** It loads two copies of the package. */
const IMPORTS_TWICE = `
import { Peer } from "@bus1/bus1";
import { Peer as Other } from "../staged/mod.ts";

self.onmessage = ({ data }) => self.postMessage(data);
Peer.open();
Other.open();
`;

/** {@linkcode HELLO} as CommonJS. */
const REQUIRED = `
const { engineReport, Peer } = require("@bus1/bus1");

const server = Peer.open(), client = Peer.open();
const { node, handle } = server.createNode({ for: client });
client.send(handle, "ping");
server.receive().then((message) => {
  console.log(server.engine, message.text(), message.node === node);
  console.log(engineReport()[1].reason);
  client.close();
  server.close();
});
`;

const ALONE = HELLO.replaceAll("@bus1/bus1", "@bus1/bus1/typescript");

const programs = {
  "hello.mjs": HELLO,
  "workers.mjs": WORKERS,
  "worker.mjs": WORKER,
  "cleared.mjs": `import process from "node:process";\n${CLEARED}`,
  "confined.mjs": CONFINED,
  "posted.mjs": POSTED,
  "posted_to_thread.mjs": POSTED_TO_THREAD,
  "echoes.mjs": ECHOES,
  "echoes_thread.mjs": ECHOES_THREAD,
  "imports_later.mjs": IMPORTS_LATER,
  "imports_twice.mjs": IMPORTS_TWICE,
  "alone.mjs": ALONE,
};

let installed: Promise<Project> | undefined;

/** Returns the project with the package: one for all tests, each of which has its own home. */
function project(): Promise<Project> {
  return installed ??= (async () => {
    const project = new Project();
    process.on("exit", () => project[Symbol.dispose]());
    await project.install(programs);
    return project;
  })();
}

const NATIVE = ["native ping true", "the first one that works here"];

/** Returns the lines that a program printed, if it succeeded. */
function lines(ran: Ran): string[] {
  assertEquals([ran.code, ran.stderr, ran.killed], [0, "", false], ran.stdout);
  return ran.stdout.trimEnd().split("\n");
}

let homes = 0;

/** Registers a test in the project, with an empty home; `cache` is the path of the cache in it. */
function packageTest(
  name: string,
  run: (project: Project, env: { HOME: string }, cache: string) => Promise<void>,
  options: TestOptions = {},
): void {
  test(`package: ${name}`, async () => {
    const installed = await project();
    const HOME = join(installed.home, String(homes++));
    mkdirSync(HOME);
    await run(installed, { HOME }, join(HOME, ".cache/bus1"));
  }, { timeout: 120_000, ...options });
}

const inDeno = { elsewhere: !isDeno && "Bun has no permissions" };
const inBun = { elsewhere: isDeno && "it is for npm's package" };

/** Returns the only file in the cache. */
function cachedFile(cache: string): string {
  const names = readdirSync(cache);
  assertEquals(names.length, 1, names.join(" "));
  return join(cache, names[0]);
}

packageTest(
  "hello runs on the native engine, and leaves its library in a private cache",
  async (project, env, cache) => {
    assertEquals(lines(await project.run("hello.mjs", undefined, env)), NATIVE);
    const { mode } = statSync(cache);
    const file = cachedFile(cache);
    assertEquals([mode & 0o777, statSync(file).mode & 0o777], [0o700, 0o600]);
    const { ino, mtimeMs } = statSync(file);
    assertEquals(lines(await project.run("hello.mjs", undefined, env)), NATIVE);
    assertEquals([statSync(file).ino, statSync(file).mtimeMs], [ino, mtimeMs], "the second run uses what is there");
  },
);

packageTest("8 Workers that open it at the same moment are on one bus, with an empty cache", async (project, env) => {
  assertEquals(lines(await project.run("workers.mjs", undefined, env)), ["native 0,1,2,3,4,5,6,7"]);
});

packageTest("the same in memory, where there can be no cache", async (project, env) => {
  const nowhere = { ...env, XDG_CACHE_HOME: "/dev/null" };
  assertEquals(lines(await project.run("hello.mjs", undefined, nowhere)), NATIVE);
  assertEquals(lines(await project.run("workers.mjs", undefined, nowhere)), ["native 0,1,2,3,4,5,6,7"]);
});

packageTest("two processes that unpack at the same moment, again and again", async (project, env, cache) => {
  for (let round = 0; round < 3; round++) {
    const both = [1, 2].map(() => project.run("hello.mjs", undefined, env));
    for (const ran of await Promise.all(both)) assertEquals(lines(ran), NATIVE);
    rmSync(cachedFile(cache));
  }
});

packageTest("a file in the cache with other bytes is replaced", async (project, env, cache) => {
  await project.run("hello.mjs", undefined, env);
  const file = cachedFile(cache);
  const right = readFileSync(file);
  const flipped = Uint8Array.from(right);
  flipped[right.length >> 1] ^= 1;
  for (const wrong of [flipped, right.subarray(0, right.length >> 1), new Uint8Array()]) {
    writeFileSync(file, wrong);
    assertEquals(lines(await project.run("hello.mjs", undefined, env)), NATIVE);
    assert(readFileSync(cachedFile(cache)).equals(right));
  }
});

packageTest("a cache in which others can write is not used, nor one that is a link", async (project, env, cache) => {
  mkdirSync(cache, { recursive: true });
  chmodSync(cache, 0o777);
  assertEquals(lines(await project.run("hello.mjs", undefined, env)), NATIVE);
  assertEquals(readdirSync(cache), []);
  chmodSync(cache, 0o700);
  chmodSync(join(cache, ".."), 0o777);
  assertEquals(lines(await project.run("hello.mjs", undefined, env)), NATIVE);
  assertEquals(readdirSync(cache), []);
  chmodSync(join(cache, ".."), 0o755);

  const target = join(env.HOME, "target");
  rmSync(cache, { recursive: true });
  mkdirSync(target, { mode: 0o700 });
  symlinkSync(target, cache);
  assertEquals(lines(await project.run("hello.mjs", undefined, env)), NATIVE);
  assertEquals(readdirSync(target), []);
});

packageTest("clearing the cache of a running program does not split its bus in two", async (project, env) => {
  assertEquals(lines(await project.run("cleared.mjs", undefined, env)), ["native"]);
});

/** Whether this user may create a mount name space. */
const canMount = spawnSync("unshare", ["-rm", "true"]).status === 0;

packageTest("what cannot be opened from the cache's file system is opened from memory", async (project, env) => {
  // A file system without the right to execute, in the program's own mount name space.
  const caches = join(env.HOME, ".cache");
  mkdirSync(caches);
  const mount = `mount -t tmpfs -o noexec,mode=700 none ${caches} && "$@" && "$@" && ls -A ${caches}/bus1`;
  const command = isDeno ? ["run", "--no-check", "--cached-only", "--allow-all"] : ["run"];
  const program = [process.execPath, ...command, "hello.mjs"];
  const ran = await project.start(["unshare", "-rm", "sh", "-c", mount, "sh", ...program], env);
  const [first, why, second, , file] = lines(ran);
  assertEquals([first, why, second], [...NATIVE, NATIVE[0]]);
  assert(file.startsWith("libbus1-"), file);
}, { skip: !canMount && "unshare -rm is not permitted" });

packageTest("the TypeScript engine alone", async (project, env) => {
  const [used, reason] = lines(await project.run("alone.mjs", [], env));
  assertEquals(used, "typescript ping true");
  assertStringIncludes(reason, "the TypeScript engine alone");
});

packageTest("cli run gives a program its device, by the package's own supervisor", async (project, env, cache) => {
  const opens = [...CLI, "run", "--", "sh", "-c", "exec 3<>/dev/bus1 && echo opened && exit 7"];
  for (const nowhere of [{}, { XDG_CACHE_HOME: "/dev/null" }] as Record<string, string>[]) {
    const { code, stdout, stderr } = await project.start(opens, { ...env, ...nowhere });
    assertEquals([code, stdout, stderr], [7, "opened\n", ""]);
  }
  assertEquals(readdirSync(cache).map((name) => name.replace(/-[0-9a-f]{64}/, "")).sort(), [
    "bus1-supervisor",
    "libbus1.so",
  ]);
});

packageTest(
  "all messages posted to a Worker that imports it are delivered, once and in order",
  async (project, env) => {
    const all = Array.from({ length: 20 }, (_, i) => i).join();
    const echoed = [`echoes.mjs ${all}`, `imports_later.mjs ${all}`, `imports_twice.mjs ${all}`];
    for (const cache of ["cold", "warm"]) {
      assertEquals(lines(await project.run("posted.mjs", undefined, env)), echoed, cache);
      assertEquals(lines(await project.run("posted_to_thread.mjs", undefined, env)), [`thread ${all}`], cache);
    }
    const nowhere = { ...env, XDG_CACHE_HOME: "/dev/null" };
    const flags = ["--allow-ffi", `--allow-read=${project.folder}`];
    assertEquals(lines(await project.run("posted.mjs", flags, nowhere)), echoed, "from memory");
  },
);

packageTest("the command line finds the modules of its Workers", async (project, env) => {
  const doctor = await project.start([...CLI, "doctor", "--json"], env);
  assertEquals(doctor.code, 0, doctor.stdout);
  const { tests } = JSON.parse(doctor.stdout) as { tests: { engine: string; what: string; result: string }[] };
  assert(tests.some(({ engine, what, result }) => `${engine} ${what} ${result}` === "native worker passed"));
  const demo = await project.start([...CLI, "demo", "."], env);
  assertEquals(demo.code, 0, demo.stderr);
  assertStringIncludes(demo.stdout, "the same result");
});

packageTest("with --allow-ffi alone the library is in memory, for Workers too", async (project, env) => {
  assertEquals(lines(await project.run("hello.mjs", ["--allow-ffi"], env)), NATIVE);
  const ran = await project.run("workers.mjs", ["--allow-ffi", "--allow-read=."], env);
  assertEquals(lines(ran), ["native 0,1,2,3,4,5,6,7"]);
  assert(!existsSync(join(env.HOME, ".cache")));
}, inDeno);

packageTest("with FFI for the cache alone it is there, or what is missing is said", async (project, env, cache) => {
  const flags = [`--allow-ffi=${cache}`, "--allow-env=HOME", `--allow-read=${cache}`];
  const all = [...flags, `--allow-write=${cache}`, "--allow-sys=uid"];
  const lacking: [string[], string][] = [
    [[], "run Deno with --allow-ffi"],
    [flags.slice(0, 1), "run Deno with --allow-ffi"],
    [flags.slice(0, 2), `--allow-read=${cache}`],
    [flags, `--allow-write=${cache}`],
  ];
  for (const [given, word] of lacking) {
    const [used, reason] = lines(await project.run("hello.mjs", given, env));
    assertEquals([used, ...given], ["typescript ping true", ...given]);
    assertStringIncludes(reason, word);
  }
  assertEquals(lines(await project.run("hello.mjs", all, env)), NATIVE);
  const withoutWrite = [...flags, "--allow-sys=uid"];
  assertEquals(lines(await project.run("hello.mjs", withoutWrite, env)), NATIVE);
  const [, reason] = lines(await project.run("hello.mjs", flags, env));
  assertStringIncludes(reason, "--allow-sys=uid");
}, inDeno);

packageTest("Deno never prompts for a missing permission", async (project, env, cache) => {
  writeFileSync(project.path("asks.mjs"), 'Deno.readTextFileSync("hello.mjs");');
  const onTerminal = async (program: string, ...flags: string[]) => {
    const command = [...ON_TERMINAL, process.execPath, "run", "--no-check", "--cached-only", ...flags, program];
    const { stdout } = await project.start(command, env, program === "asks.mjs" ? 1_000 : 20_000);
    return [/requests/.test(stdout), /(native|typescript) ping true/.test(stdout)];
  };
  const few = [`--allow-ffi=${cache}`, "--allow-env=HOME", `--allow-read=${cache}`];
  for (const flags of [[], ["--allow-ffi"], ["--allow-ffi", "--allow-env"], few.slice(0, 2), few]) {
    assertEquals(await onTerminal("hello.mjs", ...flags), [false, true], flags.join(" "));
  }
  assertEquals(await onTerminal("asks.mjs"), [true, false], "a prompt is noticed");
}, inDeno);

packageTest("a Worker that may use FFI alone finds the library that is there", async (project, env) => {
  const ran = await project.run("confined.mjs", ["--allow-all", "--unstable-worker-options"], env);
  assertEquals(lines(ran), ["native"]);
}, inDeno);

packageTest("its bytes are decoded only if they are needed, and a damaged copy says so", async (project, env) => {
  const damaged = join(project.folder, "damaged");
  cpSync(join(project.folder, "staged"), damaged, { recursive: true });
  const path = join(damaged, "src/library/builds/libraries.ts");
  writeFileSync(path, readFileSync(path, "utf8").replace('const packed = () => [\n  "', "$&AAAA"));
  writeFileSync(join(damaged, "hello.mjs"), HELLO.replace('"@bus1/bus1"', '"./mod.ts"'));
  const [used, reason] = lines(await project.run("../damaged/hello.mjs", undefined, env));
  assertEquals(used, "typescript ping true");
  assertStringIncludes(reason, "in this copy of the package is damaged: ");
  assertEquals(lines(await project.run("hello.mjs", undefined, env)), NATIVE);
  assertEquals(lines(await project.run("../damaged/hello.mjs", undefined, env)), NATIVE, "it is in the cache");
});

packageTest("require() loads it, from a CommonJS bundle and from bytecode, too", async (project, env) => {
  writeFileSync(project.path("required.cjs"), REQUIRED);
  const bundle = async (out: string, ...options: string[]) => {
    const command = [process.execPath, "build", "required.cjs", "--format=cjs", `--outdir=${out}`, ...options];
    const made = await project.start(command);
    assertEquals(made.code, 0, made.stderr);
  };
  await bundle("bundled", "--target=node");
  await bundle("bytecode", "--target=bun", "--bytecode");
  writeFileSync(project.path("bundled/package.json"), "{}"); // its files are CommonJS
  for (const program of ["required.cjs", "bundled/required.js", "bytecode/required.js"]) {
    assertEquals(lines(await project.run(program, undefined, env)), NATIVE, program);
  }
  assert(existsSync(project.path("bytecode/required.js.jsc")) || existsSync(project.path("bytecode/required.jsc")));
  for (const program of ["required.cjs", "bundled/required.js"]) {
    const ran = await project.start(["node", "--disable-warning=ExperimentalWarning", program], env);
    assertEquals(lines(ran), NATIVE, `${program} in Node.js`);
  }
}, inBun);

packageTest("bun build --compile makes a program that has all it needs", async (project, env) => {
  const program = project.path("hello");
  const made = await project.start([process.execPath, "build", "--compile", "hello.mjs", "--outfile", program]);
  assertEquals(made.code, 0, made.stderr);
  assertEquals(lines(await project.start([program], env)), NATIVE);
}, inBun);

packageTest("Node.js runs it, too, from the cache", async (project, env, cache) => {
  for (let run = 0; run < 2; run++) {
    assertEquals(lines(await project.start(["node", "hello.mjs"], env)), NATIVE);
    assert(cachedFile(cache).includes("libbus1-"));
  }
  const nowhere = { ...env, XDG_CACHE_HOME: "/dev/null" };
  const [used, reason] = lines(await project.start(["node", "hello.mjs"], nowhere));
  assertEquals(used, "typescript ping true");
  assertStringIncludes(reason, "from the cache: ");
  const [alone] = lines(await project.start(["node", "alone.mjs"], env));
  assertEquals(alone, "typescript ping true");
}, inBun);

packageTest("npm installs it, and its declarations are found", async (project, env) => {
  const folder = project.path("typed");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const npm = ["install", "--offline", "--no-audit", "--no-fund", `@bus1/bus1@file:${project.folder}/bus1.tgz`];
  execFileSync("npm", npm, { cwd: folder, env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "pipe"] });
  const text = 'import { Peer } from "@bus1/bus1";\nexport const n: number = Peer.open().engine;\n';
  writeFileSync(join(folder, "typed.ts"), text);
  const tsc = new URL("../../node_modules/.bin/tsc", import.meta.url).pathname;
  const options = ["--ignoreConfig", "--noEmit", "--strict", "--module", "nodenext", "--lib", "esnext,dom"]
    .concat(["--types", "", "typed.ts"]);
  const { code, stdout } = await project.start([
    "sh",
    "-c",
    `cd typed && ${tsc} ${options.map((o) => `'${o}'`).join(" ")}`,
  ]);
  // The planted fault, and no other.
  assertEquals([code === 0, stdout.split("\n")[0]], [
    false,
    "typed.ts(2,14): error TS2322: Type 'string' is not assignable to type 'number'.",
  ]);
  assertEquals(stdout.match(/error/g)?.length, 1, stdout);
}, inBun);
