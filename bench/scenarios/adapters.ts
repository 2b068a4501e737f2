/**
 * The RPC libraries, each over bus1 and over its own transport between Workers, a `MessagePort`: the time of a call that is
 * awaited before the next, of one of a thousand calls in flight, and of a call back.
 *
 * @module
 */

import { Peer } from "@bus1/bus1";
import { connect, detach } from "@bus1/bus1/adapters/comlink";
import { Agent } from "../../src/scenarios/calls.ts";
import { interleave, median, medianRatio } from "../../src/scenarios/measure.ts";
import type { Work } from "./adapters_worker.ts";
import type { Result, Scenario } from "./scenario.ts";

const MODULE = new URL("adapters_worker.ts", import.meta.url).href;

/** The kinds of calls: their words in the table, and their numbers in a round. */
const WORKS: Record<Work, { what: string; count: number }> = {
  oneByOne: { what: "call", count: 500 },
  inFlight: { what: "call, of 1,000 in flight", count: 1_000 },
  back: { what: "call back", count: 500 },
};

/** Connects two Workers by a library, over bus1 or over a MessagePort. */
async function join(asking: Agent, serving: Agent, library: string, over: "bus1" | "messagePort"): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const [one, other] = connect(Peer.open({ engine: "native" }), Peer.open({ engine: "native" }));
  await serving.call("serve", library, over, detach(other), port2);
  await asking.call("ask", library, over, detach(one), port1);
}

export const run: Scenario = async (effort) => {
  const [asking, serving] = await Agent.startMany(2, MODULE);
  const results: Result[] = [];
  for (const library of ["capnweb", "comlink"]) {
    await join(asking, serving, library, "bus1");
    await join(asking, serving, library, "messagePort");
    for (const [work, { what, count }] of Object.entries(WORKS)) {
      const times = (over: string) => () =>
        asking.call<number>("measure", library, over, work, effort.quick ? 20 : count);
      const { bus1, messagePort } = await interleave(effort, {
        bus1: times("bus1"),
        messagePort: times("messagePort"),
      });
      results.push({
        what: `${library}: ${what}`,
        unit: "µs",
        bus1: median(bus1),
        rival: { name: "MessagePort", figure: median(messagePort) },
        ratio: medianRatio(bus1, messagePort),
      });
    }
  }
  asking.terminate();
  serving.terminate();
  return { results };
};
