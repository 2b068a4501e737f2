/**
 * The receiving end of a channel, as its owner holds it. The functions beside the class see its private fields; they
 * are for the files around this one, and `mod.ts` does not export them.
 *
 * @module
 */

import type { Id } from "../port/engine.ts";
import { nameOf } from "../port/errors.ts";
import { releaseIfAlive } from "./handle.ts";
import type { Peer } from "./peer.ts";
import { isThere, printsAs, titleOf } from "./looking/printing.ts";

const key = Symbol();

/** Makes the object for a node of `peer`. */
export let newNode: (peer: Peer, id: Id, data: unknown, name: string | null) => Node;

/** The id of a node of `peer`, or `0`, which is no id, for another peer's. A `TypeError` for anything else. */
export let nodeId: (value: unknown, peer: Peer, doing: string) => Id;

/**
 * The receiving end of a channel (`b1_node`). It belongs to one peer, for ever; what is sent through its handles
 * arrives in that peer's queue, as messages whose {@linkcode UserMessage.node} it is.
 *
 * A node lives until its owner releases it, or receives that nobody can reach it any more, or ends.
 *
 * @example
 * ```ts
 * import { Peer } from "@bus1/bus1";
 *
 * using server = Peer.open();
 * using client = Peer.open();
 * const { node, handle } = server.createNode({ for: client, data: (text: string) => text.toUpperCase() });
 *
 * client.send(handle, "hello");
 * const message = await server.receive();
 * if (message.type === "message") console.log(message.node === node, message.node.data(message.text())); // true HELLO
 *
 * node.release();
 * console.log((await client.receive()).type); // node-release
 * ```
 */
export class Node {
  readonly #peer: Peer;
  readonly #id: Id;
  /** What it was called when it was made; `null` if it has no name. */
  readonly name: string | null;

  /**
   * A value of its owner's, to find the way without a map: a handler, a state, anything. `undefined` at first, unless
   * {@linkcode Peer.createNode} was given one; it is never sent, and stays behind when the peer is handed over.
   */
  // deno-lint-ignore no-explicit-any -- like the `data` of a MessageEvent: what it is, only its owner knows
  data: any;

  private constructor(issuer: symbol, peer: Peer, id: Id, data: unknown, name: string | null) {
    if (issuer !== key) throw new TypeError("a Node comes from createNode; it cannot be made");
    this.#peer = peer;
    this.#id = id;
    this.name = name;
    this.data = data;
  }

  static {
    newNode = (peer, id, data, name) => new Node(key, peer, id, data, name);
    printsAs(Node, (node) => {
      const name = node.name === null ? "" : ` ${JSON.stringify(node.name)}`;
      const gone = isThere(() => node.#peer.node(node.id)) ? "" : " (gone)";
      const head = `Node ${node.#id}n${name} of ${titleOf(node.#peer)}${gone}`;
      return node.data === undefined ? [head] : [head, { data: node.data }];
    });
    nodeId = (value, peer, doing) => {
      if (typeof value !== "object" || value === null || !(#id in value)) {
        throw new TypeError(`${doing}: expected a Node or a Handle, not ${nameOf(value)}`);
      }
      return value.#peer === peer ? value.#id : 0;
    };
  }

  /**
   * What {@linkcode Peer.node} knows it by: it survives a move of the peer to another thread, and means something on
   * that peer only. Odd, and never used again.
   */
  get id(): bigint {
    return BigInt(this.#id);
  }

  /** The peer that owns it. */
  get peer(): Peer {
    return this.#peer;
  }

  /**
   * Releases the node (`b1_op_release_node`, `BUS1_CMD_RELEASE`). Whoever holds handles to it receives a
   * `"node-release"` for each; messages to it that still wait are discarded.
   *
   * Errors: `ESHUTDOWN` after its peer's end, `EBADRQC` if it is gone already.
   */
  release(): void {
    this.#peer.release(this);
  }

  /** Releases the node; nothing, if it is gone. */
  [Symbol.dispose](): void {
    releaseIfAlive(this);
  }
}
