//! Accounts: what exists is charged to users, so that one user cannot exhaust what another needs (specification, section 8).
//!
//! A user has a maximum of objects and bytes. An actor (most often a peer) that makes something on a user's account claims it
//! from that user. What is claimed is counted on two levels: a *quota* for each claiming user, and under it a *claim* for each
//! of that user's actors. A quota draws a little more from the charged user than it needs, as a reserve for its other actors.
//! What it may draw depends on how many quotas there are, so that later claimants find something left.
//!
//! Rules:
//! - All numbers are unsigned and have 64 bits; a charge is refused if one would not fit. A refusal changes nothing.
//! - A user's numbers, quotas and claims are under that user's lock. No thread holds two of these locks, or takes one while
//!   it holds a node's. References are dropped after the lock is released.
//! - A sender that is refused may wait until something is given back (room_waiters.zig).
//! - A claim lives as long as something is charged to it, and keeps both sides alive: the charged user and the claiming
//!   actor. So any thread can give a charge back, also after either has ended. And a user with claims left anywhere is still the
//!   same user when its id is used again.
//!
//! The reference calls a claim a trace (`AcctTrace`).

const std = @import("std");
const assert = std.debug.assert;
const atomic = @import("../base/atomic.zig");
const heap = @import("../base/heap.zig");
const Mutex = @import("../base/mutex.zig").Mutex;
const Waitq = @import("waitq.zig").Waitq;
const RoomWaiters = @import("room_waiters.zig").RoomWaiters;

/// What is counted.
pub const Slot = enum { objects, bytes };

/// One number for each slot.
pub const Amounts = [std.enums.values(Slot).len]u64;

/// Limits, where they are given.
pub const Maxima = [std.enums.values(Slot).len]?u64;

/// What a node and a handle cost.
pub const one_object: Amounts = .{ 1, 0 };

/// A maximum that is never reached.
pub const unlimited: u64 = std.math.maxInt(u64);

/// The maxima of a user that was given none: more than a well-behaved program needs, but not unlimited.
pub const generous: Amounts = .{ 1 << 24, 1 << 36 };

/// A released handle keeps memory until the owner of its node receives the release. This many releases of a user's handles may
/// be unreceived free of charge; beyond that, a handle stays charged until its release is received.
pub const max_unreceived = 4096;

/// The id of no user, as in the kernel.
pub const no_user: u32 = std.math.maxInt(u32);

pub const Error = error{
    OutOfMemory,
    /// The user does not have that much left, or not for this claimant.
    Quota,
    /// The claim is too large to compute with.
    Overflow,
};

/// The users of one bus.
pub const Acct = struct {
    refs: atomic.Value(u32) = .init(1),
    /// The maxima of a user that is given none.
    maxima: Amounts,
    mutex: Mutex = .{},
    /// The users with holders. Under the mutex.
    users: std.array_hash_map.Auto(u32, *User) = .empty,

    pub fn create(maxima: Amounts) error{OutOfMemory}!*Acct {
        const acct = try heap.allocator.create(Acct);
        acct.* = .{ .maxima = maxima };
        return acct;
    }

    pub fn ref(acct: *Acct) *Acct {
        heap.ref(&acct.refs);
        return acct;
    }

    pub fn unref(acct: *Acct) void {
        if (!heap.unref(&acct.refs)) return;
        assert(acct.users.count() == 0); // each keeps a reference to this
        heap.allocator.destroy(acct);
    }

    /// Returns the user with that id; makes it if it does not exist. The caller becomes a holder.
    pub fn user(acct: *Acct, id: u32) error{OutOfMemory}!*User {
        return acct.userWith(id, @splat(null)) catch |e| switch (e) {
            error.Differs => unreachable, // nothing was asked for
            error.OutOfMemory => error.OutOfMemory,
        };
    }

    /// The same, with these maxima, where they are given. A user that exists must have them already.
    pub fn userWith(acct: *Acct, id: u32, maxima: Maxima) error{ OutOfMemory, Differs }!*User {
        acct.mutex.lock();
        defer acct.mutex.unlock();
        const entry = try acct.users.getOrPut(heap.allocator, id);
        if (entry.found_existing) {
            const found = entry.value_ptr.*;
            return if (found.matches(maxima)) found.ref() else error.Differs;
        }
        errdefer acct.forget(id);
        const new = try heap.allocator.create(User);
        var given = acct.maxima;
        for (maxima, &given) |wanted, *maximum| maximum.* = wanted orelse maximum.*;
        new.* = .{ .acct = acct.ref(), .id = id, .maxima = given, .available = given };
        entry.value_ptr.* = new;
        return new;
    }

    /// Under the mutex.
    fn forget(acct: *Acct, id: u32) void {
        assert(acct.users.swapRemove(id));
        if (acct.users.count() == 0) acct.users.clearAndFree(heap.allocator);
    }
};

/// The users of the process's one bus, on which the peers of JavaScript and of the emulated device live.
pub var bus: Acct = .{ .maxima = generous };

/// A user: what is charged.
pub const User = struct {
    acct: *Acct,
    id: u32,
    maxima: Amounts,
    /// What makes this user the one with its id: callers that got it from `Acct`, actors until they leave, both sides of each
    /// claim, and each unreceived release. When there are none, the next caller that asks for the id gets a new user.
    holders: atomic.Value(u32) = .init(1),
    /// Releases of handles that are discharged, but not yet received. Each is a holder.
    unreceived: atomic.Value(u32) = .init(0),
    /// What keeps the memory: the holders together, and each actor, because its peer can still be sent to.
    refs: atomic.Value(u32) = .init(1),

    mutex: Mutex = .{},
    /// What no quota has drawn. Under the mutex, like all that follows.
    available: Amounts,
    /// By the claiming user; null: actors without a user.
    quotas: std.array_hash_map.Auto(?*User, *Quota) = .empty,
    waiters: RoomWaiters = .{},

    pub fn ref(user: *User) *User {
        heap.ref(&user.holders);
        return user;
    }

    pub fn unref(user: *User) void {
        if (heap.unrefUnlessLast(&user.holders)) return;
        // The last holder leaves under the mutex, so that no thread finds a user without holders.
        const acct = user.acct;
        acct.mutex.lock();
        // Acquire: pairs with the release in `heap.unrefUnlessLast`. A release is not needed: if this is not the last holder,
        // the last one comes later under the mutex. `heap.unref` would not do: it does not write the 0 that `charge` must
        // see. Explored: `account: users come and go`.
        const ended = user.holders.fetchSub(1, .acquire) == 1;
        if (ended) acct.forget(user.id);
        acct.mutex.unlock();
        if (ended) user.drop();
    }

    fn keep(user: *User) *User {
        heap.ref(&user.refs);
        return user;
    }

    fn drop(user: *User) void {
        if (!heap.unref(&user.refs)) return;
        const acct = user.acct;
        assert(user.quotas.count() == 0); // each claim is a holder
        assert(user.unreceived.load(.monotonic) == 0); // and so is each of these
        assert(std.mem.eql(u64, &user.available, &user.maxima));
        user.waiters.wake();
        heap.allocator.destroy(user);
        acct.unref();
    }

    fn matches(user: *const User, maxima: Maxima) bool {
        for (maxima, user.maxima) |wanted, maximum| if (wanted != null and wanted != maximum) return false;
        return true;
    }

    /// Whether no charge can be refused, so that none needs to be counted.
    pub fn isUnlimited(user: *const User) bool {
        for (user.maxima) |maximum| if (maximum != unlimited) return false;
        return true;
    }

    /// Charges the user on behalf of `claimant`; null: an unaccounted peer. What is charged is given back in `parts`, each
    /// with one `Claim.discharge`. Returns null if the user has no holder any more: then nothing is charged.
    pub noinline fn charge(user: *User, claimant: ?*Actor, amounts: Amounts, parts: u32) Error!?*Claim {
        user.mutex.lock();
        defer user.mutex.unlock();
        const quota = try user.quotaOf(if (claimant) |c| c.user else null);
        errdefer quota.endIfUnused();
        const claim = try quota.claimOf(claimant);
        errdefer claim.endIfUnused();

        var draws: Amounts = undefined;
        for (&draws, 0..) |*draw, slot| draw.* = try quota.draw(claim, slot, amounts[slot], user.quotas.count());
        if (claim.parts == 0) {
            if (!heap.refIfAny(&user.holders)) {
                claim.endIfUnused();
                quota.endIfUnused();
                return null;
            }
            if (claimant) |c| {
                _ = c.ref();
                _ = c.user.ref();
            }
        }
        for (draws, 0..) |draw, slot| {
            user.available[slot] -= draw;
            quota.claimed[slot] += draw;
            quota.available[slot] = quota.available[slot] + draw - amounts[slot];
            claim.claimed[slot] += amounts[slot];
        }
        claim.parts += parts;
        return claim;
    }

    /// Whether such a charge would be granted. If not, the wait queue, which must have been armed before, is woken when
    /// something is given back.
    pub fn has(user: *User, claimant: ?*Actor, amounts: Amounts, waitq: *Waitq) Error!bool {
        const claiming = if (claimant) |c| c.user else null;
        for (amounts, user.maxima) |amount, maximum| {
            // What the user would have to have if there were no other claims.
            const drawn = try needed(amount, 0);
            if ((if (claiming == user) drawn else try hold(drawn, 0, 1)) > maximum) return error.Quota; // there never will be
        }
        user.mutex.lock();
        defer user.mutex.unlock();
        if (user.grants(claiming, claimant, amounts)) return true;
        // 0: woken by whatever is given back, because what is needed depends on all other claims.
        try user.waiters.add(waitq, 0);
        return false;
    }

    fn grants(user: *User, claiming: ?*User, claimant: ?*Actor, amounts: Amounts) bool {
        const existing = user.quotas.get(claiming);
        var absent: Quota = .{ .user = user, .claimant = claiming };
        const quota = existing orelse &absent;
        var unclaimed: Claim = .{ .quota = quota, .claimant = claimant };
        const claim = quota.claims.get(claimant) orelse &unclaimed;
        const n_quotas = user.quotas.count() + @intFromBool(existing == null);
        for (amounts, 0..) |amount, slot| _ = quota.draw(claim, slot, amount, n_quotas) catch return false;
        return true;
    }

    /// Takes note that a handle of this user is released and its release not yet received. Returns false, and does nothing,
    /// if there are too many such releases.
    pub fn addUnreceived(user: *User) bool {
        // Relaxed, both: a bound, which orders nothing else. Threads that exceed it for a moment take it back.
        if (user.unreceived.fetchAdd(1, .monotonic) < max_unreceived) {
            _ = user.ref();
            return true;
        }
        _ = user.unreceived.fetchSub(1, .monotonic);
        return false;
    }

    /// Takes note that such a release was received, or will not be.
    pub fn removeUnreceived(user: *User) void {
        _ = user.unreceived.fetchSub(1, .monotonic); // relaxed: see above
        user.unref();
    }

    fn quotaOf(user: *User, claimant: ?*User) error{OutOfMemory}!*Quota {
        const entry = try user.quotas.getOrPut(heap.allocator, claimant);
        if (entry.found_existing) return entry.value_ptr.*;
        errdefer user.forget(claimant);
        const quota = try heap.allocator.create(Quota);
        quota.* = .{ .user = user, .claimant = claimant };
        entry.value_ptr.* = quota;
        return quota;
    }

    fn forget(user: *User, claimant: ?*User) void {
        assert(user.quotas.swapRemove(claimant));
        if (user.quotas.count() == 0) user.quotas.clearAndFree(heap.allocator);
    }
};

/// What one user claims of another, or of itself. Under the charged user's mutex.
pub const Quota = struct {
    user: *User,
    /// Its actors keep it alive.
    claimant: ?*User,
    /// Drawn from the user.
    claimed: Amounts = @splat(0),
    /// The part of that which is in no claim: the reserve.
    available: Amounts = @splat(0),
    claims: std.array_hash_map.Auto(?*Actor, *Claim) = .empty,

    fn claimOf(quota: *Quota, claimant: ?*Actor) error{OutOfMemory}!*Claim {
        const entry = try quota.claims.getOrPut(heap.allocator, claimant);
        if (entry.found_existing) return entry.value_ptr.*;
        errdefer assert(quota.claims.swapRemove(claimant));
        const claim = try heap.allocator.create(Claim);
        claim.* = .{ .quota = quota, .claimant = claimant };
        entry.value_ptr.* = claim;
        return claim;
    }

    /// Returns what must be drawn from the user for one slot of a charge.
    fn draw(quota: *const Quota, claim: *const Claim, slot: usize, amount: u64, n_quotas: u64) Error!u64 {
        const drawn = try needed(amount, claim.claimed[slot]) -| quota.available[slot];
        if (drawn == 0) return 0;
        const own = quota.claimant == quota.user;
        const price = if (own) drawn else try hold(drawn, quota.claimed[slot], n_quotas);
        return if (price <= quota.user.available[slot]) drawn else error.Quota;
    }

    /// Gives the reserve back to the user, except as much as an actor claims on average.
    fn giveBack(quota: *Quota, slot: usize) void {
        const used = quota.claimed[slot] - quota.available[slot];
        const kept = @min(quota.available[slot], used / quota.claims.count());
        const rest = quota.available[slot] - kept;
        quota.available[slot] = kept;
        quota.claimed[slot] -= rest;
        quota.user.available[slot] += rest;
    }

    fn endIfUnused(quota: *Quota) void {
        if (quota.claims.count() > 0) return;
        for (quota.claimed, quota.available) |claimed, available| assert(claimed == 0 and available == 0);
        quota.claims.deinit(heap.allocator);
        quota.user.forget(quota.claimant);
        heap.allocator.destroy(quota);
    }
};

/// What one actor claims of a user. Under the charged user's mutex.
pub const Claim = struct {
    quota: *Quota,
    claimant: ?*Actor,
    claimed: Amounts = @splat(0),
    /// How many parts of charges are to be given back.
    parts: u64 = 0,

    /// Gives one part of a charge back. From any thread.
    pub noinline fn discharge(claim: *Claim, amounts: Amounts) void {
        const quota = claim.quota;
        const user = quota.user;
        const claimant = claim.claimant;
        user.mutex.lock();
        for (amounts, 0..) |amount, slot| {
            claim.claimed[slot] -= amount;
            quota.available[slot] += amount;
            quota.giveBack(slot);
        }
        claim.parts -= 1;
        const ended = claim.parts == 0;
        claim.endIfUnused();
        quota.endIfUnused();
        const woken = user.waiters.takeAll();
        user.mutex.unlock();
        woken.wake();
        if (!ended) return;
        if (claimant) |c| {
            c.user.unref();
            c.unref();
        }
        user.unref();
    }

    fn endIfUnused(claim: *Claim) void {
        if (claim.parts > 0) return;
        for (claim.claimed) |claimed| assert(claimed == 0);
        assert(claim.quota.claims.swapRemove(claim.claimant));
        heap.allocator.destroy(claim);
    }
};

/// Gives the charge of a resource back. Idempotent.
pub fn discharge(charged: *?*Claim, amounts: Amounts) void {
    const claim = charged.* orelse return;
    charged.* = null;
    claim.discharge(amounts);
}

/// Claims for a user: one actor for each peer, or one for several.
pub const Actor = struct {
    user: *User,
    refs: atomic.Value(u32) = .init(1),
    left: atomic.Value(bool) = .init(false),

    pub fn create(user: *User) error{OutOfMemory}!*Actor {
        const actor = try heap.allocator.create(Actor);
        actor.* = .{ .user = user.ref().keep() };
        return actor;
    }

    /// Makes an actor for a user of the process's bus.
    pub fn createFor(id: u32) error{OutOfMemory}!*Actor {
        const user = try bus.user(id);
        defer user.unref();
        return create(user);
    }

    /// The same, with these maxima, where they are given.
    pub fn createWith(id: u32, maxima: Maxima) error{ OutOfMemory, Differs }!*Actor {
        const user = try bus.userWith(id, maxima);
        defer user.unref();
        return create(user);
    }

    pub fn ref(actor: *Actor) *Actor {
        heap.ref(&actor.refs);
        return actor;
    }

    pub fn unref(actor: *Actor) void {
        if (!heap.unref(&actor.refs)) return;
        actor.leave();
        actor.user.drop();
        heap.allocator.destroy(actor);
    }

    /// Ends its work: it does not hold its user any more. What it has claimed stays claimed. Idempotent.
    pub fn leave(actor: *Actor) void {
        // Relaxed: it only happens once, and orders nothing else.
        if (!actor.left.swap(true, .monotonic)) actor.user.unref();
    }
};

/// Returns what a claim's quota must have available before a charge: the charge, and as much again as the claim will amount
/// to, so that each actor of a user can take half of what the actors before it have left.
fn needed(amount: u64, claimed: u64) error{Overflow}!u64 {
    const sum = std.math.add(u64, amount, claimed) catch return error.Overflow;
    const twice = std.math.mul(u64, sum, 2) catch return error.Overflow;
    return twice - claimed;
}

/// Returns what a user must have available before another user draws from it: enough that, with `n_quotas` quotas, later
/// claimants can still get nearly as much.
fn hold(drawn: u64, claimed: u64, n_quotas: u64) error{Quota}!u64 {
    const sum = std.math.add(u64, drawn, claimed) catch return error.Quota;
    return (std.math.mul(u64, sum, share(n_quotas)) catch return error.Quota) - claimed;
}

/// `A(n)`: a claimant of `n` may get one part of that many.
pub fn share(n: u64) u64 {
    return (n + 1) * std.math.log2_int_ceil(u64, n + 1) + (n + 1);
}
