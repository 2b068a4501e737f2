/**
 * The sending end of a channel, as users hold it. The functions beside the class use its private fields. They are for the
 * files around this one; `mod.ts` does not export them.
 *
 * @module
 */

import type { Id } from "../port/engine.ts";
import { BusError, nameOf, quote } from "../port/errors.ts";
import type { Peer } from "./peer.ts";
import { exists, printsAs, titleOf } from "./looking/printing.ts";

const key = Symbol();

/** Makes the object for a handle of `peer`. */
export let newHandle: (peer: Peer, id: Id) => Handle;

/** Returns whether `value` is a handle, of any peer; an object that only looks like one is not. */
export let isHandle: (value: unknown) => value is Handle;

/** Returns the id of a handle of `peer`, or `0`, which is never an id, for another peer's. A `TypeError` for other values. */
export let handleId: (value: unknown, peer: Peer, doing: string) => Id;

/**
 * The sending end of a channel: the capability to send to one node, and to give copies of that capability away
 * (`b1_handle`). A handle always belongs to one peer; many handles can refer to one node.
 *
 * A peer gets handles from {@linkcode Peer.createNode}, from {@linkcode Peer.copy}, and in messages
 * ({@linkcode UserMessage.handles}). For one peer object a handle is always the same object.
 *
 * A handle lives until it is released, or its peer receives that its node is gone, or its peer ends. The garbage collector
 * releases nothing.
 *
 * A handle travels only in {@linkcode SendOptions.handles}, or with its peer ({@linkcode Peer.detach} and its `id`).
 * `JSON.stringify` throws a `TypeError` for it. `structuredClone` and `postMessage` turn it into `{}` without an error.
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
      const gone = exists(() => handle.#peer.handle(handle.id)) ? "" : " (gone)";
      return [`Handle ${handle.#id}n of ${titleOf(handle.#peer)}${gone}`];
    });
    isHandle = (value): value is Handle => typeof value === "object" && value !== null && #id in value;
    handleId = (value, peer, doing) => {
      if (!isHandle(value)) throw new TypeError(`${doing}: expected a Handle, not ${nameOf(value)}`);
      return value.#peer === peer ? value.#id : 0;
    };
  }

  /**
   * The id of the handle, for {@linkcode Peer.handle}. It stays the same when the peer moves to another thread, and is
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
   * Releases the handle (`b1_op_release_handle`, `BUS1_CMD_RELEASE`). If it was the last one to its node, the node's owner
   * receives a `"handle-release"`.
   *
   * Errors: `ESHUTDOWN` after its peer's end, `EBADRQC` if it is released or gone already.
   */
  release(): void {
    this.#peer.release(this);
  }

  /** Releases the handle. No-op if it is released or gone, or its peer has ended. */
  [Symbol.dispose](): void {
    releaseIfAlive(this);
  }

  /** Throws a `TypeError`: JSON cannot carry a handle. */
  toJSON(): never {
    throw new TypeError(
      "JSON cannot carry a Handle: send a copy of it with { handles }, or its id along with its detached peer",
    );
  }
}

/** Disposes of a node or handle: releases it, and ignores that it is not alive any more. */
export function releaseIfAlive(object: { release(): void }): void {
  try {
    object.release();
  } catch (error) {
    if (!(error instanceof BusError && (error.code === "EBADRQC" || error.code === "ESHUTDOWN"))) throw error;
  }
}

/** Checks the destinations of a message: one handle, or an array of them. */
export function destinationsOf(to: Handle | readonly Handle[], doing: string): readonly Handle[] {
  return isHandle(to) ? [to] : handlesOf(to, doing);
}

/** Checks an array of handles, and copies it. What is in it {@linkcode handleIds} checks. */
export function handlesOf(handles: readonly Handle[], doing: string): readonly Handle[] {
  if (Array.isArray(handles)) return Array.from(handles as readonly Handle[]);
  throw new TypeError(`${doing}: expected handles in an array, not ${nameOf(handles)}`);
}

/** Returns the ids of handles of `peer`; `0` for another peer's. */
export function handleIds(handles: readonly Handle[], peer: Peer, doing: string): Id[] {
  return handles.map((handle) => handleId(handle, peer, doing));
}

/** Returns `handle 5`, or with the name of its peer `handle 5 of "client"`. */
export function describeHandle({ id, peer: { name } }: Handle): string {
  return `handle ${id}${name === null ? "" : ` of ${quote(name)}`}`;
}
