/**
 * Runs the points, each group in a process of its own, and survives what becomes of it: if the process dies or does not
 * answer, that is the failure of the point that it was at, and another process goes on with the next one.
 *
 * @module
 */

import process from "node:process";
import type { Line } from "./child.ts";
import type { Group, Point } from "./point.ts";
import { complaintOf, start } from "./runtime.ts";
import { moduleBeside } from "../workers.ts";

/** How a point went. */
export interface Outcome {
  readonly group: Group;
  readonly point: Point;
  readonly result: "passed" | "failed" | "skipped";
  /** What was seen and expected, or why it was skipped. */
  readonly detail?: string;
}

/** What is to be judged, and how. */
export interface Case {
  /** The path of the device. */
  device: string;
  /** Whether points run that a faulty device may not survive. */
  dangerous: boolean;
  /** Seconds after which a point hangs. */
  limit: number;
  /** The module that runs points, as `child.ts` does. */
  child?: string;
}

const CHILD = moduleBeside(import.meta.url, "child").href;

/** Seconds after which a process that does not begin hangs. */
const START_LIMIT = 30;

const NOT_TRIED = "a device with the fault crashes here, or wedges the process; --dangerous tries it";

/** Says why the device cannot be judged, if it cannot. */
export async function refusal(device: string): Promise<string | undefined> {
  let refused: string | undefined;
  const ended = await talk(CHILD, device, [], START_LIMIT, (line) => {
    if ("ready" in line && line.ready !== true) refused = line.ready;
  });
  return refused ?? ended;
}

/** Runs all points of the groups, in their order; `report` hears of each when it is done. */
export async function judge(
  groups: readonly Group[],
  { device, dangerous, limit, child = CHILD }: Case,
  report: (outcome: Outcome) => void,
): Promise<void> {
  for (const group of groups) {
    const left = [...group.points];
    const isSkipped = (point: Point) => point.dangerous && !dangerous;
    const skip = () => {
      while (left.length > 0 && isSkipped(left[0]!)) {
        report({ group, point: left.shift()!, result: "skipped", detail: NOT_TRIED });
      }
    };
    const done = (result: Outcome["result"], detail?: string) => {
      report({ group, point: left.shift()!, result, detail });
      skip();
    };
    skip();
    while (left.length > 0) {
      const numbers = left.filter((point) => !isSkipped(point)).map(({ number }) => number);
      const ended = await talk(child, device, numbers, limit, (line) => {
        if ("end" in line) done(line.failed === undefined ? "passed" : "failed", line.failed);
      });
      if (left.length > 0) done("failed", ended ?? "the process ended before it was done");
    }
  }
}

let stopRunning = () => {};

/** Ends the process that runs points, if one does. */
export function stop(): void {
  stopRunning();
}

/** Runs the points of these numbers in a process, and hears what it says. Answers how it ended, if not well. */
function talk(
  module: string,
  device: string,
  numbers: readonly number[],
  limit: number,
  hear: (line: Line) => void,
): Promise<string | undefined> {
  const child = start(module, numbers.map(String), {
    env: { ...process.env, BUS1_DEVICE: device },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // a process group, so that nothing of it stays behind
  });
  return new Promise((resolve, reject) => {
    let ready = false;
    let timer: ReturnType<typeof setTimeout>;
    let text = "";
    let complaints = "";

    const finish = (how?: string) => {
      clearTimeout(timer);
      stopRunning();
      stopRunning = () => {};
      // It may be beyond killing: nobody waits for it.
      child.removeAllListeners();
      child.stdout!.destroy();
      child.stderr!.destroy();
      child.unref();
      const complaint = complaintOf(complaints);
      if (ready) resolve(how === undefined || !complaint ? how : `${how}: ${complaint}`);
      else reject(new Error(`cannot start a process for the points: ${complaint || how}`));
    };
    const expectMore = (seconds: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => finish(`no answer in ${seconds} s`), seconds * 1000);
    };

    stopRunning = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended, and with it all that it had started.
      }
    };
    expectMore(START_LIMIT);
    child.stdout!.on("data", (part) => {
      text += part;
      const lines = text.split("\n");
      text = lines.pop()!;
      for (const line of lines.map((line): Line => JSON.parse(line))) {
        ready ||= "ready" in line;
        expectMore(limit);
        hear(line);
      }
    });
    child.stderr!.on("data", (part) => complaints += part);
    child.on("error", (error) => finish(error.message));
    child.on("close", (code, signal) => {
      finish(code === 0 ? undefined : signal ? `killed by ${signal}` : `the process ended with exit code ${code}`);
    });
  });
}
