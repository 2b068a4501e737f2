/**
 * Calls between a program and its Workers: the program calls a Worker's commands by name and awaits the results. Both sides
 * are here, for the benchmarks and for the tests.
 *
 * @module
 */

type Commands = Record<string, (...args: never[]) => unknown>;

interface Call {
  id: number;
  command: string;
  args: unknown[];
}

interface Reply {
  /** The id of the call; 0 says that the Worker is ready. */
  id: number;
  result?: unknown;
  /** The error that the command threw. */
  error?: { name: string; message: string; code?: string };
}

/** An error that a command threw in a Worker. */
export class RemoteError extends Error {
  /** The code, if it was a `BusError`. */
  readonly code: string | undefined;

  constructor(module: string, { name, message, code }: NonNullable<Reply["error"]>) {
    super(`${module}: ${name}: ${message}`);
    this.code = code;
  }
}

/** Serves the commands of a Worker. Calls begin in order; one does not wait until another has ended. */
export function serve(commands: Commands): void {
  const scope = self as unknown as {
    onmessage: (event: MessageEvent<Call>) => void;
    postMessage(reply: Reply): void;
  };
  scope.onmessage = async ({ data: { id, command, args } }) => {
    try {
      const called = commands[command];
      if (called === undefined) throw new TypeError(`there is no command ${command}`);
      scope.postMessage({ id, result: await called(...args as never[]) });
    } catch (thrown) {
      const { name, message, code } = thrown as Error & { code?: string };
      scope.postMessage({ id, error: { name, message, code } });
    }
  };
  scope.postMessage({ id: 0 });
}

/** A Worker that serves commands, seen from outside. Disposing it terminates the Worker. */
export class Agent {
  readonly #worker: Worker;
  readonly #calls = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  #lastId = 0;

  protected constructor(url: URL) {
    this.#worker = new Worker(url, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      const call = this.#calls.get(data.id);
      this.#calls.delete(data.id);
      if (data.error) call?.reject(new RemoteError(url.pathname.replace(/.*\//, ""), data.error));
      else call?.resolve(data.result as never);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(`the Worker failed: ${event.message}`);
    };
  }

  /** Starts the Worker of a module, which is given as its whole URL. */
  static async start(module: string): Promise<Agent> {
    const agent = new Agent(new URL(module));
    await new Promise<void>((resolve, reject) => agent.#calls.set(0, { resolve, reject }));
    return agent;
  }

  /** Starts `count` Workers of one module. */
  static startMany(count: number, module: string): Promise<Agent[]> {
    return Promise.all(Array.from({ length: count }, () => this.start(module)));
  }

  /** Calls a command. Each MessagePort among the arguments is transferred to the Worker. */
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
