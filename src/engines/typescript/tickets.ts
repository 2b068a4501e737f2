/**
 * Peers on their way: which ticket stands for which peer of this isolate.
 *
 * A key is `isolate:peer:hop`, three random words. *isolate* tells whether the ticket was made here at all; *peer*
 * names the peer for as long as it lives, so that any of its tickets revokes it; *hop* is new with every
 * detach, so that each ticket adopts once and no older one can be turned into a newer.
 *
 * @module
 */

import { ERRNO } from "../../port/abi.ts";
import type { Peer } from "./peer.ts";

interface Journey {
  readonly peer: Peer;
  readonly name: string;
  /** The key that adopts it; `null` while somebody holds the peer. */
  waiting: string | null;
}

export class Tickets {
  readonly #isolate = randomWord();
  readonly #byName = new Map<string, Journey>();
  readonly #byPeer = new Map<Peer, Journey>();

  /** Hands a peer over; answers the key. */
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

  /** The peer that this key adopts, once. */
  redeem(key: string): Peer | number {
    if (!this.#isOurs(key)) return -ERRNO.EOPNOTSUPP;
    const journey = this.#byName.get(key.split(":")[1]);
    if (journey === undefined || journey.waiting !== key) return -ERRNO.EBADRQC;
    journey.waiting = null;
    return journey.peer;
  }

  /** The peer that this key was made for, wherever it is; `null` if it has ended. */
  find(key: string): Peer | null | number {
    if (!this.#isOurs(key)) return -ERRNO.EOPNOTSUPP;
    return this.#byName.get(key.split(":")[1])?.peer ?? null;
  }

  /** The peers that were ever handed over, and have not ended. */
  peers(): Iterable<Peer> {
    return this.#byPeer.keys();
  }

  /** The peer has ended: no ticket stands for it any more. */
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

/** 128 random bits. `crypto.randomUUID` would do, but a browser has it in secure contexts only. */
function randomWord(): string {
  let word = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) word += byte.toString(16).padStart(2, "0");
  return word;
}
