/**
 * What goes wrong on the bus: one class, with the errno of the kernel interface.
 *
 * The numbers come from the generated table; an engine answers them negative, and the text is put together only when
 * something has failed. Misuse of types is no `BusError` but a `TypeError`.
 *
 * @module
 */

import { ERRNO } from "./abi.ts";

/** The name of an errno that the bus uses, such as `"EBADRQC"`. */
export type ErrorCode = keyof typeof ERRNO;

/**
 * A call on the bus that failed. Nothing has happened when one is thrown: a failed call changed nothing.
 *
 * | code | when |
 * | --- | --- |
 * | `EINVAL` | a transaction is used after its end; `BUS1_ENGINE` names no engine |
 * | `EBADRQC` | a node or handle is released or another peer's; a ticket is spent |
 * | `EMSGSIZE` | a message has more than `0x7ffff000` bytes |
 * | `EOPNOTSUPP` | the engine cannot do this or is not available, or objects of different engines meet |
 * | `ESHUTDOWN` | the peer has ended, or was handed over |
 * | `ENOMEM` | out of memory |
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
  constructor(code: ErrorCode, doing: string, why: string = WHY[code] ?? "it failed") {
    super(`${code}: ${doing}: ${why}`);
    this.name = "BusError";
    this.code = code;
    this.errno = ERRNO[code];
  }
}

/** What a code says by itself. */
const WHY: Partial<Record<ErrorCode, string>> = {
  EBADRQC: "not alive on this peer",
  EINVAL: "not a valid request",
  EMSGSIZE: "the message is too long",
  ENOMEM: "out of memory",
  EOPNOTSUPP: "this engine cannot do that",
  ESHUTDOWN: "the peer has ended",
};

const CODES = new Map<number, ErrorCode>(
  Object.entries(ERRNO).map(([code, errno]) => [errno, code as ErrorCode]),
);

/** The error for what an engine answered: a negative errno. */
export function busError(answer: number, doing: string, why?: string): BusError {
  const code = CODES.get(-answer);
  if (code === undefined) throw new Error(`${doing}: the engine answered ${answer}, which is no errno of the bus`);
  return new BusError(code, doing, why);
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
