/**
 * Calls between a test and its Workers: those of the benchmarks, except that a module of test/workers is given by its file name.
 *
 * @module
 */

import { Agent as AnyAgent } from "../../src/scenarios/calls.ts";

export { RemoteError, serve } from "../../src/scenarios/calls.ts";

/** A Worker that serves commands, seen by the test. Disposing it terminates the Worker. */
export class Agent extends AnyAgent {
  /** Starts the Worker of a module: of a file in test/workers, or of a whole URL. */
  static override start(module = "agent.ts"): Promise<Agent> {
    return super.start(new URL(module, new URL("../workers/", import.meta.url)).href);
  }
}
