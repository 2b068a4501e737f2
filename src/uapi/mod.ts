/**
 * `linux/bus1.h` in TypeScript: the kernel interface of bus1, nothing hidden.
 *
 * The bus is a device, `/dev/bus1`. Opening it makes a *peer*; the last close of that open file ends it. Four commands
 * (`ioctl(2)`) do everything: {@linkcode transfer} makes nodes and copies handles across, {@linkcode send} sends a
 * message to any number of handles, {@linkcode recv} receives one, {@linkcode release} releases nodes and handles.
 * {@linkcode poll} waits. A kernel without the device can borrow one: `cli run -- PROGRAM`.
 *
 * There are two ways to give a command. The typed functions build the structures, return what the kernel wrote back, and
 * throw a `BusError` with the errno when it refuses; a failed command has done nothing. {@linkcode ioctl} takes any
 * bytes at all, even wrong ones, and returns what the kernel returns; the offsets of all fields are here under the names
 * of the structures in C ({@linkcode bus1_cmd_send} and its neighbours), and {@linkcode addressOf} makes the pointers.
 *
 * Every field of the interface is a `u64`. Here ids, accounts and addresses are bigints; flags, types and counts are
 * numbers, and as arguments bigints, too, for those who need all 64 bits.
 *
 * Ids mean something on their own peer only; they are odd (see {@linkcode BUS1_MANAGED}) and are never used again.
 *
 * @example A message to oneself
 * ```ts
 * import * as uapi from "@bus1/bus1/uapi";
 *
 * using fd = uapi.open(); // BUS1_DEVICE, or /dev/bus1
 * const { src, dst } = uapi.transfer(fd, [{ flags: uapi.BUS1_TRANSFER_FLAG_CREATE, id: uapi.BUS1_INVALID }]);
 * const node = src[0].id, handle = dst[0].id;
 *
 * uapi.send(fd, { destinations: [handle], message: { data: "hello", transfers: [handle] } });
 * uapi.poll([{ fd, events: uapi.POLLIN }]);
 * const { metadata, message } = uapi.recv(fd, { transfers: 16, data: 4096 });
 * console.log(metadata.id === node); // true
 * console.log(new TextDecoder().decode(message.data), message.transfers.length); // hello 1
 *
 * uapi.release(fd, [node]);
 * ```
 *
 * @module
 */

import * as abi from "../port/abi.ts";
import { bitsOf, type Fd, nameOfFd, openBitsOf } from "../port/descriptor.ts";
import { BusError, busError, quote } from "../port/errors.ts";
import { requireLibrary } from "../library/library.ts";
import type { Data } from "../port/payload.ts";
import { checkCount, idsOf, record, type TransferFields, transfersOf, u64, vectorsOf } from "./arguments.ts";
import { addressOfView, Memory } from "./memory.ts";

export { BusError } from "../port/errors.ts";
export type { Data } from "../port/payload.ts";
export { close, dup, Fd, type HandOverOptions, open, poll, type PollFd, recvFd, sendFd } from "./descriptors.ts";
export {
  BUS1_CMD_RECV,
  bus1_cmd_recv,
  BUS1_CMD_RELEASE,
  bus1_cmd_release,
  BUS1_CMD_SEND,
  bus1_cmd_send,
  BUS1_CMD_TRANSFER,
  bus1_cmd_transfer,
  BUS1_INVALID,
  BUS1_MANAGED,
  bus1_message,
  BUS1_MESSAGE_TYPE_HANDLE_RELEASE,
  BUS1_MESSAGE_TYPE_NODE_RELEASE,
  BUS1_MESSAGE_TYPE_USER,
  bus1_metadata,
  bus1_transfer,
  BUS1_TRANSFER_FLAG_CREATE,
  iovec,
  O_CLOEXEC,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  type StructLayout,
} from "../port/abi.ts";

/** `struct bus1_transfer`: a handle on its way from one peer to another. */
export interface Transfer {
  /** {@linkcode BUS1_TRANSFER_FLAG_CREATE} in a {@linkcode transfer}, else 0. */
  flags: number;
  /** The id of the handle, or of the node that was created. */
  id: bigint;
}

/** A {@linkcode Transfer} as an argument: flags are 0 and the id is `BUS1_INVALID` if left out; or just an id. */
export type TransferInit = bigint | { readonly flags?: number | bigint; readonly id?: bigint };

/** `struct bus1_metadata`: whom a received message concerns. */
export interface Metadata {
  /** 0. */
  flags: number;
  /** The id of the node; for `BUS1_MESSAGE_TYPE_NODE_RELEASE` of the handle. */
  id: bigint;
  /** The id of the sender's account, or `BUS1_INVALID`. */
  account: bigint;
}

/** `struct bus1_message`: a message that was received. */
export interface Message {
  /** 0. */
  flags: number;
  /** `BUS1_MESSAGE_TYPE_USER`, `BUS1_MESSAGE_TYPE_NODE_RELEASE` or `BUS1_MESSAGE_TYPE_HANDLE_RELEASE`. */
  type: number;
  /** The handles that came with it: now this peer's, each with its id. */
  transfers: Transfer[];
  /** The bytes: yours alone. */
  data: Uint8Array<ArrayBuffer>;
}

/** `struct bus1_message`: a message to send. */
export interface MessageInit {
  /** 0 by default, and nothing else so far. */
  flags?: number | bigint;
  /** `BUS1_MESSAGE_TYPE_USER` by default, and nothing else so far. */
  type?: number | bigint;
  /** Handles of the sender, of which each receiver gets copies; none by default. */
  transfers?: readonly TransferInit[];
  /** The bytes, text as UTF-8; an array becomes one vector (`struct iovec`) for each element. None by default. */
  data?: Data | readonly Data[];
}

/** The options of {@linkcode transfer}: the rest of `struct bus1_cmd_transfer`. */
export interface TransferOptions {
  /** 0 by default, and nothing else so far. */
  flags?: number | bigint;
  /** The peer that gets the handles; by default `BUS1_INVALID`, which is the one that is asked. */
  to?: Fd | number | bigint;
}

/** The options of {@linkcode release}: the rest of `struct bus1_cmd_release`. */
export interface ReleaseOptions {
  /** 0 by default, and nothing else so far. */
  flags?: number | bigint;
}

/** The argument of {@linkcode send}: `struct bus1_cmd_send`. */
export interface SendInit {
  /** 0 by default, and nothing else so far. */
  flags?: number | bigint;
  /** Ids of handles. One that is there twice gets two messages. */
  destinations: readonly bigint[];
  /** What they get. */
  message: MessageInit;
}

/** The argument of {@linkcode recv}: what there is room for. */
export interface Room {
  /** 0 by default, and nothing else so far. */
  flags?: number | bigint;
  /** For how many handles; 0 by default. */
  transfers?: number;
  /** For how many bytes; 0 by default. */
  data?: number;
}

/** `EMSGSIZE` of {@linkcode recv}: the first message in the queue needs more room than it was given, and is still there. */
export class RoomError extends BusError {
  /** The room that it needs, as the device has said; what to call {@linkcode recv} with. */
  readonly needed: { transfers: number; data: number };

  /** Made by {@linkcode recv}. */
  constructor(doing: string, needed: { transfers: number; data: number }) {
    super("EMSGSIZE", doing, `the message needs room for ${needed.transfers} transfers and ${needed.data} bytes`);
    this.needed = needed;
  }
}

/**
 * `BUS1_CMD_TRANSFER`: makes nodes, and copies handles to a peer, this one or another. All of it happens, or nothing.
 *
 * With `BUS1_TRANSFER_FLAG_CREATE` (and `BUS1_INVALID` as id) a node is made on the peer of `fd`; without, the id names
 * one of its handles. Either way a new handle is made on the peer of `to`.
 *
 * @param fd The peer.
 * @param src What to make and to copy, any number of them.
 * @param options Who gets the handles.
 * @returns `src` with the ids of the nodes that were made, and `dst`, as long, with the ids that the new handles have on
 * the peer of `to`.
 *
 * Errors: `EBADF` `to` is no descriptor; `EOPNOTSUPP` `to` is not a peer of this device; `EBADRQC` an id is not
 * one of a handle of this peer; `EINVAL` unknown flags, or an id with `BUS1_TRANSFER_FLAG_CREATE`; `ENOMEM`.
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
  const { flags = 0, to = abi.BUS1_INVALID } = record(options, "the options", doing);
  const memory = new Memory([abi.bus1_cmd_transfer.size, sizeOf(elements), sizeOf(elements)], doing);
  const [command, source, target] = memory.regions as [number, number, number];
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
 * `BUS1_CMD_RELEASE`: releases nodes and handles, as one transaction. The owners of handles to a released node receive a
 * `NODE_RELEASE` for each; the owner of a node of which the last handle is released receives a `HANDLE_RELEASE`. The
 * caller hears nothing more of what it has released.
 *
 * @param fd The peer.
 * @param ids Ids of its nodes and handles, in any mixture. One that is there twice counts once.
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
  const { flags = 0 } = record(options, "the options", doing);
  const memory = new Memory([abi.bus1_cmd_release.size, elements.length * ID_SIZE], doing);
  const [command, array] = memory.regions as [number, number];
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
 * none does. A destination whose node was released is no error.
 *
 * @param fd The peer.
 * @param send Whom to send what.
 * @returns What the device says of each destination: 0.
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
  const { flags = 0, destinations, message } = record(send, "the argument", doing);
  const targets = idsOf(destinations, "destinations", doing);
  const { flags: messageFlags = 0, type = abi.BUS1_MESSAGE_TYPE_USER, transfers = [], data = [] } = record(
    message,
    "the message",
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
  const [command, body, ids, errors, handles, vectors, bytes] = memory.regions as [
    ...[number, number, number, number, number, number, number],
  ];
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
 * @param room What there is room for; release messages need none.
 * @returns What was received. After a `NODE_RELEASE` the id of the handle is gone, after a `HANDLE_RELEASE` that of the
 * node.
 *
 * Errors: `EAGAIN` the queue is empty; `EMSGSIZE` too little room, a {@linkcode RoomError} that tells how much is
 * needed: the message stays; `EINVAL` unknown flags; `ENOMEM`.
 *
 * @example
 * ```ts
 * import * as uapi from "@bus1/bus1/uapi";
 *
 * function receive(fd: uapi.Fd): uapi.Received {
 *   try {
 *     return uapi.recv(fd, { transfers: 4, data: 1024 });
 *   } catch (error) {
 *     if (error instanceof uapi.RoomError) return uapi.recv(fd, error.needed);
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
export function recv(fd: Fd | number, room: Room): Received {
  const doing = `receive on ${nameOfFd(fd)}`;
  const { flags = 0, transfers = 0, data = 0 } = record(room, "the room", doing);
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
  const [command, about, body, vector, bytes, handles] = memory.regions as [
    ...[number, number, number, number, number, number],
  ];
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
  if (answer === -abi.ERRNO.EMSGSIZE) throw new RoomError(doing, { transfers: received, data: length });
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
  /** Whom it concerns. */
  metadata: Metadata;
  /** The message. */
  message: Message;
}

/**
 * `ioctl(2)`, raw: any request with any argument. It throws for arguments of a wrong type only; whatever the kernel
 * answers is returned.
 *
 * Pointers in `argument` are the caller's to keep right, see {@linkcode addressOf}: the kernel writes where they point
 * to. The bytes themselves are safe: if they are fewer than the size that is part of the request's number, zeros follow.
 *
 * @param fd The descriptor. One that was closed is -`EBADF`.
 * @param request The command: {@linkcode BUS1_CMD_TRANSFER} and its neighbours, or any other number of 32 bits.
 * @param argument What the argument points to, which is written back to; or the argument itself: an address, or `null`
 * for 0.
 * @returns The result, or a negative errno.
 *
 * Errors: `EOPNOTSUPP` native code cannot be called here.
 *
 * @example A receive by hand
 * ```ts
 * import * as uapi from "@bus1/bus1/uapi";
 *
 * using fd = uapi.open();
 * const metadata = new Uint8Array(uapi.bus1_metadata.size);
 * const message = new DataView(new ArrayBuffer(uapi.bus1_message.size));
 * message.setBigUint64(uapi.bus1_message.type, uapi.BUS1_INVALID, true);
 * const command = new DataView(new ArrayBuffer(uapi.bus1_cmd_recv.size));
 * command.setBigUint64(uapi.bus1_cmd_recv.ptr_metadata, uapi.addressOf(metadata), true);
 * command.setBigUint64(uapi.bus1_cmd_recv.ptr_message, uapi.addressOf(message), true);
 *
 * console.log(uapi.ioctl(fd, uapi.BUS1_CMD_RECV, command)); // -11: EAGAIN
 * console.log(uapi.ioctl(fd, uapi.BUS1_CMD_RECV, null)); // -14: EFAULT
 * console.log(metadata.length, message.byteLength); // still in use here, and so they were where they were
 * ```
 */
export function ioctl(fd: Fd | number, request: number, argument: ArrayBufferView | bigint | null): number {
  const doing = "ioctl";
  const bits = bitsOf(fd, doing);
  if (typeof request !== "number" || request !== request >>> 0 && request !== (request | 0)) {
    throw new TypeError(`${doing}: the request must be a number of 32 bits, not ${quote(request)}`);
  }
  const library = requireLibrary(`${doing} on ${nameOfFd(fd)}`);
  if (argument === null || typeof argument === "bigint") {
    const value = BigInt.asUintN(64, argument ?? 0n);
    return library.bus1_ioctl_value(bits, request >>> 0, Number(value >> 32n), Number(value & 0xffffffffn));
  }
  if (!ArrayBuffer.isView(argument)) {
    throw new TypeError(`${doing}: the argument must be bytes, a bigint or null, not ${quote(argument)}`);
  }
  const bytes = new Uint8Array(argument.buffer, argument.byteOffset, argument.byteLength);
  const size = request >>> 16 & 0x3fff; // _IOC_SIZE
  if (bytes.length >= size) return library.bus1_ioctl(bits, request >>> 0, bytes);
  const padded = new Uint8Array(size);
  padded.set(bytes);
  const answer = library.bus1_ioctl(bits, request >>> 0, padded);
  bytes.set(padded.subarray(0, bytes.length));
  return answer;
}

/**
 * The address of a buffer or a view on one, for the pointers in the structures of {@linkcode ioctl}.
 *
 * It holds as long as the view is referenced: use it once more after the call, or it may be gone during it. It does not
 * hold when the buffer is transferred or resized.
 *
 * @param view What the pointer is to point to.
 * @returns The address of its first byte; of an empty one possibly 0.
 *
 * Errors: `EOPNOTSUPP` native code cannot be called here.
 */
export function addressOf(view: ArrayBufferView): bigint {
  const doing = "address of a view";
  if (!ArrayBuffer.isView(view)) throw new TypeError(`${doing}: expected a view on a buffer, not ${quote(view)}`);
  return addressOfView(view, doing);
}

const ID_SIZE = 8;

// A device is not to be trusted with the room that it was given: the kernel's first one writes a u64 where an error
// belongs, and every transfer that a message has. Behind these arrays there is some of it.
const ERRORS_SLACK = 8;
const TRANSFERS_SLACK = 1024;

/** Gives a command whose structure is the first region of `memory`. */
function commandOn(fd: Fd | number, request: number, memory: Memory, doing: string): number {
  return requireLibrary(doing).bus1_ioctl(openBitsOf(fd, doing), request, memory.bytes);
}

/** What the codes mean here, where the bus itself would say it in other words. */
const WHY: Partial<Record<number, string>> = {
  [abi.ERRNO.EAGAIN]: "the queue is empty",
  [abi.ERRNO.EOPNOTSUPP]: "the descriptor to transfer to is not a peer",
  [abi.ERRNO.ENOTTY]: "the file is not a bus1 device",
};

function failure(answer: number, doing: string): BusError {
  return busError(answer, doing, WHY[-answer]);
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
