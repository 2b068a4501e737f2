/**
 * Seeing what exists on the bus.
 *
 * @module
 */

import type { EnginePeer } from "../../port/engine.ts";
import { enlisted, enlistedEngines } from "./open_peers.ts";
import type { PeerSnapshot, Snapshot } from "../../port/snapshot.ts";

/**
 * Tells what exists now: the peers of the engines that this isolate has used, their nodes and handles, what waits in their
 * queues, and who can reach whom. On the native engine those are all peers of the process, whichever Worker has them; on
 * the TypeScript engine those of this isolate, and on the kernel engine what this process knows of its own.
 *
 * Looking changes nothing: nothing is received, no id is used, nobody is woken. It gives no access to anything, but shows
 * whoever can call it how all parts of the program are connected, with the names that they gave; no bytes of messages.
 *
 * It is no picture of one moment: other threads go on meanwhile, and what was true of one peer may have changed when the
 * next one is looked at. What only this isolate operates is seen as it is. The time that it takes grows with all that there
 * is, and who makes or releases nodes at a peer that is just looked at waits for that.
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
  const own = [...enlisted()];
  const peers = [...enlistedEngines()].flatMap((engine) => {
    const cores: EnginePeer[] = [];
    for (const entry of own) {
      if (entry.engine !== engine) continue;
      entry.settle();
      cores.push(entry.core);
    }
    return withReleased(engine.inspect(cores));
  });
  return { peers };
}

/** With the nodes that their owners have released, as far as handles still lead there. */
function withReleased(peers: PeerSnapshot[]): PeerSnapshot[] {
  const owners = new Map(peers.map((peer) => [peer.number, peer]));
  const added = new Set<string>();
  for (const { handles } of peers) {
    for (const { gone, peer, node } of handles) {
      const nodes = owners.get(peer ?? 0)?.nodes;
      if (!gone || nodes === undefined || added.has(`${peer} ${node}`)) continue;
      added.add(`${peer} ${node}`);
      nodes.push({ id: node!, name: null, handles: 0, released: true, queued: null });
    }
  }
  return peers;
}
