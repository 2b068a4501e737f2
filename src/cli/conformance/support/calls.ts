/**
 * Calls that do one thing that every device can do, with one element in each array. Points take them for granted: a call
 * that must succeed fails the point otherwise. In raw_calls.ts every field of a command can be set.
 *
 * A received message is described by a word: `message 1 "text" +3` (node, text, id of each handle that came with it),
 * `node-release 3` or `handle-release 1`.
 *
 * @module
 */

import { BUS1_INVALID } from "../../../port/abi.ts";
import * as uapi from "../../../uapi/mod.ts";
import { at, equal } from "./assertions.ts";
import { rawRecv, rawRelease, rawSend } from "./raw_calls.ts";

/** The element of a TRANSFER that creates a node. */
export const CREATE: uapi.TransferInit = { flags: uapi.BUS1_TRANSFER_FLAG_CREATE, id: BUS1_INVALID };

/** Messages after which {@linkcode receiveAll} stops; more than any point has in a queue when it calls that. */
const MOST = 1000;

/** Milliseconds after which {@linkcode receiveSoon} returns fewer messages. */
const SOON = 4000;

/** A node and a handle to it. */
export interface Channel {
  readonly node: bigint;
  readonly handle: bigint;
}

/** Opens a new peer. */
export function open(): uapi.Fd {
  return uapi.open();
}

/** Creates a node on `owner`, and a handle to it on `holder`. */
export function create(owner: uapi.Fd, holder: uapi.Fd = owner): Channel {
  const { src, dst } = uapi.transfer(owner, [CREATE], { to: holder });
  return { node: at(src, 0).id, handle: at(dst, 0).id };
}

/** Copies a handle to another peer; returns its id there. */
export function copy(from: uapi.Fd, handle: bigint, to: uapi.Fd): bigint {
  return at(uapi.transfer(from, [handle], { to }).dst, 0).id;
}

/** Sends text, with at most one handle; it must succeed. */
export function send(from: uapi.Fd, handle: bigint, text: string, transfer?: bigint): void {
  const transfers = transfer === undefined ? [] : [transfer];
  equal(`SEND of "${text}"`, rawSend(from, { destinations: [handle], data: text, transfers }).result, "0");
}

/** Sends an empty message; returns the result by its name. */
export function trySend(from: uapi.Fd, handle: bigint): string {
  return rawSend(from, { destinations: [handle] }).result;
}

/** Releases a node or handle; it must succeed. */
export function release(fd: uapi.Fd, id: bigint): void {
  equal(`RELEASE of ${id}`, rawRelease(fd, [id]).result, "0");
}

/** Receives one message; returns its word, or the name of the errno. */
export function receiveOne(fd: uapi.Fd): string {
  const received = rawRecv(fd, { transfers: 16, data: 65536 });
  const { result, metadata, message, transfers } = received;
  if (result.startsWith("E")) return result;
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

/** Returns the id of the handle that came with a message, by the message's word; 0 if none did. */
export function transferredId(word: string): bigint {
  return BigInt(/\+(\d+)$/.exec(word)?.[1] ?? 0);
}

/** Receives until the queue is empty; returns the words. */
export function receiveAll(fd: uapi.Fd): string[] {
  const words: string[] = [];
  for (let word = receiveOne(fd); word !== "EAGAIN"; word = receiveOne(fd)) {
    words.push(word);
    if (word.startsWith("E") || words.length === MOST) break;
  }
  return words;
}

/**
 * Waits for `count` messages and returns their words; fewer if they do not arrive within 4 s. For messages that another
 * process or a close causes.
 */
export function receiveSoon(fd: uapi.Fd, count: number): string[] {
  const words: string[] = [];
  const end = performance.now() + SOON;
  while (words.length < count && performance.now() < end) {
    const word = receiveOne(fd);
    if (word !== "EAGAIN") words.push(word);
    else uapi.poll([{ fd, events: uapi.POLLIN }], 2);
  }
  return words;
}

/** Returns the events that `poll` reports, by their names: `"out"`, `"in out"`. */
export function ready(fd: uapi.Fd): string {
  const revents = at(uapi.poll([{ fd, events: uapi.POLLIN | uapi.POLLOUT }], 0), 0);
  return Object.entries(EVENTS).filter(([, bit]) => (revents & bit) !== 0).map(([name]) => name).join(" ");
}

const EVENTS = { in: uapi.POLLIN, out: uapi.POLLOUT, err: uapi.POLLERR, hup: uapi.POLLHUP, nval: uapi.POLLNVAL };

/** Returns the next id that the peer assigns to a node, and consumes it and the id after it. */
export function nextId(fd: uapi.Fd): bigint {
  const { node, handle } = create(fd);
  return node < handle ? node : handle;
}
