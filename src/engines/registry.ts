/**
 * The engines of this isolate, and the choice among them.
 *
 * The TypeScript engine is always in the registry. The other engines call native code, which must not be in a bundle for
 * browsers: native_engines.ts adds them.
 *
 * An engine is opened once, when it is first needed, never at import. `auto` takes the first that works, in the order
 * kernel, native, typescript, and keeps it. The environment variable `BUS1_ENGINE` names another. A device that breaks the
 * contract is skipped by `auto`: a program must ask for it by name.
 *
 * @module
 */

import type { Engine, EngineName, LiveCounts } from "../port/engine.ts";
import { environmentVariable } from "../port/environment.ts";
import { BusError } from "../port/errors.ts";
import { openTypeScript } from "./typescript/engine.ts";

/** What {@linkcode engineReport} reports about one engine. */
export interface EngineStatus {
  /** The engine. */
  engine: EngineName;
  /** Whether it works here. */
  available: boolean;
  /** Whether `auto` takes it. */
  chosen: boolean;
  /** Why it is chosen or skipped; or why it does not work here, and what would help. */
  reason: string;
}

/** An engine, with the reason why `auto` skips it, if there is one; or the reason why it does not work here. */
type Opened = { engine: Engine; caution?: string } | { reason: string };

const absent = (): Opened => ({
  reason: '"@bus1/bus1/typescript" has the TypeScript engine alone; import "@bus1/bus1" for the others',
});

const openers: Record<EngineName, () => Opened> = {
  kernel: absent,
  native: absent,
  typescript: () => ({ engine: openTypeScript() }),
};

/** The names of the engines, in the order in which `auto` tries them. */
const NAMES = Object.keys(openers) as EngineName[];

const opened = new Map<EngineName, Opened>();
let chosen: Engine | undefined;

/** Adds an engine. Existing peers, and the engine that `auto` has taken already, stay as they are. */
export function addEngine(name: EngineName, open: () => Opened): void {
  openers[name] = open;
  opened.delete(name);
}

/** Returns whether `value` names an engine. */
export function isEngineName(value: unknown): value is EngineName {
  return typeof value === "string" && Object.hasOwn(openers, value);
}

/** Opens an engine, or returns the reason why it does not work here. */
export function openEngine(name: EngineName): Opened {
  let result = opened.get(name);
  if (result === undefined) {
    result = openers[name]();
    opened.set(name, result);
  }
  return result;
}

/** Returns the engine of that name, or the one that `auto` takes; throws if it does not work here. */
export function chooseEngine(name: EngineName | "auto", doing: string): Engine {
  if (name !== "auto") return required(name, doing, "");
  return chosen ??= chooseAuto(doing);
}

function chooseAuto(doing: string): Engine {
  const wanted = environmentVariable("BUS1_ENGINE") ?? "auto";
  if (isEngineName(wanted)) return required(wanted, doing, "BUS1_ENGINE asks for it; ");
  if (wanted !== "auto") {
    throw new BusError("EINVAL", doing, `BUS1_ENGINE is "${wanted}", and must be "auto" or one of ${NAMES.join(", ")}`);
  }
  for (const name of NAMES) {
    const result = openEngine(name);
    if ("engine" in result && result.caution === undefined) return result.engine;
  }
  throw new BusError("EOPNOTSUPP", doing, "no engine works here");
}

function required(name: EngineName, doing: string, why: string): Engine {
  const result = openEngine(name);
  if ("engine" in result) return result.engine;
  throw new BusError("EOPNOTSUPP", doing, `the engine "${name}" does not work here: ${why}${result.reason}`);
}

/**
 * Reports which engines work in this isolate, which one `auto` takes, and why it does not take the others.
 *
 * @returns One entry for each engine, in the order in which `auto` tries them.
 *
 * @example
 * ```ts
 * import { engineReport } from "@bus1/bus1";
 *
 * for (const { engine, available, chosen, reason } of engineReport()) {
 *   console.log(chosen ? "*" : available ? "+" : "-", engine, reason);
 * }
 * ```
 */
export function engineReport(): EngineStatus[] {
  let taken: EngineName | null = null;
  let verdict: string;
  try {
    taken = chooseEngine("auto", "choose an engine").name;
    verdict = reasonFor(taken);
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    verdict = error.message;
  }
  return NAMES.map((engine) => {
    const result = openEngine(engine);
    if ("reason" in result) return { engine, available: false, chosen: false, reason: result.reason };
    const { caution } = result;
    if (taken === engine) {
      return { engine, available: true, chosen: true, reason: caution ? `${verdict}, though ${caution}` : verdict };
    }
    if (caution !== undefined) {
      return { engine, available: true, chosen: false, reason: `works if a program asks for it, but ${caution}` };
    }
    const reason = taken === null ? `works here, but: ${verdict}` : `works here, but ${taken} is taken: ${verdict}`;
    return { engine, available: true, chosen: false, reason };
  });
}

/** Returns why `auto` takes this engine. */
function reasonFor(taken: EngineName): string {
  if (environmentVariable("BUS1_ENGINE") === taken) return "BUS1_ENGINE asks for it";
  const before = NAMES.slice(0, NAMES.indexOf(taken)).map(openEngine);
  const isLate = before.some((result) => "engine" in result && result.caution === undefined);
  return isLate ? "it was taken before the others were imported" : "the first one that works here";
}

/**
 * Counts what exists now on the engines that this isolate has opened; on the native engine, in the whole process. When the
 * last peer has ended, all counts are 0. The kernel does not report what it has. On its engine this counts the peers of this
 * process, and the nodes and handles that they have received, and no messages or bytes.
 *
 * @example
 * ```ts
 * import { liveCounts, Peer } from "@bus1/bus1";
 *
 * using peer = Peer.open({ engine: "typescript" });
 * const { handle } = peer.createNode();
 * peer.send(handle, "hello");
 * console.log(liveCounts()); // { peers: 1, nodes: 1, handles: 1, messages: 1, bytes: 5 }
 * ```
 */
export function liveCounts(): LiveCounts {
  const sum: LiveCounts = { peers: 0, nodes: 0, handles: 0, messages: 0, bytes: 0 };
  for (const result of opened.values()) {
    if (!("engine" in result)) continue;
    const counts = result.engine.liveCounts();
    sum.peers += counts.peers;
    sum.nodes += counts.nodes;
    sum.handles += counts.handles;
    sum.messages += counts.messages;
    sum.bytes += counts.bytes;
  }
  return sum;
}
