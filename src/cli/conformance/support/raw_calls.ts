/**
 * The four commands with every field under the point's control, correct or not.
 *
 * Every output array is followed by {@linkcode SLACK} bytes, so a device that reads or writes more than it should stays
 * within memory of this process.
 *
 * @module
 */

import { BUS1_INVALID } from "../../../port/abi.ts";
import { busError } from "../../../port/errors.ts";
import { Memory } from "../../../uapi/memory.ts";
import * as uapi from "../../../uapi/mod.ts";

/** An address at which no process has memory. */
export const UNMAPPED = 8n;

/** The byte that outputs are filled with before a call. No correct output contains it. */
export const FILL = 0xa5;

const DOING = "conformance";

/** Bytes after each array. */
const SLACK = 4096;

/** Makes a raw ioctl; returns the result by its name: `"0"`, `"1"`, `"EAGAIN"`. */
export function ioctl(fd: uapi.Fd, request: number, argument: ArrayBufferView | bigint | null): string {
  const result = uapi.ioctl(fd, request, argument);
  return result < 0 ? busError(result, DOING).code : String(result);
}

/** Fields of a structure that are to have other values than the correct ones. */
type Override<Layout> = { readonly [Name in Exclude<keyof Layout, "size">]?: bigint | number };

/** An element of an array of transfers after the call. */
export interface RawTransfer {
  flags: bigint;
  id: bigint;
}

/** TRANSFER; returns both arrays as they are after the call. */
export function rawTransfer(
  fd: uapi.Fd,
  src: readonly uapi.TransferInit[],
  command: Override<typeof uapi.bus1_cmd_transfer> = {},
): { result: string; src: RawTransfer[]; dst: RawTransfer[] } {
  const size = src.length * uapi.bus1_transfer.size;
  const memory = new Memory([uapi.bus1_cmd_transfer.size, size + SLACK, size + SLACK], DOING);
  const [at, source, target] = memory.regions as [number, number, number];
  putTransfers(memory, source, src);
  memory.put(at, uapi.bus1_cmd_transfer, {
    to: BUS1_INVALID,
    n_transfers: src.length,
    ptr_src: memory.address(source),
    ptr_dst: memory.address(target),
    ...command,
  });
  const result = ioctl(fd, uapi.BUS1_CMD_TRANSFER, memory.bytes);
  return {
    result,
    src: getTransfers(memory, source, src.length),
    dst: getTransfers(memory, target, src.length),
  };
}

/** RELEASE. */
export function rawRelease(
  fd: uapi.Fd,
  ids: readonly bigint[],
  command: Override<typeof uapi.bus1_cmd_release> = {},
): { result: string } {
  const memory = new Memory([uapi.bus1_cmd_release.size, ids.length * 8 + SLACK], DOING);
  const [at, array] = memory.regions as [number, number];
  ids.forEach((id, i) => memory.set(array + i * 8, id));
  memory.put(at, uapi.bus1_cmd_release, { n_ids: ids.length, ptr_ids: memory.address(array), ...command });
  return { result: ioctl(fd, uapi.BUS1_CMD_RELEASE, memory.bytes) };
}

/** The arguments of a SEND. */
export interface RawSend {
  destinations?: readonly bigint[];
  transfers?: readonly uapi.TransferInit[];
  /** The text of each vector. */
  data?: string | readonly string[];
  command?: Override<typeof uapi.bus1_cmd_send>;
  message?: Override<typeof uapi.bus1_message>;
  /** Is called after the call, with the memory of the text. */
  afterwards?(text: Uint8Array): void;
}

/**
 * SEND. The returned `errors` are the bytes of that array and 8 bytes after it; all were {@linkcode FILL} before the
 * call.
 */
export function rawSend(fd: uapi.Fd, send: RawSend): { result: string; errors: Uint8Array } {
  const { destinations = [], transfers = [], data = "", command = {}, message = {} } = send;
  const parts = (typeof data === "string" ? [data] : data).map((part) => new TextEncoder().encode(part));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const memory = new Memory([
    uapi.bus1_cmd_send.size,
    uapi.bus1_message.size,
    destinations.length * 8 + SLACK,
    destinations.length * 4 + SLACK,
    transfers.length * uapi.bus1_transfer.size + SLACK,
    parts.length * uapi.iovec.size,
    length + SLACK,
  ], DOING);
  const [at, body, ids, errors, handles, vectors, bytes] = memory.regions as [
    ...[number, number, number, number, number, number, number],
  ];
  destinations.forEach((id, i) => memory.set(ids + i * 8, id));
  memory.bytes.fill(FILL, errors, handles);
  putTransfers(memory, handles, transfers);
  let end = bytes;
  parts.forEach((part, i) => {
    memory.put(vectors + i * uapi.iovec.size, uapi.iovec, { base: memory.address(end), len: part.length });
    memory.bytes.set(part, end);
    end += part.length;
  });
  memory.put(body, uapi.bus1_message, {
    type: uapi.BUS1_MESSAGE_TYPE_USER,
    n_transfers: transfers.length,
    ptr_transfers: memory.address(handles),
    n_data: length,
    n_data_vecs: parts.length,
    ptr_data_vecs: memory.address(vectors),
    ...message,
  });
  memory.put(at, uapi.bus1_cmd_send, {
    n_destinations: destinations.length,
    ptr_destinations: memory.address(ids),
    ptr_errors: memory.address(errors),
    ptr_message: memory.address(body),
    ...command,
  });
  const result = ioctl(fd, uapi.BUS1_CMD_SEND, memory.bytes);
  send.afterwards?.(memory.bytes.subarray(bytes, end));
  return { result, errors: memory.bytes.slice(errors, errors + destinations.length * 4 + 8) };
}

/** The buffers of a RECV. */
export interface RawRecv {
  /** The capacity for transfers that the call offers. */
  transfers?: number;
  /** The capacity for bytes that the call offers. */
  data?: number;
  /** The sizes of the vectors; by default one vector for all bytes. */
  vectors?: readonly number[];
  command?: Override<typeof uapi.bus1_cmd_recv>;
  message?: Override<typeof uapi.bus1_message>;
}

/** The outputs of a RECV. */
export interface RawReceived {
  result: string;
  metadata: { flags: bigint; id: bigint; account: bigint };
  message: { flags: bigint; type: bigint; n_transfers: bigint; n_data: bigint };
  /** The received transfers, at most as many as the array can hold. */
  transfers: RawTransfer[];
  /** The bytes of each vector, which were {@linkcode FILL} before the call. */
  parts: Uint8Array[];
  /** The first `n_data` of these bytes, as text. */
  text: string;
  /** The number of bytes that were written after the end of the transfer array. */
  overrun: number;
}

/** RECV. */
export function rawRecv(fd: uapi.Fd, buffers: RawRecv = {}): RawReceived {
  const { transfers = 0, data = 0, vectors = [data], command = {}, message = {} } = buffers;
  const memory = new Memory([
    uapi.bus1_cmd_recv.size,
    uapi.bus1_metadata.size,
    uapi.bus1_message.size,
    vectors.length * uapi.iovec.size,
    vectors.reduce((sum, size) => sum + size, 0) + SLACK,
    transfers * uapi.bus1_transfer.size + SLACK,
  ], DOING);
  const [at, about, body, vecs, bytes, handles] = memory.regions as [
    ...[number, number, number, number, number, number],
  ];
  memory.bytes.fill(FILL, bytes);
  const ranges: [start: number, end: number][] = [];
  vectors.forEach((size, i) => {
    const start = ranges[i - 1]?.[1] ?? bytes;
    ranges.push([start, start + size]);
    memory.put(vecs + i * uapi.iovec.size, uapi.iovec, { base: memory.address(start), len: size });
  });
  memory.put(body, uapi.bus1_message, {
    type: BUS1_INVALID,
    n_transfers: transfers,
    ptr_transfers: memory.address(handles),
    n_data: data,
    n_data_vecs: vectors.length,
    ptr_data_vecs: memory.address(vecs),
    ...message,
  });
  memory.put(at, uapi.bus1_cmd_recv, {
    ptr_metadata: memory.address(about),
    ptr_message: memory.address(body),
    ...command,
  });
  const result = ioctl(fd, uapi.BUS1_CMD_RECV, memory.bytes);
  const field = (name: "flags" | "type" | "n_transfers" | "n_data") => memory.get(body + uapi.bus1_message[name]);
  const end = handles + transfers * uapi.bus1_transfer.size;
  const length = bytes + Math.min(Number(field("n_data")), handles - bytes);
  return {
    result,
    metadata: {
      flags: memory.get(about + uapi.bus1_metadata.flags),
      id: memory.get(about + uapi.bus1_metadata.id),
      account: memory.get(about + uapi.bus1_metadata.account),
    },
    message: {
      flags: field("flags"),
      type: field("type"),
      n_transfers: field("n_transfers"),
      n_data: field("n_data"),
    },
    transfers: getTransfers(memory, handles, Math.min(Number(field("n_transfers")), transfers)),
    parts: ranges.map(([start, end]) => memory.bytes.slice(start, end)),
    text: new TextDecoder().decode(memory.bytes.subarray(bytes, length)),
    overrun: memory.bytes.subarray(end).filter((byte) => byte !== FILL).length,
  };
}

function putTransfers(memory: Memory, at: number, transfers: readonly uapi.TransferInit[]): void {
  transfers.forEach((init, i) => {
    const { flags = 0, id = BUS1_INVALID } = typeof init === "bigint" ? { id: init } : init;
    memory.put(at + i * uapi.bus1_transfer.size, uapi.bus1_transfer, { flags, id });
  });
}

function getTransfers(memory: Memory, at: number, count: number): RawTransfer[] {
  return Array.from({ length: count }, (_, i) => {
    const start = at + i * uapi.bus1_transfer.size;
    return {
      flags: memory.get(start + uapi.bus1_transfer.flags),
      id: memory.get(start + uapi.bus1_transfer.id),
    };
  });
}
