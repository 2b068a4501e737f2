/**
 * Descriptors as objects. The facade takes one as an option, also where there is no native code. Opening, closing and passing
 * them are system calls, in src/uapi/descriptors.ts.
 *
 * @module
 */

import { ERRNO } from "./abi.ts";
import { BusError, busError, quote } from "./errors.ts";

/** The number of a closed descriptor: the kernel never assigns it. */
const CLOSED = -1;

let isFd: (value: unknown) => value is Fd;
let forget: (fd: Fd) => void;
let closeFd: (fd: Fd) => void;

/** Sets the function that closes a descriptor. Programs get {@linkcode Fd} only from the module that calls this. */
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
   * Takes over an open descriptor. It is not checked until it is used.
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

/** Whether a value fits a C `int`. */
export function isInt(value: unknown): value is number {
  return typeof value === "number" && (value | 0) === value;
}

/** Returns the bits of a descriptor's number, as the library takes them; those of -1 for a closed one. */
export function bitsOf(fd: Fd | number, doing: string): number {
  if (isFd(fd)) return fd.number >>> 0;
  if (isInt(fd)) return fd >>> 0;
  throw new TypeError(`${doing}: expected an Fd or the number of a descriptor, not ${quote(fd)}`);
}

/** The same, but a closed one is an `EBADF`. */
export function openBitsOf(fd: Fd | number, doing: string): number {
  if (isFd(fd) && fd.number === CLOSED) throw new BusError("EBADF", doing, "the Fd was closed");
  return bitsOf(fd, doing);
}

/** Marks an {@linkcode Fd} as closed: its descriptor has another owner, or is closed. */
export function giveAway(fd: Fd | number): void {
  if (isFd(fd)) forget(fd);
}

/** Makes the error for a descriptor that could not become a peer. `answer`: the engine's negative errno. */
export function fdFailure(answer: number, doing: string): BusError {
  const words = new Map<number, string>([
    [-ERRNO.EBADF, "it is not open, or a peer of this process has it already"],
    [-ERRNO.EOPNOTSUPP, "there is no peer behind it"],
  ]);
  return busError(answer, doing, words.get(answer));
}

/** Returns what an error's message calls a descriptor. */
export function nameOfFd(fd: Fd | number): string {
  return `descriptor ${isFd(fd) ? fd.number : quote(fd)}`;
}
