/**
 * The RPC libraries, each over bus1 and over its own way between Workers, a `MessagePort`: how long a call takes that is
 * awaited before the next, one of a thousand in flight, and a call back.
 *
 * @module
 */

import { Peer } from "@bus1/bus1";
import { connect, detach } from "@bus1/bus1/adapters/comlink";
import { Agent } from "../../test/workers/calls.ts";
import type { Work } from "./adapters_worker.ts";
import { interleave, median, medianRatio, type Result, type Scenario } from "../../src/scenarios/measure.ts";

const MODULE = new URL("adapters_worker.ts", import.meta.url).href;

/** What is measured, in the words of the table, and how often it is done in a round. */
const WORKS: Record<Work, { what: string; count: number }> = {
  oneByOne: { what: "call", count: 500 },
  inFlight: { what: "call, of 1,000 in flight", count: 1_000 },
  back: { what: "call back", count: 500 },
};

/** Lets two Workers talk, in a library, over one way. */
async function join(asking: Agent, answering: Agent, library: string, over: "bus1" | "port"): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const [one, other] = connect(Peer.open({ engine: "native" }), Peer.open({ engine: "native" }));
  await answering.call("answer", library, over, detach(other), port2);
  await asking.call("ask", library, over, detach(one), port1);
}

export const run: Scenario = async (effort) => {
  const [asking, answering] = await Agent.crew(2, MODULE);
  const results: Result[] = [];
  for (const library of ["capnweb", "comlink"]) {
    await join(asking, answering, library, "bus1");
    await join(asking, answering, library, "port");
    for (const [work, { what, count }] of Object.entries(WORKS)) {
      const times = (over: string) => () =>
        asking.call<number>("measure", library, over, work, effort.quick ? 20 : count);
      const { bus1, port } = await interleave(effort, { bus1: times("bus1"), port: times("port") });
      results.push({
        what: `${library}: ${what}`,
        unit: "µs",
        bus1: median(bus1),
        rival: { name: "MessagePort", figure: median(port) },
        ratio: medianRatio(bus1, port),
      });
    }
  }
  asking.terminate();
  answering.terminate();
  return { results };
};
