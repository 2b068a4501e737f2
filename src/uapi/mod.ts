/**
 * `linux/bus1.h` in TypeScript: the kernel interface of bus1, with nothing hidden.
 *
 * The bus is a device, `/dev/bus1`. Opening it makes a *peer*; the last close of that open file ends it. Four commands
 * (`ioctl(2)`) do everything: {@linkcode transfer} makes nodes and copies handles across, {@linkcode send} sends a
 * message to any number of handles, {@linkcode recv} receives one, {@linkcode release} releases nodes and handles.
 * {@linkcode poll} waits. On a kernel without the device, `cli run -- PROGRAM` emulates it.
 *
 * There are two ways to issue a command. The typed functions build the structures, return what the kernel wrote back, and
 * throw a `BusError` with the errno when it refuses; a command that failed has done nothing. {@linkcode ioctl} takes any
 * bytes, even wrong ones, and returns what the kernel returns. The offsets of all fields have the names of the structures
 * in C ({@linkcode bus1_cmd_send} and its neighbours), and {@linkcode addressOf} makes the pointers.
 *
 * Every field of the interface is a `u64`. Here ids, accounts and addresses are bigints; flags, types and counts are
 * numbers; as arguments they may be bigints, too, where all 64 bits are needed.
 *
 * An id is valid on its own peer only. Ids are odd (see {@linkcode BUS1_MANAGED}) and are never reused.
 *
 * Several names here (`Message`, `Transfer`, `send`, `release`) mean something else in the main entry, so import the module
 * as a namespace.
 *
 * @example A peer sends itself a message
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

export { BusError } from "../port/errors.ts";
export type { Data } from "../port/payload.ts";
export { addressOf, ioctl } from "./ioctl.ts";
export {
  type Message,
  type MessageInit,
  type Metadata,
  type ReceiveBuffer,
  ReceiveBufferError,
  type Received,
  recv,
  release,
  type ReleaseOptions,
  send,
  type SendInit,
  transfer,
  type TransferOptions,
} from "./commands.ts";
export type { Transfer, TransferInit } from "./arguments.ts";
export { close, dup, Fd, open, type PassFdOptions, poll, type PollFd, recvFd, sendFd } from "./descriptors.ts";
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
