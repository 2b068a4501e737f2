/**
 * The four commands of the kernel interface as typed functions.
 *
 * @module
 */

import * as abi from "../port/abi.ts";
import { type Fd, nameOfFd, openBitsOf } from "../port/descriptor.ts";
import { BusError, busError } from "../port/errors.ts";
import type { Data } from "../port/payload.ts";
import { requireLibrary } from "../library/library.ts";
import {
  checkCount,
  idsOf,
  type OptionNames,
  optionsOf,
  type Transfer,
  type TransferFields,
  type TransferInit,
  transfersOf,
  u64,
  vectorsOf,
} from "./arguments.ts";
import { Memory } from "./memory.ts";

/** `struct bus1_metadata`: the object that a received message concerns. */
export interface Metadata {
  /** Always 0. */
  flags: number;
  /** The id of the node; for `BUS1_MESSAGE_TYPE_NODE_RELEASE` of the handle. */
  id: bigint;
  /** The id of the sender's account, or `BUS1_INVALID`. */
  account: bigint;
}

/** `struct bus1_message`: a message that was received. */
export interface Message {
  /** Always 0. */
  flags: number;
  /** `BUS1_MESSAGE_TYPE_USER`, `BUS1_MESSAGE_TYPE_NODE_RELEASE` or `BUS1_MESSAGE_TYPE_HANDLE_RELEASE`. */
  type: number;
  /** The handles that came with it, with their ids on this peer. */
  transfers: Transfer[];
  /** The bytes, in a buffer of their own. */
  data: Uint8Array<ArrayBuffer>;
}

/** `struct bus1_message`: a message to send. */
export interface MessageInit {
  /** Must be 0, the default. */
  flags?: number | bigint;
  /** Must be `BUS1_MESSAGE_TYPE_USER`, the default. */
  type?: number | bigint;
  /** Handles of the sender, of which each receiver gets copies; none by default. */
  transfers?: readonly TransferInit[];
  /** The bytes, text as UTF-8; an array becomes one vector (`struct iovec`) for each element. None by default. */
  data?: Data | readonly Data[];
}

/** The options of {@linkcode transfer}: the rest of `struct bus1_cmd_transfer`. */
export interface TransferOptions {
  /** Must be 0, the default. */
  flags?: number | bigint;
  /** The peer that gets the handles; by default `BUS1_INVALID`, which is the peer of the call. */
  to?: Fd | number | bigint;
}

/** The options of {@linkcode release}: the rest of `struct bus1_cmd_release`. */
export interface ReleaseOptions {
  /** Must be 0, the default. */
  flags?: number | bigint;
}

/** The argument of {@linkcode send}: `struct bus1_cmd_send`. */
export interface SendInit {
  /** Must be 0, the default. */
  flags?: number | bigint;
  /** Ids of handles. One message is sent for each element, so an id that occurs twice gets two. */
  destinations: readonly bigint[];
  /** The message for them. */
  message: MessageInit;
}

/** The argument of {@linkcode recv}: the size of the buffers for a message. */
export interface ReceiveBuffer {
  /** Must be 0, the default. */
  flags?: number | bigint;
  /** How many handles fit; 0 by default. */
  transfers?: number;
  /** How many bytes fit; 0 by default. */
  data?: number;
}

/** `EMSGSIZE` of {@linkcode recv}: the first message in the queue does not fit the buffers, and is still in the queue. */
export class ReceiveBufferError extends BusError {
  /** The sizes that it needs, as the device reports them: the argument for the next {@linkcode recv}. */
  readonly needed: { transfers: number; data: number };

  /** Made by {@linkcode recv}. */
  constructor(doing: string, needed: { transfers: number; data: number }) {
    super("EMSGSIZE", doing, `the message needs buffers for ${needed.transfers} transfers and ${needed.data} bytes`);
    this.needed = needed;
  }
}

const TRANSFER_OPTIONS: OptionNames<TransferOptions> = ["flags", "to"];
const RELEASE_OPTIONS: OptionNames<ReleaseOptions> = ["flags"];
const SEND_INIT: OptionNames<SendInit> = ["flags", "destinations", "message"];
const MESSAGE_INIT: OptionNames<MessageInit> = ["flags", "type", "transfers", "data"];
const RECEIVE_BUFFER: OptionNames<ReceiveBuffer> = ["flags", "transfers", "data"];

/**
 * `BUS1_CMD_TRANSFER`: makes nodes, and copies handles to this peer or another. All of it happens, or nothing.
 *
 * With `BUS1_TRANSFER_FLAG_CREATE` (and `BUS1_INVALID` as id) a node is made on the peer of `fd`; without, the id names
 * one of its handles. Either way a new handle is made on the peer of `to`.
 *
 * @param fd The peer.
 * @param src What to make and to copy, any number of them.
 * @param options The peer that gets the handles.
 * @returns `src` with the ids of the nodes that were made, and `dst`, as long, with the ids that the new handles have on
 * the peer of `to`.
 *
 * Errors: `EBADF` `to` is not a descriptor; `EOPNOTSUPP` `to` is not a peer of this device; `EBADRQC` an id is not
 * that of a handle of this peer; `EINVAL` unknown flags, or an id with `BUS1_TRANSFER_FLAG_CREATE`; `ENOMEM`.
 *
 * @example
 * ```ts
 * import * as uapi from "@bus1/bus1/uapi";
 *
 * using server = uapi.open();
 * using client = uapi.open();
 * const create = { flags: uapi.BUS1_TRANSFER_FLAG_CREATE, id: uapi.BUS1_INVALID };
 * const { src: [node], dst: [handle] } = uapi.transfer(server, [create], { to: client });
 *
 * uapi.send(client, { destinations: [handle.id], message: { data: "hello" } });
 * console.log(uapi.recv(server, { data: 5 }).metadata.id === node.id); // true
 * ```
 */
export function transfer(
  fd: Fd | number,
  src: readonly TransferInit[],
  options: TransferOptions = {},
): { src: Transfer[]; dst: Transfer[] } {
  const doing = `transfer on ${nameOfFd(fd)}`;
  const elements = transfersOf(src, doing);
  const { flags = 0, to = abi.BUS1_INVALID } = optionsOf(options, "the options", TRANSFER_OPTIONS, doing);
  const memory = new Memory([abi.bus1_cmd_transfer.size, sizeOf(elements), sizeOf(elements)], doing);
  const [command, source, target] = memory.regions;
  memory.put(command, abi.bus1_cmd_transfer, {
    flags: u64(flags, "flags", doing),
    to: typeof to === "bigint" ? u64(to, "to", doing) : openBitsOf(to, doing),
    n_transfers: elements.length,
    ptr_src: memory.address(source),
    ptr_dst: memory.address(target),
  });
  putTransfers(memory, source, elements);
  const answer = commandOn(fd, abi.BUS1_CMD_TRANSFER, memory, doing);
  if (answer < 0) throw failure(answer, doing);
  return { src: getTransfers(memory, source, elements.length), dst: getTransfers(memory, target, elements.length) };
}

/**
 * `BUS1_CMD_RELEASE`: releases nodes and handles, as one transaction. The owner of a handle to a
 * released node receives a `NODE_RELEASE` for each such handle. The owner of a node receives a `HANDLE_RELEASE` when the
 * last handle to it is released. The caller receives nothing more about what it has released.
 *
 * @param fd The peer.
 * @param ids Ids of its nodes and handles, in any mixture. An id that occurs twice counts once.
 *
 * Errors: `EBADRQC` one of them is not an id of this peer; `EINVAL` unknown flags; `ENOMEM`.
 *
 * @example
 * ```ts
 * import * as uapi from "@bus1/bus1/uapi";
 *
 * using fd = uapi.open();
 * const create = { flags: uapi.BUS1_TRANSFER_FLAG_CREATE, id: uapi.BUS1_INVALID };
 * const { src: [node], dst: [handle] } = uapi.transfer(fd, [create]);
 * uapi.release(fd, [handle.id]); // the last one
 * const { metadata, message } = uapi.recv(fd, {});
 * console.log(message.type === uapi.BUS1_MESSAGE_TYPE_HANDLE_RELEASE, metadata.id === node.id); // true true
 * ```
 */
export function release(fd: Fd | number, ids: readonly bigint[], options: ReleaseOptions = {}): void {
  const doing = `release on ${nameOfFd(fd)}`;
  const elements = idsOf(ids, "ids", doing);
  const { flags = 0 } = optionsOf(options, "the options", RELEASE_OPTIONS, doing);
  const memory = new Memory([abi.bus1_cmd_release.size, elements.length * ID_SIZE], doing);
  const [command, array] = memory.regions;
  memory.put(command, abi.bus1_cmd_release, {
    flags: u64(flags, "flags", doing),
    n_ids: elements.length,
    ptr_ids: memory.address(array),
  });
  elements.forEach((id, i) => memory.set(array + i * ID_SIZE, id));
  const answer = commandOn(fd, abi.BUS1_CMD_RELEASE, memory, doing);
  if (answer < 0) throw failure(answer, doing);
}

/**
 * `BUS1_CMD_SEND`: sends one message to all destinations, as one transaction: all receive it, or, if the call fails,
 * none does. A destination is not an error if its node was released.
 *
 * @param fd The peer.
 * @param send The destinations and the message.
 * @returns The error of each destination as the device wrote it: 0.
 *
 * Errors: `EBADRQC` a destination or a transfer is not a handle of this peer; `EINVAL` unknown flags or type, or
 * more than 1024 vectors; `EMSGSIZE` more than `0x7ffff000` bytes; `ENOMEM`, `EDQUOT`.
 *
 * @example
 * ```ts
 * import * as uapi from "@bus1/bus1/uapi";
 *
 * using fd = uapi.open();
 * const create = { flags: uapi.BUS1_TRANSFER_FLAG_CREATE, id: uapi.BUS1_INVALID };
 * const { dst: [a, b] } = uapi.transfer(fd, [create, create]);
 * const { errors } = uapi.send(fd, {
 *   destinations: [a.id, b.id],
 *   message: { data: ["one ", "message"], transfers: [a.id] },
 * });
 * console.log(errors); // Int32Array(2) [ 0, 0 ]
 * ```
 */
export function send(fd: Fd | number, send: SendInit): { errors: Int32Array<ArrayBuffer> } {
  const doing = `send on ${nameOfFd(fd)}`;
  const { flags = 0, destinations, message } = optionsOf(send, "the argument", SEND_INIT, doing);
  const targets = idsOf(destinations, "destinations", doing);
  const { flags: messageFlags = 0, type = abi.BUS1_MESSAGE_TYPE_USER, transfers = [], data = [] } = optionsOf(
    message,
    "the message",
    MESSAGE_INIT,
    doing,
  );
  const elements = transfersOf(transfers, doing);
  const parts = vectorsOf(data, doing);
  const length = parts.reduce((sum, part) => sum + part.length, 0);

  const memory = new Memory([
    abi.bus1_cmd_send.size,
    abi.bus1_message.size,
    targets.length * ID_SIZE,
    targets.length * Int32Array.BYTES_PER_ELEMENT + ERRORS_SLACK,
    sizeOf(elements),
    parts.length * abi.iovec.size,
    length,
  ], doing);
  const [command, body, ids, errors, handles, vectors, bytes] = memory.regions;
  memory.put(command, abi.bus1_cmd_send, {
    flags: u64(flags, "flags", doing),
    n_destinations: targets.length,
    ptr_destinations: memory.address(ids),
    ptr_errors: memory.address(errors),
    ptr_message: memory.address(body),
  });
  memory.put(body, abi.bus1_message, {
    flags: u64(messageFlags, "flags", doing),
    type: u64(type, "type", doing),
    n_transfers: elements.length,
    ptr_transfers: memory.address(handles),
    n_data: length,
    n_data_vecs: parts.length,
    ptr_data_vecs: memory.address(vectors),
  });
  targets.forEach((id, i) => memory.set(ids + i * ID_SIZE, id));
  putTransfers(memory, handles, elements);
  let at = bytes;
  parts.forEach((part, i) => {
    memory.put(vectors + i * abi.iovec.size, abi.iovec, { base: memory.address(at), len: part.length });
    memory.bytes.set(part, at);
    at += part.length;
  });
  const answer = commandOn(fd, abi.BUS1_CMD_SEND, memory, doing);
  if (answer < 0) throw failure(answer, doing);
  const size = targets.length * Int32Array.BYTES_PER_ELEMENT;
  return { errors: new Int32Array(memory.bytes.buffer.slice(errors, errors + size)) };
}

/**
 * `BUS1_CMD_RECV`: receives the first message of the queue. It never waits; {@linkcode poll} does.
 *
 * @param fd The peer.
 * @param buffer The sizes of the buffers. Release messages need none.
 * @returns What was received. After a `NODE_RELEASE` the id of the handle is gone, after a `HANDLE_RELEASE` that of the
 * node.
 *
 * Errors: `EAGAIN` the queue is empty; `EMSGSIZE` the message does not fit, a {@linkcode ReceiveBufferError} that
 * has the sizes that it needs: the message stays in the queue; `EINVAL` unknown flags; `ENOMEM`.
 *
 * @example
 * ```ts
 * import * as uapi from "@bus1/bus1/uapi";
 *
 * function receive(fd: uapi.Fd): uapi.Received {
 *   try {
 *     return uapi.recv(fd, { transfers: 4, data: 1024 });
 *   } catch (error) {
 *     if (error instanceof uapi.ReceiveBufferError) return uapi.recv(fd, error.needed);
 *     throw error;
 *   }
 * }
 *
 * using fd = uapi.open();
 * const create = { flags: uapi.BUS1_TRANSFER_FLAG_CREATE, id: uapi.BUS1_INVALID };
 * const { dst: [handle] } = uapi.transfer(fd, [create]);
 * uapi.send(fd, { destinations: [handle.id], message: { data: new Uint8Array(5000) } });
 * console.log(receive(fd).message.data.length); // 5000
 * ```
 */
export function recv(fd: Fd | number, buffer: ReceiveBuffer): Received {
  const doing = `receive on ${nameOfFd(fd)}`;
  const { flags = 0, transfers = 0, data = 0 } = optionsOf(buffer, "the buffer", RECEIVE_BUFFER, doing);
  checkCount(transfers, "transfers", doing);
  checkCount(data, "data", doing);
  const memory = new Memory([
    abi.bus1_cmd_recv.size,
    abi.bus1_metadata.size,
    abi.bus1_message.size,
    abi.iovec.size,
    data,
    (transfers + TRANSFERS_SLACK) * abi.bus1_transfer.size,
  ], doing);
  const [command, about, body, vector, bytes, handles] = memory.regions;
  memory.put(command, abi.bus1_cmd_recv, {
    flags: u64(flags, "flags", doing),
    ptr_metadata: memory.address(about),
    ptr_message: memory.address(body),
  });
  memory.put(body, abi.bus1_message, {
    type: abi.BUS1_INVALID,
    n_transfers: transfers,
    ptr_transfers: memory.address(handles),
    n_data: data,
    n_data_vecs: 1,
    ptr_data_vecs: memory.address(vector),
  });
  memory.put(vector, abi.iovec, { base: memory.address(bytes), len: data });
  const answer = commandOn(fd, abi.BUS1_CMD_RECV, memory, doing);
  const received = memory.getNumber(body + abi.bus1_message.n_transfers);
  const length = memory.getNumber(body + abi.bus1_message.n_data);
  if (answer === -abi.ERRNO.EMSGSIZE) throw new ReceiveBufferError(doing, { transfers: received, data: length });
  if (answer < 0) throw failure(answer, doing);
  return {
    metadata: {
      flags: memory.getNumber(about + abi.bus1_metadata.flags),
      id: memory.get(about + abi.bus1_metadata.id),
      account: memory.get(about + abi.bus1_metadata.account),
    },
    message: {
      flags: memory.getNumber(body + abi.bus1_message.flags),
      type: memory.getNumber(body + abi.bus1_message.type),
      transfers: getTransfers(memory, handles, Math.min(received, transfers + TRANSFERS_SLACK)),
      data: memory.bytes.slice(bytes, bytes + Math.min(length, data)),
    },
  };
}

/** What {@linkcode recv} returns. */
export interface Received {
  /** The object that it concerns. */
  metadata: Metadata;
  /** The message. */
  message: Message;
}

const ID_SIZE = 8;

// A device may write beyond the arrays that it was given (device faults F3 and F7): a u64 where an error belongs, and every
// transfer of a message. So these arrays have some bytes and some elements more.
const ERRORS_SLACK = 8;
const TRANSFERS_SLACK = 1024;

/** Issues a command. Its structure is the first region of `memory`. */
function commandOn(fd: Fd | number, request: number, memory: Memory, doing: string): number {
  return requireLibrary(doing).bus1_ioctl(openBitsOf(fd, doing), request, memory.bytes);
}

/** The texts of errnos that mean something else on a device than on the bus. */
const DEVICE_TEXTS: Partial<Record<number, string>> = {
  [abi.ERRNO.EAGAIN]: "the queue is empty",
  [abi.ERRNO.EOPNOTSUPP]: "the descriptor to transfer to is not a peer",
  [abi.ERRNO.ENOTTY]: "the file is not a bus1 device",
};

function failure(answer: number, doing: string): BusError {
  return busError(answer, doing, DEVICE_TEXTS[-answer]);
}

function sizeOf(transfers: readonly TransferFields[]): number {
  return transfers.length * abi.bus1_transfer.size;
}

function putTransfers(memory: Memory, at: number, transfers: readonly TransferFields[]): void {
  transfers.forEach((transfer, i) => memory.put(at + i * abi.bus1_transfer.size, abi.bus1_transfer, transfer));
}

function getTransfers(memory: Memory, at: number, count: number): Transfer[] {
  return Array.from({ length: count }, (_, i) => {
    const start = at + i * abi.bus1_transfer.size;
    return {
      flags: memory.getNumber(start + abi.bus1_transfer.flags),
      id: memory.get(start + abi.bus1_transfer.id),
    };
  });
}
