// Generated from native/src/abi/ by `deno task build bindgen`. Do not edit.

/**
 * What TypeScript must know of the native library, and the errors, which are those of every engine.
 *
 * @module
 */

/** The size of a structure, and the offset of each of its fields, in bytes. */
export type StructLayout<Field extends string> = Readonly<Record<"size" | Field, number>>;

/** The errors of the bus, and of the system around it, by name. */
export const ERRNO = {
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EFAULT: 14,
  EINVAL: 22,
  ENOTTY: 25,
  EXFULL: 54,
  EBADRQC: 56,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  ESHUTDOWN: 108,
  EDQUOT: 122,
  ENOTRECOVERABLE: 131,
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  ENFILE: 23,
  EMFILE: 24,
  ETXTBSY: 26,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EPIPE: 32,
  ERANGE: 34,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ELOOP: 40,
  EPROTO: 71,
  EOVERFLOW: 75,
  EUSERS: 87,
  ENOTSOCK: 88,
  EPROTOTYPE: 91,
  EPROTONOSUPPORT: 93,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ETOOMANYREFS: 109,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  ESTALE: 116,
  ECANCELED: 125,
} as const;

/** How many bytes one message can carry. */
export const MAX_DATA: number = 2147479552;

/** What an id names: a node. */
export const NODE: number = 1;

/** What an id names: a handle. */
export const HANDLE: number = 2;

/** The user of a peer that has none. */
export const NO_USER: number = 4294967295;

/** How many objects a user may have without a limit of its own. */
export const ACCOUNT_OBJECTS: number = 16777216;

/** How many bytes a user may have without a limit of its own. */
export const ACCOUNT_BYTES: number = 68719476736;

/** How many released handles of a user are free of charge while their release is not received. */
export const MAX_UNRECEIVED: number = 4096;

/** A message that was received; then come the ids of its transfers and its bytes. */
export const MESSAGE_RECORD: StructLayout<"type" | "n_transfers" | "n_data" | "account" | "id"> = {
  size: 24,
  type: 0,
  n_transfers: 4,
  n_data: 8,
  account: 12,
  id: 16,
};

/** The head of a message that is to be sent; then come its bytes. */
export const MESSAGE_FRAME: StructLayout<"n_data" | "unused"> = {
  size: 8,
  n_data: 0,
  unused: 4,
};

/** The options of `bus1_peer_open`, all of them `f64`; NaN where nothing special is asked for. */
export const PEER_OPTIONS: StructLayout<"user" | "objects" | "bytes" | "max_messages" | "max_bytes"> = {
  size: 40,
  user: 0,
  objects: 8,
  bytes: 16,
  max_messages: 24,
  max_bytes: 32,
};

/** What each record of an inspection begins with. */
export const INSPECTED_HEAD: StructLayout<"kind" | "n_name"> = {
  size: 8,
  kind: 0,
  n_name: 4,
};

/** The record of a peer; all fields but those of the head are `f64`. */
export const INSPECTED_PEER: StructLayout<
  "kind" | "n_name" | "number" | "nodes" | "handles" | "messages" | "bytes"
> = {
  size: 48,
  kind: 0,
  n_name: 4,
  number: 8,
  nodes: 16,
  handles: 24,
  messages: 32,
  bytes: 40,
};

/** The record of a node of the peer before it. */
export const INSPECTED_NODE: StructLayout<"kind" | "n_name" | "id" | "handles" | "messages" | "bytes"> = {
  size: 40,
  kind: 0,
  n_name: 4,
  id: 8,
  handles: 16,
  messages: 24,
  bytes: 32,
};

/** The record of a handle of the peer before it. */
export const INSPECTED_HANDLE: StructLayout<"kind" | "n_name" | "id" | "node" | "peer" | "gone"> = {
  size: 40,
  kind: 0,
  n_name: 4,
  id: 8,
  node: 16,
  peer: 24,
  gone: 32,
};

/** The record of a handle to the node before it. */
export const INSPECTED_HOLDER: StructLayout<"kind" | "n_name" | "id" | "peer"> = {
  size: 24,
  kind: 0,
  n_name: 4,
  id: 8,
  peer: 16,
};

/** The `kind` of `INSPECTED_PEER`. */
export const KIND_PEER: number = 1;

/** The `kind` of `INSPECTED_NODE`. */
export const KIND_NODE: number = 2;

/** The `kind` of `INSPECTED_HANDLE`. */
export const KIND_HANDLE: number = 3;

/** No id, no account; as a target: this peer. */
export const BUS1_INVALID: bigint = 18446744073709551615n;

/** The bit that is set in all ids that the bus chooses: `id & BUS1_MANAGED` is 1. */
export const BUS1_MANAGED: bigint = 1n;

/** Flag of a transfer in `BUS1_CMD_TRANSFER`: make a node, and a handle to it. */
export const BUS1_TRANSFER_FLAG_CREATE: number = 1;

/** Type of a message: a peer sent it. */
export const BUS1_MESSAGE_TYPE_USER: number = 0;

/** Type of a message: the node behind a handle is gone. With this message the handle is, too. */
export const BUS1_MESSAGE_TYPE_NODE_RELEASE: number = 1;

/** Type of a message: the last handle to a node is gone. With this message the node is, too. */
export const BUS1_MESSAGE_TYPE_HANDLE_RELEASE: number = 2;

/** Makes nodes and copies handles to another peer; takes a {@linkcode bus1_cmd_transfer}. */
export const BUS1_CMD_TRANSFER: number = 3223885568;

/** Releases nodes and handles; takes a {@linkcode bus1_cmd_release}. */
export const BUS1_CMD_RELEASE: number = 3222836993;

/** Sends a message; takes a {@linkcode bus1_cmd_send}. */
export const BUS1_CMD_SEND: number = 3223885570;

/** Receives a message; takes a {@linkcode bus1_cmd_recv}. Returns 1. */
export const BUS1_CMD_RECV: number = 3222836995;

/** `struct bus1_cmd_transfer`: its size and the offsets of its fields. */
export const bus1_cmd_transfer: StructLayout<"flags" | "to" | "n_transfers" | "ptr_src" | "ptr_dst"> = {
  size: 40,
  flags: 0,
  to: 8,
  n_transfers: 16,
  ptr_src: 24,
  ptr_dst: 32,
};

/** `struct bus1_cmd_release`: its size and the offsets of its fields. */
export const bus1_cmd_release: StructLayout<"flags" | "n_ids" | "ptr_ids"> = {
  size: 24,
  flags: 0,
  n_ids: 8,
  ptr_ids: 16,
};

/** `struct bus1_cmd_send`: its size and the offsets of its fields. */
export const bus1_cmd_send: StructLayout<
  "flags" | "n_destinations" | "ptr_destinations" | "ptr_errors" | "ptr_message"
> = {
  size: 40,
  flags: 0,
  n_destinations: 8,
  ptr_destinations: 16,
  ptr_errors: 24,
  ptr_message: 32,
};

/** `struct bus1_cmd_recv`: its size and the offsets of its fields. */
export const bus1_cmd_recv: StructLayout<"flags" | "ptr_metadata" | "ptr_message"> = {
  size: 24,
  flags: 0,
  ptr_metadata: 8,
  ptr_message: 16,
};

/** `struct bus1_transfer`: its size and the offsets of its fields. */
export const bus1_transfer: StructLayout<"flags" | "id"> = {
  size: 16,
  flags: 0,
  id: 8,
};

/** `struct bus1_metadata`: its size and the offsets of its fields. */
export const bus1_metadata: StructLayout<"flags" | "id" | "account"> = {
  size: 24,
  flags: 0,
  id: 8,
  account: 16,
};

/** `struct bus1_message`: its size and the offsets of its fields. */
export const bus1_message: StructLayout<
  "flags" | "type" | "n_transfers" | "ptr_transfers" | "n_data" | "n_data_vecs" | "ptr_data_vecs"
> = {
  size: 56,
  flags: 0,
  type: 8,
  n_transfers: 16,
  ptr_transfers: 24,
  n_data: 32,
  n_data_vecs: 40,
  ptr_data_vecs: 48,
};

/** `struct iovec`: its size and the offsets of its fields, `base` and `len`. */
export const iovec: StructLayout<"base" | "len"> = {
  size: 16,
  base: 0,
  len: 8,
};

/** Flag of `open`: read only. A peer that is opened so can do everything. */
export const O_RDONLY: number = 0;

/** Flag of `open`: write only. */
export const O_WRONLY: number = 1;

/** Flag of `open`: read and write. */
export const O_RDWR: number = 2;

/** Flag of `open`: do not block. No command of a peer ever does. */
export const O_NONBLOCK: number = 2048;

/** Flag of `open`: programs that are started do not inherit the descriptor. */
export const O_CLOEXEC: number = 524288;

/** Flag of `open`: the path only, without opening the file there. */
export const O_PATH: number = 2097152;

/** Event of `poll`: a message is ready; in general, there is something to read. */
export const POLLIN: number = 1;

/** Event of `poll`: it can be sent to. A peer always can. */
export const POLLOUT: number = 4;

/** Event of `poll`, never asked for: an error. */
export const POLLERR: number = 8;

/** Event of `poll`, never asked for: the other end is closed; of an emulated device: its supervisor has ended. */
export const POLLHUP: number = 16;

/** Event of `poll`, never asked for: the descriptor is not open. */
export const POLLNVAL: number = 32;

/** `struct pollfd`: its size and the offsets of its fields. */
export const pollfd: StructLayout<"fd" | "events" | "revents"> = {
  size: 8,
  fd: 0,
  events: 4,
  revents: 6,
};

/**
 * The known ways in which a device breaks the contract. `summary` is for a sentence about the device;
 * `detail` is for the author of a device; `probed` says whether the fault can be tried without harm.
 */
export const DEVICE_FAULTS = [
  {
    number: 1,
    word: "transfer_arrays",
    summary: "it reads arrays of transfers wrongly",
    detail: "element i of an array of transfers is read i bytes behind the first; a TRANSFER that fails leaves traces",
    probed: true,
  },
  {
    number: 2,
    word: "id_arrays",
    summary: "it reads arrays of destinations and ids wrongly",
    detail: "element i of an array of ids or destinations is read i bytes behind the first",
    probed: true,
  },
  {
    number: 3,
    word: "wide_errors",
    summary: "it writes errors of the wrong size, and fails without a place for them",
    detail: "the errors of a SEND are 64 bits wide, and ptr_errors must not be 0",
    probed: true,
  },
  {
    number: 4,
    word: "blind_release",
    summary: "it reports success for the release of ids that do not exist",
    detail: "RELEASE succeeds for any ids",
    probed: true,
  },
  {
    number: 5,
    word: "fatal_import",
    summary: "it kills the thread that sends a message which it cannot import",
    detail: "a SEND that cannot import its message crashes the kernel and leaves the peer locked",
    probed: false,
  },
  {
    number: 6,
    word: "whole_vectors",
    summary: "it sends more bytes than n_data",
    detail: "SEND sends the whole vectors",
    probed: true,
  },
  {
    number: 7,
    word: "transfer_overflow",
    summary: "it writes more transfers than the array has room for",
    detail: "RECV writes more transfers than the array has room for",
    probed: true,
  },
  {
    number: 8,
    word: "silent_emsgsize",
    summary: "it does not report how large a buffer a message needs",
    detail: "EMSGSIZE does not report the size that is needed, and a RECV that fails uses up ids",
    probed: true,
  },
  {
    number: 9,
    word: "lost_release",
    summary: "it loses a message that it could not write",
    detail: "a release message that cannot be written to the receiver is lost",
    probed: true,
  },
  {
    number: 10,
    word: "always_readable",
    summary: "it stays readable forever after its first message",
    detail: "a peer stays readable forever after its first message",
    probed: true,
  },
  {
    number: 11,
    word: "first_handle_release",
    summary: "it drops a node with the first handle that is released, not the last",
    detail: "the node's owner is notified of each released handle, and the first one destroys the node",
    probed: true,
  },
  {
    number: 12,
    word: "silent_node_release",
    summary: "it sends no node release for a handle that was copied after the node's release",
    detail: "a copy of a handle to a released node never gets its NODE_RELEASE",
    probed: true,
  },
] as const;

/** The functions of the library, as the loaders of all runtimes need them. */
export const SYMBOLS = {
  bus1_isolate_open: { parameters: [], result: "i32" },
  bus1_wake_socket_connect: { parameters: ["u32"], result: "i32" },
  bus1_wake_socket_clear: { parameters: ["u32"], result: "void" },
  bus1_peer_open: { parameters: ["u32", "buffer", "buffer", "u32", "buffer"], result: "i32" },
  bus1_peer_end: { parameters: ["u32", "u32"], result: "i32" },
  bus1_peer_detach: { parameters: ["u32", "u32", "buffer"], result: "i32" },
  bus1_peer_adopt: { parameters: ["u32", "u32", "u32", "u32", "u32", "buffer"], result: "i32" },
  bus1_peer_revoke: { parameters: ["u32", "u32", "u32"], result: "i32" },
  bus1_node_new: { parameters: ["u32", "u32", "u32", "u32", "buffer"], result: "i32" },
  bus1_node_new_named: { parameters: ["u32", "u32", "u32", "u32", "buffer", "u32", "buffer"], result: "i32" },
  bus1_handle_copy: { parameters: ["u32", "u32", "f64", "u32", "u32", "buffer"], result: "i32" },
  bus1_kind: { parameters: ["u32", "u32", "f64"], result: "i32" },
  bus1_send: { parameters: ["u32", "u32", "f64", "buffer", "u32"], result: "i32" },
  bus1_send_each: { parameters: ["u32", "u32", "f64", "buffer", "u32"], result: "i32" },
  bus1_send_many: { parameters: ["u32", "u32", "buffer", "u32", "u32", "buffer", "u32"], result: "i32" },
  bus1_release: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32" },
  bus1_op_new: { parameters: ["u32", "u32", "buffer"], result: "i32" },
  bus1_op_send: { parameters: ["u32", "u32", "f64", "buffer", "u32", "u32", "buffer", "u32"], result: "i32" },
  bus1_op_release: { parameters: ["u32", "u32", "f64", "buffer", "u32"], result: "i32" },
  bus1_op_commit: { parameters: ["u32", "u32", "f64"], result: "i32" },
  bus1_op_free: { parameters: ["u32", "u32", "f64"], result: "i32" },
  bus1_recv: { parameters: ["u32", "u32", "buffer", "u32", "u32", "u32"], result: "i32" },
  bus1_look: { parameters: ["u32", "u32", "u32", "buffer", "u32", "u32"], result: "i32" },
  bus1_linger: { parameters: ["u32", "u32", "u32"], result: "i32" },
  bus1_writable: { parameters: ["u32", "u32", "f64", "u32"], result: "i32" },
  bus1_arm: { parameters: ["u32", "u32"], result: "i32" },
  bus1_wait: { parameters: ["u32", "u32", "u32"], result: "i32" },
  bus1_live_counts: { parameters: ["buffer"], result: "i32" },
  bus1_fd_open: { parameters: ["buffer", "u32", "u32"], result: "i32" },
  bus1_fd_close: { parameters: ["u32"], result: "i32" },
  bus1_fd_dup: { parameters: ["u32"], result: "i32" },
  bus1_fd_poll: { parameters: ["buffer", "u32", "f64"], result: "i32" },
  bus1_fd_send: { parameters: ["buffer", "u32", "u32", "f64"], result: "i32" },
  bus1_fd_recv: { parameters: ["buffer", "u32", "f64"], result: "i32" },
  bus1_ioctl: { parameters: ["u32", "u32", "buffer"], result: "i32" },
  bus1_ioctl_value: { parameters: ["u32", "u32", "u32", "u32"], result: "i32" },
  bus1_address_of: { parameters: ["buffer", "buffer"], result: "void" },
  bus1_device_probe: { parameters: ["buffer", "u32"], result: "i32" },
  bus1_device_open: { parameters: ["u32", "buffer", "u32", "u32", "buffer", "u32", "buffer"], result: "i32" },
  bus1_device_take: { parameters: ["u32", "u32", "u32", "buffer", "u32", "buffer"], result: "i32" },
  bus1_device_adopt: { parameters: ["u32", "u32", "u32", "u32", "u32", "buffer"], result: "i32" },
  bus1_device_fd: { parameters: ["u32", "u32"], result: "i32" },
  bus1_device_node: { parameters: ["u32", "u32", "u32", "u32", "buffer", "u32", "buffer"], result: "i32" },
  bus1_device_copy: { parameters: ["u32", "u32", "f64", "u32", "u32", "buffer"], result: "i32" },
  bus1_device_kind: { parameters: ["u32", "u32", "f64"], result: "i32" },
  bus1_device_send: { parameters: ["u32", "u32", "f64", "buffer", "u32"], result: "i32" },
  bus1_device_send_many: { parameters: ["u32", "u32", "buffer", "u32", "u32", "buffer", "u32"], result: "i32" },
  bus1_device_check_send: { parameters: ["u32", "u32", "buffer", "u32", "u32"], result: "i32" },
  bus1_device_release: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32" },
  bus1_device_check_release: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32" },
  bus1_device_recv: { parameters: ["u32", "u32", "buffer", "u32", "u32", "u32"], result: "i32" },
  bus1_device_transfers: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32" },
  bus1_device_arm: { parameters: ["u32", "u32"], result: "i32" },
  bus1_device_wait: { parameters: ["u32", "u32", "u32"], result: "i32" },
  bus1_device_counts: { parameters: ["buffer"], result: "void" },
  bus1_inspect_devices: { parameters: ["buffer", "u32"], result: "i32" },
  bus1_inspect_peer: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32" },
  bus1_inspect: { parameters: ["buffer", "u32"], result: "i32" },
  bus1_name: { parameters: ["u32", "u32", "f64", "buffer", "u32"], result: "i32" },
  bus1_exec: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  bus1_abi: { parameters: [], result: "u32" },
} as const;

/** What `bus1_abi()` returns, if the library is the one that is described here. */
export const ABI = 1173495971;
