/**
 * The sending end of a channel, as users hold it. The functions beside the class see its private fields; they are for
 * the files around this one, and `mod.ts` does not export them.
 *
 * @module
 */

import type { Id } from "../port/engine.ts";
import { BusError, nameOf } from "../port/errors.ts";
import type { Peer } from "./peer.ts";
import { isThere, printsAs, titleOf } from "./looking/printing.ts";

const key = Symbol();

/** Makes the object for a handle of `peer`. */
export let newHandle: (peer: Peer, id: Id) => Handle;

/** Whether `value` is a handle, of whatever peer; nothing that only looks like one is. */
export let isHandle: (value: unknown) => value is Handle;

/** The id of a handle of `peer`, or `0`, which is no id, for another peer's. A `TypeError` for anything else. */
export let handleId: (value: unknown, peer: Peer, doing: string) => Id;

/**
 * The sending end of a channel: the capability to send to one node, and to give copies of that capability away
 * (`b1_handle`). It belongs to one peer, for ever; many handles can refer to one node.
 *
 * A peer gets handles from {@linkcode Peer.createNode}, from whoever holds it ({@linkcode Peer.copy}), and in
 * messages ({@linkcode UserMessage.handles}). For one peer object a handle is always the same object.
 *
 * A handle lives until it is released, or its peer receives that its node is gone, or its peer ends. The garbage
 * collector releases nothing.
 *
 * @example
 * ```ts
 * import { Peer } from "@bus1/bus1";
 *
 * using server = Peer.open();
 * using client = Peer.open();
 * {
 *   const { handle } = server.createNode({ for: client });
 *   using released = handle; // at the end of the block
 *   client.send(released, "hello");
 * }
 * console.log(server.receiveMany(2).map((message) => message.type)); // [ "message", "handle-release" ]
 * ```
 */
export class Handle {
  readonly #peer: Peer;
  readonly #id: Id;

  private constructor(issuer: symbol, peer: Peer, id: Id) {
    if (issuer !== key) throw new TypeError("a Handle comes from createNode, copy or a message; it cannot be made");
    this.#peer = peer;
    this.#id = id;
  }

  static {
    newHandle = (peer, id) => new Handle(key, peer, id);
    printsAs(Handle, (handle) => {
      const gone = isThere(() => handle.#peer.handle(handle.id)) ? "" : " (gone)";
      return [`Handle ${handle.#id}n of ${titleOf(handle.#peer)}${gone}`];
    });
    isHandle = (value): value is Handle => typeof value === "object" && value !== null && #id in value;
    handleId = (value, peer, doing) => {
      if (!isHandle(value)) throw new TypeError(`${doing}: expected a Handle, not ${nameOf(value)}`);
      return value.#peer === peer ? value.#id : 0;
    };
  }

  /**
   * What {@linkcode Peer.handle} knows it by: it survives a move of the peer to another thread, and means something on
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
   * Releases the handle (`b1_op_release_handle`, `BUS1_CMD_RELEASE`). When it was the last one to its node, the
   * node's owner receives a `"handle-release"`.
   *
   * Errors: `ESHUTDOWN` after its peer's end, `EBADRQC` if it is gone already.
   */
  release(): void {
    this.#peer.release(this);
  }

  /** Releases the handle; nothing, if it is gone. */
  [Symbol.dispose](): void {
    releaseIfAlive(this);
  }
}

/** What disposing means: release it, but being gone is no error. */
export function releaseIfAlive(object: { release(): void }): void {
  try {
    object.release();
  } catch (error) {
    if (!(error instanceof BusError && (error.code === "EBADRQC" || error.code === "ESHUTDOWN"))) throw error;
  }
}
