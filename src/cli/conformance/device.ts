/**
 * The words in which the points talk to the device. All of them are calls of the uapi, and nothing else.
 *
 * Two kinds: short ones that do one thing that any device can do, with one element in each array, and that a point may
 * take for granted; and raw ones, in which every field can be set to anything.
 *
 * Memory is safe from a device that takes or writes more than it should: behind every array there is some more.
 *
 * @module
 */

import { BUS1_INVALID } from "../../port/abi.ts";
import { busError } from "../../port/errors.ts";
import { Memory } from "../../uapi/memory.ts";
import * as uapi from "../../uapi/mod.ts";
import { equal } from "./point.ts";

export const CREATE: uapi.TransferInit = { flags: uapi.BUS1_TRANSFER_FLAG_CREATE, id: BUS1_INVALID };

/** An address where no process has memory. */
export const NOWHERE = 8n;

/** What nothing is written over: a byte that no output has. */
export const FILL = 0xa5;

/** More than any point has in a queue when it listens. */
const ENOUGH = 1000;

const DOING = "conformance";
const SLACK = 4096;

/** An answer by its name: `"0"`, `"1"`, `"EAGAIN"`. */
export function answerName(answer: number): string {
  return answer < 0 ? busError(answer, DOING).code : String(answer);
}

/** A raw ioctl; answers by name. */
export function ask(fd: uapi.Fd, request: number, argument: ArrayBufferView | bigint | null): string {
  return answerName(uapi.ioctl(fd, request, argument));
}

/** A new peer. */
export function open(): uapi.Fd {
  return uapi.open();
}

// One thing at a time.

/** Makes a node on `owner`, and a handle to it on `holder`. */
export function create(owner: uapi.Fd, holder: uapi.Fd = owner): { node: bigint; handle: bigint } {
  const { src, dst } = uapi.transfer(owner, [CREATE], { to: holder });
  return { node: src[0]!.id, handle: dst[0]!.id };
}

/** Copies a handle to another peer; answers its id there. */
export function copy(from: uapi.Fd, handle: bigint, to: uapi.Fd): bigint {
  return uapi.transfer(from, [handle], { to }).dst[0]!.id;
}

/** Sends text, with at most one handle; it must succeed. */
export function send(from: uapi.Fd, handle: bigint, text: string, transfer?: bigint): void {
  const transfers = transfer === undefined ? [] : [transfer];
  equal(`SEND of "${text}"`, rawSend(from, { destinations: [handle], data: text, transfers }).answer, "0");
}

/** What a SEND of an empty message answers. */
export function trySend(from: uapi.Fd, handle: bigint): string {
  return rawSend(from, { destinations: [handle] }).answer;
}

/** Releases a node or handle; it must succeed. */
export function release(fd: uapi.Fd, id: bigint): void {
  equal(`RELEASE of ${id}`, rawRelease(fd, [id]).answer, "0");
}

/** What is received, in a word: `message 1 "text" +3`, `node-release 3`, `handle-release 1`, or why nothing is. */
export function next(fd: uapi.Fd): string {
  const received = rawRecv(fd, { transfers: 16, data: 65536 });
  const { answer, metadata, message, transfers } = received;
  if (answer.startsWith("E")) return answer;
  switch (message.type) {
    case BigInt(uapi.BUS1_MESSAGE_TYPE_USER):
      return [`message ${metadata.id} "${received.text}"`, ...transfers.map(({ id }) => `+${id}`)].join(" ");
    case BigInt(uapi.BUS1_MESSAGE_TYPE_NODE_RELEASE):
      return `node-release ${metadata.id}`;
    case BigInt(uapi.BUS1_MESSAGE_TYPE_HANDLE_RELEASE):
      return `handle-release ${metadata.id}`;
    default:
      return `a message of type ${message.type}`;
  }
}

/** The id of the handle that came with a message, by the message's word; 0 if none did. */
export function broughtBy(word: string): bigint {
  return BigInt(/\+(\d+)$/.exec(word)?.[1] ?? 0);
}

/** All that is ready, in words. */
export function hear(fd: uapi.Fd): string[] {
  const heard: string[] = [];
  for (let word = next(fd); word !== "EAGAIN"; word = next(fd)) {
    heard.push(word);
    if (word.startsWith("E") || heard.length === ENOUGH) break;
  }
  return heard;
}

/** The first `count` to come, in words; fewer if they do not come in 4 s. For what other processes or a close cause. */
export function hearSoon(fd: uapi.Fd, count: number): string[] {
  const heard: string[] = [];
  const end = performance.now() + 4000;
  while (heard.length < count && performance.now() < end) {
    const word = next(fd);
    if (word !== "EAGAIN") heard.push(word);
    else uapi.poll([{ fd, events: uapi.POLLIN }], 2);
  }
  return heard;
}

/** What `poll` says, in words: `"out"`, `"in out"`. */
export function ready(fd: uapi.Fd): string {
  const [revents] = uapi.poll([{ fd, events: uapi.POLLIN | uapi.POLLOUT }], 0);
  return Object.entries(EVENTS).filter(([, bit]) => (revents! & bit) !== 0).map(([name]) => name).join(" ");
}

const EVENTS = { in: uapi.POLLIN, out: uapi.POLLOUT, err: uapi.POLLERR, hup: uapi.POLLHUP, nval: uapi.POLLNVAL };

// Raw: every field can be given.

/** Fields that are to have other values than those that would be right. */
type Override<Layout> = { readonly [Name in Exclude<keyof Layout, "size">]?: bigint | number };

export interface RawTransfer {
  flags: bigint;
  id: bigint;
}

/** TRANSFER. */
export function rawTransfer(
  fd: uapi.Fd,
  src: readonly uapi.TransferInit[],
  command: Override<typeof uapi.bus1_cmd_transfer> = {},
): { answer: string; src: RawTransfer[]; dst: RawTransfer[] } {
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
  const answer = ask(fd, uapi.BUS1_CMD_TRANSFER, memory.bytes);
  return {
    answer,
    src: getTransfers(memory, source, src.length),
    dst: getTransfers(memory, target, src.length),
  };
}

/** RELEASE. */
export function rawRelease(
  fd: uapi.Fd,
  ids: readonly bigint[],
  command: Override<typeof uapi.bus1_cmd_release> = {},
): { answer: string } {
  const memory = new Memory([uapi.bus1_cmd_release.size, ids.length * 8 + SLACK], DOING);
  const [at, array] = memory.regions as [number, number];
  ids.forEach((id, i) => memory.set(array + i * 8, id));
  memory.put(at, uapi.bus1_cmd_release, { n_ids: ids.length, ptr_ids: memory.address(array), ...command });
  return { answer: ask(fd, uapi.BUS1_CMD_RELEASE, memory.bytes) };
}

export interface RawSend {
  destinations?: readonly bigint[];
  transfers?: readonly uapi.TransferInit[];
  /** One vector for each of them. */
  data?: string | readonly string[];
  command?: Override<typeof uapi.bus1_cmd_send>;
  message?: Override<typeof uapi.bus1_message>;
  /** Called with the text's memory, after the call. */
  afterwards?(text: Uint8Array): void;
}

/** SEND. `errors` are the bytes of the array, which were all {@linkcode FILL}, and some behind it. */
export function rawSend(fd: uapi.Fd, send: RawSend): { answer: string; errors: Uint8Array } {
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
  const answer = ask(fd, uapi.BUS1_CMD_SEND, memory.bytes);
  send.afterwards?.(memory.bytes.subarray(bytes, end));
  return { answer, errors: memory.bytes.slice(errors, errors + destinations.length * 4 + 8) };
}

export interface RawRecv {
  /** For how many there is room, as the device is told. */
  transfers?: number;
  /** The same for bytes. */
  data?: number;
  /** The sizes of the vectors; by default one for all bytes. */
  vectors?: readonly number[];
  command?: Override<typeof uapi.bus1_cmd_recv>;
  message?: Override<typeof uapi.bus1_message>;
}

export interface RawReceived {
  answer: string;
  metadata: { flags: bigint; id: bigint; account: bigint };
  message: { flags: bigint; type: bigint; n_transfers: bigint; n_data: bigint };
  /** As many as came, but no more than memory holds. */
  transfers: RawTransfer[];
  /** The bytes of each vector, all {@linkcode FILL} before. */
  parts: Uint8Array[];
  /** As much of them as came. */
  text: string;
  /** Bytes of transfers that were written behind the room for them. */
  overrun: number;
}

/** RECV. */
export function rawRecv(fd: uapi.Fd, room: RawRecv = {}): RawReceived {
  const { transfers = 0, data = 0, vectors = [data], command = {}, message = {} } = room;
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
  const answer = ask(fd, uapi.BUS1_CMD_RECV, memory.bytes);
  const field = (name: "flags" | "type" | "n_transfers" | "n_data") => memory.get(body + uapi.bus1_message[name]);
  const end = handles + transfers * uapi.bus1_transfer.size;
  const length = bytes + Math.min(Number(field("n_data")), handles - bytes);
  return {
    answer,
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

/** The id that a peer gives next, found by using it up. */
export function nextId(fd: uapi.Fd): bigint {
  const { node, handle } = create(fd);
  return node < handle ? node : handle;
}
