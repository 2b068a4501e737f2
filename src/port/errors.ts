/**
 * What goes wrong on the bus: one class, with the errno of the kernel interface.
 *
 * The numbers come from the generated table; an engine answers them negative, and the text is put together only when
 * something has failed. Misuse of types is no `BusError` but a `TypeError`.
 *
 * @module
 */

import { ERRNO } from "./abi.ts";

/**
 * The name of an errno, such as `"EBADRQC"`. A device may answer with a number that has no name here: that is its own
 * name, such as `"E524"`.
 */
export type ErrorCode = keyof typeof ERRNO | `E${number}`;

/**
 * A call on the bus that failed. Nothing has happened when one is thrown: a failed call changed nothing.
 *
 * | code | when |
 * | --- | --- |
 * | `EINVAL` | a transaction is used after its end; `BUS1_ENGINE` names no engine |
 * | `EBADRQC` | a node or handle is released or another peer's; a ticket is spent |
 * | `EMSGSIZE` | a message has more than `0x7ffff000` bytes |
 * | `EOPNOTSUPP` | the engine cannot do this or is not available, or objects of different engines meet |
 * | `EBADF` | what is to become a peer is no open descriptor |
 * | `ESHUTDOWN` | the peer has ended, or was handed over |
 * | `EDQUOT` | a receiver's queue is full, or a user's account does not allow for more |
 * | `EXFULL` | an account does not allow for it: the numbers would be too large to compute with |
 * | `ENOMEM` | out of memory |
 *
 * Who works with a device himself, over the uapi, meets what the device and the system say, too: see there.
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
  /** Its number, positive. */
  readonly errno: number;

  /**
   * Makes an error that names what failed.
   *
   * @param code The name of the errno.
   * @param doing What was being done, and to what: `"send to handle 5"`.
   * @param why Why it cannot be; by default what the code says.
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
  return isNamed(code) ? WHY[code] : "an error that has no name here";
}

/** What a code says by itself. */
const WHY: Record<NamedCode, string> = {
  EBADF: "no such descriptor is open",
  EAGAIN: "nothing is there now",
  ENOMEM: "out of memory",
  EFAULT: "a pointer points to no memory of this process",
  EINVAL: "not a valid request",
  ENOTTY: "no command that this file knows",
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
  ENOTDIR: "a part of the path is no folder",
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
  ENOTSOCK: "it is no socket",
  EPROTOTYPE: "a socket of another type",
  EPROTONOSUPPORT: "an unknown protocol",
  EAFNOSUPPORT: "an unknown family of addresses",
  EADDRINUSE: "the address is in use",
  EADDRNOTAVAIL: "the address cannot be had",
  ECONNABORTED: "the connection was aborted",
  ECONNRESET: "the other end has gone",
  ENOBUFS: "no buffer space is left",
  EISCONN: "it is connected already",
  ENOTCONN: "it is not connected",
  ETOOMANYREFS: "too many descriptors are on their way",
  ETIMEDOUT: "not in time",
  ECONNREFUSED: "nobody listens",
  ESTALE: "the file is no longer what it was",
  ECANCELED: "it was cancelled",
};

const CODES = new Map<number, NamedCode>(
  Object.entries(ERRNO).map(([code, errno]) => [errno, code as NamedCode]),
);

/** The error for what an engine or a device answered: a negative errno. */
export function busError(answer: number, doing: string, why?: string): BusError {
  return new BusError(CODES.get(-answer) ?? `E${-answer}`, doing, why);
}

/** What a value is called in a `TypeError`. */
export function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  return `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
}

/** A value of the wrong kind, for an error's message. */
export function quote(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : typeof value === "number" ? String(value) : nameOf(value);
}
