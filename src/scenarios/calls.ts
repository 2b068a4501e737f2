/**
 * How a program talks to its Workers: it calls their commands by name and awaits the results. Both sides of that. The
 * benchmarks measure with it, and the tests have it too.
 *
 * @module
 */

type Commands = Record<string, (...args: never[]) => unknown>;

interface Call {
  id: number;
  command: string;
  args: unknown[];
}

interface Answer {
  id: number;
  result?: unknown;
  /** What the command threw. */
  error?: { name: string; message: string; code?: string };
}

/** What a command threw in a Worker. */
export class RemoteError extends Error {
  /** The code of a `BusError`. */
  readonly code: string | undefined;

  constructor(where: string, { name, message, code }: NonNullable<Answer["error"]>) {
    super(`${where}: ${name}: ${message}`);
    this.code = code;
  }
}

/** A Worker's commands. Calls are begun in order, and do not wait for each other. */
export function serve(commands: Commands): void {
  const scope = self as unknown as {
    onmessage: (event: MessageEvent<Call>) => void;
    postMessage(answer: Answer): void;
  };
  scope.onmessage = async ({ data: { id, command, args } }) => {
    try {
      scope.postMessage({ id, result: await commands[command](...args as never[]) });
    } catch (thrown) {
      const { name, message, code } = thrown as Error & { code?: string };
      scope.postMessage({ id, error: { name, message, code } });
    }
  };
  scope.postMessage({ id: 0 });
}

/** A Worker that serves, seen from outside; disposing it terminates the Worker. */
export class Agent {
  readonly #worker: Worker;
  readonly #calls = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  #lastId = 0;

  protected constructor(url: URL) {
    this.#worker = new Worker(url, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const call = this.#calls.get(data.id);
      this.#calls.delete(data.id);
      if (data.error) call?.reject(new RemoteError(url.pathname.split("/").at(-1)!, data.error));
      else call?.resolve(data.result as never);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(`the Worker failed: ${event.message}`);
    };
  }

  /** Starts the Worker of a module, which is named by its whole URL. */
  static async start(module: string): Promise<Agent> {
    const agent = new Agent(new URL(module));
    await new Promise<void>((resolve, reject) => agent.#calls.set(0, { resolve, reject }));
    return agent;
  }

  /** Starts `count` of them. */
  static crew(count: number, module: string): Promise<Agent[]> {
    return Promise.all(Array.from({ length: count }, () => this.start(module)));
  }

  /** Calls a command. Ports among the arguments go over to the Worker. */
  call<T = unknown>(command: string, ...args: unknown[]): Promise<T> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#worker.postMessage({ id, command, args } satisfies Call, args.filter((arg) => arg instanceof MessagePort));
    });
  }

  terminate(): void {
    this.#worker.terminate();
    this.#fail("the Worker was terminated");
  }

  [Symbol.dispose](): void {
    this.terminate();
  }

  #fail(why: string): void {
    for (const { reject } of this.#calls.values()) reject(new Error(why));
    this.#calls.clear();
  }
}
