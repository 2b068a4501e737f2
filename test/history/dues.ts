/**
 * What every peer is due to receive: messages, news that a node is gone, and news that the last handle is.
 *
 * A due has a place in what its peer received: where it came, or, if it did not come, where the peer let go of the node
 * or handle that it concerns, or else infinity. Which transaction it is part of decides who knows of it:
 *
 * - A message is part of the commit that sent it.
 * - A node release is part of the commit, or the close, that released the node, for every handle that counted for sure
 *   when that began. For the others it may be a transaction of its own, which has happened as soon as that commit has
 *   returned and the handle has arrived.
 * - The last handle's release is part of whichever release came last. It is due to whoever knows all of them.
 * - What a lost peer released (revoked, or with its Worker) has happened as soon as anybody has heard of it, or all is
 *   quiet.
 *
 * A message that is discarded releases its handles. That has happened when its commit and the receiver's close have
 * returned; or, if its node was released, when the receiver has looked after that and found nothing.
 *
 * @module
 */

import type { Rule } from "./findings.ts";
import { idOf, type Ref } from "./indexed.ts";
import type { Knowledge, Known } from "./knowledge.ts";
import {
  type Case,
  type Done,
  type HandleLife,
  Judge,
  NEVER,
  type NodeLife,
  type PeerLife,
  type Place,
} from "./lives.ts";

/** Something that a peer has to receive. */
export interface Due extends Done {
  /** Whether it came, and was not given up with the node or handle. */
  came: boolean;
  /** The transaction, or the last of those, by which it is due. */
  tx: Ref;
  /** The rule that says that it has to come at all. */
  rule: Rule;
  what: string;
}

/** What is due to those only who know several events, and at places only after another. */
export interface LookDue extends Due {
  known: Known;
  after: Place;
}

/** What is due because a peer was lost. */
export interface LossDue extends Due {
  /** The clock when that was known, and by which event. */
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

/** Finds all dues of a history, in which the walk has written down what was received. */
export function findDues(judged: Case): Map<PeerLife, PeerDues> {
  return new Finder(judged).found;
}

class Finder extends Judge {
  readonly found = new Map<PeerLife, PeerDues>();

  constructor(judged: Case) {
    super(judged);
    const { lives } = judged;
    for (const node of lives.nodes.values()) for (const handle of node.handles) this.#noteLoss(node, handle);
    for (const peer of lives.peers.values()) {
      this.found.set(peer, { dues: [], lookDues: [], lossDues: [] });
      for (const part of peer.parts) this.#addMessage(peer, part);
    }
    for (const node of lives.nodes.values()) {
      for (const handle of node.handles) this.#addNodeRelease(node, handle);
      this.#addHandleRelease(node);
    }
  }

  #of(peer: number): PeerDues {
    return this.found.get(this.lives.peer(peer))!;
  }

  #addMessage(peer: PeerLife, { tx, send, node, received }: PeerLife["parts"][number]): void {
    const what = `#${send.number} at p${peer.number}'s node ${idOf(node.key)}`;
    this.found.get(peer)!.dues.push({ tx, ...earlier(received, node.released), rule: "atomic", what });
  }

  /** Who is told that a node is gone knows that its peer is lost, if nothing else can have released the node. */
  #noteLoss(node: NodeLife, { told }: HandleLife): void {
    const { loss } = this.lives.peer(node.peer);
    if (told === NEVER || loss === null || this.knowledge.releaseOf(node.key) >= 0) return;
    const { end } = this.indexed.events[told.by];
    if (end < loss.known) Object.assign(loss, { known: end, knownBy: told.by });
  }

  #addNodeRelease(node: NodeLife, handle: HandleLife): void {
    if (handle.arrived === NEVER) return; // what brought it was discarded, or is due itself
    const knowledge = this.knowledge;
    const what = `node-release of p${handle.peer}'s handle ${handle.id}`;
    const due = { ...earlier(handle.told, handle.released), rule: "told" as const, what };
    const after = handle.arrived.at;
    const tx = knowledge.releaseOf(node.key);
    if (tx >= 0) {
      if (node.heard !== NEVER) return; // nobody was left to be told
      const known = knowledge.none();
      knowledge.add(known, tx, true);
      if (knowledge.counted(handle.live, tx)) this.#of(handle.peer).dues.push({ ...due, tx });
      else this.#of(handle.peer).lookDues.push({ ...due, tx, known, after });
      return;
    }
    const { loss } = this.lives.peer(node.peer);
    if (loss === null || node.heard !== NEVER) return;
    const { quiet, events } = this.indexed;
    const untilQuiet = loss.certain && quiet >= 0 && events[quiet].end < loss.known;
    const [since, sinceBy] = untilQuiet ? [events[quiet].end, quiet] : [loss.known, loss.knownBy];
    if (since === Infinity) return;
    const sure = knowledge.has(loss.floor, handle.live);
    this.#of(handle.peer).lossDues.push({ ...due, tx: -1, since, sinceBy, after, sure });
  }

  #addHandleRelease(node: NodeLife): void {
    const known = this.#allGone(node);
    if (known === null) return;
    const { first } = this.indexed;
    const what = `handle-release of p${node.peer}'s node ${idOf(node.key)}`;
    const actors = [...known.keys()].filter((actor) => known[actor] > 0);
    const [actor] = actors;
    const tx = first[actor] + ((known[actor] - 1) >> 1);
    const due = { ...earlier(node.heard, node.released), tx, rule: "last word" as const, what };
    // If it is enough that one event has happened, and need not have returned, that is the transaction.
    if (actors.length === 1 && known[actor] % 2 === 1) this.#of(node.peer).dues.push(due);
    else this.#of(node.peer).lookDues.push({ ...due, known, after: -1 });
  }

  /** What one has to know to know that all handles of a node are gone; `null` if they need not be. */
  #allGone(node: NodeLife): Known | null {
    const known = this.knowledge.none();
    for (const handle of node.handles) {
      const ends = this.#ends(handle);
      if (ends === null) return null;
      // A release has happened; what is discarded, has been by the end of the calls that do it.
      const isRelease = handle.released !== NEVER || !isUnderway(handle);
      for (const ref of ends) this.knowledge.add(known, ref, !isRelease);
    }
    return known;
  }

  /** The events by whose return a handle is gone for sure, the earliest that the history tells of. */
  #ends(handle: HandleLife): Ref[] | null {
    const { released, part, peer } = handle;
    if (released !== NEVER) return [released.by];
    const isInFlight = isUnderway(handle);
    const swept = isInFlight && part!.node.released !== NEVER
      ? this.#swept(peer, part!.tx, part!.node.released.at)
      : null;
    if (swept !== null) return [swept];
    const { quiet, events } = this.indexed;
    const whenQuiet = quiet >= 0 ? [quiet] : null;
    const { closed, loss } = this.lives.peer(peer);
    if (loss !== null) return loss.certain ? whenQuiet : null;
    if (closed === NEVER) return null;
    if (!isInFlight) return [closed.by];
    return events[part!.tx].end === Infinity ? whenQuiet : [closed.by, part!.tx];
  }

  /** The first look of a peer after a place that found nothing, though a transaction was known. */
  #swept(peer: number, tx: Ref, after: Place): Ref | null {
    const { looks } = this.lives.peer(peer);
    const known = this.knowledge.none();
    this.knowledge.add(known, tx);
    const look = firstLook(this.knowledge, looks, known, after);
    return look === undefined ? null : look.by;
  }
}

/** Whether it was on its way, and never arrived. */
function isUnderway({ part, arrived }: HandleLife): boolean {
  return part !== null && arrived === NEVER;
}

function earlier(came: Done, givenUp: Done): Done & { came: boolean } {
  return came.at <= givenUp.at ? { at: came.at, by: came.by, came: true } : { ...givenUp, came: false };
}

/** The first look after a place by one who knew that. What a peer's operators know only grows. */
export function firstLook(knowledge: Knowledge, looks: readonly Done[], known: Known, after: Place): Done | undefined {
  let from = 0;
  let to = looks.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (looks[middle].at > after && includes(knowledge.atEnd(looks[middle].by), known)) to = middle;
    else from = middle + 1;
  }
  return looks[from];
}

function includes(known: Known, needed: Known): boolean {
  for (let actor = 0; actor < known.length; actor++) if (known[actor] < needed[actor]) return false;
  return true;
}
