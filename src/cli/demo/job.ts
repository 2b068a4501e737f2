/**
 * The demo's job, as its boss sees it: it starts the workers, hands out the files, collects the counts, ends the job with one
 * multicast, and is notified when each worker is gone.
 *
 * Rules:
 * - The job begins when every worker has sent its hello. A worker has at most `AHEAD` files in its queue: enough that it
 *   never waits for the next one.
 * - If a worker is gone too early, a release notification says so, and its open files go to the others. All its reports come
 *   before that notification.
 *
 * @module
 */

import { type Handle, Peer } from "../../../mod.ts";
import { crossesIsolates, moduleBeside, workerRefusal } from "../support/workers.ts";
import { type FileCount, Tally } from "./count.ts";
import { END, type Task, work } from "./work.ts";
import type {} from "./worker.ts"; // only a URL names it; this makes it part of every form of the package

/** The result of one worker. */
interface WorkerReport {
  /** The number of files that it read. */
  files: number;
  /** The number of bytes that it counted. */
  bytes: number;
  /** The reason why it was gone before the job ended. */
  failure?: string;
}

/** The result of a job. */
export interface JobReport {
  tally: Tally;
  workers: WorkerReport[];
  /** The number of messages that the boss sent and received, notifications included. */
  messages: number;
  /** Milliseconds from the last worker's hello to the end of the job. */
  duration: number;
  /** Milliseconds from the multicast that ended the job to the notification that the last worker was gone. */
  farewell: number;
}

/** The most files in a worker's queue. */
const AHEAD = 8;

/** A worker, as the boss sees it. */
interface Hired extends WorkerReport {
  /** The handle to send it files. */
  jobs: Handle;
  /** The files in its queue. */
  queued: Set<string>;
  /** Stops its thread when its peer is gone. */
  stop(): void;
}

/** Starts a worker. Calls `failed` if the worker fails. Returns a function that stops its thread. */
export type Start = (task: Task, failed: (why: string) => void) => () => void;

/** Options of {@linkcode runJob}. */
interface JobOptions {
  /** Called after each file with the number of files that are done. */
  progress?: (done: number) => void;
  /** Starts the workers; by default as Workers if the engine's peers can move there, else in this isolate. */
  start?: Start;
}

/**
 * Counts the files over the bus, with this many workers.
 *
 * @throws {Error} if all workers are gone before the end.
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
  const hired = Array.from({ length: workers }, () => hire(boss, folder, start));
  try {
    return await new Job(boss, hired, files, progress).run();
  } finally {
    for (const worker of hired) worker.stop();
  }
}

/** Opens a worker's peer, makes a handle for its reports and one for its files, and starts the worker. */
function hire(boss: Peer, folder: string, start: Start): Hired {
  const peer = Peer.open({ engine: boss.engine });
  const { handle: jobs } = peer.createNode({ for: boss });
  const worker: Hired = { files: 0, bytes: 0, jobs, queued: new Set(), stop: () => {} };
  const { handle: report } = boss.createNode({ for: peer, data: worker });
  const task: Task = { report: report.id, ticket: peer.detach(), folder };
  worker.stop = start(task, (why) => {
    worker.failure = why;
    Peer.revoke(task.ticket); // the worker may not have adopted its peer
  });
  return worker;
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

/** A job from the first hello to the end of the last worker. */
class Job {
  readonly #boss: Peer;
  readonly #hired: readonly Hired[];
  /** The workers that are not gone, and those of them that have not sent their hello. */
  readonly #present: Set<Hired>;
  readonly #awaited: Set<Hired>;
  /** The files that are in no worker's queue. The next one is the last. */
  readonly #open: string[];
  readonly #count: number;
  readonly #progress: (done: number) => void;
  readonly #tally = new Tally();
  #done = 0;
  #messages = 0;
  /** The times of the beginning and the end, by `performance.now`; 0 before. */
  #begun = 0;
  #ended = 0;

  constructor(boss: Peer, hired: readonly Hired[], files: readonly string[], progress: (done: number) => void) {
    this.#boss = boss;
    this.#hired = hired;
    this.#present = new Set(hired);
    this.#awaited = new Set(hired);
    this.#open = [...files].reverse();
    this.#count = files.length;
    this.#progress = progress;
  }

  async run(): Promise<JobReport> {
    const workers = new Map(this.#hired.map((worker) => [worker.jobs, worker]));
    for await (const message of this.#boss) {
      this.#messages++;
      if (message.type === "message") {
        const worker = message.node.data as Hired;
        if (!this.#awaited.delete(worker)) this.#take(worker, message.json());
      } else if (message.type === "node-release") {
        const worker = workers.get(message.handle);
        if (worker !== undefined) this.#leave(worker);
        if (this.#present.size === 0) break;
      }
      this.#advance();
    }
    return {
      tally: this.#tally,
      workers: this.#hired.map(({ files, bytes, failure }) => ({ files, bytes, failure })),
      messages: this.#messages,
      duration: this.#ended - this.#begun,
      farewell: performance.now() - this.#ended,
    };
  }

  /** Takes the count of a file. */
  #take(worker: Hired, count: FileCount): void {
    this.#tally.add(count);
    worker.queued.delete(count.file);
    worker.files++;
    worker.bytes += count.bytes;
    this.#progress(++this.#done);
  }

  /** A worker is gone. */
  #leave(worker: Hired): void {
    this.#present.delete(worker);
    this.#awaited.delete(worker);
    worker.stop();
    if (this.#ended > 0) return;
    worker.failure ??= "it ended by itself";
    if (this.#present.size === 0) throw new Error(`every worker was gone before the end: ${worker.failure}`);
    this.#open.push(...worker.queued);
  }

  /** Hands out files, or ends the job if all are done. */
  #advance(): void {
    if (this.#awaited.size > 0) return;
    this.#begun ||= performance.now();
    if (this.#done < this.#count) {
      for (const worker of this.#present) this.#feed(worker);
    } else if (this.#ended === 0) {
      this.#ended = performance.now();
      this.#boss.send([...this.#present].map(({ jobs }) => jobs), END);
      this.#messages += this.#present.size;
    }
  }

  #feed(worker: Hired): void {
    while (worker.queued.size < AHEAD) {
      const file = this.#open.pop();
      if (file === undefined) return;
      this.#boss.send(worker.jobs, file);
      worker.queued.add(file);
      this.#messages++;
    }
  }
}
