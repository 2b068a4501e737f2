/** The demo as a user runs it, on every engine, and its behaviour when something fails. */

import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { Peer } from "@bus1/bus1";
import { countFile, Tally } from "../../src/cli/demo/count.ts";
import { listFiles } from "../../src/cli/demo/files.ts";
import { runJob, type Start } from "../../src/cli/demo/job.ts";
import { comparisonInWords } from "../../src/cli/demo/report.ts";
import { type Task, work } from "../../src/cli/demo/work.ts";
import { cli } from "../support/command.ts";
import { engineTest, open, test } from "../support/harness.ts";

/** Files that the demo must count. */
const texts: Record<string, string | Uint8Array> = {
  "a.txt": "The bus, the BUS, the_bus.\nIt's a bus!\n",
  "sub/b.md": "Straße straße ÉTÉ été x 7up\nno end",
  "sub/deep/empty": "",
  "sub/deep/lines": "\n\n\n",
  // Words and characters across every boundary of the chunks in which a file is read.
  "long.txt": "größe 𝒳𝒴 ".repeat(200_000),
};

/** Files that it must report as skipped. */
const binaries: Record<string, Uint8Array> = { "picture.png": new Uint8Array([137, 80, 78, 71, 0, 1, 2, 3]) };

/** Files that it must not read. */
const ignored: Record<string, string> = { ".git/config": "secret secret", "sub/node_modules/x/y.js": "secret" };

/** The count of these files. */
const expected = {
  files: 5,
  lines: 2 + 2 + 0 + 3 + 1,
  bytes: 39 + 40 + 0 + 3 + 200_000 * 17,
  words: {
    ...{ the: 2, bus: 3, the_bus: 1, it: 1, straße: 2, été: 2, up: 1, no: 1, end: 1 },
    ...{ größe: 200_000, "𝒳𝒴": 200_000 },
  },
};

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bus1-demo-"));
  try {
    for (const [name, content] of Object.entries({ ...texts, ...binaries, ...ignored })) {
      const path = join(folder, name);
      await mkdir(join(path, ".."), { recursive: true });
      await writeFile(path, content);
    }
    await symlink(folder, join(folder, "sub", "loop"));
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function demo(args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; text: string }> {
  const { code, stdout, stderr } = await cli(args, { env, timeout: 15_000 });
  return { code, text: stdout + stderr };
}

engineTest("demo: counts a folder over the bus, and the plain count agrees", async (engine) => {
  await withFolder(async (folder) => {
    const { code, text } = await demo(["demo", folder, "--workers", "3"], { BUS1_ENGINE: engine });
    assertEquals(code, 0, text);
    assertStringIncludes(text, `engine   ${engine}: BUS1_ENGINE asks for it`);
    assertStringIncludes(
      text,
      engine === "typescript" ? "3 peers in this isolate" : "3 Workers, each with a peer that moved to it",
    );
    assertStringIncludes(text, "5 text files, 8 lines, 3,400,082 bytes, 11 words, 1 binary.");
    assertMatch(text, /most frequent words\n +größe +200,000 /);
    // Three hellos, six files out, six counts in, and one multicast to three. Then three times the release of a worker's node,
    // and of the last handle to a node of the boss. After the last worker's node the boss awaits nothing.
    assertMatch(text, /\n23 messages in .* messages per second\./);
    assertMatch(text, /One multicast ended the job; the last worker was gone .* later\./);
    assertStringIncludes(text, "the same result.");
    assertMatch(text, COMPARED[engine]);
    assert(!text.includes("secret"), text);
  });
});

/** The end of the output: bus1 beside postMessage, and the condition. It must not depend on which of them was faster. */
const COMPARED: Record<string, RegExp> = {
  kernel: /\nNot compared with postMessage: on the kernel engine [^]*\n$/,
  native:
    /\nFrom one Worker to another, [^]*\n {2}bus1 +[\d,]+ messages [^]*\n {2}postMessage +[\d,]+ messages [^]* awake\. [^]*\n$/,
  typescript: /\nWithin this isolate, [^]*\n {2}bus1 +[\d,]+ messages [^]*\n {2}postMessage +[\d,]+ messages [^]*\n$/,
};

test("demo: the comparison says that bus1 is ahead only if it was in every round", () => {
  const words = (times: number[]) => comparisonInWords({ bus1: 2e6, postMessage: 1e5, times }, "native");
  assertStringIncludes(words([9.6, 16.8, 27.8]), "bus1 carries 16.8 times as many (3 rounds: 9.6 to 27.8).");
  const busy = "bus1 was not ahead in every round (3 rounds: 0.9 to 4.0 times as many); is the machine busy?";
  assertStringIncludes(words([0.9, 3, 4]), busy);
});

engineTest("demo: an empty folder has zero files", async (engine) => {
  const folder = await mkdtemp(join(tmpdir(), "bus1-demo-"));
  try {
    const { code, text } = await demo(["demo", folder], { BUS1_ENGINE: engine });
    assertEquals(code, 0, text);
    assertStringIncludes(text, "0 text files, 0 lines, 0 bytes, 0 words.");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("demo: reports wrong usage, with exit code 2", async () => {
  const wrong: [string[], string][] = [
    [["dance"], 'there is no command "dance"'],
    [["demo", "--fast"], "--fast"],
    [["demo", "--workers", "many"], "--workers must be a number from 1 to 64, not many"],
    [["demo", "here", "there"], "one folder at a time"],
    [["demo", "/no/such/folder"], "cannot read the folder /no/such/folder: ENOENT"],
    [[], "Usage: COMMAND"],
  ];
  for (const [args, words] of wrong) {
    const { code, text } = await demo(args);
    assertEquals(code, 2, text);
    assertStringIncludes(text, words);
    assert(!text.includes("    at "), `no stack: ${text}`);
  }
});

test("demo: reports an unknown engine, with exit code 1", async () => {
  const { code, text } = await demo(["demo"], { BUS1_ENGINE: "steam" });
  assertEquals(code, 1, text);
  assertStringIncludes(text, 'BUS1_ENGINE is "steam"');
});

test("demo: --help", async () => {
  for (const [args, words] of [[["--help"], "demo "], [["demo", "--help"], "Usage: demo [DIR]"]] as const) {
    const { code, text } = await demo([...args]);
    assertEquals(code, 0, text);
    assertStringIncludes(text, words);
  }
});

test("demo: lines, bytes and words of files, none of them cut", async () => {
  await withFolder(async (folder) => {
    const tally = new Tally();
    for (const file of await listFiles(folder)) tally.add(await countFile(folder, file));
    const { files, lines, bytes, words, skipped } = tally;
    assertEquals({ files, lines, bytes, words: Object.fromEntries(words) }, expected);
    assertEquals(skipped, new Map([["binary", 1]]));
    assertEquals(await countFile(folder, "no such file").then(({ skipped }) => skipped), "unreadable");
    assertEquals(tally.top(3), [["größe", 200_000], ["𝒳𝒴", 200_000], ["bus", 3]]);
  });
});

test("demo: a tally that differs in anything is not equal", () => {
  const count = { file: "a", lines: 1, bytes: 2, words: [["x", 3]] as [string, number][] };
  const tally = (...counts: Parameters<Tally["add"]>[0][]) => {
    const sum = new Tally();
    counts.forEach((count) => sum.add(count));
    return sum;
  };
  assert(tally(count, count).equals(tally(count, count)));
  assert(!tally(count).equals(tally(count, count)));
  assert(!tally(count).equals(tally({ ...count, lines: 2 })));
  assert(!tally(count).equals(tally({ ...count, bytes: 3 })));
  assert(!tally(count).equals(tally({ ...count, words: [["y", 3]] })));
  assert(!tally(count).equals(tally({ ...count, words: [["x", 4]] })));
  assert(!tally(count).equals(tally(count, { ...count, skipped: "binary" })));
});

/** Starts workers in this isolate, on any engine; the first of them runs `first`. */
function starting(first: (task: Task) => Promise<void>): Start {
  let begin: ((task: Task) => Promise<void>) | undefined = first;
  return (task, failed) => {
    const run = begin ?? work;
    begin = undefined;
    run(task).catch((error) => failed(String(error)));
    return () => {};
  };
}

/** A worker that sends its hello, receives one file, and is gone. */
async function taker({ ticket, report }: Task): Promise<void> {
  using peer = Peer.adopt(ticket);
  peer.send(peer.handle(report), "");
  await peer.receive();
}

engineTest("demo: the files of a worker that is gone too early go to the others", async (engine) => {
  await withFolder(async (folder) => {
    using boss = open(engine);
    const files = await listFiles(folder);
    const { tally, workers } = await runJob(boss, folder, files, 2, { start: starting(taker) });
    assertEquals(tally.files, expected.files);
    assertEquals(workers.map(({ failure, files }) => [files, failure]), [[0, "it ended by itself"], [6, undefined]]);
  });
});

engineTest("demo: a worker that never adopts its peer delays nothing", async (engine) => {
  await withFolder(async (folder) => {
    using boss = open(engine);
    const files = await listFiles(folder);
    const broken = () => Promise.reject(new Error("broken"));
    const { tally, workers } = await runJob(boss, folder, files, 2, { start: starting(broken) });
    assertEquals(tally.files, expected.files);
    assertEquals(workers.map(({ failure }) => failure), ["Error: broken", undefined]);
  });
});

engineTest("demo: the job fails if all workers are gone too early", async (engine) => {
  await withFolder(async (folder) => {
    using boss = open(engine);
    const error = await assertRejects(
      () => runJob(boss, folder, ["a.txt", "sub/b.md"], 1, { start: starting(taker) }),
      Error,
    );
    assertStringIncludes(error.message, "every worker was gone before the end: it ended by itself");
  });
});
