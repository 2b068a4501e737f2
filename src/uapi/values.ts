/**
 * The numbers of the kernel interface: values, commands, and where the fields of its structures are. All of them are
 * taken from what the native library was compiled from.
 *
 * @module
 */

import * as abi from "../port/abi.ts";

/** No id, no account; as a target: this peer. */
export const BUS1_INVALID: bigint = abi.BUS1_INVALID;

/** The bit of ids that the bus chose, as it does all: `id & BUS1_MANAGED` is 1. */
export const BUS1_MANAGED: bigint = abi.BUS1_MANAGED;

/** Flag of a transfer in `BUS1_CMD_TRANSFER`: make a node, and a handle to it. */
export const BUS1_TRANSFER_FLAG_CREATE: number = abi.BUS1_TRANSFER_FLAG_CREATE;

/** Type of a message: a peer has sent it. */
export const BUS1_MESSAGE_TYPE_USER: number = abi.BUS1_MESSAGE_TYPE_USER;

/** Type of a message: the node behind a handle is gone, and with this message the handle is. */
export const BUS1_MESSAGE_TYPE_NODE_RELEASE: number = abi.BUS1_MESSAGE_TYPE_NODE_RELEASE;

/** Type of a message: the last handle to a node is gone, and with this message the node is. */
export const BUS1_MESSAGE_TYPE_HANDLE_RELEASE: number = abi.BUS1_MESSAGE_TYPE_HANDLE_RELEASE;

/** Make nodes and copy handles across; takes a {@linkcode bus1_cmd_transfer}. */
export const BUS1_CMD_TRANSFER: number = abi.BUS1_CMD_TRANSFER;

/** Release nodes and handles; takes a {@linkcode bus1_cmd_release}. */
export const BUS1_CMD_RELEASE: number = abi.BUS1_CMD_RELEASE;

/** Send a message; takes a {@linkcode bus1_cmd_send}. */
export const BUS1_CMD_SEND: number = abi.BUS1_CMD_SEND;

/** Receive a message; takes a {@linkcode bus1_cmd_recv}. Returns 1. */
export const BUS1_CMD_RECV: number = abi.BUS1_CMD_RECV;

/** The size of a structure in bytes, and the offset of each of its fields, which are all `u64`. */
export type StructLayout<Field extends string> = Readonly<Record<"size" | Field, number>>;

/** `struct bus1_cmd_transfer`: its size and the offsets of its fields. */
export const bus1_cmd_transfer: StructLayout<"flags" | "to" | "n_transfers" | "ptr_src" | "ptr_dst"> =
  abi.bus1_cmd_transfer;

/** `struct bus1_cmd_release`: its size and the offsets of its fields. */
export const bus1_cmd_release: StructLayout<"flags" | "n_ids" | "ptr_ids"> = abi.bus1_cmd_release;

/** `struct bus1_cmd_send`: its size and the offsets of its fields. */
export const bus1_cmd_send: StructLayout<
  "flags" | "n_destinations" | "ptr_destinations" | "ptr_errors" | "ptr_message"
> = abi.bus1_cmd_send;

/** `struct bus1_cmd_recv`: its size and the offsets of its fields. */
export const bus1_cmd_recv: StructLayout<"flags" | "ptr_metadata" | "ptr_message"> = abi.bus1_cmd_recv;

/** `struct bus1_transfer`: its size and the offsets of its fields. */
export const bus1_transfer: StructLayout<"flags" | "id"> = abi.bus1_transfer;

/** `struct bus1_metadata`: its size and the offsets of its fields. */
export const bus1_metadata: StructLayout<"flags" | "id" | "account"> = abi.bus1_metadata;

/** `struct bus1_message`: its size and the offsets of its fields. */
export const bus1_message: StructLayout<
  "flags" | "type" | "n_transfers" | "ptr_transfers" | "n_data" | "n_data_vecs" | "ptr_data_vecs"
> = abi.bus1_message;

/** `struct iovec`: its size and the offsets of its fields, `base` and `len`. */
export const iovec: StructLayout<"base" | "len"> = abi.iovec;

/** Flag of `open`: to read only. A peer opened so can do everything. */
export const O_RDONLY: number = abi.O_RDONLY;

/** Flag of `open`: to write only. */
export const O_WRONLY: number = abi.O_WRONLY;

/** Flag of `open`: to read and to write. */
export const O_RDWR: number = abi.O_RDWR;

/** Flag of `open`: nothing waits. No command of a peer ever does. */
export const O_NONBLOCK: number = abi.O_NONBLOCK;

/** Flag of `open`: programs that are started do not inherit the descriptor. */
export const O_CLOEXEC: number = abi.O_CLOEXEC;

/** Flag of `open`: the path only, without opening what is there. */
export const O_PATH: number = abi.O_PATH;

/** Event of `poll`: a message is ready; in general, there is something to read. */
export const POLLIN: number = abi.POLLIN;

/** Event of `poll`: it can be sent to. Of a peer it always can. */
export const POLLOUT: number = abi.POLLOUT;

/** Event of `poll`, never asked for: an error. */
export const POLLERR: number = abi.POLLERR;

/** Event of `poll`, never asked for: the other end is closed; of an emulated device: who served it is gone. */
export const POLLHUP: number = abi.POLLHUP;

/** Event of `poll`, never asked for: no such descriptor is open. */
export const POLLNVAL: number = abi.POLLNVAL;
