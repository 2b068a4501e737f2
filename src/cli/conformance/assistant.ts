/**
 * The other processes that some points need. An assistant is handed one peer, does what its task says, and ends; it has
 * no other way to hear of anything but that peer.
 *
 * @module
 */

import process from "node:process";
import * as uapi from "../../uapi/mod.ts";
import { create, hearSoon, open, rawSend, send } from "./device.ts";
import { equal } from "./point.ts";
import { complaintOf, start } from "./runtime.ts";

/** What assistants can do with their peer. All numbers are decimal; `count` is how many times. */
const TASKS = {
  /** Sends one message, after a while. */
  async later(fd: uapi.Fd, handle: bigint): Promise<void> {
    await sleep(100);
    send(fd, handle, "later");
  },

  /** Says so, and has the peer until it is killed. */
  async hold(fd: uapi.Fd, handle: bigint): Promise<void> {
    send(fd, handle, "held");
    await sleep(LIFETIME);
  },

  /** Says so, and dies after a while. */
  async die(fd: uapi.Fd, handle: bigint): Promise<void> {
    send(fd, handle, "dying");
    await sleep(100);
    process.kill(process.pid, "SIGKILL");
    await sleep(LIFETIME);
  },

  /** Sends numbers. */
  send(fd: uapi.Fd, count: bigint, handle: bigint): void {
    for (let i = 0; i < count; i++) send(fd, handle, String(i));
  },

  /** Sends numbers to two at once. */
  multicast(fd: uapi.Fd, count: bigint, ...destinations: bigint[]): void {
    for (let i = 0; i < count; i++) equal("SEND", rawSend(fd, { destinations, data: String(i) }).answer, "0");
  },

  /** Sends numbers to one, and then to the other. */
  announce(fd: uapi.Fd, count: bigint, first: bigint, second: bigint): void {
    for (let i = 0; i < count; i++) {
      send(fd, first, String(i));
      send(fd, second, String(i));
    }
  },

  /** Sends a number whenever something has come. */
  relay(fd: uapi.Fd, count: bigint, handle: bigint): void {
    for (let i = 0; i < count; i++) {
      equal("messages received", hearSoon(fd, 1).length, 1);
      send(fd, handle, String(i));
    }
  },

  /** Makes a peer, and a handle to it on the peer that it was handed; tells its id; answers what it is told. */
  introduce(fd: uapi.Fd, handle: bigint): void {
    using mine = open();
    const { node, handle: toMe } = create(mine, fd);
    send(fd, handle, String(toMe));
    const [word = "nothing"] = hearSoon(mine, 1);
    equal("received", word, `message ${node} "hello"`);
    send(fd, handle, "hello");
  },

  /** Makes nodes, and tells all ids that it got. */
  create(fd: uapi.Fd, count: bigint, handle: bigint): void {
    send(fd, handle, "begins");
    const ids: bigint[] = [];
    for (let i = 0; i < count; i++) ids.push(...Object.values(create(fd)));
    send(fd, handle, ids.join(" "));
  },
};

type Task = keyof typeof TASKS;

/** Milliseconds after which an assistant that was forgotten ends. */
const LIFETIME = 20_000;

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A process at work. */
export interface Assistant {
  /** Waits until it has done its work; throws if it could not. */
  end(): Promise<void>;
  /** Kills it, and waits until it is gone. */
  kill(): Promise<void>;
}

let started = 0;

/** Starts a process with a copy of `fd`; it has it when this returns. The numbers are its task's. */
export function assistant(task: Task, fd: uapi.Fd, ...numbers: (number | bigint)[]): Assistant {
  const meeting = `@bus1-conformance-${process.pid}-${started++}`;
  const child = start(import.meta.url, [task, meeting, ...numbers.map(String)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr!.on("data", (part) => said += part);
  const gone = new Promise<number | null>((resolve) => child.on("close", resolve));
  uapi.sendFd(meeting, fd, { timeout: LIFETIME });
  return {
    async end() {
      const code = await gone;
      if (code !== 0) throw new Error(`the other process failed: ${complaintOf(said)}`);
    },
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

if (import.meta.main) {
  const [task, meeting, ...numbers] = process.argv.slice(2) as [Task, string, ...string[]];
  using fd = uapi.recvFd(meeting, { timeout: LIFETIME });
  const run = TASKS[task] as (fd: uapi.Fd, ...numbers: bigint[]) => void | Promise<void>;
  await run(fd, ...numbers.map(BigInt));
}
