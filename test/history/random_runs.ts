/**
 * Records and checks random runs, one after the other: the tests do this for seconds, and `task soak` for minutes.
 *
 * A run that breaks a rule fails with its seed, the events that show it, and a file with the whole history, for
 * {@linkcode check}. Where threads race, the same seed does not give the same history, so try it repeatedly.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineName } from "../../src/port/engine.ts";
import { check } from "./check.ts";
import { WorkerPool } from "./worker_pool.ts";
import type { Violation } from "./findings.ts";
import type { History } from "./history.ts";
import { recordRun } from "./record_run.ts";

/** The parameters of the runs. */
interface RandomRunsOptions {
  engine: EngineName;
  seconds: number;
  /** The first run's seed; the others follow. */
  seed: number;
  /** Whether Workers are terminated and peers revoked. */
  isFaulty: boolean;
}

/** Counts over all runs. */
interface Figures {
  runs: number;
  events: number;
  /** Messages received, and release notifications. */
  messages: number;
  notifications: number;
  handovers: number;
  revocations: number;
  /** Actors that were terminated, and those of them that were in a call that changes the bus. */
  died: number;
  midway: number;
}

/** Runs until the time is over. Throws at the first broken rule. */
export async function randomRuns({ engine, seconds, seed, isFaulty }: RandomRunsOptions): Promise<Figures> {
  const figures: Figures = {
    ...{ runs: 0, events: 0, messages: 0, notifications: 0, handovers: 0, revocations: 0, died: 0, midway: 0 },
  };
  const end = performance.now() + seconds * 1000;
  const steps = engine === "kernel" ? 500 : 2000; // each is a system call there
  const pool = isFaulty ? undefined : new WorkerPool();
  try {
    for (let now = seed; figures.runs === 0 || performance.now() < end; now++) {
      const { history, shape } = await recordRun({ engine, seed: now, steps, pool, isFaulty }).catch((error) => {
        throw new Error(`seed ${now}: ${error}`, { cause: error });
      });
      const violations = check(history);
      if (violations.length > 0) throw new Error(complaint(engine, now, shape, history, violations));
      add(figures, history);
    }
  } finally {
    await pool?.terminate();
  }
  return figures;
}

function complaint(engine: string, seed: number, shape: string, history: History, violations: Violation[]): string {
  const file = join(tmpdir(), `bus1-history-${engine}-${seed}.json`);
  writeFileSync(file, JSON.stringify(history));
  const told = violations.map(({ rule, what, events }) => [`${rule}: ${what}`, ...events.map(shorten)].join("\n    "));
  return `${engine}, seed ${seed} (${shape}) breaks rules; the history is in ${file}\n${told.slice(0, 5).join("\n")}`;
}

function shorten(event: string): string {
  return event.length > 240 ? `${event.slice(0, 240)} ...` : event;
}

function add(figures: Figures, { actors }: History): void {
  figures.runs++;
  for (const { events, died } of actors) {
    figures.events += events.length;
    if (died) figures.died++;
    if (events.at(-1)?.end === Infinity) figures.midway++;
    for (const event of events) {
      if (event.kind === "adopt" && event.error === undefined) figures.handovers++;
      if (event.kind === "revoke") figures.revocations++;
      if (event.kind !== "receive") continue;
      const messages = event.items.filter(({ type }) => type === "message").length;
      figures.messages += messages;
      figures.notifications += event.items.length - messages;
    }
  }
}
