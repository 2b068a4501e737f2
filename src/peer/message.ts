/**
 * What a peer receives. The `type` tells the three apart:
 *
 * ```ts ignore
 * switch (message.type) {
 *   case "message":        // message.node, .bytes, .text(), .json(), .handles
 *   case "node-release":   // message.handle: its node is gone
 *   case "handle-release": // message.node: nobody can reach it any more
 * }
 * ```
 *
 * @module
 */

import { NOBODY } from "../port/abi.ts";
import { partOf, textOf } from "../port/bytes.ts";
import type { Handle } from "./handle.ts";
import type { Node } from "./node.ts";
import { printsAs, shownBytes } from "./looking/printing.ts";

/** What a peer receives: bytes and handles for one of its nodes, or news of a release. */
export type Message = UserMessage | NodeRelease | HandleRelease;

/** Bytes, and copies of handles, that somebody sent to a node (`BUS1_MESSAGE_TYPE_USER`). */
export class UserMessage {
  /** Tells it from the other messages. */
  readonly type: "message" = "message";
  /** Where it arrived; its owner is who received the message. */
  readonly node: Node;

  // An array and a view cost more than all the rest of a message: they are made when somebody asks.
  #handles: Handle[] | null;
  #bytes: Uint8Array<ArrayBuffer> | null = null;
  readonly #chunk: Uint8Array<ArrayBuffer>;
  readonly #start: number;
  readonly #end: number;
  readonly #account: number;

  /** Made by the bus: the bytes are those of `chunk` from `start` to before `end`. */
  constructor(
    node: Node,
    chunk: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    handles: Handle[] | null,
    account: number,
  ) {
    this.node = node;
    this.#handles = handles;
    this.#chunk = chunk;
    this.#start = start;
    this.#end = end;
    this.#account = account;
  }

  static {
    printsAs(UserMessage, (message) => {
      const { node, handles, account } = message;
      // What is looked at is not what `bytes` gives out: nothing is made for that.
      const bytes = shownBytes(message.#bytes ?? partOf(message.#chunk, message.#start, message.#end));
      return ["UserMessage", { node, ...bytes, handles, ...(account === null ? {} : { account }) }];
    });
  }

  /** The user of the peer that sent it (see {@linkcode PeerOptions.account}); `null` if it is of no user. */
  get account(): number | null {
    return this.#account === NOBODY ? null : this.#account;
  }

  /** The handles that came with it, in the order of the sender's list; they are the receiver's to release. */
  get handles(): Handle[] {
    return this.#handles ??= [];
  }

  /**
   * The bytes. They are the receiver's own, to write into and to keep, and always the same object.
   *
   * Small messages to one peer may lie in one `ArrayBuffer`: to hand `bytes.buffer` itself on, or to transfer it to a
   * Worker, take a copy (`bytes.slice()`) first.
   */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes ??= partOf(this.#chunk, this.#start, this.#end);
  }

  /** The bytes as text; what is not valid UTF-8 becomes U+FFFD. */
  text(): string {
    return textOf(this.bytes);
  }

  /** The bytes as JSON. A `SyntaxError` if they are not. */
  // deno-lint-ignore no-explicit-any -- like Response.json(): what it is, only the sender knows
  json(): any {
    return JSON.parse(this.text());
  }
}

/**
 * The node behind a handle is gone: its owner has released it, or has ended (`BUS1_MESSAGE_TYPE_NODE_RELEASE`).
 * Nothing more concerns that handle, and there is no need to release it.
 */
export class NodeRelease {
  /** Tells it from the other messages. */
  readonly type: "node-release" = "node-release";
  /** The handle, which is gone now. */
  readonly handle: Handle;

  /** Made by the bus. */
  constructor(handle: Handle) {
    this.handle = handle;
  }

  static {
    printsAs(NodeRelease, ({ handle }) => ["NodeRelease", { handle }]);
  }
}

/**
 * The last handle to a node is gone: nobody can reach it any more (`BUS1_MESSAGE_TYPE_HANDLE_RELEASE`). Nothing more
 * arrives at that node, and there is no need to release it.
 */
export class HandleRelease {
  /** Tells it from the other messages. */
  readonly type: "handle-release" = "handle-release";
  /** The node, which is gone now; its `data` is still there. */
  readonly node: Node;

  /** Made by the bus. */
  constructor(node: Node) {
    this.node = node;
  }

  static {
    printsAs(HandleRelease, ({ node }) => ["HandleRelease", { node }]);
  }
}
