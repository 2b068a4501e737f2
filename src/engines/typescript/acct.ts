/**
 * Who pays for what exists, so that nobody can take so much that others go without (SPEC section 8; the same as
 * native/src/bus/acct.zig).
 *
 * A user has so many objects and bytes. What is made on his account is claimed from him on two levels: a *quota* for each
 * claiming user, and under it a *trace* for each claiming actor, that is, peer. A quota draws a little more than it needs,
 * as a reserve for its other actors, and what it may draw depends on how many quotas there are.
 *
 * Numbers are whole numbers that a `number` holds exactly, or `Infinity` for a limit that is none. A sum that would not be
 * exact is an overflow, and no honest program comes near it.
 *
 * @module
 */

import { ACCOUNT_BYTES, ACCOUNT_OBJECTS, ERRNO, MAX_UNHEARD } from "../../port/abi.ts";
import type { AccountOptions } from "../../port/engine.ts";
import type { Writers } from "./room_waiters.ts";

/** The slots: what a user has so many of. */
interface Amounts {
  objects: number;
  bytes: number;
}

const SLOTS = ["objects", "bytes"] as const;

const nothing = (): Amounts => ({ objects: 0, bytes: 0 });

/** The users of one engine: those for whom a peer acts, or who claim something somewhere. */
export class Acct {
  readonly users: Map<number, User> = new Map();

  /** Somebody who acts for a user; `-EINVAL` if that one exists and has other limits than these. */
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

/** Who claims for a user. He is there until his peer has ended. */
export class Actor {
  readonly user: User;

  constructor(user: User) {
    this.user = user;
    user.holders++;
  }

  /** The peer that he acted for has ended. What he has claimed goes on being his. */
  leave(): void {
    this.user.drop();
  }
}

/** Who pays. */
export class User {
  readonly id: number;
  readonly maxima: Readonly<Amounts>;
  /** What no quota has drawn. */
  readonly available: Amounts;
  /** By the claiming user; `null`: those who act for none. */
  readonly quotas: Map<User | null, Quota> = new Map();
  /** Handles that were released at no more charge, and whose release nobody has received. */
  #unheard = 0;
  /**
   * His actors, the traces under him, the traces of his elsewhere, and what is unheard: until there are none he is the
   * same one.
   */
  holders = 0;
  /** Those who wait until something is given back. */
  writers: Writers | null = null;
  readonly #acct: Acct;

  constructor(acct: Acct, id: number, maxima: Amounts) {
    this.#acct = acct;
    this.id = id;
    this.maxima = maxima;
    this.available = { ...maxima };
  }

  /** Whether nothing needs to be counted. */
  get isUnlimited(): boolean {
    return this.maxima.objects === Infinity && this.maxima.bytes === Infinity;
  }

  drop(): void {
    if (--this.holders === 0) this.#acct.users.delete(this.id);
  }

  /**
   * A handle of the user is released and told. Whether it costs nothing from now on, though it still takes memory, until
   * {@linkcode User.hear}: only so many do.
   */
  mayLeaveUnheard(): boolean {
    if (this.#unheard === MAX_UNHEARD) return false;
    this.#unheard++;
    this.holders++;
    return true;
  }

  /** The release of such a handle was received. */
  hear(): void {
    this.#unheard--;
    this.drop();
  }

  /**
   * Charges the user on behalf of an actor, or of somebody who acts for no user. Each object of the charge is one part to
   * give back with {@linkcode Trace.discharge}.
   */
  charge(claimant: Actor | null, objects: number, bytes: number): Trace | number {
    const claiming = claimant?.user ?? null;
    const known = this.quotas.get(claiming);
    const quota = known ?? new Quota(this, claiming);
    const trace = quota.traces.get(claimant) ?? new Trace(quota, claimant);
    const n = this.quotas.size + (known === undefined ? 1 : 0);
    const amounts = { objects, bytes };
    const draws = nothing();
    for (const slot of SLOTS) {
      const draw = quota.draw(trace, slot, amounts[slot], n);
      if (draw < 0) return draw;
      draws[slot] = draw;
    }

    for (const slot of SLOTS) {
      this.available[slot] -= draws[slot];
      quota.claimed[slot] += draws[slot];
      quota.available[slot] += draws[slot] - amounts[slot];
      trace.claimed[slot] += amounts[slot];
    }
    this.quotas.set(claiming, quota);
    quota.traces.set(claimant, trace);
    if (trace.parts === 0) {
      this.holders++;
      if (claiming !== null) claiming.holders++;
    }
    trace.parts += objects;
    return trace;
  }

  /** Whether a message would be granted: `1`, or `0`; an errno if it never will be. */
  grants(claimant: Actor | null, bytes: number): number {
    const claiming = claimant?.user ?? null;
    const amounts = { objects: 1, bytes };
    for (const slot of SLOTS) {
      // What would be asked of the user if nobody else had anything.
      const draw = 2 * amounts[slot];
      if ((claiming === this ? draw : draw * share(1)) > this.maxima[slot]) return -ERRNO.EDQUOT;
    }
    const known = this.quotas.get(claiming);
    const quota = known ?? new Quota(this, claiming);
    const trace = quota.traces.get(claimant) ?? new Trace(quota, claimant);
    const n = this.quotas.size + (known === undefined ? 1 : 0);
    for (const slot of SLOTS) if (quota.draw(trace, slot, amounts[slot], n) < 0) return 0;
    return 1;
  }
}

/** What one user claims of another, or of himself. */
class Quota {
  readonly user: User;
  readonly claimant: User | null;
  /** Drawn from the user. */
  readonly claimed: Amounts = nothing();
  /** Of that, what no trace claims: the reserve. */
  readonly available: Amounts = nothing();
  readonly traces: Map<Actor | null, Trace> = new Map();

  constructor(user: User, claimant: User | null) {
    this.user = user;
    this.claimant = claimant;
  }

  /** What must be drawn from the user for one slot of a charge, with `n` quotas; or an errno. */
  draw(trace: Trace, slot: keyof Amounts, amount: number, n: number): number {
    // As much again as the trace will have claimed, so that the actors of one user share by halving.
    const twice = (amount + trace.claimed[slot]) * 2;
    if (!Number.isSafeInteger(twice)) return -ERRNO.EXFULL;
    const draw = Math.max(0, twice - trace.claimed[slot] - this.available[slot]);
    if (draw === 0) return 0;
    // So much must be there that those who come later can still get nearly as much. Beyond what is exact it is too much.
    const claimed = this.claimed[slot];
    const price = this.claimant === this.user ? draw : (draw + claimed) * share(n) - claimed;
    return price <= this.user.available[slot] ? draw : -ERRNO.EDQUOT;
  }

  /** A reserve is kept as large as what an actor claims on average; the rest goes back. */
  giveBack(slot: keyof Amounts): void {
    const used = this.claimed[slot] - this.available[slot];
    const kept = Math.min(this.available[slot], Math.floor(used / this.traces.size));
    const rest = this.available[slot] - kept;
    this.available[slot] = kept;
    this.claimed[slot] -= rest;
    this.user.available[slot] += rest;
  }
}

/** What one actor claims of a user. It is there as long as something is charged to it. */
export class Trace {
  readonly quota: Quota;
  readonly claimant: Actor | null;
  readonly claimed: Amounts = nothing();
  /** How many charges there are to give back. */
  parts = 0;

  constructor(quota: Quota, claimant: Actor | null) {
    this.quota = quota;
    this.claimant = claimant;
  }

  /** Gives back one object that was charged, and the bytes that it has. */
  discharge(bytes: number): void {
    const { quota, claimant } = this;
    const { user } = quota;
    this.claimed.objects--;
    this.claimed.bytes -= bytes;
    quota.available.objects++;
    quota.available.bytes += bytes;
    for (const slot of SLOTS) quota.giveBack(slot);
    user.writers?.wake(Infinity);
    if (--this.parts > 0) return;
    quota.traces.delete(claimant);
    if (quota.traces.size === 0) user.quotas.delete(quota.claimant);
    claimant?.user.drop();
    user.drop();
  }
}

/** Gives back what a resource was charged with, once. */
export function discharge(resource: { charged: Trace | null }, bytes: number): void {
  const { charged } = resource;
  if (charged === null) return;
  resource.charged = null;
  charged.discharge(bytes);
}

/** `A(n)`: a claimant of `n` may come to have one part of so many. */
export function share(n: number): number {
  return (n + 1) * (32 - Math.clz32(n)) + (n + 1); // clz32: the logarithm, rounded up, and exact
}
