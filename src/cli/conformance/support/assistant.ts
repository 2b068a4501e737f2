/**
 * The other processes that some points need. An assistant receives the descriptor of one peer, performs its task and
 * ends. That peer is its only connection to the point.
 *
 * @module
 */

import process from "node:process";
import * as uapi from "../../../uapi/mod.ts";
import { equal } from "./assertions.ts";
import { create, open, receiveSoon, send } from "./calls.ts";
import { rawSend } from "./raw_calls.ts";
import { errorLine, startModule } from "./start_module.ts";

/** The tasks of assistants. `fd` is the peer, `count` the number of repetitions; messages carry decimal numbers. */
const TASKS = {
  /** Sends one message after a delay. */
  async later(fd: uapi.Fd, handle: bigint): Promise<void> {
    await sleep(DELAY);
    send(fd, handle, "later");
  },

  /** Sends one message, then keeps the peer open until the process is killed. */
  async hold(fd: uapi.Fd, handle: bigint): Promise<void> {
    send(fd, handle, "held");
    await sleep(LIFETIME);
  },

  /** Sends one message, then kills its own process after a delay. */
  async die(fd: uapi.Fd, handle: bigint): Promise<void> {
    send(fd, handle, "dying");
    await sleep(DELAY);
    process.kill(process.pid, "SIGKILL");
    await sleep(LIFETIME);
  },

  /** Sends the numbers from 0. */
  send(fd: uapi.Fd, count: bigint, handle: bigint): void {
    for (let i = 0; i < count; i++) send(fd, handle, String(i));
  },

  /** Sends the numbers from 0, each to all destinations at once. */
  multicast(fd: uapi.Fd, count: bigint, ...destinations: bigint[]): void {
    for (let i = 0; i < count; i++) equal("SEND", rawSend(fd, { destinations, data: String(i) }).result, "0");
  },

  /** Sends the numbers from 0, each to the first handle and then to the second. */
  announce(fd: uapi.Fd, count: bigint, first: bigint, second: bigint): void {
    for (let i = 0; i < count; i++) {
      send(fd, first, String(i));
      send(fd, second, String(i));
    }
  },

  /** Sends the next number after each message that it receives. */
  relay(fd: uapi.Fd, count: bigint, handle: bigint): void {
    for (let i = 0; i < count; i++) {
      equal("messages received", receiveSoon(fd, 1).length, 1);
      send(fd, handle, String(i));
    }
  },

  /**
   * Opens its own peer, creates a handle to it on the peer that it was given, sends the id of that handle, and replies to
   * the message that it then receives.
   */
  introduce(fd: uapi.Fd, handle: bigint): void {
    using own = open();
    const { node, handle: toOwn } = create(own, fd);
    send(fd, handle, String(toOwn));
    const [word = "nothing"] = receiveSoon(own, 1);
    equal("received", word, `message ${node} "hello"`);
    send(fd, handle, "hello");
  },

  /** Creates nodes, then sends all ids that it was given. */
  create(fd: uapi.Fd, count: bigint, handle: bigint): void {
    send(fd, handle, "begins");
    const ids: bigint[] = [];
    for (let i = 0; i < count; i++) ids.push(...Object.values(create(fd)));
    send(fd, handle, ids.join(" "));
  },
};

type Task = keyof typeof TASKS;

/** Milliseconds: longer than a point needs to enter `poll`. */
const DELAY = 100;

/** Milliseconds after which an assistant ends by itself, if its point has failed. */
const LIFETIME = 20_000;

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A process that performs a task. */
export interface Assistant {
  /** Waits until the task is done; throws if it failed. */
  end(): Promise<void>;
  /** Kills the process and waits for its end. */
  kill(): Promise<void>;
}

let started = 0;

/**
 * Starts a process and passes it a copy of `fd`, which it has received when this returns. The numbers are the arguments
 * of its task.
 */
export function assistant(task: Task, fd: uapi.Fd, ...numbers: (number | bigint)[]): Assistant {
  const meeting = `@bus1-conformance-${process.pid}-${started++}`;
  const child = startModule(import.meta.url, [task, meeting, ...numbers.map(String)]);
  let written = "";
  child.stdout.resume();
  child.stderr.on("data", (part) => written += part);
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  uapi.sendFd(meeting, fd, { timeout: LIFETIME });
  return {
    async end() {
      const code = await ended;
      if (code !== 0) throw new Error(`the other process failed: ${errorLine(written)}`);
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Does the task of this process on the descriptor that it is sent. */
async function runTask(): Promise<void> {
  const [task, meeting, ...numbers] = process.argv.slice(2) as [Task, string, ...string[]];
  using fd = uapi.recvFd(meeting, { timeout: LIFETIME });
  const run = TASKS[task] as (fd: uapi.Fd, ...numbers: bigint[]) => void | Promise<void>;
  await run(fd, ...numbers.map(BigInt));
}

// Without an await: no module of the package has one at its top level.
if (import.meta.main) void runTask();
