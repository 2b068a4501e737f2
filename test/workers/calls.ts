/**
 * How a test talks to its Workers: as the benchmarks do, but the modules of this folder are named in short.
 *
 * @module
 */

import { Agent as AnyAgent } from "../../src/scenarios/calls.ts";

export { RemoteError, serve } from "../../src/scenarios/calls.ts";

/** A Worker that serves, seen by the test; disposing it terminates the Worker. */
export class Agent extends AnyAgent {
  /** Starts the Worker of a module: one in this folder, or any by its whole URL. */
  static override start(module = "agent.ts"): Promise<Agent> {
    return super.start(new URL(module, import.meta.url).href);
  }
}
