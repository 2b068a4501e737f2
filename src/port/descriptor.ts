/**
 * Descriptors as objects: what the facade must know of them, to take one as an option, where nothing native may be there.
 * Opening, closing and handing them over are system calls, in src/uapi/descriptors.ts.
 *
 * @module
 */

import { ERRNO } from "./abi.ts";
import { BusError, busError, quote } from "./errors.ts";

/** The number of a closed descriptor: the kernel never gives it away. */
const CLOSED = -1;

let isFd: (value: unknown) => value is Fd;
let forget: (fd: Fd) => void;
let closeFd: (fd: Fd) => void;

/** Says how a descriptor is closed. An {@linkcode Fd} is made only with the module that closes it. */
export function closeFdsBy(close: (fd: Fd) => void): void {
  closeFd = close;
}

/**
 * An open descriptor, to be closed once: by `using`, by {@linkcode Fd.close}, or with the process. The garbage collector
 * closes nothing.
 *
 * @example A descriptor that a shell has opened: `program 3<>/dev/bus1`
 * ```ts ignore
 * import * as uapi from "@bus1/bus1/uapi";
 *
 * using fd = new uapi.Fd(3);
 * uapi.poll([{ fd, events: uapi.POLLIN }]);
 * ```
 */
export class Fd {
  #number: number;

  /**
   * Takes over an open descriptor. Whether it is open shows when it is used.
   *
   * @param number Its number, from 0 on.
   */
  constructor(number: number) {
    if (!isInt(number) || number < 0) throw new TypeError(`a descriptor is a number from 0 on, not ${quote(number)}`);
    this.#number = number;
  }

  /** Its number, or -1 once it is closed. */
  get number(): number {
    return this.#number;
  }

  /** Closes the descriptor (`close(2)`). No-op if it is closed. */
  close(): void {
    if (this.#number !== CLOSED) closeFd(this);
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  static {
    isFd = (value): value is Fd => typeof value === "object" && value !== null && #number in value;
    forget = (fd) => fd.#number = CLOSED;
  }
}

/** Whether it fits a C `int`. */
export function isInt(value: unknown): value is number {
  return typeof value === "number" && (value | 0) === value;
}

/** The bits of a descriptor's number, as the library takes them; those of -1 for a closed one. */
export function bitsOf(fd: Fd | number, doing: string): number {
  if (isFd(fd)) return fd.number >>> 0;
  if (isInt(fd)) return fd >>> 0;
  throw new TypeError(`${doing}: expected an Fd or the number of a descriptor, not ${quote(fd)}`);
}

/** The same, but for a closed one, which is `EBADF`. */
export function openBitsOf(fd: Fd | number, doing: string): number {
  if (isFd(fd) && fd.number === CLOSED) throw new BusError("EBADF", doing, "the Fd was closed");
  return bitsOf(fd, doing);
}

/** Gives the descriptor to another owner: an {@linkcode Fd} is then as if it were closed. */
export function giveAway(fd: Fd | number): void {
  if (isFd(fd)) forget(fd);
}

/** The error for an engine's negative answer about a descriptor that was to become a peer. */
export function fdFailure(answer: number, doing: string): BusError {
  const words = new Map<number, string>([
    [-ERRNO.EBADF, "it is not open, or a peer of this process has it already"],
    [-ERRNO.EOPNOTSUPP, "it is not a peer's"],
  ]);
  return busError(answer, doing, words.get(answer));
}

/** What a descriptor is called in an error's message. */
export function nameOfFd(fd: Fd | number): string {
  return `descriptor ${isFd(fd) ? fd.number : quote(fd)}`;
}
