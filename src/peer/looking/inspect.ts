/**
 * Inspection: shows what exists on the bus.
 *
 * @module
 */

import type { EnginePeer } from "../../port/engine.ts";
import { openPeers, usedEngines } from "./open_peers.ts";
import type { PeerSnapshot, Snapshot } from "../../port/snapshot.ts";

/**
 * Shows what exists now, as plain data: the peers of the engines that this isolate has used, their nodes and handles, the
 * size of their queues, and which peer can reach which. On the native engine these are all peers of the process, in all
 * Workers. On the TypeScript engine they are those of this isolate. On the kernel engine they are those that this process
 * has opened.
 *
 * Inspection changes nothing: it receives no message, uses no id, and wakes no peer. It gives access to nothing, but shows
 * how all parts of the program are connected, with the names that they gave. It does not show the bytes of messages.
 *
 * Other threads go on meanwhile, so the peers are not seen at one moment, except those that only this isolate operates. The
 * time grows with the number of objects. A call that makes or releases a node waits while its peer is inspected.
 *
 * @example
 * ```ts
 * import { inspect, Peer } from "@bus1/bus1";
 *
 * using server = Peer.open({ name: "server" });
 * using client = Peer.open({ name: "client" });
 * const { handle } = server.createNode({ name: "files", for: client });
 * client.send(handle, "hello");
 *
 * for (const { number, name, nodes, handles, queued } of inspect().peers) {
 *   console.log(number, name, nodes.length, handles.length, queued); // 1 server 1 0 { messages: 1, bytes: 5 }
 * }
 * ```
 */
export function inspect(): Snapshot {
  const own = [...openPeers()];
  const peers = [...usedEngines()].flatMap((engine) => {
    const cores: EnginePeer[] = [];
    for (const peer of own) {
      if (peer.engine !== engine) continue;
      peer.settle();
      cores.push(peer.core);
    }
    return withReleased(engine.inspect(cores));
  });
  return { peers };
}

/** Adds the nodes that their owners have released and that handles still lead to. */
function withReleased(peers: PeerSnapshot[]): PeerSnapshot[] {
  const owners = new Map(peers.map((peer) => [peer.number, peer]));
  const added = new Set<string>();
  for (const { handles } of peers) {
    for (const { gone, peer, node } of handles) {
      if (!gone || peer === null || node === null) continue;
      const nodes = owners.get(peer)?.nodes;
      const name = `${peer} ${node}`;
      if (nodes === undefined || added.has(name)) continue;
      added.add(name);
      nodes.push({ id: node, name: null, handles: 0, released: true, queued: null });
    }
  }
  return peers;
}
