/**
 * Workers of the web; in Node.js, which has none, the same over its `worker_threads`. Only as much of them as is used here.
 *
 * @module
 */

import process from "node:process";
import { parentPort, Worker as Thread } from "node:worker_threads";

/** A Worker, from outside. */
export interface StartedWorker {
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(message: unknown, transfer?: Transferable[]): void;
  terminate(): void;
}

/** A Worker, from inside. */
export interface OwnWorker {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
}

/** Starts the Worker of a module, which in Node.js is the JavaScript that was made of it. */
export function startWorker(url: URL): StartedWorker {
  return hasWorkers ? new Worker(url, { type: "module" }) : new ThreadWorker(url);
}

/** The Worker that this code runs in. */
export function ownWorker(): OwnWorker {
  if (hasWorkers) return self as unknown as OwnWorker;
  const port = parentPort!;
  const own: OwnWorker = { onmessage: null, postMessage: (message) => port.postMessage(message) };
  port.on("message", (data) => own.onmessage?.({ data } as MessageEvent));
  return own;
}

const hasWorkers = "Worker" in globalThis;

class ThreadWorker implements StartedWorker {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  readonly #thread: Thread;

  constructor(url: URL) {
    const made = url.href.replace(/\.ts$/, import.meta.url.endsWith(".js") ? ".js" : ".ts");
    this.#thread = new Thread(new URL(made));
    this.#thread.on("message", (data) => this.onmessage?.({ data } as MessageEvent));
    this.#thread.on("error", ({ message }: Error) => {
      // As the web has it, who prevents the default has seen to it.
      let isHandled = false;
      const preventDefault = () => isHandled = true;
      this.onerror?.({ message: `Error: ${message}`, preventDefault } as unknown as ErrorEvent);
      if (!isHandled) process.emitWarning(`a Worker failed: ${message}`);
    });
  }

  postMessage(message: unknown, transfer: Transferable[] = []): void {
    this.#thread.postMessage(message, transfer as never[]);
  }

  terminate(): void {
    this.#thread.terminate();
  }
}
