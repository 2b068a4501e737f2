// Generated from native/src/abi*.zig by `deno task build bindgen`. Do not edit.

/**
 * What TypeScript must know of the native library; and the errors, which are those of every engine.
 *
 * @module
 */

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

export const MAX_DATA = 2147479552;
export const NODE = 1;
export const HANDLE = 2;
export const NOBODY = 4294967295;
export const ACCOUNT_OBJECTS = 16777216;
export const ACCOUNT_BYTES = 68719476736;
export const MAX_UNHEARD = 4096;
export const OPTION_USER = 0;
export const OPTION_OBJECTS = 1;
export const OPTION_BYTES = 2;
export const OPTION_MAX_MESSAGES = 3;
export const OPTION_MAX_BYTES = 4;
export const OPTIONS = 5;
export const RECORD_TYPE = 0;
export const RECORD_N_TRANSFERS = 1;
export const RECORD_N_DATA = 2;
export const RECORD_ACCOUNT = 3;
export const RECORD_ID = 16;
export const RECORD_SIZE = 24;
export const FRAME_HEAD = 8;
export const MESSAGE_USER = 0;
export const MESSAGE_NODE_RELEASE = 1;
export const MESSAGE_HANDLE_RELEASE = 2;
export const BUS1_INVALID = 18446744073709551615n;
export const BUS1_MANAGED = 1n;
export const BUS1_TRANSFER_FLAG_CREATE = 1;
export const BUS1_MESSAGE_TYPE_USER = 0;
export const BUS1_MESSAGE_TYPE_NODE_RELEASE = 1;
export const BUS1_MESSAGE_TYPE_HANDLE_RELEASE = 2;
export const BUS1_CMD_TRANSFER = 3223885568;
export const BUS1_CMD_RELEASE = 3222836993;
export const BUS1_CMD_SEND = 3223885570;
export const BUS1_CMD_RECV = 3222836995;
export const bus1_cmd_transfer = {
  size: 40,
  flags: 0,
  to: 8,
  n_transfers: 16,
  ptr_src: 24,
  ptr_dst: 32,
} as const;
export const bus1_cmd_release = {
  size: 24,
  flags: 0,
  n_ids: 8,
  ptr_ids: 16,
} as const;
export const bus1_cmd_send = {
  size: 40,
  flags: 0,
  n_destinations: 8,
  ptr_destinations: 16,
  ptr_errors: 24,
  ptr_message: 32,
} as const;
export const bus1_cmd_recv = {
  size: 24,
  flags: 0,
  ptr_metadata: 8,
  ptr_message: 16,
} as const;
export const bus1_transfer = {
  size: 16,
  flags: 0,
  id: 8,
} as const;
export const bus1_metadata = {
  size: 24,
  flags: 0,
  id: 8,
  account: 16,
} as const;
export const bus1_message = {
  size: 56,
  flags: 0,
  type: 8,
  n_transfers: 16,
  ptr_transfers: 24,
  n_data: 32,
  n_data_vecs: 40,
  ptr_data_vecs: 48,
} as const;
export const iovec = {
  size: 16,
  base: 0,
  len: 8,
} as const;
export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_NONBLOCK = 2048;
export const O_CLOEXEC = 524288;
export const O_PATH = 2097152;
export const POLLIN = 1;
export const POLLOUT = 4;
export const POLLERR = 8;
export const POLLHUP = 16;
export const POLLNVAL = 32;
export const pollfd = {
  size: 8,
  fd: 0,
  events: 4,
  revents: 6,
} as const;
export const SEEN_PEER = 1;
export const SEEN_NODE = 2;
export const SEEN_HANDLE = 3;
export const SEEN_HOLDER = 4;
export const SEEN_NUMBERS = 7;

/** The functions of the library, as both runtimes' loaders need them. */
export const SYMBOLS = {
  bus1_port_open: { parameters: [], result: "i32" },
  bus1_port_connect: { parameters: ["u32"], result: "i32" },
  bus1_port_clear: { parameters: ["u32"], result: "void" },
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
  bus1_abi: { parameters: [], result: "u32" },
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
} as const;

/** What `bus1_abi()` answers, if the library is the one that is described here. */
export const ABI = 37528921;
