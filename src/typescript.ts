/**
 * The bus with the TypeScript engine alone: for browsers, Node.js, and programs without native code.
 *
 * It exports everything that `@bus1/bus1` exports, and imports nothing that calls native code. It is small, needs no
 * permissions, and works with any bundler. Its peers live in this isolate. A program that imports both modules has one bus,
 * with the same classes.
 *
 * @example
 * ```ts
 * import { Peer } from "@bus1/bus1/typescript";
 *
 * using server = Peer.open();
 * using client = Peer.open();
 *
 * const { node, handle } = server.createNode({ for: client });
 * client.send(handle, "ping");
 *
 * const message = await server.receive();
 * if (message.type === "message" && message.node === node) console.log(message.text()); // ping
 * ```
 *
 * @module
 */

export * from "./facade.ts";
