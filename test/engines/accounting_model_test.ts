/**
 * The accounting of the TypeScript engine follows the formulas of the specification, section 8, even for large numbers.
 * It is compared with a model in `bigint`, which repeats them literally. (native/src/test/acct_test.zig does the same
 * for the native library.)
 */

import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { ERRNO } from "../../src/port/abi.ts";
import { Acct, type Actor, type Claim, type User } from "../../src/engines/typescript/acct.ts";
import { test } from "../support/harness.ts";

const USERS = 4;
const ACTORS = 3;
/** The charged user. */
const SELF = 0;

interface ClaimModel {
  claimed: [bigint, bigint];
  charges: number;
}

interface Quota {
  claimed: [bigint, bigint];
  available: [bigint, bigint];
  claims: ClaimModel[];
}

/** The model of one charged user. */
class Model {
  available: [bigint, bigint];
  readonly quotas: Quota[] = Array.from({ length: USERS }, () => ({
    claimed: [0n, 0n],
    available: [0n, 0n],
    claims: Array.from({ length: ACTORS }, () => ({ claimed: [0n, 0n], charges: 0 })),
  }));

  constructor(maxima: [bigint, bigint]) {
    this.available = maxima;
  }

  #claimsOf(quota: Quota): bigint {
    return BigInt(quota.claims.filter(({ charges }) => charges > 0).length);
  }

  charge(user: number, actor: number, amounts: [bigint, bigint]): number {
    const quota = this.quotas[user];
    const claim = quota.claims[actor];
    claim.charges++;
    const n = BigInt(this.quotas.filter((quota) => this.#claimsOf(quota) > 0n).length);
    const draws: bigint[] = [];
    for (const slot of [0, 1]) {
      const c = amounts[slot];
      const refusal = this.#refusal(quota, claim, slot, c, n, draws, user === SELF);
      if (refusal === 0) continue;
      claim.charges--;
      return refusal;
    }
    for (const slot of [0, 1]) {
      this.available[slot] -= draws[slot];
      quota.claimed[slot] += draws[slot];
      quota.available[slot] += draws[slot] - amounts[slot];
      claim.claimed[slot] += amounts[slot];
    }
    return 0;
  }

  #refusal(quota: Quota, claim: ClaimModel, slot: number, c: bigint, n: bigint, draws: bigint[], own: boolean): number {
    if ((c + claim.claimed[slot]) * 2n > BigInt(Number.MAX_SAFE_INTEGER)) return -ERRNO.EXFULL;
    const need = (c + claim.claimed[slot]) * 2n - claim.claimed[slot];
    const draw = need > quota.available[slot] ? need - quota.available[slot] : 0n;
    draws.push(draw);
    let log = 0n;
    while (2n ** log < n + 1n) log++;
    const share = (n + 1n) * log + (n + 1n);
    const needed = own ? draw : (draw + quota.claimed[slot]) * share - quota.claimed[slot];
    return draw === 0n || needed <= this.available[slot] ? 0 : -ERRNO.EDQUOT;
  }

  discharge(user: number, actor: number, bytes: bigint): void {
    const quota = this.quotas[user];
    const claim = quota.claims[actor];
    for (const [slot, amount] of [1n, bytes].entries()) {
      claim.claimed[slot] -= amount;
      quota.available[slot] += amount;
      const average = (quota.claimed[slot] - quota.available[slot]) / this.#claimsOf(quota);
      const kept = quota.available[slot] < average ? quota.available[slot] : average;
      const rest = quota.available[slot] - kept;
      quota.available[slot] = kept;
      quota.claimed[slot] -= rest;
      this.available[slot] += rest;
    }
    claim.charges--;
  }
}

interface Step {
  give: boolean;
  user: number;
  actor: number;
  bytes: number;
}

const amount = fc.oneof(
  { weight: 6, arbitrary: fc.nat(60) },
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }) },
  { weight: 1, arbitrary: fc.integer({ min: 2 ** 50, max: 2 ** 52 }) },
);

const step = fc.record<Step>({
  give: fc.boolean(),
  user: fc.nat(USERS - 1),
  actor: fc.nat(ACTORS - 1),
  bytes: amount,
});

const limit = fc.oneof(fc.nat(200), fc.integer({ min: 2 ** 40, max: Number.MAX_SAFE_INTEGER }));

/** Returns the visible state of the user, in the form of `modelState`. */
function state(user: User, users: User[], actors: Actor[][]): unknown {
  const big = ({ objects, bytes }: { objects: number; bytes: number }) => [BigInt(objects), BigInt(bytes)];
  const quotas = users.map((claimant, i) => {
    const quota = user.quotas.get(claimant);
    const claims = actors[i].map((actor) => {
      const claim = quota?.claims.get(actor);
      return claim === undefined ? null : [big(claim.claimed), claim.parts];
    });
    return quota === undefined ? null : [big(quota.claimed), big(quota.available), claims];
  });
  return [big(user.available), quotas];
}

function modelState({ available, quotas }: Model): unknown {
  const shown = quotas.map(({ claimed, available, claims }) => {
    if (claims.every(({ charges }) => charges === 0)) return null;
    return [claimed, available, claims.map(({ claimed, charges }) => charges === 0 ? null : [claimed, charges])];
  });
  return [available, shown];
}

test("accounting: charges and refusals of the TypeScript engine follow the formulas", () => {
  fc.assert(
    fc.property(limit, limit, fc.array(step, { maxLength: 200, size: "max" }), (objects, bytes, steps) => {
      const acct = new Acct();
      const limits = (user: number) => user === SELF ? { user, objects, bytes } : { user };
      const actors = Array.from(
        { length: USERS },
        (_, user) => Array.from({ length: ACTORS }, () => acct.actor(limits(user)) as Actor),
      );
      const users = actors.map(([{ user }]) => user);
      const model = new Model([BigInt(objects), BigInt(bytes)]);
      const charged: { claim: Claim; user: number; actor: number; bytes: number }[] = [];
      const give = (index: number) => {
        const [{ claim, user, actor, bytes }] = charged.splice(index, 1);
        claim.discharge(bytes);
        model.discharge(user, actor, BigInt(bytes));
      };
      for (const { give: gives, user, actor, bytes } of steps) {
        if (gives && charged.length > 0) {
          give(bytes % charged.length);
        } else {
          const claim = users[SELF].charge(actors[user][actor], 1, bytes);
          assertEquals(typeof claim === "number" ? claim : 0, model.charge(user, actor, [1n, BigInt(bytes)]));
          if (typeof claim !== "number") charged.push({ claim, user, actor, bytes });
        }
        assertEquals(state(users[SELF], users, actors), modelState(model));
      }
      while (charged.length > 0) give(0);
      assertEquals(users[SELF].available, { objects, bytes });
      assertEquals(users[SELF].quotas.size, 0);
      for (const actor of actors.flat()) actor.leave();
      assertEquals(acct.users.size, 0);
    }),
    { numRuns: 1000, interruptAfterTimeLimit: 10_000, markInterruptAsFailure: false },
  );
}, { timeout: 60_000 });
