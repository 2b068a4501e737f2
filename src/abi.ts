// Generated from native/src/abi.zig by `deno task build`. Do not edit.

/**
 * What TypeScript must know of the native library; and the errors, which are those of every engine.
 *
 * @module
 */

/** The errors of the bus, by name. */
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
} as const;

export const MAX_DATA = 2147479552;
export const NODE = 1;
export const HANDLE = 2;
export const RECORD_TYPE = 0;
export const RECORD_N_TRANSFERS = 1;
export const RECORD_N_DATA = 2;
export const RECORD_ID = 16;
export const RECORD_SIZE = 24;
export const MESSAGE_USER = 0;
export const MESSAGE_NODE_RELEASE = 1;
export const MESSAGE_HANDLE_RELEASE = 2;

/** The functions of the library, as both runtimes' loaders need them. */
export const SYMBOLS = {
  bus1_port_open: { parameters: [], result: "i32" },
  bus1_port_connect: { parameters: ["u32"], result: "i32" },
  bus1_port_clear: { parameters: ["u32"], result: "void" },
  bus1_peer_open: { parameters: ["u32", "buffer"], result: "i32" },
  bus1_peer_end: { parameters: ["u32", "u32"], result: "i32" },
  bus1_peer_detach: { parameters: ["u32", "u32", "buffer"], result: "i32" },
  bus1_peer_adopt: { parameters: ["u32", "u32", "u32", "u32", "u32", "buffer"], result: "i32" },
  bus1_peer_revoke: { parameters: ["u32", "u32", "u32"], result: "i32" },
  bus1_node_new: { parameters: ["u32", "u32", "u32", "u32", "buffer"], result: "i32" },
  bus1_handle_copy: { parameters: ["u32", "u32", "f64", "u32", "u32", "buffer"], result: "i32" },
  bus1_kind: { parameters: ["u32", "u32", "f64"], result: "i32" },
  bus1_send: { parameters: ["u32", "u32", "f64", "buffer", "u32"], result: "i32" },
  bus1_send_many: { parameters: ["u32", "u32", "buffer", "u32", "u32", "buffer", "u32"], result: "i32" },
  bus1_release: { parameters: ["u32", "u32", "buffer", "u32"], result: "i32" },
  bus1_op_new: { parameters: ["u32", "u32", "buffer"], result: "i32" },
  bus1_op_send: { parameters: ["u32", "u32", "f64", "buffer", "u32", "u32", "buffer", "u32"], result: "i32" },
  bus1_op_release: { parameters: ["u32", "u32", "f64", "buffer", "u32"], result: "i32" },
  bus1_op_commit: { parameters: ["u32", "u32", "f64"], result: "i32" },
  bus1_op_free: { parameters: ["u32", "u32", "f64"], result: "i32" },
  bus1_recv: { parameters: ["u32", "u32", "buffer", "u32", "u32", "u32"], result: "i32" },
  bus1_arm: { parameters: ["u32", "u32"], result: "i32" },
  bus1_wait: { parameters: ["u32", "u32", "u32"], result: "i32" },
  bus1_live_counts: { parameters: ["buffer"], result: "i32" },
  bus1_abi: { parameters: [], result: "u32" },
  bus1_exec: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
} as const;

/** What `bus1_abi()` answers, if the library is the one that is described here. */
export const ABI = 2634737711;
