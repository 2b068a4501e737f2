/**
 * Descriptors: opening a device, closing it, waiting for it, and passing it to another process.
 *
 * These are the system calls of the same names, with nothing between. They take an {@linkcode Fd}, or the number of any
 * descriptor, so that descriptors of other modules can be used, too.
 *
 * @module
 */

import * as abi from "../port/abi.ts";
import { closeFdsBy, Fd, giveAway, isInt, nameOfFd, openBitsOf } from "../port/descriptor.ts";
import { defaultDevice } from "../port/environment.ts";
import { BusError, busError, nameOf, quote } from "../port/errors.ts";
import { requireLibrary } from "../library/library.ts";

import { type OptionNames, optionsOf } from "./arguments.ts";

export { Fd } from "../port/descriptor.ts";

/**
 * Opens a device (`open(2)`), which makes a peer. The last close of the open file, in any process that has it, ends the
 * peer.
 *
 * @param path Its path; by default the environment variable `BUS1_DEVICE`, else `/dev/bus1`.
 * @param flags The flags of `open(2)`: {@linkcode O_RDWR} and its neighbours. By default `O_RDWR | O_CLOEXEC`; without
 * `O_CLOEXEC` a program that is started inherits the descriptor.
 * @returns The descriptor.
 *
 * Errors: `ENOENT` no such device, `EACCES` no permission for it, `ENXIO` or `ENODEV` no driver behind it, `EMFILE`
 * too many descriptors are open, and others of `open(2)`; `EOPNOTSUPP` if native code cannot be called here.
 *
 * @example
 * ```ts
 * import * as uapi from "@bus1/bus1/uapi";
 *
 * using fd = uapi.open();
 * console.log(fd.number);
 * ```
 */
export function open(path: string = defaultDevice(), flags: number = abi.O_RDWR | abi.O_CLOEXEC): Fd {
  const doing = `open ${quote(path)}`;
  if (!isInt(flags)) throw new TypeError(`${doing}: the flags must be an integer, not ${quote(flags)}`);
  const bytes = bytesOf(path, 0, doing);
  const answer = requireLibrary(doing).bus1_fd_open(bytes, bytes.length, flags >>> 0);
  if (answer < 0) throw busError(answer, doing);
  return new Fd(answer);
}

/** A path as UTF-8; zeros are allowed only before `start`. */
function bytesOf(path: string, start: number, doing: string): Uint8Array {
  if (typeof path !== "string") throw new TypeError(`${doing}: a path is a string, not ${nameOf(path)}`);
  if (path.includes("\0", start)) throw new TypeError(`${doing}: the path has a zero in it`);
  return new TextEncoder().encode(path);
}

/**
 * Closes a descriptor (`close(2)`).
 *
 * @param fd The descriptor. An {@linkcode Fd} has a method for it, too, which is a no-op if it is closed.
 *
 * Errors: `EBADF` it is not open.
 */
export function close(fd: Fd | number): void {
  const doing = `close ${nameOfFd(fd)}`;
  const bits = openBitsOf(fd, doing);
  const answer = requireLibrary(doing).bus1_fd_close(bits);
  giveAway(fd);
  if (answer < 0) throw busError(answer, doing);
}

closeFdsBy(close);

/**
 * Makes another descriptor of the same open file (`dup(2)`, with `O_CLOEXEC`): of the same peer, which lives until both
 * are closed.
 *
 * @param fd The descriptor.
 * @returns The other one.
 *
 * Errors: `EBADF` it is not open; `EMFILE` too many are open.
 */
export function dup(fd: Fd | number): Fd {
  const doing = `duplicate ${nameOfFd(fd)}`;
  const answer = requireLibrary(doing).bus1_fd_dup(openBitsOf(fd, doing));
  if (answer < 0) throw busError(answer, doing);
  return new Fd(answer);
}

/** A descriptor for {@linkcode poll}, and the events to wait for: `struct pollfd`. */
export interface PollFd {
  /** The descriptor. A negative number is ignored. */
  fd: Fd | number;
  /** {@linkcode POLLIN}, {@linkcode POLLOUT} or both; errors and hang-ups are reported without being asked for. */
  events: number;
}

/**
 * Waits until one of several descriptors is ready (`poll(2)`). It blocks this thread with its event loop: use it in
 * a Worker, or in a script that has nothing else to do. No signal ends it early.
 *
 * A device reports {@linkcode POLLOUT} always, and {@linkcode POLLIN} while a message is ready. An early `POLLIN` can
 * happen; the `EAGAIN` of a receive clears it.
 *
 * @param fds The descriptors.
 * @param timeout Milliseconds, a fraction too; 0 only looks. Infinite by default, and if negative.
 * @returns For each of `fds` its events, 0 if there are none; all are 0 after the timeout.
 *
 * Errors: `EBADF` an {@linkcode Fd} was closed (a number that is not open is reported as {@linkcode POLLNVAL}).
 *
 * @example
 * ```ts
 * import * as uapi from "@bus1/bus1/uapi";
 *
 * using fd = uapi.open();
 * const [revents] = uapi.poll([{ fd, events: uapi.POLLIN | uapi.POLLOUT }], 100);
 * console.log(revents === uapi.POLLOUT); // true: it can be sent to, and no message has come
 * ```
 */
export function poll(fds: readonly PollFd[], timeout: number = Infinity): number[] {
  const doing = "poll";
  if (!Array.isArray(fds)) throw new TypeError(`${doing}: expected an array, not ${nameOf(fds)}`);
  checkTime(timeout, doing);
  const { size, fd: number, events: asked, revents } = abi.pollfd;
  const words = new Uint32Array(fds.length * size / 4);
  const view = new DataView(words.buffer);
  fds.forEach((polled: unknown, i) => {
    if (typeof polled !== "object" || polled === null) {
      throw new TypeError(`${doing}: expected { fd, events }, not ${quote(polled)}`);
    }
    const { fd, events } = polled as PollFd;
    if (!isInt(events)) throw new TypeError(`${doing}: events must be an integer, not ${quote(events)}`);
    view.setUint32(i * size + number, openBitsOf(fd, doing), true);
    view.setInt16(i * size + asked, events, true);
  });
  const answer = requireLibrary(doing).bus1_fd_poll(words, fds.length, timeout);
  if (answer < 0) throw busError(answer, doing);
  return fds.map((_, i) => view.getInt16(i * size + revents, true));
}

/** The options of {@linkcode sendFd} and {@linkcode recvFd}. */
export interface PassFdOptions {
  /** How many milliseconds to wait for the other process; 10,000 by default. `Infinity` waits without a limit. */
  timeout?: number;
}

/**
 * Passes a copy of a descriptor to another process (`SCM_RIGHTS`): to the one that calls {@linkcode recvFd} with the same
 * path, now or soon. It blocks this thread until the other process has it; both then have the same peer.
 *
 * The protocol on the unix stream socket is one byte with the descriptor, and one byte back.
 *
 * @param socketPath Where to meet: a path, or with a leading `@` (or zero byte) a name in the abstract name space.
 * @param fd The descriptor.
 * @param options How long to wait.
 *
 * Errors: `ETIMEDOUT` no process took it in time; `EBADF` it is not open; `ENAMETOOLONG` the path has more than 107
 * bytes; `EACCES` no permission for the socket; `ENOTSOCK` and others of `connect(2)`.
 *
 * @example A peer for a program that is started
 * ```ts ignore
 * import * as uapi from "@bus1/bus1/uapi";
 *
 * using mine = uapi.open();
 * using theirs = uapi.open();
 * const create = { flags: uapi.BUS1_TRANSFER_FLAG_CREATE, id: uapi.BUS1_INVALID };
 * uapi.transfer(mine, [create], { to: theirs }); // they can send to us
 * uapi.sendFd("/tmp/peer.sock", theirs); // theirs: uapi.recvFd("/tmp/peer.sock")
 * ```
 */
export function sendFd(socketPath: string, fd: Fd | number, options: PassFdOptions = {}): void {
  const doing = `send ${nameOfFd(fd)} to ${quote(socketPath)}`;
  const address = addressBytes(socketPath, doing);
  const timeout = timeoutOf(options, doing);
  const answer = requireLibrary(doing).bus1_fd_send(address, address.length, openBitsOf(fd, doing), timeout);
  if (answer < 0) throw passError(answer, doing, `no process took it in ${timeout} ms`);
}

/**
 * Receives a descriptor that another process passes by {@linkcode sendFd}. It blocks this thread until the descriptor is
 * there. The call makes the file of the socket, and removes it.
 *
 * @param socketPath Where to meet: a path, or with a leading `@` (or zero byte) a name in the abstract name space.
 * @param options How long to wait.
 * @returns The descriptor, closed when a program is executed.
 *
 * Errors: `ETIMEDOUT` no process came in time; `EADDRINUSE` the path is taken; `ENAMETOOLONG` it has more than 107 bytes;
 * `EMFILE`, and others of `bind(2)`.
 */
export function recvFd(socketPath: string, options: PassFdOptions = {}): Fd {
  const doing = `receive a descriptor at ${quote(socketPath)}`;
  const address = addressBytes(socketPath, doing);
  const timeout = timeoutOf(options, doing);
  const answer = requireLibrary(doing).bus1_fd_recv(address, address.length, timeout);
  if (answer < 0) throw passError(answer, doing, `no process sent one in ${timeout} ms`);
  return new Fd(answer);
}

function addressBytes(socketPath: string, doing: string): Uint8Array {
  const bytes = bytesOf(socketPath, 1, doing);
  if (bytes[0] === "@".charCodeAt(0)) bytes[0] = 0;
  return bytes;
}

const PASS_FD_OPTIONS: OptionNames<PassFdOptions> = ["timeout"];

function timeoutOf(options: PassFdOptions, doing: string): number {
  const { timeout = 10_000 } = optionsOf(options, "the options", PASS_FD_OPTIONS, doing);
  checkTime(timeout, doing);
  if (timeout < 0) throw new TypeError(`${doing}: the timeout must not be negative`);
  return timeout;
}

function checkTime(timeout: number, doing: string): void {
  if (typeof timeout === "number" && !Number.isNaN(timeout)) return;
  throw new TypeError(`${doing}: the timeout must be a number of milliseconds, not ${quote(timeout)}`);
}

function passError(answer: number, doing: string, late: string): BusError {
  return answer === -abi.ERRNO.ETIMEDOUT ? busError(answer, doing, late) : busError(answer, doing);
}
