/**
 * Tickets: which ticket belongs to which detached peer of this isolate.
 *
 * A key is `isolate:peer:hop`, three random words:
 *
 * - *isolate* tells whether the ticket was made in this isolate.
 * - *peer* identifies the peer until it ends, so that any of its tickets revokes it.
 * - *hop* is new with every detach, so that each ticket adopts once, and an older ticket does not reveal a newer one.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { Peer } from "./peer.ts";

/** A peer that was detached at least once. */
interface MovedPeer {
  readonly peer: Peer;
  readonly name: string;
  /** The key that adopts the peer; `null` while it is not detached. */
  waiting: string | null;
}

export class Tickets {
  readonly #isolate = randomWord();
  readonly #byName = new Map<string, MovedPeer>();
  readonly #byPeer = new Map<Peer, MovedPeer>();

  /** Makes the key of a peer that is being detached. */
  issue(peer: Peer): string {
    let moved = this.#byPeer.get(peer);
    if (moved === undefined) {
      moved = { peer, name: randomWord(), waiting: null };
      this.#byPeer.set(peer, moved);
      this.#byName.set(moved.name, moved);
    }
    moved.waiting = `${this.#isolate}:${moved.name}:${randomWord()}`;
    return moved.waiting;
  }

  /** Returns the peer that this key adopts. A key does so once. */
  redeem(key: string): Peer | number {
    if (!this.#isOurs(key)) return -ERRNO.EOPNOTSUPP;
    const moved = this.#byName.get(nameIn(key));
    if (moved === undefined || moved.waiting !== key) return -ERRNO.EBADRQC;
    moved.waiting = null;
    return moved.peer;
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

  /** Forgets a peer that has ended. Its tickets adopt nothing afterwards. */
  forget(peer: Peer): void {
    const moved = this.#byPeer.get(peer);
    if (moved === undefined) return;
    this.#byPeer.delete(peer);
    this.#byName.delete(moved.name);
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
