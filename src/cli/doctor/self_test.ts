/**
 * Does the bus work here? A message is passed on every engine, and one across a Worker where an engine can do that; and
 * nothing is left of it.
 *
 * @module
 */

import { type EngineName, type LiveCounts, liveCounts, type Message, Peer } from "../../../mod.ts";
import { crossesIsolates } from "../demo/job.ts";
import { moduleBeside, workerRefusal } from "../worker.ts";
import type { Task } from "./self_test_worker.ts";

/** How a test ended. */
export interface SelfTest {
  engine: EngineName;
  /** Whether a message was passed in this isolate, or from a Worker. */
  what: "message" | "worker";
  result: "passed" | "failed" | "skipped";
  /** How long it took. */
  milliseconds: number | null;
  /** Why it failed or was skipped. */
  detail: string | null;
}

/** What is sent. */
export const TEXT = "does it work?";

/** Milliseconds after which a test has failed. */
const LIMIT = 15_000;

/** Tests these engines, one after the other. */
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
    if (left.length > 0) throw new Error(`something is left: ${left.map((entry) => entry.join(" ")).join(", ")}`);
    return { engine, what, result: "passed", milliseconds, detail: null };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { engine, what, result: "failed", milliseconds: performance.now() - start, detail };
  } finally {
    clearTimeout(timer);
  }
}

/** From one peer to another; and when the sender is gone, the receiver is told. */
async function passMessage(engine: EngineName, signal: AbortSignal): Promise<void> {
  using server = Peer.open({ engine });
  using client = Peer.open({ engine });
  const { node, handle } = server.createNode({ for: client });
  client.send(handle, TEXT);
  client.close();
  expect(await server.receive({ signal }), "message", node);
  expect(await server.receive({ signal }), "handle-release", node);
}

/** The same, but the sender has been handed over to a Worker. */
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
    Peer.revoke(ticket); // it may not have come to take its peer over
    worker.terminate();
  }
}

function expect(message: Message, type: "message" | "handle-release", node: unknown): void {
  if (message.type !== type) throw new Error(`received a ${message.type}, and not a ${type}`);
  if (message.node !== node) throw new Error(`received a ${type} at another node`);
  if (message.type === "message" && message.text() !== TEXT) throw new Error("received another text");
}
