/**
 * The demo's job, from the side of the one who gives it: starts the workers, hands out the files, collects the counts,
 * ends it all with one multicast, and hears from the bus when each worker is gone.
 *
 * Rules:
 * - The job begins when every worker has said hello. Each has at most `AHEAD` files before it, so that nobody waits and
 *   nobody is swamped.
 * - A worker that is gone too early is noticed by its release notification, and what it still had goes to the others.
 *   Its reports came before: after the notification there is none.
 *
 * @module
 */

import { type EngineName, type Handle, Peer } from "../../../mod.ts";
import { moduleBeside, workerRefusal } from "../worker.ts";
import { type FileCount, Tally } from "./count.ts";
import { END, type Task, work } from "./work.ts";
import type {} from "./worker.ts"; // only a URL names it: so it is in every form of the package

/** What became of one worker. */
export interface WorkerReport {
  /** Files that it read. */
  files: number;
  /** Bytes that it counted. */
  bytes: number;
  /** Why it was gone before the job ended. */
  failure?: string;
}

/** What a job came to. */
export interface JobReport {
  tally: Tally;
  workers: WorkerReport[];
  /** Messages that were sent and received, notifications included. */
  messages: number;
  /** From the moment when every worker was there to the end of the job, in milliseconds. */
  duration: number;
  /** From the multicast that ended the job to the notification that the last worker was gone, in milliseconds. */
  farewell: number;
}

/** Files that a worker has before it. */
const AHEAD = 8;

/** A worker, as the one who gives the job sees it. */
interface Seat extends WorkerReport {
  /** Where to send it files. */
  jobs: Handle;
  /** The files that it has before it. */
  ahead: Set<string>;
  /** Stops what is left of it when its peer is gone. */
  stop(): void;
}

/** Starts a worker with its task. It calls `failed` if it ends badly; what it answers stops what is left of it. */
export type Start = (task: Task, failed: (why: string) => void) => () => void;

/** Whether an engine hands peers to other isolates, so that workers can be Workers of the runtime. */
export function crossesIsolates(engine: EngineName): boolean {
  return engine !== "typescript";
}

/** What {@linkcode runJob} can be told. */
export interface JobOptions {
  /** Hears after each file how many are done. */
  progress?: (done: number) => void;
  /** How workers are started; by default as Workers if the engine lets it be, else beside us in this isolate. */
  start?: Start;
}

/**
 * Counts the files over the bus, with this many workers.
 *
 * @throws if all workers are gone before the end.
 */
export async function runJob(
  boss: Peer,
  folder: string,
  files: readonly string[],
  workers: number,
  options: JobOptions = {},
): Promise<JobReport> {
  const { progress = () => {}, start = crossesIsolates(boss.engine) ? startWorker : startHere } = options;
  if (start === startWorker && !("Worker" in globalThis)) {
    throw new Error(`${workerRefusal()}; with BUS1_ENGINE=typescript the demo needs none`);
  }
  const seats = Array.from({ length: workers }, () => hire(boss, folder, start));
  try {
    return await direct(boss, seats, files, progress);
  } finally {
    for (const seat of seats) seat.stop();
  }
}

/** Makes a peer for a worker, gives it a handle to report through, keeps one to send it files, and starts it. */
function hire(boss: Peer, folder: string, start: Start): Seat {
  const peer = Peer.open({ engine: boss.engine });
  const { handle: jobs } = peer.createNode({ for: boss });
  const seat: Seat = { files: 0, bytes: 0, jobs, ahead: new Set(), stop: () => {} };
  const { handle: report } = boss.createNode({ for: peer, data: seat });
  const task: Task = { report: report.id, ticket: peer.detach(), folder };
  seat.stop = start(task, (why) => {
    seat.failure = why;
    Peer.revoke(task.ticket); // it may not have come to adopt its peer
  });
  return seat;
}

function startWorker(task: Task, failed: (why: string) => void): () => void {
  const worker = new Worker(moduleBeside(import.meta.url, "worker"), { type: "module" });
  worker.onerror = (event) => {
    event.preventDefault();
    // Deno: "Uncaught (in promise) Error: ..."; Bun: lines of the source, and then "error: ...".
    failed(/error: (.*)/i.exec(event.message)?.[1] ?? event.message);
  };
  worker.postMessage(task);
  return () => worker.terminate();
}

function startHere(task: Task, failed: (why: string) => void): () => void {
  work(task).catch((error) => failed(String(error)));
  return () => {};
}

async function direct(
  boss: Peer,
  seats: readonly Seat[],
  files: readonly string[],
  progress: (done: number) => void,
): Promise<JobReport> {
  const seatOf = new Map(seats.map((seat) => [seat.jobs, seat]));
  const present = new Set(seats);
  const awaited = new Set(present);
  const waiting = [...files].reverse();
  const tally = new Tally();
  let messages = 0;
  let done = 0;
  let started = 0;
  let ended = 0;

  const feed = (seat: Seat) => {
    while (seat.ahead.size < AHEAD && waiting.length > 0) {
      const file = waiting.pop()!;
      boss.send(seat.jobs, file);
      seat.ahead.add(file);
      messages++;
    }
  };
  const take = (seat: Seat, count: FileCount) => {
    tally.add(count);
    seat.ahead.delete(count.file);
    seat.files++;
    seat.bytes += count.bytes;
    progress(++done);
  };
  const leave = (seat: Seat) => {
    present.delete(seat);
    awaited.delete(seat);
    seat.stop();
    if (ended > 0) return;
    seat.failure ??= "it ended by itself";
    if (present.size === 0) throw new Error(`every worker was gone before the end: ${seat.failure}`);
    waiting.push(...seat.ahead);
  };
  const goOn = () => {
    if (awaited.size > 0) return;
    started ||= performance.now();
    if (done < files.length) return present.forEach(feed);
    if (ended > 0) return;
    ended = performance.now();
    boss.send([...present].map(({ jobs }) => jobs), END);
    messages += present.size;
  };

  for await (const message of boss) {
    messages++;
    if (message.type === "message") {
      const seat = message.node.data as Seat;
      if (!awaited.delete(seat)) take(seat, message.json());
    } else if (message.type === "node-release") {
      leave(seatOf.get(message.handle)!);
      if (present.size === 0) break;
    }
    goOn();
  }
  const gone = performance.now();
  const workers = seats.map(({ files, bytes, failure }) => ({ files, bytes, failure }));
  return { tally, workers, messages, duration: ended - started, farewell: gone - ended };
}
