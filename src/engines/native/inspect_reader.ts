/**
 * What the library writes of what it sees (native/src/isolate/inspect.zig), read.
 *
 * @module
 */

import { ERRNO, SEEN_NODE, SEEN_NUMBERS, SEEN_PEER } from "../../port/abi.ts";
import type { EngineName, Totals } from "../../port/engine.ts";
import type { HandleSnapshot, NodeSnapshot, PeerSnapshot } from "../../port/snapshot.ts";

/** One object. The numbers are `NaN` where something is not known; which is what, inspect.zig tells. */
interface Seen {
  kind: number;
  id: number;
  nodes: number;
  handles: number;
  messages: number;
  bytes: number;
  name: string | null;
}

const HEAD = SEEN_NUMBERS * 8;

/** Has room for most of what is asked. */
const scratch = new Uint8Array(1 << 12);

type Write = (buffer: Uint8Array, size: number) => number;

/**
 * What `write` writes, or an errno. `enough`: whether what has room will do; by default all is wanted. It is valid until
 * the next call.
 */
function fill(write: Write, enough: (buffer: Uint8Array) => boolean = () => false): Uint8Array | number {
  for (let buffer = scratch;;) {
    const needed = write(buffer, buffer.length);
    if (needed < 0) return needed;
    if (needed <= buffer.length || enough(buffer)) return buffer.subarray(0, needed);
    try {
      // With some to spare: there may be more the next time.
      buffer = new Uint8Array(Math.ceil(needed * 1.25 / 8) * 8);
    } catch {
      return -ERRNO.ENOMEM;
    }
  }
}

function* records(bytes: Uint8Array): Iterable<Seen> {
  const numbers = new Float64Array(bytes.buffer);
  for (let at = 0; at + HEAD <= bytes.length;) {
    const [kind, id, nodes, handles, messages, waiting, length] = numbers.subarray(at >> 3);
    const start = at + HEAD;
    const name = length! > 0 ? decoder.decode(bytes.subarray(start, start + length!)) : null;
    at = start + Math.ceil(length! / 8) * 8;
    yield { kind: kind!, id: id!, nodes: nodes!, handles: handles!, messages: messages!, bytes: waiting!, name };
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const NO_NAME = new Uint8Array(0);

/** A name, as the library takes it. */
export function nameBytes(name: string | null | undefined): Uint8Array {
  return name ? new TextEncoder().encode(name) : NO_NAME;
}

/** The name that `write` writes. */
export function readName(write: Write): string | null {
  const bytes = fill(write);
  return typeof bytes === "number" || bytes.length === 0 ? null : decoder.decode(bytes);
}

/** A peer in numbers. */
export function readTotals(write: Write): Totals | number {
  const bytes = fill(write, (buffer) => {
    const length = new Float64Array(buffer.buffer)[SEEN_NUMBERS - 1]!;
    return HEAD + length <= buffer.length && new Float64Array(buffer.buffer)[0] === SEEN_PEER;
  });
  if (typeof bytes === "number") return bytes;
  for (const { id, name, nodes, handles, messages, bytes: waiting } of records(bytes)) {
    return { number: id, name, nodes, handles, queued: queuedOf(messages, waiting) };
  }
  return -ERRNO.ENOMEM;
}

function queuedOf(messages: number, bytes: number): { messages: number; bytes: number } | null {
  return Number.isNaN(messages) ? null : { messages, bytes };
}

function known(number: number): number | null {
  return Number.isNaN(number) ? null : number;
}

function peerOf({ id, name, messages, bytes }: Seen, engine: EngineName, local: boolean): PeerSnapshot {
  return { engine, number: id, name, local, nodes: [], handles: [], queued: queuedOf(messages, bytes) };
}

function nodeOf({ id, name, handles, messages, bytes }: Seen): NodeSnapshot {
  return { id, name, handles: known(handles), released: false, queued: queuedOf(messages, bytes) };
}

/** A peer of this isolate. */
export function readPeer(engine: EngineName, write: Write): PeerSnapshot | number {
  const bytes = fill(write);
  if (typeof bytes === "number") return bytes;
  let peer: PeerSnapshot | undefined;
  for (const seen of records(bytes)) {
    if (seen.kind === SEEN_PEER) peer = peerOf(seen, engine, true);
    else if (seen.kind === SEEN_NODE) peer!.nodes.push(nodeOf(seen));
    else peer!.handles.push(handleOf(seen));
  }
  peer!.nodes.sort(byId);
  peer!.handles.sort(byId);
  return peer!;
}

function handleOf({ id, handles, nodes, messages }: Seen): HandleSnapshot {
  const gone = Number.isNaN(messages) ? null : messages > 0;
  return { id: id || null, peer: known(handles), node: known(nodes), gone };
}

/** Those on their way have no id, and come last. */
function byId(a: { id: number | null }, b: { id: number | null }): number {
  const [first, second] = [a.id ?? Infinity, b.id ?? Infinity];
  return first === second ? 0 : first - second;
}

/** All peers of the process: those of this isolate, as they were seen, and the others, as `write` writes of them. */
export function readAll(engine: EngineName, own: readonly PeerSnapshot[], write: Write): PeerSnapshot[] {
  const peers = new Map(own.map((peer) => [peer.number, peer]));
  const bytes = fill(write);
  const holders: [owner: number, handle: HandleSnapshot][] = [];
  let peer: PeerSnapshot | undefined;
  let node: NodeSnapshot | undefined;
  for (const seen of typeof bytes === "number" ? [] : records(bytes)) {
    if (seen.kind === SEEN_PEER) {
      peer = peerOf(seen, engine, false);
      if (!peers.has(seen.id)) peers.set(seen.id, peer); // else nobody sees what is found here
    } else if (seen.kind === SEEN_NODE) {
      node = nodeOf(seen);
      peer!.nodes.push(node);
    } else {
      holders.push([seen.nodes, { id: seen.id || null, peer: peer!.number, node: node!.id, gone: false }]);
    }
  }
  for (const [owner, handle] of holders) {
    const holder = peers.get(owner);
    if (holder?.local === false) holder.handles.push(handle);
  }
  for (const { local, handles } of peers.values()) if (!local) handles.sort(byId);
  return [...peers.values()].sort((a, b) => a.number - b.number);
}
