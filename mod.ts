/**
 * Capability-based messages between peers: bus1, the bus of the Linux kernel RFC, for Deno and Bun.
 *
 * A {@linkcode Peer} owns *nodes*, where messages arrive, and *handles*, the capabilities to send to a node. Messages
 * carry bytes and copies of handles. A multicast is atomic, the order is causal, and when a peer ends, the peers connected to
 * it are notified. It has no global name space: a peer reaches only the nodes that it has handles to.
 *
 * @example
 * ```ts
 * import { Peer } from "@bus1/bus1";
 *
 * using server = Peer.open(); // { engine: "auto" }; server.engine names the engine
 * using client = Peer.open();
 *
 * const { node, handle } = server.createNode({ for: client }); // node: server's; handle: client's
 * client.send(handle, "ping");
 *
 * const message = await server.receive();
 * if (message.type === "message" && message.node === node) console.log(message.text()); // ping
 * ```
 *
 * @module
 */

import "./src/engines/native_engines.ts";

export * from "./src/facade.ts";
