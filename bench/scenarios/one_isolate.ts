/**
 * Send and receive in one isolate: see src/scenarios/one_isolate.ts. Beside the native engine stand the library's functions,
 * called directly, with the same buffers each time: the least that the facade could take.
 *
 * @module
 */

import { requireLibrary } from "../../src/library/library.ts";
import { peerOptions } from "../../src/engines/native/peer_options.ts";
import { RECORD_SIZE } from "../../src/port/records.ts";
import { interleave, median, medianRatio } from "../../src/scenarios/measure.ts";
import { busPass } from "../../src/scenarios/one_isolate.ts";
import { SIZE } from "../../src/scenarios/pair.ts";
import { must } from "./crowd.ts";
import { inThisRuntime, type Scenario } from "./scenario.ts";

const TYPESCRIPT = inThisRuntime({ deno: 600, bun: 300 });

/** Returns a pass by the functions of the library. */
function callPass(count: number): () => number {
  const library = requireLibrary("measure");
  const isolate = must(library.bus1_isolate_open());
  const open = () => {
    const words = new Uint32Array(3);
    must(library.bus1_peer_open(isolate, peerOptions(), new Uint8Array(0), 0, words));
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
    typescript: busPass("typescript", count, SIZE),
    native: busPass("native", count, SIZE),
    calls: callPass(count),
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
