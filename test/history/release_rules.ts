/**
 * What release notifications claim, and their order within one transaction.
 *
 * @module
 */

import { append, idOf, type Ref } from "./indexed.ts";
import {
  type Done,
  type HandleLifetime,
  Judge,
  NEVER,
  type NodeLifetime,
  type PeerLifetime,
  type Received,
} from "./lifetimes.ts";

/**
 * `told`: a node release comes only of a node that was released. `last word`: when the last handle's release comes, no
 * handle is left.
 */
export class ReleaseRules extends Judge {
  /** Checks the notifications about a node. */
  check(node: NodeLifetime): void {
    const isGone = this.clocks.releaseOf(node.key) >= 0 || this.lifetimes.peer(node.peer).loss !== null;
    const name = `p${node.peer}'s node ${idOf(node.key)}`;
    for (const handle of node.handles) {
      if (!isGone && handle.told !== NEVER) {
        this.findings.add("told", `p${handle.peer} is told that ${name} is gone, but it is not`, handle.told.by);
      }
      const proof = node.notified === NEVER ? null : this.#isAlive(handle, node.notified.by);
      if (proof === null) continue;
      const what = `p${node.peer} is told that all handles to its node ${
        idOf(node.key)
      } are gone, but one of p${handle.peer} is not`;
      this.findings.add("last word", what, node.notified.by, ...proof);
    }
  }

  /** The events that show that a handle was there after an event; `null` if there are none. */
  #isAlive({ live, part, arrived, peer, released }: HandleLifetime, after: Ref): Ref[] | null {
    const isLater = (ref: Ref) => this.clocks.has(this.clocks.atStart(ref), after);
    if (isLater(live)) return [live];
    if (released !== NEVER) return isLater(released.by) ? [live, released.by] : null;
    const { closed, loss } = this.lifetimes.peer(peer);
    if (loss !== null) return null;
    const underway = part !== null && arrived === NEVER;
    // The history does not show when it was discarded, or whether it was sent at all.
    if (underway && (part.node.released !== NEVER || this.indexed.events[live].end === Infinity)) return null;
    if (closed !== NEVER) return isLater(closed.by) ? [live, closed.by] : null;
    return [live, arrived.by];
  }
}

/**
 * `inner order`: of one transaction a receiver gets the messages, then the node releases, then the handle releases,
 * each in the order in which they were added.
 */
export class InnerOrder extends Judge {
  check(peer: PeerLifetime): void {
    this.#checkMessages(peer);
    const last = new Map<unknown, { rank: Rank; received: Received }>();
    for (const received of peer.received) {
      const rank = this.#rank(received);
      if (rank !== null) {
        const before = last.get(rank.tx);
        if (before !== undefined && this.#isBefore(rank, before.rank)) {
          this.#report(peer, rank, before.received, received);
        }
        last.set(rank.tx, { rank, received });
      }
      for (const bound of this.#bounds(received)) {
        const before = last.get(bound.tx);
        if (before === undefined || this.#isBefore(before.rank, bound)) last.set(bound.tx, { rank: bound, received });
      }
    }
    this.#checkLate(peer);
  }

  #report(peer: PeerLifetime, { tx }: Rank, first: Done, second: Done): void {
    const what = `p${peer.number} receives parts of one transaction in the wrong order`;
    this.findings.add("inner order", what, typeof tx === "number" ? tx : -1, first.by, second.by);
  }

  /** No part comes before a message that was added earlier, even if that never comes. */
  #checkMessages(peer: PeerLifetime): void {
    /** For each transaction, of the messages so far, where the last comes, or is given up. */
    const latest = new Map<Ref, Done>();
    for (const { tx, received, node } of peer.parts) {
      const before = latest.get(tx);
      if (before !== undefined && received.at < before.at) {
        this.#report(peer, { tx, kind: 0, order: 0 }, received, before);
      }
      const place = received.at <= node.released.at ? received : node.released;
      if (before === undefined || place.at > before.at) latest.set(tx, place);
    }
    for (const received of peer.received) {
      if ("part" in received.about) continue;
      for (const rank of [...this.#bounds(received), this.#rank(received)]) {
        const messages = latest.get(rank?.tx as Ref);
        if (rank === null || messages === undefined || received.at >= messages.at) continue;
        this.#report(peer, rank, received, messages);
        break;
      }
    }
  }

  /**
   * A handle that may have come while its node was released is notified after those that certainly existed; and if it
   * arrived when the release had returned, before those that the same commit brought after it.
   */
  #checkLate(peer: PeerLifetime): void {
    const late = new Map<NodeLifetime, { handle: HandleLifetime; received: Received }[]>();
    for (const received of peer.received) {
      if (!("handle" in received.about)) continue;
      const { handle } = received.about;
      const rank = this.#rankOfNodeRelease(handle);
      const first = late.get(handle.node)?.find((other) =>
        this.#isOlder(handle, other.handle) &&
        (rank !== null || handle.live === other.handle.live && this.#arrivedLate(handle))
      );
      if (first !== undefined) this.#report(peer, rank ?? { tx: -1, kind: 1, order: 0 }, first.received, received);
      if (rank === null) append(late, handle.node, { handle, received });
    }
  }

  #arrivedLate({ node, arrived }: HandleLifetime): boolean {
    const release = this.clocks.releaseOf(node.key);
    return release >= 0 && this.clocks.hasReturned(this.clocks.atStart(arrived.by), release);
  }

  #rank({ about }: Received): Rank | null {
    if ("part" in about) return { tx: about.part.tx, kind: 0, order: 0 };
    return "handle" in about ? this.#rankOfNodeRelease(about.handle) : this.#rankOfHandleRelease(about.node);
  }

  #rankOfNodeRelease(handle: HandleLifetime): Rank | null {
    const { node } = handle;
    const tx = this.clocks.releaseOf(node.key);
    if (tx >= 0) {
      return this.clocks.counted(handle.live, tx)
        ? { tx, kind: 1, order: this.#orderIn(tx, idOf(node.key)), handle }
        : null;
    }
    const { loss } = this.lifetimes.peer(node.peer);
    const isSure = loss !== null && this.clocks.has(loss.floor, handle.live);
    return isSure && !this.indexed.maybeReleased.has(node.key)
      ? { tx: loss, kind: 1, order: idOf(node.key), handle }
      : null;
  }

  /** The transaction that released the last handle is known if it knew of all other releases. */
  #rankOfHandleRelease(node: NodeLifetime): Rank | null {
    const ends = node.handles.map((handle) => this.#endOf(handle));
    if (!ends.every((end) => end !== null)) return null;
    for (const { tx } of ends) {
      const known = this.clocks.atStart(tx);
      if (!ends.every((other) => other.tx === tx || this.clocks.has(known, other.tx))) continue;
      const order = Math.max(...ends.filter((end) => end.tx === tx).map((end) => end.order));
      return { tx, kind: 2, order };
    }
    return null;
  }

  /** Returns what the last handle's release must not precede: the certain releases of all handles. */
  #bounds({ about }: Received): Rank[] {
    return "node" in about ? about.node.handles.flatMap((handle) => this.#endOf(handle) ?? []) : [];
  }

  /** The release of a handle, if it is certain which transaction it is part of. */
  #endOf({ released, part, arrived, peer, id, live }: HandleLifetime): Rank & { tx: Ref } | null {
    const { closed, loss } = this.lifetimes.peer(peer);
    if (released !== NEVER) return { tx: released.by, kind: 2, order: this.#orderIn(released.by, id) };
    if (closed === NEVER || loss !== null) return null;
    if (part === null || arrived !== NEVER) return { tx: closed.by, kind: 2, order: id };
    if (part.node.released !== NEVER) return null; // discarded then, or at the end
    if (!this.clocks.has(this.clocks.atStart(closed.by), live)) return null;
    return { tx: closed.by, kind: 2, order: 0 }; // discarded at the end, before its own handles
  }

  /**
   * The place of an object among those that a transaction releases: as added, or at a close in the order of creation.
   */
  #orderIn(tx: Ref, id: number): number {
    const event = this.indexed.events[tx];
    return event.kind === "commit" ? event.releases.indexOf(id) : id;
  }

  /** Whether that has to come before this, which was received first. */
  #isBefore(that: Rank, first: Rank): boolean {
    if (that.kind !== first.kind) return that.kind < first.kind;
    if (that.order !== first.order) return that.order < first.order;
    return that.handle !== undefined && first.handle !== undefined && this.#isOlder(that.handle, first.handle);
  }

  /** Whether a handle became live before another, as far as that is known. */
  #isOlder(that: HandleLifetime, first: HandleLifetime): boolean {
    if (that.live !== first.live) return this.clocks.has(this.clocks.atStart(first.live), that.live);
    if (that.part === null || first.part === null) return false;
    if (that.part !== first.part) return that.part.order < first.part.order;
    return that.transfer < first.transfer;
  }
}

/** A part's place in its transaction. */
interface Rank {
  tx: unknown;
  /** Messages, node releases, handle releases. */
  kind: 0 | 1 | 2;
  order: number;
  handle?: HandleLifetime;
}
