/** Colours, closed pipes, and signals. */

import { link, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { CLI, cli, type Ended, execute, ON_TERMINAL, ROOT, UNREAD } from "../support/command.ts";
import { test } from "../support/harness.ts";

function coloured({ code, stdout, stderr }: Ended): boolean {
  assertEquals([code, stderr], [0, ""], stdout);
  return stdout.includes("\x1b[1m");
}

const settings: [env: Record<string, string>, onTerminal: boolean, inPipe: boolean][] = [
  [{}, true, false],
  [{ NO_COLOR: "1" }, false, false],
  [{ TERM: "dumb" }, false, false],
  [{ FORCE_COLOR: "1" }, true, true],
  [{ FORCE_COLOR: "0" }, false, false],
  [{ NO_COLOR: "1", FORCE_COLOR: "1" }, false, false],
];

for (const [env, onTerminal, inPipe] of settings) {
  const words = Object.entries(env).map((entry) => entry.join("=")).join(" ") || "no variables";
  test(`colours: with ${words}: ${onTerminal ? "on" : "not on"} a terminal, ${inPipe ? "in" : "not in"} a pipe`, async () => {
    assertEquals(coloured(await execute([...ON_TERMINAL, ...CLI, "doctor"], { env })), onTerminal);
    assertEquals(coloured(await cli(["doctor"], { env })), inPipe);
  });
}

test("colours: no command has any in a pipe", async () => {
  for (
    const args of [
      ...[["--help"], ["doctor", "--json"], ["demo", ROOT + "src"], ["bench", "--quick"], ["dance"]],
      ["run", ...CLI, "conformance", "--group", "send"],
    ]
  ) {
    const { stdout, stderr } = await cli(args);
    assert(!(stdout + stderr).includes("\x1b"), stdout + stderr);
  }
}, { timeout: 60_000 });

test("a closed pipe ends every command without a message", async () => {
  for (
    const args of [
      ...[["--help"], ["--version"], ["help", "run"], ["doctor"], ["doctor", "--json"], ["demo", ROOT + "src"]],
      ...[["bench", "--quick"], ["bench", "--quick", "--json"]],
      ["run", ...CLI, "conformance", "--group", "send"],
    ]
  ) {
    const { code, stderr } = await execute([...UNREAD, ...CLI, ...args]);
    assertEquals([code, stderr], [141, ""], args.join(" "));
  }
}, { timeout: 60_000 });

/** Runs its arguments with a non-blocking pipe as output, which is read late. */
const UNBLOCKED = [
  "python3",
  "-c",
  `import os, subprocess, sys, time
r, w = os.pipe()
os.set_blocking(w, False)
child = subprocess.Popen(sys.argv[1:], stdout=w)
os.close(w)
time.sleep(0.3)
sys.stdout.write(os.fdopen(r).read())
sys.exit(child.wait())`,
];

test("nothing is lost on a non-blocking pipe that is full", async () => {
  const program = [...CLI.slice(0, -1), `${ROOT}test/programs/prints.ts`];
  const { code, stdout, stderr } = await execute([...UNBLOCKED, ...program]);
  assertEquals([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines.map((line) => line.length), Array.from({ length: 2000 }, (_, i) => 501 + `${i}`.length));
});

/** Stands for a folder with very many words: one file by many names. */
const LIBRARY = "LIBRARY";

async function withLibrary(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bus1-library-"));
  try {
    await writeFile(join(folder, "book"), "one and another word of it\n".repeat(1_000_000));
    for (let i = 0; i < 200; i++) await link(join(folder, "book"), join(folder, `book ${i}`));
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Command lines that take long enough to be ended from outside. */
const LONG = {
  "Workers, blocked": ["bench", "--rounds", "1000"],
  "a busy event loop": ["bench", "--rounds", "1000", "BUS1_ENGINE=typescript"],
  "other processes": ["run", ...CLI, "conformance"],
  "Workers, busy": ["demo", LIBRARY],
};

for (const [what, line] of Object.entries(LONG)) {
  test(`signals end a command, with 130 and 143: ${what}`, async () => {
    const env = Object.fromEntries(line.filter((arg) => arg.includes("=")).map((arg) => arg.split("=")));
    const interrupted = async (signal: "SIGINT" | "SIGTERM", expected: number, args: string[]) => {
      let signalled = false;
      const { code, stdout, stderr } = await cli(args, {
        env,
        printed(child) {
          if (signalled) return;
          signalled = true;
          // In the middle, most likely; the beginning is fine, too. (After child.kill, Deno reports the signal as the child's
          // end, whatever that is.)
          setTimeout(() => process.kill(child.pid!, signal), 500);
        },
      });
      assertEquals([code, stderr], [expected, ""], stdout);
      assertMatch(stdout, /^bus1 /);
    };
    const both = async (args: string[]) => {
      await interrupted("SIGINT", 130, args);
      await interrupted("SIGTERM", 143, args);
    };
    const args = line.filter((arg) => !arg.includes("="));
    if (!args.includes(LIBRARY)) await both(args);
    else await withLibrary((folder) => both(args.map((arg) => arg === LIBRARY ? folder : arg)));
  }, { timeout: 60_000 });
}
