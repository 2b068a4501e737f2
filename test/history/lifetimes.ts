/**
 * The lifetimes of all peers, nodes, handles and messages in a history: `peer_rules.ts` fills them in, the other rules
 * read them.
 *
 * @module
 */

import type { Commit, Id, Item, PeerNumber, Send } from "./history.ts";
import type { Findings } from "./findings.ts";
import { append, type Indexed, type Key, key, peerOf, type Ref } from "./indexed.ts";
import type { Known, VectorClocks } from "./vector_clocks.ts";

/** A place in the sequence of one peer's events and items; comparable for that peer only. `Infinity` is never. */
export type Place = number;

/** Something that a peer's operator did, and where. */
export interface Done {
  at: Place;
  by: Ref;
}

/** Not done. */
export const NEVER: Done = { at: Infinity, by: -1 };

export interface NodeLifetime {
  readonly key: Key;
  readonly peer: PeerNumber;
  readonly handles: HandleLifetime[];
  /** By its owner, with a release. */
  released: Done;
  /** Its `HANDLE_RELEASE` was received. */
  notified: Done;
}

export interface HandleLifetime {
  readonly peer: PeerNumber;
  readonly node: NodeLifetime;
  /** The event that made it: it counts from there on. */
  readonly live: Ref;
  /** The message that carried it, and its place among the transfers. */
  readonly part: Part | null;
  readonly transfer: number;
  /** 0 until it is received. */
  id: Id;
  arrived: Done;
  released: Done;
  /** Its `NODE_RELEASE` was received. */
  told: Done;
}

/** A message for one receiver. */
interface Part {
  readonly tx: Ref;
  readonly send: Send;
  readonly node: NodeLifetime;
  /** Its place among the messages of its transaction. */
  readonly order: number;
  readonly handles: HandleLifetime[];
  received: Done;
}

/** The subject of an item: a message, a handle to a released node, or a node without handles. */
export type About = { part: Part } | { handle: HandleLifetime } | { node: NodeLifetime };

/** Something that was received, where, and by which event. */
export interface Received extends Done {
  item: Item;
  about: About;
}

/** The end of a peer from outside, at an unknown moment: it was revoked, or its Worker was terminated. */
interface Loss {
  /** What was certainly known when it happened. */
  floor: Known;
  /** Whether it happens at all, at the latest before all is quiet. */
  certain: boolean;
  /** The clock when it was known to have happened, and by which event. */
  known: number;
  knownBy: Ref;
}

export interface PeerLifetime {
  readonly number: PeerNumber;
  readonly received: Received[];
  /** Looks that found nothing. */
  readonly looks: Done[];
  readonly parts: Part[];
  /** By `close`. */
  closed: Done;
  loss: Loss | null;
}

/** A history that is being checked. */
export interface Case {
  readonly indexed: Indexed;
  readonly clocks: VectorClocks;
  readonly lifetimes: Lifetimes;
  readonly findings: Findings;
}

/** The base of the classes that check a part of it. */
export abstract class Judge {
  protected readonly indexed: Indexed;
  protected readonly clocks: VectorClocks;
  protected readonly lifetimes: Lifetimes;
  protected readonly findings: Findings;

  constructor({ indexed, clocks, lifetimes, findings }: Case) {
    this.indexed = indexed;
    this.clocks = clocks;
    this.lifetimes = lifetimes;
    this.findings = findings;
  }
}

/** The lifetimes of one history. At first nothing has been received. */
export class Lifetimes {
  readonly peers: Map<PeerNumber, PeerLifetime> = new Map();
  readonly nodes: Map<Key, NodeLifetime> = new Map();
  readonly #indexed: Indexed;
  /** Parts that were not received, by message and node. */
  readonly #waiting = new Map<string, Part[]>();

  constructor(indexed: Indexed) {
    this.#indexed = indexed;
    for (const node of indexed.nodes.keys()) {
      this.nodes.set(node, { key: node, peer: peerOf(node), handles: [], released: NEVER, notified: NEVER });
    }
    indexed.events.forEach((event, ref) => {
      if (event.kind === "commit" && indexed.happened(ref)) this.#addParts(event, ref);
    });
  }

  /** The peer of that number. */
  peer(number: PeerNumber): PeerLifetime {
    let life = this.peers.get(number);
    if (life === undefined) {
      life = { number, received: [], looks: [], parts: [], closed: NEVER, loss: null };
      this.peers.set(number, life);
    }
    return life;
  }

  /** The node that a handle of that peer leads to, if there ever was such a handle. */
  nodeOf(peer: PeerNumber, handle: Id): NodeLifetime | undefined {
    const node = this.#indexed.nodeOf(key(peer, handle));
    return node === undefined ? undefined : this.nodes.get(node);
  }

  addHandle(
    peer: PeerNumber,
    node: NodeLifetime,
    live: Ref,
    part: Part | null = null,
    transfer: number = 0,
  ): HandleLifetime {
    const undone = { id: 0, arrived: NEVER, released: NEVER, told: NEVER };
    const handle: HandleLifetime = { peer, node, live, part, transfer, ...undone };
    node.handles.push(handle);
    return handle;
  }

  /** Takes a part that was sent to that node with that message, if one is left. */
  takePart(number: number, node: Key): Part | undefined {
    return this.#waiting.get(waitingKey(number, node))?.shift();
  }

  /** Whether that message was sent to that node, ever. */
  wasSent(number: number, node: Key): boolean {
    return this.#waiting.has(waitingKey(number, node));
  }

  #addParts({ peer, sends }: Commit, tx: Ref): void {
    let order = 0;
    for (const send of sends) {
      for (const to of send.to) {
        const node = this.nodeOf(peer, to);
        if (node === undefined) continue;
        const part: Part = { tx, send, node, order: order++, handles: [], received: NEVER };
        send.handles.forEach((id, transfer) => {
          const leadsTo = this.nodeOf(peer, id);
          if (leadsTo !== undefined) part.handles.push(this.addHandle(node.peer, leadsTo, tx, part, transfer));
        });
        this.peer(node.peer).parts.push(part);
        append(this.#waiting, waitingKey(send.number, node.key), part);
      }
    }
  }
}

function waitingKey(number: number, node: Key): string {
  return `${number} ${node}`;
}
