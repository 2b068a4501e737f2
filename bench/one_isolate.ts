/**
 * Send and receive in one isolate: what a message costs where no thread is crossed, in the facade and the engine.
 *
 * @module
 */

import { type EngineName, Peer } from "@bus1/bus1";
import { interleave, median, type Scenario } from "./measure.ts";
import { SIZE } from "./pair.ts";

/** Sends and receives one message at a time; nanoseconds for both together. */
function passer(engine: EngineName, count: number): () => number {
  const server = Peer.open({ engine }), client = Peer.open({ engine });
  const { handle } = server.createNode({ for: client });
  const data = new Uint8Array(SIZE);
  return () => {
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      data[0] = i;
      client.send(handle, data);
      const message = server.tryReceive();
      if (message?.type !== "message" || message.bytes[0] !== data[0]) throw new Error("received something else");
    }
    return (performance.now() - start) * 1e6 / count;
  };
}

export const run: Scenario = async (effort) => {
  const count = effort.quick ? 1_000 : 50_000;
  const figures = await interleave(effort, {
    typescript: passer("typescript", count),
    native: passer("native", count),
  });
  return [
    {
      what: "one isolate, 64 B: send + tryReceive, TypeScript engine",
      unit: "ns",
      bus1: median(figures.typescript),
      target: { of: "figure", atMost: 1_500 },
    },
    {
      what: "one isolate, 64 B: send + tryReceive, native engine",
      unit: "ns",
      bus1: median(figures.native),
    },
  ];
};
