/**
 * Send and receive in one isolate: what a message costs where no thread is crossed, in the facade and the engine; and
 * what is left of it if one calls the library's functions oneself, with the same buffers over and over: the least that the
 * facade could take.
 *
 * @module
 */

import { type EngineName, Peer } from "../../mod.ts";
import { peerOptions, RECORD_SIZE } from "../port/records.ts";
import { requireLibrary } from "../library/library.ts";
import { must } from "./crowd.ts";
import { interleave, inThisRuntime, median, medianRatio, type Scenario } from "./measure.ts";
import { SIZE } from "./pair.ts";

const TYPESCRIPT = inThisRuntime({ deno: 600, bun: 300 });

/** Sends and receives one message at a time; nanoseconds for both together. Answers what does it. */
export function passer(engine: EngineName, count: number, size: number = SIZE): () => number {
  const server = Peer.open({ engine }), client = Peer.open({ engine });
  const { handle } = server.createNode({ for: client });
  const data = new Uint8Array(size);
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

/** The same by the functions of the library. */
function caller(count: number): () => number {
  const library = requireLibrary("measure");
  const port = must(library.bus1_port_open());
  const open = () => {
    const words = new Uint32Array(3);
    must(library.bus1_peer_open(port, peerOptions(), new Uint8Array(0), 0, words));
    return words;
  };
  const [serverSlot, serverKey] = open(), [clientSlot, clientKey] = open();
  const ids = new Float64Array(2);
  must(library.bus1_node_new(serverSlot, serverKey, clientSlot, clientKey, ids));
  const handle = ids[1];
  const data = new Uint8Array(SIZE), chunk = new Uint8Array(1 << 16);
  return () => {
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      data[0] = i;
      library.bus1_send(clientSlot, clientKey, handle, data, SIZE);
      const received = library.bus1_recv(serverSlot, serverKey, chunk, 0, chunk.length, 1);
      if (received !== 1 || chunk[RECORD_SIZE] !== data[0]) throw new Error("received something else");
    }
    return (performance.now() - start) * 1e6 / count;
  };
}

export const run: Scenario = async (effort) => {
  const count = effort.quick ? 1_000 : 50_000;
  const { typescript, native, calls } = await interleave(effort, {
    typescript: passer("typescript", count),
    native: passer("native", count),
    calls: caller(count),
  });
  return {
    results: [
      {
        what: "one isolate, 64 B: send + tryReceive, native engine",
        unit: "ns",
        bus1: median(native),
        rival: { name: "its FFI calls alone", figure: median(calls) },
        ratio: medianRatio(native, calls),
        target: { of: "ratio", atMost: 2 },
      },
      {
        what: "one isolate, 64 B: send + tryReceive, TypeScript engine",
        unit: "ns",
        bus1: median(typescript),
        target: { of: "figure", atMost: TYPESCRIPT },
      },
    ],
  };
};
