/**
 * Drawings of the bus: a snapshot, from `inspect()` of `@bus1/bus1`, as a picture or as text for Graphviz or Mermaid.
 *
 * Peers are boxes with their nodes inside. An arrow leads from a peer to each node that it can reach, with the number of
 * its handles if there are several. These functions turn data into text: they need no engine and no permission.
 *
 * @example
 * ```ts
 * import { inspect, Peer } from "@bus1/bus1";
 * import { toSvg } from "@bus1/bus1/graph";
 *
 * using server = Peer.open({ name: "server" });
 * using client = Peer.open({ name: "client" });
 * server.createNode({ name: "files", for: client });
 *
 * const svg = toSvg(inspect()); // write it to a file, or show it in a page
 * console.log(svg.startsWith("<svg ")); // true
 * ```
 *
 * @module
 */

export type { EngineName } from "../port/engine.ts";
export type { HandleSnapshot, NodeSnapshot, PeerSnapshot, QueueSize, Snapshot } from "../port/snapshot.ts";
export { toDot } from "./dot.ts";
export { toMermaid } from "./mermaid.ts";
export { toSvg } from "./svg.ts";
