/**
 * The self-test: a message is passed on every engine, and one from a Worker if the engine can do that, and nothing must be
 * left of it.
 *
 * @module
 */

import { type EngineName, type LiveCounts, liveCounts, type Message, Peer } from "../../../mod.ts";
import { crossesIsolates, moduleBeside, workerRefusal } from "../support/workers.ts";
import { type Task, TEXT } from "./self_test_task.ts";
import type {} from "./self_test_worker.ts"; // only a URL names it; this makes it part of every form of the package

/** The result of one test. */
export interface SelfTest {
  engine: EngineName;
  /** Whether the message was sent in this isolate, or by a Worker. */
  what: "message" | "worker";
  result: "passed" | "failed" | "skipped";
  milliseconds: number | null;
  /** The reason why it failed or was skipped. */
  detail: string | null;
}

/** The milliseconds after which a test has failed: a Worker starts in far less, even on a busy machine. */
const LIMIT = 15_000;

/** Tests these engines, one after another. */
export async function selfTests(engines: readonly EngineName[]): Promise<SelfTest[]> {
  const tests: SelfTest[] = [];
  for (const engine of engines) {
    tests.push(await tested(engine, "message", passMessage));
    if (!crossesIsolates(engine)) continue;
    const refusal = workerRefusal();
    if (refusal === null) tests.push(await tested(engine, "worker", passFromWorker));
    else tests.push({ engine, what: "worker", result: "skipped", milliseconds: null, detail: refusal });
  }
  return tests;
}

async function tested(
  engine: EngineName,
  what: SelfTest["what"],
  test: (engine: EngineName, signal: AbortSignal) => Promise<void>,
): Promise<SelfTest> {
  const before = liveCounts();
  const start = performance.now();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`not done after ${LIMIT / 1000} s`)), LIMIT);
  try {
    await test(engine, late.signal);
    const milliseconds = performance.now() - start;
    const left = Object.entries(liveCounts()).filter(([noun, count]) => count !== before[noun as keyof LiveCounts]);
    if (left.length > 0) throw new Error(`objects are left: ${left.map((entry) => entry.join(" ")).join(", ")}`);
    return { engine, what, result: "passed", milliseconds, detail: null };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { engine, what, result: "failed", milliseconds: performance.now() - start, detail };
  } finally {
    clearTimeout(timer);
  }
}

/** Passes a message from one peer to another; when the sender has closed, the receiver is notified. */
async function passMessage(engine: EngineName, signal: AbortSignal): Promise<void> {
  using server = Peer.open({ engine });
  using client = Peer.open({ engine });
  const { node, handle } = server.createNode({ for: client });
  client.send(handle, TEXT);
  client.close();
  expect(await server.receive({ signal }), "message", node);
  expect(await server.receive({ signal }), "handle-release", node);
}

/** Does the same with a sender that has moved to a Worker. */
async function passFromWorker(engine: EngineName, signal: AbortSignal): Promise<void> {
  using server = Peer.open({ engine });
  const client = Peer.open({ engine });
  const { node, handle } = server.createNode({ for: client });
  const to = handle.id;
  const ticket = client.detach();
  const worker = new Worker(moduleBeside(import.meta.url, "self_test_worker"), { type: "module" });
  try {
    const failed = new Promise<never>((_, reject) => {
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`the Worker failed: ${event.message}`));
      };
    });
    worker.postMessage({ ticket, to } satisfies Task);
    expect(await Promise.race([server.receive({ signal }), failed]), "message", node);
    expect(await Promise.race([server.receive({ signal }), failed]), "handle-release", node);
  } finally {
    Peer.revoke(ticket); // the Worker may not have adopted the peer
    worker.terminate();
  }
}

function expect(message: Message, type: "message" | "handle-release", node: unknown): void {
  if (message.type !== type) throw new Error(`received a ${message.type} instead of a ${type}`);
  if (message.node !== node) throw new Error(`received a ${type} at another node`);
  if (message.type === "message" && message.text() !== TEXT) throw new Error("received another text");
}
