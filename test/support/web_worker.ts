/**
 * Gives Node.js the Workers of the web, over its own threads: as much of them as our programs use. The suite `node` loads
 * this before anything else, in each thread.
 *
 * @module
 */

import process from "node:process";
import { parentPort, Worker as Thread } from "node:worker_threads";

/** A Worker, from outside. The module is the JavaScript that was made of the one that is named. */
class WebWorker {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: { message: string; preventDefault(): void }) => void) | null = null;
  readonly #thread: Thread;

  constructor(url: URL) {
    this.#thread = new Thread(new URL(url.href.replace(/\.ts$/, ".js")));
    this.#thread.on("message", (data) => this.onmessage?.({ data }));
    this.#thread.on("error", ({ name, message }: Error) => {
      let isHandled = false;
      this.onerror?.({ message: `${name}: ${message}`, preventDefault: () => isHandled = true });
      if (isHandled) return;
      console.error(`${name} in a Worker: ${message}`);
      process.exit(1);
    });
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    this.#thread.postMessage(message, transfer as never);
  }

  terminate(): void {
    this.#thread.terminate();
  }
}

Object.assign(globalThis, { Worker: WebWorker });

if (parentPort !== null) {
  const port = parentPort as unknown as MessagePort;
  Object.assign(globalThis, {
    self: globalThis,
    postMessage: port.postMessage.bind(port),
    addEventListener: port.addEventListener.bind(port),
  });
  Object.defineProperty(globalThis, "onmessage", { set: (listener) => port.onmessage = listener });
}
