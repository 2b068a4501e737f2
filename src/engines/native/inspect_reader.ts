/**
 * Reads what the library writes when it inspects peers: the records of native/src/base/inspect_records.zig.
 *
 * @module
 */

import {
  ERRNO,
  INSPECTED_HANDLE,
  INSPECTED_HEAD,
  INSPECTED_HOLDER,
  INSPECTED_NODE,
  INSPECTED_PEER,
  KIND_HANDLE,
  KIND_NODE,
  KIND_PEER,
} from "../../port/abi.ts";
import { alignUp, textOf } from "../../port/bytes.ts";
import type { EngineName, EnginePeer, Totals } from "../../port/engine.ts";
import type { HandleSnapshot, NodeSnapshot, PeerSnapshot, QueueSize } from "../../port/snapshot.ts";

/** One object, with the fields of its kind; `null` where something is not known. */
type Inspected =
  | { kind: "peer"; number: number; name: string | null; nodes: number; handles: number; queued: QueueSize | null }
  | { kind: "node"; id: number; name: string | null; handles: number | null; queued: QueueSize | null }
  /** A handle of the peer before it, and the node and peer that it leads to. Without an id it waits in the queue. */
  | { kind: "handle"; id: number | null; node: number | null; peer: number | null; gone: boolean | null }
  /** A handle to the node before it, and the peer that owns the handle. Without an id it is on its way. */
  | { kind: "holder"; id: number | null; peer: number };

/** Large enough for most calls. */
const scratch = new Uint8Array(1 << 12);

type Write = (buffer: Uint8Array, size: number) => number;

/**
 * Returns what `write` writes, or an errno; valid until the next call. `enough`: whether the part that fits will do; by
 * default it does not.
 */
function fill(write: Write, enough: (buffer: Uint8Array) => boolean = () => false): Uint8Array | number {
  for (let buffer = scratch;;) {
    const needed = write(buffer, buffer.length);
    if (needed < 0) return needed;
    if (needed <= buffer.length || enough(buffer)) return buffer.subarray(0, needed);
    try {
      // With some bytes to spare: there may be more objects at the next try.
      buffer = new Uint8Array(alignUp(Math.ceil(needed * 1.25)));
    } catch {
      return -ERRNO.ENOMEM;
    }
  }
}

function* records(bytes: Uint8Array): Iterable<Inspected> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length;) {
    const start = at + sizeOf(view, at);
    const end = start + nameLength(view, at);
    yield recordAt(view, at, end > start ? textOf(bytes.subarray(start, end)) : null);
    at = alignUp(end);
  }
}

function kindOf(view: DataView, at: number): number {
  return view.getUint32(at + INSPECTED_HEAD.kind, true);
}

function nameLength(view: DataView, at: number): number {
  return view.getUint32(at + INSPECTED_HEAD.n_name, true);
}

/** The size of the record without its name. */
function sizeOf(view: DataView, at: number): number {
  switch (kindOf(view, at)) {
    case KIND_PEER:
      return INSPECTED_PEER.size;
    case KIND_NODE:
      return INSPECTED_NODE.size;
    case KIND_HANDLE:
      return INSPECTED_HANDLE.size;
    default:
      return INSPECTED_HOLDER.size;
  }
}

function recordAt(view: DataView, at: number, name: string | null): Inspected {
  const number = (offset: number) => view.getFloat64(at + offset, true);
  const known = (offset: number) => Number.isNaN(number(offset)) ? null : number(offset);
  const queued = (messages: number, bytes: number) =>
    known(messages) === null ? null : { messages: number(messages), bytes: number(bytes) };
  switch (kindOf(view, at)) {
    case KIND_PEER: {
      const { number: id, nodes, handles, messages, bytes } = INSPECTED_PEER;
      return {
        kind: "peer",
        number: number(id),
        name,
        nodes: number(nodes),
        handles: number(handles),
        queued: queued(messages, bytes),
      };
    }
    case KIND_NODE: {
      const { id, handles, messages, bytes } = INSPECTED_NODE;
      return { kind: "node", id: number(id), name, handles: known(handles), queued: queued(messages, bytes) };
    }
    case KIND_HANDLE: {
      const { id, node, peer, gone } = INSPECTED_HANDLE;
      const isGone = known(gone);
      return {
        kind: "handle",
        id: number(id) || null,
        node: known(node),
        peer: known(peer),
        gone: isGone === null ? null : isGone > 0,
      };
    }
    default: {
      const { id, peer } = INSPECTED_HOLDER;
      return { kind: "holder", id: number(id) || null, peer: number(peer) };
    }
  }
}

const NO_NAME = new Uint8Array(0);

/** Returns a name as the library takes it. */
export function nameBytes(name: string | null | undefined): Uint8Array {
  return name ? new TextEncoder().encode(name) : NO_NAME;
}

/** What the peers of this isolate show. A peer that has ended shows nothing. */
export function inspectOwn(own: readonly EnginePeer[]): PeerSnapshot[] {
  return own.map((peer) => peer.inspect()).filter((seen) => typeof seen !== "number");
}

/** Reads the name that `write` writes. */
export function readName(write: Write): string | null {
  const bytes = fill(write);
  return typeof bytes === "number" || bytes.length === 0 ? null : textOf(bytes);
}

/** Reads the numbers of a peer. */
export function readTotals(write: Write): Totals | number {
  const bytes = fill(write, (buffer) => {
    const view = new DataView(buffer.buffer);
    return kindOf(view, 0) === KIND_PEER && INSPECTED_PEER.size + nameLength(view, 0) <= buffer.length;
  });
  if (typeof bytes === "number") return bytes;
  for (const record of records(bytes)) {
    if (record.kind !== "peer") break;
    const { number, name, nodes, handles, queued } = record;
    return { number, name, nodes, handles, queued };
  }
  return -ERRNO.ENOMEM;
}

/** Reads a peer of this isolate. */
export function readPeer(engine: EngineName, write: Write): PeerSnapshot | number {
  const bytes = fill(write);
  if (typeof bytes === "number") return bytes;
  let peer: PeerSnapshot | undefined;
  for (const record of records(bytes)) {
    if (record.kind === "peer") peer = peerOf(record, engine, true);
    else if (record.kind === "node") peer?.nodes.push(nodeOf(record));
    else if (record.kind === "handle") peer?.handles.push(handleOf(record));
  }
  if (peer === undefined) return -ERRNO.ENOMEM;
  peer.nodes.sort(byId);
  peer.handles.sort(byId);
  return peer;
}

/** Reads all peers of the process: `own`, which are those of this isolate, and the others that `write` writes. */
export function readAll(engine: EngineName, own: readonly PeerSnapshot[], write: Write): PeerSnapshot[] {
  const peers = new Map(own.map((peer) => [peer.number, peer]));
  const bytes = fill(write);
  const holders: [owner: number, handle: HandleSnapshot][] = [];
  let peer: PeerSnapshot | undefined;
  let node: NodeSnapshot | undefined;
  for (const record of typeof bytes === "number" ? [] : records(bytes)) {
    if (record.kind === "peer") {
      peer = peerOf(record, engine, false);
      if (!peers.has(peer.number)) peers.set(peer.number, peer); // of this isolate's own, more is known already
    } else if (record.kind === "node") {
      node = nodeOf(record);
      peer?.nodes.push(node);
    } else if (record.kind === "holder" && peer !== undefined && node !== undefined) {
      holders.push([record.peer, { id: record.id, peer: peer.number, node: node.id, gone: false }]);
    }
  }
  for (const [owner, handle] of holders) {
    const holder = peers.get(owner);
    if (holder?.local === false) holder.handles.push(handle);
  }
  for (const { local, handles } of peers.values()) if (!local) handles.sort(byId);
  return [...peers.values()].sort((a, b) => a.number - b.number);
}

type Of<Kind> = Extract<Inspected, { kind: Kind }>;

function peerOf({ number, name, queued }: Of<"peer">, engine: EngineName, local: boolean): PeerSnapshot {
  return { engine, number, name, local, nodes: [], handles: [], queued };
}

function nodeOf({ id, name, handles, queued }: Of<"node">): NodeSnapshot {
  return { id, name, handles, released: false, queued };
}

function handleOf({ id, peer, node, gone }: Of<"handle">): HandleSnapshot {
  return { id, peer, node, gone };
}

/** Handles on their way have no id, and come last. */
function byId(a: { id: number | null }, b: { id: number | null }): number {
  const [first, second] = [a.id ?? Infinity, b.id ?? Infinity];
  return first === second ? 0 : first - second;
}
