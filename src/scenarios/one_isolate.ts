/**
 * Send and receive in one isolate: the cost of a message where no thread is crossed.
 *
 * @module
 */

import { type EngineName, Peer } from "../../mod.ts";

/** Returns a pass over the bus: it sends and receives one message at a time, and returns the nanoseconds of both. */
export function busPass(engine: EngineName, count: number, size: number): () => number {
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

/** Returns a pass over two MessagePorts: it posts all messages, and returns the nanoseconds of one until all are received. */
export function channelPass(from: MessagePort, to: MessagePort, count: number, size: number): () => Promise<number> {
  const data = new Uint8Array(size);
  return () =>
    new Promise((resolve) => {
      let received = 0;
      const start = performance.now();
      to.onmessage = ({ data: { [0]: first } }: MessageEvent<Uint8Array>) => {
        if (first !== (received & 255)) throw new Error("received something else");
        if (++received === count) resolve((performance.now() - start) * 1e6 / count);
      };
      for (let i = 0; i < count; i++) {
        data[0] = i;
        from.postMessage(data);
      }
    });
}
