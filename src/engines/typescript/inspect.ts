/**
 * Inspection of this engine's peers, which are all in this isolate. It changes nothing.
 *
 * @module
 */

import type { Id, Totals } from "../../port/engine.ts";
import type { HandleSnapshot, NodeSnapshot, PeerSnapshot, QueueSize } from "../../port/snapshot.ts";
import { Handle } from "./handle.ts";
import { Message } from "./message.ts";
import { Node } from "./node.ts";
import type { Peer } from "./peer.ts";

/** Counts what a peer has. */
export function totalsOf(peer: Peer): Totals {
  let nodes = 0;
  for (const object of peer.objects.values()) if (object instanceof Node) nodes++;
  const { number, name } = peer;
  return { number, name, nodes, handles: peer.objects.size - nodes, queued: sum(queuedAt(peer).values()) };
}

/** Returns everything that a peer has. */
export function inspectPeer(peer: Peer): PeerSnapshot {
  const { number, name } = peer;
  const nodes: NodeSnapshot[] = [];
  const handles: HandleSnapshot[] = [];
  const queued = queuedAt(peer);
  for (const [id, object] of peer.objects) {
    if (object instanceof Handle) handles.push(handleOf(object, id));
    else nodes.push(nodeOf(object, queued.get(object)));
  }
  for (const part of peer.queued()) {
    if (!(part instanceof Message)) continue;
    for (const handle of part.handles) if (handle.linked) handles.push(handleOf(handle, null));
  }
  return { engine: "typescript", number, name, local: true, nodes, handles, queued: sum(queued.values()) };
}

function handleOf({ node }: Handle, id: Id | null): HandleSnapshot {
  return { id, peer: node.owner.number, node: node.id, gone: node.released };
}

function nodeOf(node: Node, queued: QueueSize = { messages: 0, bytes: 0 }): NodeSnapshot {
  let handles = 0;
  for (const _ of node.handles()) handles++;
  return { id: node.id, name: node.name, handles, released: node.released, queued };
}

/** Counts what waits at each node that is not released. Messages to other nodes are never delivered. */
function queuedAt(peer: Peer): Map<Node, QueueSize> {
  const queued = new Map<Node, QueueSize>();
  for (const part of peer.queued()) {
    if (!(part instanceof Message) || part.node.released) continue;
    const at = queued.get(part.node) ?? { messages: 0, bytes: 0 };
    at.messages++;
    at.bytes += part.end - part.start;
    queued.set(part.node, at);
  }
  return queued;
}

function sum(all: Iterable<QueueSize>): QueueSize {
  const total = { messages: 0, bytes: 0 };
  for (const { messages, bytes } of all) {
    total.messages += messages;
    total.bytes += bytes;
  }
  return total;
}

/**
 * Returns the peers that can reach one of `roots` or be reached from one, over any number of steps, in the order of their
 * numbers. This also finds peers that were detached and not adopted yet.
 */
export function connected(roots: Iterable<Peer>): Peer[] {
  const found = new Set<Peer>();
  for (const root of roots) if (!root.ended) found.add(root);
  for (const peer of found) {
    const meet = (other: Peer) => !other.ended && found.add(other);
    for (const object of peer.objects.values()) {
      if (object instanceof Handle) meet(object.node.owner);
      else for (const { owner } of object.handles()) meet(owner);
    }
  }
  return [...found].sort((a, b) => a.number - b.number);
}
