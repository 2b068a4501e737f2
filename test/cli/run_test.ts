/**
 * `cli run`: C programs and shells on the emulated device. The programs in `test/programs/c` make most of the assertions.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CLI } from "../support/command.ts";
import { sleep, test, type TestOptions } from "../support/harness.ts";

const supervisor = fileURLToPath(new URL("../../native/zig-out/bin/bus1-supervisor", import.meta.url));

/** Returns the path of a program of `test/programs/c`. */
function program(name: string): string {
  return fileURLToPath(new URL(`../../native/zig-out/test/${name}`, import.meta.url));
}

/** Returns the command line of `cli run` in this runtime. */
function command(...args: string[]): string[] {
  return [...CLI, "run", ...args];
}

type Signal = "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGUSR1" | "SIGWINCH" | "SIGKILL";

interface Ended {
  /** The exit code or the signal. */
  end: number | string | null;
  stdout: string;
  stderr: string;
}

/** A started process and its output. */
class Started {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly ended: Promise<Ended>;

  constructor(
    [file = "", ...args]: string[],
    { env = {}, input = "" }: { env?: Record<string, string>; input?: string },
  ) {
    this.child = spawn(file, args, { env: { ...process.env, NO_COLOR: "1", ...env }, stdio: ["pipe", "pipe", "pipe"] });
    this.child.stdin!.end(input);
    this.child.stdout!.on("data", (part) => this.stdout += part);
    this.child.stderr!.on("data", (part) => this.stderr += part);
    this.ended = new Promise((resolve, reject) => {
      this.child.on("error", reject);
      this.child.on("close", (code, signal) => {
        resolve({ end: signal ?? code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Sends a signal. (After `child.kill`, Deno reports that signal as the end of the child, even if it was caught.) */
  kill(signal: Signal): void {
    process.kill(this.child.pid!, signal);
  }

  /** Waits for the first line of the output; returns it as a number. */
  async number(): Promise<number> {
    await eventually("a number is printed", () => this.stdout.includes("\n"));
    return Number(this.stdout.split("\n")[0]);
  }
}

function start(args: string[], options = {}): Started {
  return new Started(command(...args), options);
}

function ends(args: string[], options = {}): Promise<Ended> {
  return start(args, options).ended;
}

/** Waits for a condition that causes no event. */
async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!await holds()) {
    assert(performance.now() < end, `not within 10 s: ${what}`);
    await sleep(5);
  }
}

/** Returns the letter for the state of a process; "" if it has ended. */
async function state(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text.slice(text.lastIndexOf(")") + 2).charAt(0);
}

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bus1-run-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const NOTHING_LIVES = "live peers=0 nodes=0 handles=0 messages=0 bytes=0";

/** Runs a C program, which must succeed and leave no object. Returns its output and the log. */
async function succeeds(
  [name = "", ...args]: string[],
  own: string[] = [],
): Promise<{ stdout: string; log: string[] }> {
  let log: string[] = [];
  let stdout = "";
  await withFolder(async (folder) => {
    const file = join(folder, "log");
    const ran = await ends([...own, "--log", file, "--", program(name), ...args]);
    assertEquals([ran.end, ran.stderr], [0, ""]);
    stdout = ran.stdout;
    log = (await readFile(file, "utf8")).trimEnd().split("\n");
    assertEquals(log.pop(), "exit code=0");
    const opened = log.filter((line) => /^open peer=\d+ pid=\d+$/.test(line)).length;
    assertEquals(log.filter((line) => line.startsWith("end ")).length, opened);
    assertStringIncludes(log.at(-1) ?? "", NOTHING_LIVES);
  });
  return { stdout, log };
}

const programs: Record<string, { about: string; args?: string[] } & TestOptions> = {
  descriptors: { about: "open, dup, fork, exec and close; other files are unaffected" },
  passed_descriptors: { about: "descriptors that are sent to other processes" },
  readiness: { about: "poll, select and epoll, level and edge" },
  signals: { about: "signals during calls, without restart" },
  "signals restart": { about: "no call runs twice" },
  threads: { about: "threads: many, short ones, and without the first" },
  many_processes: { about: "64 concurrent processes, some of them killed in the middle of calls" },
};

for (const [line, { about, ...options }] of Object.entries(programs)) {
  test(`run: ${line}: ${about}`, async () => {
    await succeeds(line.split(" "));
  }, options);
}

test("run: 10,000 messages with handles, and one of the two processes is killed, 100 times", async () => {
  const { log } = await succeeds(["killed_peer", "100", String(Date.now() % 1e9)]);
  assert(log.filter((line) => line.includes(NOTHING_LIVES)).length >= 100, "no object lives after each round");
}, { timeout: 180_000 });

test("run: hostile processes do not disturb a pair of other processes", async () => {
  const seed = String(Date.now() % 1e9);
  for (const own of [[], ["--quirks", "rfc"]]) {
    const { stdout } = await succeeds(["hostile", "5", seed], own);
    const [rounds = 0, killed = 0] = stdout.split("\n").map(Number);
    assert(rounds > 500 && killed > 20, `seed ${seed}: ${rounds} rounds, ${killed} killed`);
  }
}, { timeout: 120_000 });

test("run: 10,000 open files", async () => {
  const { stdout } = await succeeds(["many_files", "10000"]);
  assertEquals(stdout, "10000\n");
}, { timeout: 60_000 });

test("run: opens beyond the descriptor limit of the supervisor fail, and later ones work", async () => {
  const limited = ["sh", "-c", 'ulimit -n 512; exec "$@"', "sh", ...command("--", program("many_files"), "400")];
  assertEquals(await new Started(limited, {}).ended, { end: 0, stdout: "352\n", stderr: "" });
});

test("run: --quirks rfc kills the process where the module would crash, and only there", async () => {
  assertEquals((await succeeds(["fatal_send"])).stdout, "0\n0\n");
  const { stdout, log } = await succeeds(["fatal_send"], ["--quirks", "rfc"]);
  assertEquals(stdout, "9\n9\n");
  assertEquals(log.filter((line) => /^kill peer=1 pid=\d+$/.test(line)).length, 2);
});

test("run: --quirks rfc: a readable peer stays readable, with an edge for each message", async () => {
  await succeeds(["readiness", "rfc"], ["--quirks", "rfc"]);
});

test("run: the exit code or signal is that of the program", async () => {
  assertEquals((await ends(["sh", "-c", "exit 7"])).end, 7);
  assertEquals((await ends(["sh", "-c", "kill -TERM $$"])).end, "SIGTERM");
  assertEquals((await ends(["sh", "-c", "kill -KILL $$"])).end, "SIGKILL");
  assertEquals((await ends(["sh", "-c", "kill -ABRT $$"])).end, "SIGABRT");
  await withFolder(async (folder) => {
    const log = join(folder, "log");
    await ends(["--log", log, "sh", "-c", "exit 7"]);
    await ends(["--log", log, "sh", "-c", "kill -9 $$"]);
    assertEquals(await readFile(log, "utf8"), "exit code=7\nexit signal=9\n");
  });
});

test("run: signals reach the program", async () => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGWINCH"] as const) {
    const script = `trap 'echo caught; exit 3' ${signal.slice(3)}; echo 1; while :; do sleep 0.01; done`;
    const started = start(["sh", "-c", script]);
    await started.number();
    started.kill(signal);
    assertEquals(await started.ended, { end: 3, stdout: "1\ncaught\n", stderr: "" });
  }
});

test("run: it stops and continues with the program", async () => {
  const started = start(["sh", "-c", "echo $$; exec sleep 100"]);
  const pid = await started.number();
  for (let i = 0; i < 3; i++) {
    process.kill(pid, "SIGSTOP");
    await eventually("it stops", async () => await state(started.child.pid!) === "T");
    process.kill(i === 0 ? started.child.pid! : pid, "SIGCONT");
    await eventually("it continues", async () => await state(started.child.pid!) === "S");
    await eventually("the program continues", async () => await state(pid) === "S");
  }
  started.kill("SIGTERM");
  assertEquals((await started.ended).end, "SIGTERM");
});

test("run: the program has the same arguments, input, environment and limits as without it", async () => {
  const weird = ["ä b", "", "--help", "-h", "$x", "--", "a\nb"];
  const echoed = await ends(["--", "printf", "<%s>", ...weird]);
  assertEquals(echoed, { end: 0, stdout: weird.map((text) => `<${text}>`).join(""), stderr: "" });
  assertEquals((await ends(["cat"], { input: "through" })).stdout, "through");
  assertEquals(await ends(["sh", "-c", 'echo "$BUS1_TEST"; echo more >&2; exit 1'], { env: { BUS1_TEST: "é=ü" } }), {
    end: 1,
    stdout: "é=ü\n",
    stderr: "more\n",
  });
  const look = ["sh", "-c", "pwd; ulimit -s; ls /proc/self/fd; grep -E '^Sig(Blk|Ign)' /proc/self/status"];
  // Only the signals with a name: the others depend on the C library and on the runtime that spawns.
  const named = ({ stdout }: Ended) =>
    stdout.replace(/(?<=SigIgn:\t)[0-9a-f]+/, (set) => `${Number(`0x${set}`) % 2 ** 31}`);
  assertEquals(named(await ends(look)), named(await new Started(look, {}).ended));
});

test("run: a program that does not exist or cannot be executed", async () => {
  await withFolder(async (folder) => {
    const text = join(folder, "text");
    await writeFile(text, "echo script $1\n");
    assertMatch((await ends(["no-such-program"])).stderr, /^bus1: no-such-program: program not found\n$/);
    assertEquals((await ends(["no-such-program"])).end, 127);
    assertEquals((await ends(["/no/such/program"])).end, 127);
    assertEquals((await ends([text])).end, 126);
    assertEquals((await ends([folder])).end, 126);
    assertEquals((await ends(["text"], { env: { PATH: `/no/such:${folder}` } })).end, 126);
    assertEquals((await ends(["sh", "-c", `chmod +x ${text}`])).end, 0);
    assertEquals((await ends([text, "runs"])).stdout, "script runs\n");
    assertEquals((await ends(["text", "runs"], { env: { PATH: folder } })).stdout, "script runs\n");
  });
});

test("run: inside another run the outer device is used", async () => {
  const ran = await ends(["--", ...command("--", program("descriptors"))]);
  assertEquals(ran, { end: 0, stdout: "", stderr: "bus1: inside another run: its device is used\n" });
  assertEquals((await ends(["--", ...command("sh", "-c", "exit 4")])).end, 4);
});

test("run: when it is killed, the peers of the program hang up", async () => {
  const started = start([program("lost_supervisor")]);
  await started.number();
  started.kill("SIGKILL");
  const { end, stdout } = await started.ended; // includes the end of the program's output
  assertEquals([end, stdout.split("\n")[1]], ["SIGKILL", "hung up"]);
});

test("run: when its server is killed, the exit code is still that of the program", async () => {
  const started = start([program("lost_supervisor")]);
  process.kill(await started.number(), "SIGKILL");
  const { end, stdout, stderr } = await started.ended;
  assertEquals([end, stdout.split("\n")[1]], [9, "hung up"]);
  assertStringIncludes(stderr, "bus1: the supervisor has ended");
});

test("run: a daemon keeps the device after the end of the program", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "found");
    assertEquals(await ends([program("daemon"), file]), { end: 5, stdout: "", stderr: "" });
    assertEquals(await readFile(file, "utf8"), "", "the daemon has not ended yet");
    await eventually("the daemon was served", async () => await readFile(file, "utf8") === "served\n");
  });
});

test("run: wrong usage is reported, with exit code 2", async () => {
  for (
    const [args, words] of [
      [[], "run: which program?"],
      [["--"], "run: which program?"],
      [["--quirks", "none", "true"], "--quirks can only be rfc, not none"],
      [["--quick", "true"], "--quick"],
      [["--log"], "--log"],
      [["--log", "", "true"], "--log needs the name of a file"],
    ] as [string[], string][]
  ) {
    const { end, stderr } = await ends(args);
    assertEquals(end, 2, stderr);
    assertStringIncludes(stderr, words);
  }
  const { end, stdout } = await ends(["--help"]);
  assertEquals(end, 0);
  assertStringIncludes(stdout, "Usage: run ");
});

test("run: if the device cannot be emulated the reason is reported, with exit code 1", async () => {
  const failing = (...args: string[]) => new Started([program("failing_call"), ...args], {}).ended;
  const EPERM = "1", EBUSY = "16", EINVAL = "22";
  for (
    const [ended, words] of [
      [ends(["true"], { env: { BUS1_SUPERVISOR: "/no/such" } }), "supervisor /no/such cannot be executed: errno 2"],
      [ends(["true"], { env: { BUS1_LIBRARY: "/no/such" } }), "native library /no/such cannot be opened"],
      [ends(["--log", "/no/such/log", "true"]), "the log /no/such/log cannot be opened: ENOENT"],
      [failing("seccomp", EINVAL, supervisor, "none", "", "true"), "Linux 5.19 or a later one is needed"],
      [failing("seccomp", EPERM, supervisor, "none", "", "true"), "seccomp does not accept a filter here: EPERM"],
      [failing("seccomp", EBUSY, supervisor, "none", "", "true"), "does not emulate /dev/bus1"],
      [failing("pidfd_getfd", EPERM, supervisor, "none", "", "true"), "not permitted here to use the descriptors"],
      [failing("process_vm_readv", EPERM, supervisor, "none", "", "true"), "not permitted here to use the memory"],
    ] as [Promise<Ended>, string][]
  ) {
    const { end, stderr } = await ended;
    assertEquals(end, 1, stderr);
    assertStringIncludes(stderr, words);
  }
});

test("run: a kernel without descriptors of threads is enough", async () => {
  const EINVAL = "22";
  for (const [name = "", ...args] of [["threads", "first-stays"], ["many_processes"]]) {
    const line = [program("failing_call"), "pidfd_open+", EINVAL, supervisor, "none", "", program(name), ...args];
    assertEquals(await new Started(line, {}).ended, { end: 0, stdout: "", stderr: "" });
  }
});
