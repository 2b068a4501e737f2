/**
 * The errors of the bus: one class, with the errno of the kernel interface.
 *
 * The numbers come from the generated table. An engine returns them negative; the text is made when a call has failed. A
 * value of the wrong type is not a `BusError` but a `TypeError`.
 *
 * @module
 */

import { ERRNO } from "./abi.ts";

/**
 * The name of an errno, such as `"EBADRQC"`. A device may return an errno that has no name here; it is named by its number,
 * such as `"E524"`.
 */
export type ErrorCode = keyof typeof ERRNO | `E${number}`;

/**
 * A call on the bus that failed. A failed call has changed nothing.
 *
 * | code | when |
 * | --- | --- |
 * | `EINVAL` | a transaction is used after its end; `BUS1_ENGINE` names no engine |
 * | `EBADRQC` | a node or handle is released or another peer's; a ticket is spent |
 * | `EMSGSIZE` | a message has more than `0x7ffff000` bytes |
 * | `EOPNOTSUPP` | the engine cannot do this or is not available, or objects of different engines are mixed |
 * | `EBADF` | a descriptor for a peer is not open |
 * | `ESHUTDOWN` | the peer has ended, or was detached |
 * | `EDQUOT` | a receiver's queue is full, or a user's account does not allow for more |
 * | `EXFULL` | an account does not allow for it: the numbers would be too large to compute with |
 * | `ENOMEM` | out of memory |
 *
 * The module `@bus1/bus1/uapi` also throws the errnos of the device and of the system.
 *
 * @example
 * ```ts
 * import { BusError, Peer } from "@bus1/bus1";
 *
 * using peer = Peer.open();
 * const { handle } = peer.createNode();
 * handle.release();
 * try {
 *   peer.send(handle, "too late");
 * } catch (error) {
 *   if (!(error instanceof BusError)) throw error;
 *   console.log(error.code, error.errno); // EBADRQC 56
 *   console.log(error.message); // EBADRQC: send to handle 3: handle 3 is not alive on this peer
 * }
 * ```
 */
export class BusError extends Error {
  /** The name of the errno. */
  readonly code: ErrorCode;
  /** The number of the errno, positive. */
  readonly errno: number;

  /**
   * Makes an error that names what failed.
   *
   * @param code The name of the errno.
   * @param doing The operation and its object: `"send to handle 5"`.
   * @param why The reason; by default the text of the code.
   */
  constructor(code: ErrorCode, doing: string, why: string = whyOf(code)) {
    super(`${code}: ${doing}: ${why}`);
    this.name = "BusError";
    this.code = code;
    this.errno = isNamed(code) ? ERRNO[code] : Number(code.slice(1));
  }
}

type NamedCode = keyof typeof ERRNO;

function isNamed(code: ErrorCode): code is NamedCode {
  return Object.hasOwn(ERRNO, code);
}

function whyOf(code: ErrorCode): string {
  return isNamed(code) ? WHY[code] : "an error without a name here";
}

/** The text of each code. */
const WHY: Record<NamedCode, string> = {
  EBADF: "no such descriptor is open",
  EAGAIN: "nothing is available now",
  ENOMEM: "out of memory",
  EFAULT: "a pointer points to no memory of this process",
  EINVAL: "not a valid request",
  ENOTTY: "this file does not know the command",
  EXFULL: "the arithmetic of a quota overflows",
  EBADRQC: "not alive on this peer",
  EMSGSIZE: "the message is too long",
  EOPNOTSUPP: "this engine cannot do that",
  ESHUTDOWN: "the peer has ended",
  EDQUOT: "a quota is exceeded",
  ENOTRECOVERABLE: "not an object of this peer",

  EPERM: "not permitted",
  ENOENT: "no such file",
  EINTR: "interrupted by a signal",
  EIO: "the device failed",
  ENXIO: "no device is behind this file",
  EACCES: "no permission for this file",
  EBUSY: "it is in use",
  EEXIST: "it exists already",
  ENODEV: "no such device",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "it is a folder",
  ENFILE: "too many files are open on this machine",
  EMFILE: "too many files are open in this process",
  ETXTBSY: "the file is being executed",
  ENOSPC: "no space is left",
  ESPIPE: "the file has no positions",
  EROFS: "the file system is read-only",
  EPIPE: "the other end is closed",
  ERANGE: "a value is out of its range",
  EDEADLK: "it would wait for itself",
  ENAMETOOLONG: "the name is too long",
  ENOSYS: "the kernel has no such call",
  ELOOP: "too many symbolic links",
  EPROTO: "the protocol was broken",
  EOVERFLOW: "a value is too large",
  EUSERS: "too many users",
  ENOTSOCK: "it is not a socket",
  EPROTOTYPE: "a socket of another type",
  EPROTONOSUPPORT: "an unknown protocol",
  EAFNOSUPPORT: "an unknown family of addresses",
  EADDRINUSE: "the address is in use",
  EADDRNOTAVAIL: "the address is not available",
  ECONNABORTED: "the connection was aborted",
  ECONNRESET: "the other end has gone",
  ENOBUFS: "no buffer space is left",
  EISCONN: "it is connected already",
  ENOTCONN: "it is not connected",
  ETOOMANYREFS: "too many descriptors are in flight",
  ETIMEDOUT: "it timed out",
  ECONNREFUSED: "no process listens",
  ESTALE: "the file is no longer what it was",
  ECANCELED: "it was cancelled",
};

const CODES = new Map<number, NamedCode>(
  Object.entries(ERRNO).map(([code, errno]) => [errno, code as NamedCode]),
);

/** Makes the error for a negative errno that an engine or a device has returned. */
export function busError(answer: number, doing: string, why?: string): BusError {
  return new BusError(CODES.get(-answer) ?? `E${-answer}`, doing, why);
}

/** Describes the type of a value, for the message of a `TypeError`. */
export function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  return `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
}

/** Describes a value of the wrong kind, for the message of an error. */
export function quote(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : typeof value === "number" ? String(value) : nameOf(value);
}
