/**
 * Accounting: which user pays for what exists, so that one user cannot leave the others without resources
 * (specification, section 8; the same as native/src/bus/acct.zig).
 *
 * A user has a limited number of objects and bytes. Objects that belong to it are charged to it, on behalf of another
 * user or of itself, on two levels: a *quota* for each claiming user, and under it a *claim* for each claiming actor,
 * that is, peer. A quota draws a little more than it needs, as a reserve for its other actors. How much it may draw
 * depends on the number of quotas.
 *
 * Amounts are whole numbers that a `number` holds exactly, or `Infinity` for no limit. A sum that would not be exact is
 * an overflow; no honest program comes near it.
 *
 * @module
 */

import { ACCOUNT_BYTES, ACCOUNT_OBJECTS, ERRNO, MAX_UNRECEIVED } from "../../port/abi.ts";
import type { AccountOptions } from "../../port/engine.ts";
import type { RoomWaiters } from "./room_waiters.ts";

/** An amount in each slot. */
interface Amounts {
  objects: number;
  bytes: number;
}

const SLOTS = ["objects", "bytes"] as const;

const nothing = (): Amounts => ({ objects: 0, bytes: 0 });

/** The users of one engine: users with a peer, and users that claim something. */
export class Acct {
  readonly users: Map<number, User> = new Map();

  /** Makes an actor for a user; `-EINVAL` if that user exists with other limits. */
  actor({ user: id, objects, bytes }: AccountOptions): Actor | number {
    const known = this.users.get(id);
    if (known === undefined) {
      const user = new User(this, id, { objects: objects ?? ACCOUNT_OBJECTS, bytes: bytes ?? ACCOUNT_BYTES });
      this.users.set(id, user);
      return new Actor(user);
    }
    const { maxima } = known;
    if ((objects ?? maxima.objects) !== maxima.objects || (bytes ?? maxima.bytes) !== maxima.bytes) {
      return -ERRNO.EINVAL;
    }
    return new Actor(known);
  }
}

/** A claimant: acts for a user, and lives until its peer ends. */
export class Actor {
  readonly user: User;

  constructor(user: User) {
    this.user = user;
    user.holders++;
  }

  /** The actor's peer has ended. Its claims stay until they are discharged. */
  leave(): void {
    this.user.drop();
  }
}

/** A user, which pays. */
export class User {
  readonly id: number;
  readonly maxima: Readonly<Amounts>;
  /** What no quota has drawn. */
  readonly available: Amounts;
  /** The quotas by their claiming user; `null` is the claimant of all peers without a user. */
  readonly quotas: Map<User | null, Quota> = new Map();
  /** How many release notifications in flight cost the user nothing. */
  #uncharged = 0;
  /**
   * The number of the user's actors, of the claims under it, of its claims elsewhere, and of its uncharged
   * notifications. The user is freed at 0.
   */
  holders = 0;
  /** Peers that wait until something is given back. */
  roomWaiters: RoomWaiters | null = null;
  readonly #acct: Acct;

  constructor(acct: Acct, id: number, maxima: Amounts) {
    this.#acct = acct;
    this.id = id;
    this.maxima = maxima;
    this.available = { ...maxima };
  }

  /** Whether the user has no limit, so that nothing needs to be counted. */
  get isUnlimited(): boolean {
    return this.maxima.objects === Infinity && this.maxima.bytes === Infinity;
  }

  /** Drops one holder. */
  drop(): void {
    if (--this.holders === 0) this.#acct.users.delete(this.id);
  }

  /**
   * Starts an uncharged notification of a handle's release, until {@linkcode User.endUncharged}. It takes memory while
   * it is in flight, so their number is limited. Returns `false` if the limit is reached.
   */
  beginUncharged(): boolean {
    if (this.#uncharged === MAX_UNRECEIVED) return false;
    this.#uncharged++;
    this.holders++;
    return true;
  }

  /** Ends an uncharged notification, which was received or discarded. */
  endUncharged(): void {
    this.#uncharged--;
    this.drop();
  }

  /**
   * Charges the user on behalf of an actor, or of a peer without a user (`null`). Each charged object is given back by
   * one call of {@linkcode Claim.discharge}. Returns the claim, or an errno.
   */
  charge(claimant: Actor | null, objects: number, bytes: number): Claim | number {
    const { quota, claim, n } = this.#find(claimant);
    const amounts = { objects, bytes };
    const draws = nothing();
    for (const slot of SLOTS) {
      const draw = quota.draw(claim, slot, amounts[slot], n);
      if (draw < 0) return draw;
      draws[slot] = draw;
    }

    for (const slot of SLOTS) {
      this.available[slot] -= draws[slot];
      quota.claimed[slot] += draws[slot];
      quota.available[slot] += draws[slot] - amounts[slot];
      claim.claimed[slot] += amounts[slot];
    }
    this.quotas.set(quota.claimant, quota);
    quota.claims.set(claimant, claim);
    if (claim.parts === 0) {
      this.holders++;
      if (quota.claimant !== null) quota.claimant.holders++;
    }
    claim.parts += objects;
    return claim;
  }

  /** Returns `1` if a message would be granted now, `0` if it may be later, `-EDQUOT` if it never will be. */
  grants(claimant: Actor | null, bytes: number): number {
    const amounts = { objects: 1, bytes };
    const { quota, claim, n } = this.#find(claimant);
    for (const slot of SLOTS) {
      // What the user would need if no other claimant had anything.
      const draw = 2 * amounts[slot];
      if ((quota.claimant === this ? draw : draw * share(1)) > this.maxima[slot]) return -ERRNO.EDQUOT;
    }
    for (const slot of SLOTS) if (quota.draw(claim, slot, amounts[slot], n) < 0) return 0;
    return 1;
  }

  /** Finds the quota and the claim of a claimant, or makes them. `n` is the number of quotas, including that one. */
  #find(claimant: Actor | null): { quota: Quota; claim: Claim; n: number } {
    const claiming = claimant?.user ?? null;
    const known = this.quotas.get(claiming);
    const quota = known ?? new Quota(this, claiming);
    const claim = quota.claims.get(claimant) ?? new Claim(quota, claimant);
    return { quota, claim, n: this.quotas.size + (known === undefined ? 1 : 0) };
  }
}

/** What one user claims of another user, or of itself. */
class Quota {
  readonly user: User;
  readonly claimant: User | null;
  /** Drawn from the user. */
  readonly claimed: Amounts = nothing();
  /** The reserve: the part of `claimed` that no actor claims. */
  readonly available: Amounts = nothing();
  readonly claims: Map<Actor | null, Claim> = new Map();

  constructor(user: User, claimant: User | null) {
    this.user = user;
    this.claimant = claimant;
  }

  /** Returns what a charge of `amount` must draw from the user with `n` quotas, or an errno. */
  draw(claim: Claim, slot: keyof Amounts, amount: number, n: number): number {
    // The quota keeps as much again as the claim will have, so that each actor of one user can have half of the rest.
    const twice = (amount + claim.claimed[slot]) * 2;
    if (!Number.isSafeInteger(twice)) return -ERRNO.EXFULL;
    const draw = Math.max(0, twice - claim.claimed[slot] - this.available[slot]);
    if (draw === 0) return 0;
    // Later claimants must still be able to draw nearly as much. A price too large to be exact is above every limit.
    const claimed = this.claimed[slot];
    const price = this.claimant === this.user ? draw : (draw + claimed) * share(n) - claimed;
    return price <= this.user.available[slot] ? draw : -ERRNO.EDQUOT;
  }

  /** Keeps a reserve of at most the average claim of an actor, and returns the rest to the user. */
  giveBack(slot: keyof Amounts): void {
    const used = this.claimed[slot] - this.available[slot];
    const kept = Math.min(this.available[slot], Math.floor(used / this.claims.size));
    const rest = this.available[slot] - kept;
    this.available[slot] = kept;
    this.claimed[slot] -= rest;
    this.user.available[slot] += rest;
  }
}

/** What one actor claims of a user. The reference calls it a trace. It exists as long as something is charged to it. */
export class Claim {
  readonly quota: Quota;
  readonly claimant: Actor | null;
  readonly claimed: Amounts = nothing();
  /** How many objects are still to be discharged. */
  parts = 0;

  constructor(quota: Quota, claimant: Actor | null) {
    this.quota = quota;
    this.claimant = claimant;
  }

  /** Gives back one charged object and its bytes. */
  discharge(bytes: number): void {
    const { quota, claimant } = this;
    const { user } = quota;
    this.claimed.objects--;
    this.claimed.bytes -= bytes;
    quota.available.objects++;
    quota.available.bytes += bytes;
    for (const slot of SLOTS) quota.giveBack(slot);
    user.roomWaiters?.wake(Infinity);
    if (--this.parts > 0) return;
    quota.claims.delete(claimant);
    if (quota.claims.size === 0) user.quotas.delete(quota.claimant);
    claimant?.user.drop();
    user.drop();
  }
}

/** Ends the charge of a resource. Idempotent. */
export function discharge(resource: { charged: Claim | null }, bytes: number): void {
  const { charged } = resource;
  if (charged === null) return;
  resource.charged = null;
  charged.discharge(bytes);
}

/** `A(n)`: each of `n` claimants is granted one part of this number of parts. */
export function share(n: number): number {
  return (n + 1) * (32 - Math.clz32(n)) + (n + 1); // 32 - clz32(n) is ceil(log2(n + 1)), exactly
}
