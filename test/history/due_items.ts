/**
 * The items that every peer is due to receive: messages, node releases, and the release of a last handle.
 *
 * A due item has a place in what its peer received: where it came; if it did not come, where the peer released the node
 * or handle that it concerns; or else infinity. The transaction that it is part of decides which actors know of it:
 *
 * - A message is part of the commit that sent it.
 * - A node release is part of the commit, or the close, that released the node, for every handle that counted for sure
 *   when that began. For the others it may be a transaction of its own, which has happened as soon as that commit has
 *   returned and the handle has arrived.
 * - The last handle's release is part of the release that came last. It is due to an actor that knows of all of them.
 * - What a lost peer (revoked, or terminated with its Worker) released has happened at the first notification of it, or
 *   when all is quiet.
 *
 * A message that is discarded releases its handles. That has happened when its commit and the receiver's close have
 * returned; or, if its node was released, when the receiver has looked after that and found nothing.
 *
 * @module
 */

import type { Rule } from "./findings.ts";
import { idOf, type Ref } from "./indexed.ts";
import type { Known, VectorClocks } from "./vector_clocks.ts";
import {
  type Case,
  type Done,
  type HandleLifetime,
  Judge,
  NEVER,
  type NodeLifetime,
  type PeerLifetime,
  type Place,
} from "./lifetimes.ts";

/** An item that a peer has to receive. */
export interface Due extends Done {
  /** Whether it came, and was not given up with the node or handle. */
  came: boolean;
  /** The transaction, or the last of those, by which it is due. */
  tx: Ref;
  /** The rule that says that it has to come at all. */
  rule: Rule;
  what: string;
}

/** An item that is due to actors that know several events, and only after another place. */
interface LookDue extends Due {
  known: Known;
  after: Place;
}

/** An item that is due because a peer was lost. */
interface LossDue extends Due {
  /** The time at which that was known, and the event that shows it. */
  since: number;
  sinceBy: Ref;
  after: Place;
  /** Whether it is part of the end itself, not one that comes later. */
  sure: boolean;
}

/** The dues of one peer. */
export interface PeerDues {
  dues: Due[];
  lookDues: LookDue[];
  lossDues: LossDue[];
}

/** Finds all due items of a history, after `peer_rules.ts` has noted what was received. */
export function findDues(judged: Case): Map<PeerLifetime, PeerDues> {
  return new Finder(judged).found;
}

class Finder extends Judge {
  readonly found = new Map<PeerLifetime, PeerDues>();

  constructor(judged: Case) {
    super(judged);
    const { lifetimes } = judged;
    for (const node of lifetimes.nodes.values()) for (const handle of node.handles) this.#noteLoss(node, handle);
    for (const peer of lifetimes.peers.values()) {
      this.found.set(peer, { dues: [], lookDues: [], lossDues: [] });
      for (const part of peer.parts) this.#addMessage(peer, part);
    }
    for (const node of lifetimes.nodes.values()) {
      for (const handle of node.handles) this.#addNodeRelease(node, handle);
      this.#addHandleRelease(node);
    }
  }

  #of(peer: number): PeerDues {
    return this.found.get(this.lifetimes.peer(peer))!;
  }

  #addMessage(peer: PeerLifetime, { tx, send, node, received }: PeerLifetime["parts"][number]): void {
    const what = `#${send.number} at p${peer.number}'s node ${idOf(node.key)}`;
    this.found.get(peer)!.dues.push({ tx, ...earlier(received, node.released), rule: "atomic", what });
  }

  /** A node release shows that the node's peer is lost, if nothing else can have released the node. */
  #noteLoss(node: NodeLifetime, { told }: HandleLifetime): void {
    const { loss } = this.lifetimes.peer(node.peer);
    if (told === NEVER || loss === null || this.clocks.releaseOf(node.key) >= 0) return;
    const { end } = this.indexed.events[told.by];
    if (end < loss.known) Object.assign(loss, { known: end, knownBy: told.by });
  }

  #addNodeRelease(node: NodeLifetime, handle: HandleLifetime): void {
    if (handle.arrived === NEVER) return; // the message that carried it was discarded, or is due itself
    const clocks = this.clocks;
    const what = `node-release of p${handle.peer}'s handle ${handle.id}`;
    const due = { ...earlier(handle.told, handle.released), rule: "told" as const, what };
    const after = handle.arrived.at;
    const tx = clocks.releaseOf(node.key);
    if (tx >= 0) {
      if (node.notified !== NEVER) return; // no handle was left to notify
      const known = clocks.none();
      clocks.add(known, tx, true);
      if (clocks.counted(handle.live, tx)) this.#of(handle.peer).dues.push({ ...due, tx });
      else this.#of(handle.peer).lookDues.push({ ...due, tx, known, after });
      return;
    }
    const { loss } = this.lifetimes.peer(node.peer);
    if (loss === null || node.notified !== NEVER) return;
    const { quiet, events } = this.indexed;
    const untilQuiet = loss.certain && quiet >= 0 && events[quiet].end < loss.known;
    const [since, sinceBy] = untilQuiet ? [events[quiet].end, quiet] : [loss.known, loss.knownBy];
    if (since === Infinity) return;
    const sure = clocks.has(loss.floor, handle.live);
    this.#of(handle.peer).lossDues.push({ ...due, tx: -1, since, sinceBy, after, sure });
  }

  #addHandleRelease(node: NodeLifetime): void {
    const known = this.#allGone(node);
    if (known === null) return;
    const { first } = this.indexed;
    const what = `handle-release of p${node.peer}'s node ${idOf(node.key)}`;
    const actors = [...known.keys()].filter((actor) => known[actor] > 0);
    const [actor] = actors;
    const tx = first[actor] + ((known[actor] - 1) >> 1);
    const due = { ...earlier(node.notified, node.released), tx, rule: "last word" as const, what };
    // If it is enough that one event has happened, and need not have returned, that is the transaction.
    if (actors.length === 1 && known[actor] % 2 === 1) this.#of(node.peer).dues.push(due);
    else this.#of(node.peer).lookDues.push({ ...due, known, after: -1 });
  }

  /** Returns what an actor has to know to know that all handles of a node are gone; `null` if some may exist. */
  #allGone(node: NodeLifetime): Known | null {
    const known = this.clocks.none();
    for (const handle of node.handles) {
      const ends = this.#ends(handle);
      if (ends === null) return null;
      // A release has happened when it is known; a discard, when the calls that cause it have returned.
      const isRelease = handle.released !== NEVER || !isUnderway(handle);
      for (const ref of ends) this.clocks.add(known, ref, !isRelease);
    }
    return known;
  }

  /** Returns the earliest events after the return of which a handle is certainly gone. */
  #ends(handle: HandleLifetime): Ref[] | null {
    const { released, part, peer } = handle;
    if (released !== NEVER) return [released.by];
    const isInFlight = isUnderway(handle);
    const swept = isInFlight && part!.node.released !== NEVER
      ? this.#swept(peer, part!.tx, part!.node.released.at)
      : null;
    if (swept !== null) return [swept];
    const { quiet, events } = this.indexed;
    const whenQuiet = quiet >= 0 ? [quiet] : null;
    const { closed, loss } = this.lifetimes.peer(peer);
    if (loss !== null) return loss.certain ? whenQuiet : null;
    if (closed === NEVER) return null;
    if (!isInFlight) return [closed.by];
    return events[part!.tx].end === Infinity ? whenQuiet : [closed.by, part!.tx];
  }

  /** Returns the first look of a peer after a place that found nothing, by an actor that knew a transaction. */
  #swept(peer: number, tx: Ref, after: Place): Ref | null {
    const { looks } = this.lifetimes.peer(peer);
    const known = this.clocks.none();
    this.clocks.add(known, tx);
    const look = firstLook(this.clocks, looks, known, after);
    return look === undefined ? null : look.by;
  }
}

/** Whether it was on its way, and never arrived. */
function isUnderway({ part, arrived }: HandleLifetime): boolean {
  return part !== null && arrived === NEVER;
}

function earlier(came: Done, givenUp: Done): Done & { came: boolean } {
  return came.at <= givenUp.at ? { at: came.at, by: came.by, came: true } : { ...givenUp, came: false };
}

/** Returns the first look after a place by an actor that knew that. What a peer's operators know only grows. */
export function firstLook(clocks: VectorClocks, looks: readonly Done[], known: Known, after: Place): Done | undefined {
  let from = 0;
  let to = looks.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (looks[middle].at > after && includes(clocks.atEnd(looks[middle].by), known)) to = middle;
    else from = middle + 1;
  }
  return looks[from];
}

function includes(known: Known, needed: Known): boolean {
  for (let actor = 0; actor < known.length; actor++) if (known[actor] < needed[actor]) return false;
  return true;
}
