/**
 * Raw ioctls, and the addresses of buffers for them.
 *
 * @module
 */

import { bitsOf, type Fd, nameOfFd } from "../port/descriptor.ts";
import { quote } from "../port/errors.ts";
import { requireLibrary } from "../library/library.ts";
import { addressOfView } from "./memory.ts";

/**
 * `ioctl(2)`, raw: any request with any argument. It throws for arguments of a wrong type only; the result of the
 * kernel is returned.
 *
 * The caller must keep the pointers in `argument` valid, see {@linkcode addressOf}: the kernel writes where they point to.
 * The bytes themselves are safe: if they are fewer than the size that is part of the request's number, zeros follow.
 *
 * @param fd The descriptor. One that was closed is -`EBADF`.
 * @param request The command: {@linkcode BUS1_CMD_TRANSFER} and its neighbours, or any other number of 32 bits.
 * @param argument What the argument points to, which is written back to; or the argument itself: an address, or `null`
 * for 0.
 * @returns The result, or a negative errno.
 *
 * Errors: `EOPNOTSUPP` native code cannot be called here.
 *
 * @example A receive by hand
 * ```ts
 * import * as uapi from "@bus1/bus1/uapi";
 *
 * using fd = uapi.open();
 * const metadata = new Uint8Array(uapi.bus1_metadata.size);
 * const message = new DataView(new ArrayBuffer(uapi.bus1_message.size));
 * message.setBigUint64(uapi.bus1_message.type, uapi.BUS1_INVALID, true);
 * const command = new DataView(new ArrayBuffer(uapi.bus1_cmd_recv.size));
 * command.setBigUint64(uapi.bus1_cmd_recv.ptr_metadata, uapi.addressOf(metadata), true);
 * command.setBigUint64(uapi.bus1_cmd_recv.ptr_message, uapi.addressOf(message), true);
 *
 * console.log(uapi.ioctl(fd, uapi.BUS1_CMD_RECV, command)); // -11: EAGAIN
 * console.log(uapi.ioctl(fd, uapi.BUS1_CMD_RECV, null)); // -14: EFAULT
 * console.log(metadata.length, message.byteLength); // used after the call, so they were not moved before it
 * ```
 */
export function ioctl(fd: Fd | number, request: number, argument: ArrayBufferView | bigint | null): number {
  const doing = "ioctl";
  const bits = bitsOf(fd, doing);
  if (typeof request !== "number" || request !== request >>> 0 && request !== (request | 0)) {
    throw new TypeError(`${doing}: the request must be a number of 32 bits, not ${quote(request)}`);
  }
  const library = requireLibrary(`${doing} on ${nameOfFd(fd)}`);
  if (argument === null || typeof argument === "bigint") {
    const value = BigInt.asUintN(64, argument ?? 0n);
    return library.bus1_ioctl_value(bits, request >>> 0, Number(value >> 32n), Number(value & 0xffffffffn));
  }
  if (!ArrayBuffer.isView(argument)) {
    throw new TypeError(`${doing}: the argument must be bytes, a bigint or null, not ${quote(argument)}`);
  }
  const bytes = new Uint8Array(argument.buffer, argument.byteOffset, argument.byteLength);
  const size = request >>> 16 & 0x3fff; // _IOC_SIZE
  if (bytes.length >= size) return library.bus1_ioctl(bits, request >>> 0, bytes);
  const padded = new Uint8Array(size);
  padded.set(bytes);
  const answer = library.bus1_ioctl(bits, request >>> 0, padded);
  bytes.set(padded.subarray(0, bytes.length));
  return answer;
}

/**
 * The address of a buffer or a view on one, for the pointers in the structures of {@linkcode ioctl}.
 *
 * It is valid as long as the view is referenced: use the view once more after the call, or its memory may be freed before.
 * It is not valid after the buffer is transferred or resized.
 *
 * @param view The memory that the pointer is to point to.
 * @returns The address of its first byte; of an empty one possibly 0.
 *
 * Errors: `EOPNOTSUPP` native code cannot be called here.
 */
export function addressOf(view: ArrayBufferView): bigint {
  const doing = "address of a view";
  if (!ArrayBuffer.isView(view)) throw new TypeError(`${doing}: expected a view on a buffer, not ${quote(view)}`);
  return addressOfView(view, doing);
}
