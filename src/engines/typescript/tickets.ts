/**
 * Detached peers: which ticket belongs to which peer of this isolate.
 *
 * A key is `isolate:peer:hop`, three random words:
 *
 * - *isolate* tells whether the ticket was made in this isolate.
 * - *peer* names the peer for as long as it lives, so that any of its tickets revokes it.
 * - *hop* is new with every detach, so that each ticket adopts once and an older ticket cannot be turned into a newer one.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { Peer } from "./peer.ts";

interface Journey {
  readonly peer: Peer;
  readonly name: string;
  /** The key that adopts the peer; `null` while it is not detached. */
  waiting: string | null;
}

export class Tickets {
  readonly #isolate = randomWord();
  readonly #byName = new Map<string, Journey>();
  readonly #byPeer = new Map<Peer, Journey>();

  /** Makes the key of a peer that is detached. */
  issue(peer: Peer): string {
    let journey = this.#byPeer.get(peer);
    if (journey === undefined) {
      journey = { peer, name: randomWord(), waiting: null };
      this.#byPeer.set(peer, journey);
      this.#byName.set(journey.name, journey);
    }
    journey.waiting = `${this.#isolate}:${journey.name}:${randomWord()}`;
    return journey.waiting;
  }

  /** Returns the peer that this key adopts, once. */
  redeem(key: string): Peer | number {
    if (!this.#isOurs(key)) return -ERRNO.EOPNOTSUPP;
    const journey = this.#byName.get(nameIn(key));
    if (journey === undefined || journey.waiting !== key) return -ERRNO.EBADRQC;
    journey.waiting = null;
    return journey.peer;
  }

  /** Returns the peer that this key was made for, detached or not; `null` if it has ended. */
  find(key: string): Peer | null | number {
    if (!this.#isOurs(key)) return -ERRNO.EOPNOTSUPP;
    return this.#byName.get(nameIn(key))?.peer ?? null;
  }

  /** Iterates over the peers that were ever detached, and have not ended. */
  peers(): Iterable<Peer> {
    return this.#byPeer.keys();
  }

  /** Forgets a peer that has ended: its tickets are spent. */
  forget(peer: Peer): void {
    const journey = this.#byPeer.get(peer);
    if (journey === undefined) return;
    this.#byPeer.delete(peer);
    this.#byName.delete(journey.name);
  }

  #isOurs(key: string): boolean {
    const words = key.split(":");
    return words.length === 3 && words[0] === this.#isolate;
  }
}

function nameIn(key: string): string {
  return key.split(":")[1] ?? "";
}

/** Returns 128 random bits. `crypto.randomUUID` exists in a browser in secure contexts only. */
function randomWord(): string {
  let word = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) word += byte.toString(16).padStart(2, "0");
  return word;
}
