/**
 * The receiving end of a channel, as its owner holds it. The functions beside the class use its private fields. They are for
 * the files around this one; `mod.ts` does not export them.
 *
 * @module
 */

import type { Id } from "../port/engine.ts";
import { nameOf, quote } from "../port/errors.ts";
import type { OptionNames } from "./arguments.ts";
import { describeHandle, type Handle, handleId, isHandle, releaseIfAlive } from "./handle.ts";
import type { Peer } from "./peer.ts";
import { exists, printsAs, titleOf } from "./looking/printing.ts";

const key = Symbol();

/** Makes the object for a node of `peer`. */
export let newNode: <Data>(peer: Peer, id: Id, data: Data, name: string | null) => Node<Data>;

let nodeId: (value: unknown, peer: Peer, doing: string) => Id;

/** Options of {@linkcode Peer.createNode}. */
export interface NodeOptions<Data = unknown> {
  /** The peer that gets the handle; by default the peer that makes the node. */
  for?: Peer;
  /** The node's {@linkcode Node.data}. */
  data?: Data;
  /** The name that diagnostics show, as {@linkcode PeerOptions.name}. It moves with the peer. */
  name?: string;
}

export const NODE_OPTIONS: OptionNames<NodeOptions> = { for: true, data: true, name: true };

/** What {@linkcode Peer.createNode} makes. */
export interface NodeWithHandle<Data = unknown> {
  /** The receiving end, which belongs to the peer that made it. */
  node: Node<Data>;
  /** The sending end, which belongs to the peer that it was made for. */
  handle: Handle;
}

/**
 * The receiving end of a channel (`b1_node`). A node always belongs to one peer. What is sent through its handles arrives in
 * that peer's queue, as messages with this {@linkcode UserMessage.node}.
 *
 * A node lives until its owner releases it, or receives that no handle to it is left, or ends. Like a {@linkcode Handle} it
 * cannot be written as JSON, and `structuredClone` and `postMessage` turn it into an object without a node's functions.
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
 * if (message.type === "message" && message.node === node) console.log(node.data(message.text())); // HELLO
 *
 * node.release();
 * console.log((await client.receive()).type); // node-release
 * ```
 */
export class Node<Data = unknown> {
  readonly #peer: Peer;
  readonly #id: Id;
  /** The name that the node was made with; `null` if it has none. */
  readonly name: string | null;

  /**
   * A value of the owner's, to dispatch messages without a map: a handler, a state, anything. It is `undefined` unless
   * {@linkcode Peer.createNode} was given one. It is never sent, and does not move with the peer. A node that a message
   * names has `unknown` data: check its type.
   */
  data: Data;

  private constructor(issuer: symbol, peer: Peer, id: Id, data: Data, name: string | null) {
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
      const gone = exists(() => node.#peer.node(node.id)) ? "" : " (gone)";
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
   * The id of the node, for {@linkcode Peer.node}. It stays the same when the peer moves to another thread, and is
   * meaningful on that peer only. It is odd, and never used again.
   */
  get id(): bigint {
    return BigInt(this.#id);
  }

  /** The peer that owns it. */
  get peer(): Peer {
    return this.#peer;
  }

  /**
   * Releases the node (`b1_op_release_node`, `BUS1_CMD_RELEASE`). The owner of each handle to it receives a
   * `"node-release"`; messages to it that still wait are discarded.
   *
   * Errors: `ESHUTDOWN` after its peer's end, `EBADRQC` if it is released or gone already.
   */
  release(): void {
    this.#peer.release(this);
  }

  /** Releases the node. No-op if it is released or gone, or its peer has ended. */
  [Symbol.dispose](): void {
    releaseIfAlive(this);
  }

  /** Throws a `TypeError`: JSON cannot carry a node. */
  toJSON(): never {
    throw new TypeError("JSON cannot carry a Node: send a copy of one of its handles with { handles }");
  }
}

/** Returns the ids of nodes and handles of `peer`; `0` for another peer's. A `TypeError` for other values. */
export function objectIds(objects: readonly (Node | Handle)[], peer: Peer, doing: string): Id[] {
  return objects.map((object) => isHandle(object) ? handleId(object, peer, doing) : nodeId(object, peer, doing));
}

/** Returns `node 7`, or with its name `node 7 "files"`; for a handle what {@linkcode describeHandle} returns. */
export function describe(object: Node | Handle): string {
  if (isHandle(object)) return describeHandle(object);
  return `node ${object.id}${object.name === null ? "" : ` ${quote(object.name)}`}`;
}

/** Returns `handle 5`, or `handle 5, node 7, node 9 and 3 more`. */
export function describeAll(objects: readonly (Node | Handle)[]): string {
  const names = objects.slice(0, 3).map(describe).join(", ");
  return objects.length > 3 ? `${names} and ${objects.length - 3} more` : names || "nothing";
}
