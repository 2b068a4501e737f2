/**
 * Runs the points, each group in its own process, and survives the end of that process. If the process dies or stops
 * responding, the point that it was running has failed, and a new process continues with the next point.
 *
 * @module
 */

import process from "node:process";
import type { Line } from "./point_process.ts";
import type { Group, Point } from "./support/point.ts";
import { errorLine, startModule } from "./support/start_module.ts";
import { moduleBeside } from "../support/workers.ts";

/** The result of one point. */
export interface Outcome {
  readonly group: Group;
  readonly point: Point;
  readonly result: "passed" | "failed" | "skipped";
  /** The values that differ, or the reason why the point was skipped. */
  readonly detail?: string;
}

/** The device and how it is tested. */
export interface Settings {
  /** The path of the device. */
  device: string;
  /** Whether points run that a faulty device may not survive. */
  dangerous: boolean;
  /** Seconds after which a point that has not ended has failed. */
  limit: number;
  /** The module that runs points, in the manner of point_process.ts. */
  module?: string;
}

const MODULE = moduleBeside(import.meta.url, "point_process").href;

/** Seconds after which a process that has not started has failed. */
const START_LIMIT = 30;

const NOT_RUN = "a device with the fault crashes here, or wedges the process; --dangerous runs it";

/** Returns why the device cannot be tested, or `undefined` if it can. */
export async function reasonNotTestable(device: string): Promise<string | undefined> {
  let reason: string | undefined;
  const ended = await runProcess(MODULE, device, [], START_LIMIT, (line) => {
    if ("ready" in line && line.ready !== true) reason = line.ready;
  });
  return reason ?? ended;
}

/** Runs all points of the groups in order. Calls `report` after each point. */
export async function runPoints(
  groups: readonly Group[],
  { device, dangerous, limit, module = MODULE }: Settings,
  report: (outcome: Outcome) => void,
): Promise<void> {
  for (const group of groups) {
    const run = new GroupRun(group, dangerous, report);
    while (!run.isDone) {
      const ended = await runProcess(module, device, run.numbers, limit, (line) => {
        if ("end" in line) run.ended(line.failed === undefined ? "passed" : "failed", line.failed);
      });
      if (!run.isDone) run.ended("failed", ended ?? "the process ended before it was done");
    }
  }
}

/** The points of one group that are left, and the reports about the others. */
class GroupRun {
  readonly #group: Group;
  readonly #dangerous: boolean;
  readonly #report: (outcome: Outcome) => void;
  #left: readonly Point[];

  constructor(group: Group, dangerous: boolean, report: (outcome: Outcome) => void) {
    this.#group = group;
    this.#dangerous = dangerous;
    this.#report = report;
    this.#left = group.points;
    this.#skip();
  }

  get isDone(): boolean {
    return this.#left.length === 0;
  }

  /** The numbers of the points that are left and are not skipped. */
  get numbers(): number[] {
    return this.#left.filter((point) => !this.#isSkipped(point)).map(({ number }) => number);
  }

  /** Reports the point that was running. */
  ended(result: Outcome["result"], detail?: string): void {
    this.#next(result, detail);
    this.#skip();
  }

  #skip(): void {
    while (this.#left[0] && this.#isSkipped(this.#left[0])) this.#next("skipped", NOT_RUN);
  }

  #isSkipped(point: Point): boolean {
    return point.dangerous && !this.#dangerous;
  }

  #next(result: Outcome["result"], detail?: string): void {
    const [point, ...left] = this.#left;
    if (point === undefined) throw new Error(`a process reported more points than ${this.#group.name} has`);
    this.#left = left;
    this.#report({ group: this.#group, point, result, detail });
  }
}

let killRunning = () => {};

/** Kills the process that runs points, if there is one. */
export function stop(): void {
  killRunning();
}

/**
 * Runs the points with these numbers in a process, and calls `read` for each line that it prints. Returns how the process
 * ended, or `undefined` if it ended well.
 */
function runProcess(
  module: string,
  device: string,
  numbers: readonly number[],
  limit: number,
  read: (line: Line) => void,
): Promise<string | undefined> {
  const child = startModule(module, numbers.map(String), {
    env: { ...process.env, BUS1_DEVICE: device },
    detached: true, // its own process group, so that its descendants can be killed with it
  });
  return new Promise((resolve, reject) => {
    let ready = false;
    let timer: ReturnType<typeof setTimeout>;
    let output = "";
    let errors = "";

    const finish = (how?: string) => {
      clearTimeout(timer);
      killRunning();
      killRunning = () => {};
      // A process that hangs in the kernel cannot be killed, so its end is not awaited.
      child.removeAllListeners();
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      const error = errorLine(errors);
      if (ready) resolve(how === undefined || !error ? how : `${how}: ${error}`);
      else reject(new Error(`cannot start a process for the points: ${error || how}`));
    };
    const expectLine = (seconds: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => finish(`no result in ${seconds} s`), seconds * 1000);
    };

    killRunning = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // The process and all its descendants have ended.
      }
    };
    expectLine(START_LIMIT);
    child.stdout.on("data", (part) => {
      const lines = `${output}${part}`.split("\n");
      output = lines.pop() ?? "";
      for (const line of lines.map((line): Line => JSON.parse(line))) {
        ready ||= "ready" in line;
        expectLine(limit);
        read(line);
      }
    });
    child.stderr.on("data", (part) => errors += part);
    child.on("error", (error) => finish(error.message));
    child.on("close", (code, signal) => {
      finish(code === 0 ? undefined : signal ? `killed by ${signal}` : `the process ended with exit code ${code}`);
    });
  });
}
