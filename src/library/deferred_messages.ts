/**
 * Messages for a Worker, held back while a module awaits at its top level.
 *
 * A runtime delivers what was posted to a Worker as soon as its event loop turns, and that it does when a module awaits:
 * before the modules that import it have set their handlers. So what comes meanwhile is kept from everybody, and is
 * dispatched again when those modules have run. Where somebody listens already, as in a Worker that imports the package
 * later, nothing can be lost. `worker_threads` need none of this: there a port begins when somebody listens.
 *
 * @module
 */

/** As much of a `MessageEvent` and of its target as is needed here: each runtime has types of its own for them. */
interface Message {
  type: string;
  data: unknown;
  ports: readonly MessagePort[];
  stopImmediatePropagation(): void;
}

type Listen = (type: string, listener: (event: Message) => void, options: { capture: true }) => void;

interface Target {
  addEventListener: Listen;
  removeEventListener: Listen;
  dispatchEvent(event: MessageEvent): boolean;
}

const TYPES = ["message", "messageerror"];

/** Does the work; in a Worker, no message is dispatched until the modules that wait for it have run. */
export async function holdingMessages<T>(work: () => Promise<T>): Promise<T> {
  if (!isWorker() || isHeard()) return await work();
  const target = globalThis as unknown as Target;
  const held: Message[] = [];
  let isHolding = true;
  const hold = (event: Message) => {
    if (!isHolding) return;
    event.stopImmediatePropagation();
    held.push(event);
  };
  // In Bun, whoever captures at the target comes before all that do not, so that nobody gets a message twice.
  for (const type of TYPES) target.addEventListener(type, hold, { capture: true });
  try {
    return await work();
  } finally {
    // The modules that wait run before any timer does.
    setTimeout(() => {
      isHolding = false;
      for (const type of TYPES) target.removeEventListener(type, hold, { capture: true });
      for (const { type, data, ports } of held) {
        target.dispatchEvent(new MessageEvent(type, { data, ports: [...ports] }));
      }
    });
  }
}

function isWorker(): boolean {
  const { Bun, WorkerGlobalScope } = globalThis as {
    Bun?: { isMainThread: boolean };
    WorkerGlobalScope?: unknown;
  };
  return Bun === undefined ? WorkerGlobalScope !== undefined : !Bun.isMainThread;
}

/**
 * Whether somebody listens: only in Deno this can be known, from what it keeps with each target, and only there it must be,
 * since there listeners are called in the order in which they were set, even if they capture. Were it not found there, a
 * Worker that imports the package later would get messages twice, which a test in test/package/package_test.ts would tell.
 */
function isHeard(): boolean {
  const target = globalThis as unknown as Record<symbol, { listeners?: Record<string, unknown[]> } | undefined>;
  return Object.getOwnPropertySymbols(globalThis).some((symbol) =>
    (target[symbol]?.listeners?.message?.length ?? 0) > 0
  );
}
