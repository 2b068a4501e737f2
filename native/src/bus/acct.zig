//! Who pays for what exists, so that nobody can take so much that others go without (SPEC section 8).
//!
//! A user may have so many objects and bytes. Who makes something on a user's account claims it from that user, and
//! what is claimed is counted on two levels: a *quota* for each claiming user, and under it a *trace* for each claiming
//! actor, most often a peer. A quota draws from the user a little more than it needs, as a reserve for its other
//! actors; what it may draw depends on how many quotas there are, so that some is left for whoever comes later.
//!
//! Rules:
//! - All numbers are unsigned and have 64 bits; where one would not fit, the charge is refused. A refusal changes
//!   nothing.
//! - A user's numbers, quotas and traces are under that user's lock. Nobody holds two of these locks, or takes one
//!   while holding a node's; references are dropped after it is let go.
//! - Who finds that a user has too little may wait until something was given back (room_waiters.zig).
//! - A trace lives as long as something is charged to it, and keeps both sides alive: the user who pays and the actor
//!   who claims. So a charge can be given back by any thread, whoever has ended; and a user who has claims left
//!   somewhere is still the same one when he comes back.

const std = @import("std");
const assert = std.debug.assert;
const atomic = @import("../base/atomic.zig");
const heap = @import("../base/heap.zig");
const Mutex = @import("../base/mutex.zig").Mutex;
const Waitq = @import("waitq.zig").Waitq;
const Writers = @import("room_waiters.zig").Writers;

/// What a user has so many of.
pub const Slot = enum { objects, bytes };

/// One number for each slot.
pub const Amounts = [std.enums.values(Slot).len]u64;

/// Limits, where they are given.
pub const Maxima = [std.enums.values(Slot).len]?u64;

/// What a node and a handle cost.
pub const one_object: Amounts = .{ 1, 0 };

/// A maximum that nobody reaches.
pub const unlimited: u64 = std.math.maxInt(u64);

/// More than any honest program needs, and yet an end: what a user has who was given no limits of his own.
pub const generous: Amounts = .{ 1 << 24, 1 << 36 };

/// So many handles of a user may be released, and nobody has heard of it yet, before such a handle goes on being charged
/// until somebody has: it keeps memory.
pub const max_unheard = 4096;

/// No user's id, as in the kernel.
pub const nobody: u32 = std.math.maxInt(u32);

pub const Error = error{
    OutOfMemory,
    /// The user has not got that much, or not for this claimant.
    Quota,
    /// The claim is so large that the arithmetic ends.
    Overflow,
};

/// The users of one bus.
pub const Acct = struct {
    refs: atomic.Value(u32) = .init(1),
    /// What a user has at first.
    maxima: Amounts,
    mutex: Mutex = .{},
    /// Those who have holders. Under the mutex.
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
        assert(acct.users.count() == 0); // each keeps a reference to here
        heap.allocator.destroy(acct);
    }

    /// The user of that id, who exists from now on if he did not.
    pub fn user(acct: *Acct, id: u32) error{OutOfMemory}!*User {
        return acct.userWith(id, @splat(null)) catch |e| switch (e) {
            error.Differs => unreachable, // nothing was asked for
            error.OutOfMemory => error.OutOfMemory,
        };
    }

    /// The same, with these maxima, where they are given. A user who exists must have them. The caller is a holder.
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

/// The users of the bus that JavaScript's peers and the emulated device's live on: one for the process.
pub var bus: Acct = .{ .maxima = generous };

/// Who pays.
pub const User = struct {
    acct: *Acct,
    id: u32,
    maxima: Amounts,
    /// Those for whom he is this user: who got him from `Acct`, actors until they leave, both sides of each trace, and what
    /// is unheard.
    /// When there are none, the next who asks for the id gets a new user.
    holders: atomic.Value(u32) = .init(1),
    /// Handles that were released at no more charge, and whose release nobody has received. Each is a holder.
    unheard: atomic.Value(u32) = .init(0),
    /// What keeps the memory: the holders together, and each actor, whose peer others may still send to.
    refs: atomic.Value(u32) = .init(1),

    mutex: Mutex = .{},
    /// What no quota has drawn. Under the mutex, as all that follows.
    available: Amounts,
    /// By the claiming user; null: those who act for none.
    quotas: std.array_hash_map.Auto(?*User, *Quota) = .empty,
    writers: Writers = .{},

    pub fn ref(user: *User) *User {
        heap.ref(&user.holders);
        return user;
    }

    pub fn unref(user: *User) void {
        if (heap.unrefUnlessLast(&user.holders)) return;
        // The last holder goes under the mutex, so that nobody finds a user without holders.
        const acct = user.acct;
        acct.mutex.lock();
        // Acquire: pairs with the release in `heap.unrefUnlessLast`. No release: if this is not the last one, the last one
        // comes later under the mutex. Not `heap.unref`, which writes no 0: `charge` must see it. Explored: `account: users
        // come and go`.
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
        assert(user.quotas.count() == 0); // each trace is a holder
        assert(user.unheard.load(.monotonic) == 0); // and so is each of these
        assert(std.mem.eql(u64, &user.available, &user.maxima));
        user.writers.wake();
        heap.allocator.destroy(user);
        acct.unref();
    }

    fn matches(user: *const User, maxima: Maxima) bool {
        for (maxima, user.maxima) |wanted, maximum| if (wanted != null and wanted != maximum) return false;
        return true;
    }

    /// Whether nothing needs to be counted.
    pub fn isUnlimited(user: *const User) bool {
        for (user.maxima) |maximum| if (maximum != unlimited) return false;
        return true;
    }

    /// Charges the user on behalf of `claimant`; null: somebody who acts for no user. What is charged is given back in
    /// `parts`, each with one `Trace.discharge`. Null: the user has no holder any more, so that nobody is left to pay.
    pub noinline fn charge(user: *User, claimant: ?*Actor, amounts: Amounts, parts: u32) Error!?*Trace {
        user.mutex.lock();
        defer user.mutex.unlock();
        const quota = try user.quotaOf(if (claimant) |c| c.user else null);
        errdefer quota.endIfUnused();
        const trace = try quota.traceOf(claimant);
        errdefer trace.endIfUnused();

        var draws: Amounts = undefined;
        for (&draws, 0..) |*draw, slot| draw.* = try quota.draw(trace, slot, amounts[slot], user.quotas.count());
        if (trace.parts == 0) {
            if (!heap.refIfAny(&user.holders)) {
                trace.endIfUnused();
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
            trace.claimed[slot] += amounts[slot];
        }
        trace.parts += parts;
        return trace;
    }

    /// Whether such a charge would be granted. If not, the wait queue, which must have been armed before this, is woken
    /// when something was given back.
    pub fn has(user: *User, claimant: ?*Actor, amounts: Amounts, waitq: *Waitq) Error!bool {
        const claiming = if (claimant) |c| c.user else null;
        for (amounts, user.maxima) |amount, maximum| {
            // What would be asked of the user if nobody else had anything.
            const drawn = try needed(amount, 0);
            if ((if (claiming == user) drawn else try hold(drawn, 0, 1)) > maximum) return error.Quota; // never
        }
        user.mutex.lock();
        defer user.mutex.unlock();
        if (user.grants(claiming, claimant, amounts)) return true;
        // Whoever waits here waits for anything: what it would take depends on all the others.
        try user.writers.add(waitq, 0);
        return false;
    }

    fn grants(user: *User, claiming: ?*User, claimant: ?*Actor, amounts: Amounts) bool {
        const existing = user.quotas.get(claiming);
        var absent: Quota = .{ .user = user, .claimant = claiming };
        const quota = existing orelse &absent;
        var unclaimed: Trace = .{ .quota = quota, .claimant = claimant };
        const trace = quota.traces.get(claimant) orelse &unclaimed;
        const n_quotas = user.quotas.count() + @intFromBool(existing == null);
        for (amounts, 0..) |amount, slot| _ = quota.draw(trace, slot, amount, n_quotas) catch return false;
        return true;
    }

    /// A handle of the user is released and told. True if it costs nothing from now on; `hear` follows.
    pub fn mayLeaveUnheard(user: *User) bool {
        // Relaxed, both: a bound, which goes with nothing else. Those who exceed it for a moment take it back.
        if (user.unheard.fetchAdd(1, .monotonic) < max_unheard) {
            _ = user.ref();
            return true;
        }
        _ = user.unheard.fetchSub(1, .monotonic);
        return false;
    }

    /// The release of such a handle was received.
    pub fn hear(user: *User) void {
        _ = user.unheard.fetchSub(1, .monotonic); // relaxed: see above
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

/// What one user claims of another, or of himself. Under the charged user's mutex.
pub const Quota = struct {
    user: *User,
    /// Kept alive by the actors.
    claimant: ?*User,
    /// Drawn from the user.
    claimed: Amounts = @splat(0),
    /// Of that, what no trace claims: the reserve.
    available: Amounts = @splat(0),
    traces: std.array_hash_map.Auto(?*Actor, *Trace) = .empty,

    fn traceOf(quota: *Quota, claimant: ?*Actor) error{OutOfMemory}!*Trace {
        const entry = try quota.traces.getOrPut(heap.allocator, claimant);
        if (entry.found_existing) return entry.value_ptr.*;
        errdefer assert(quota.traces.swapRemove(claimant));
        const trace = try heap.allocator.create(Trace);
        trace.* = .{ .quota = quota, .claimant = claimant };
        entry.value_ptr.* = trace;
        return trace;
    }

    /// What must be drawn from the user for one slot of a charge.
    fn draw(quota: *const Quota, trace: *const Trace, slot: usize, amount: u64, n_quotas: u64) Error!u64 {
        const drawn = try needed(amount, trace.claimed[slot]) -| quota.available[slot];
        if (drawn == 0) return 0;
        const own = quota.claimant == quota.user;
        const price = if (own) drawn else try hold(drawn, quota.claimed[slot], n_quotas);
        return if (price <= quota.user.available[slot]) drawn else error.Quota;
    }

    /// A reserve is kept as large as what an actor claims on average; the rest goes back.
    fn giveBack(quota: *Quota, slot: usize) void {
        const used = quota.claimed[slot] - quota.available[slot];
        const kept = @min(quota.available[slot], used / quota.traces.count());
        const rest = quota.available[slot] - kept;
        quota.available[slot] = kept;
        quota.claimed[slot] -= rest;
        quota.user.available[slot] += rest;
    }

    fn endIfUnused(quota: *Quota) void {
        if (quota.traces.count() > 0) return;
        for (quota.claimed, quota.available) |claimed, available| assert(claimed == 0 and available == 0);
        quota.traces.deinit(heap.allocator);
        quota.user.forget(quota.claimant);
        heap.allocator.destroy(quota);
    }
};

/// What one actor claims of a user. Under the charged user's mutex.
pub const Trace = struct {
    quota: *Quota,
    claimant: ?*Actor,
    claimed: Amounts = @splat(0),
    /// How many charges there are to give back.
    parts: u64 = 0,

    /// Gives back one part of what was charged. From any thread.
    pub noinline fn discharge(trace: *Trace, amounts: Amounts) void {
        const quota = trace.quota;
        const user = quota.user;
        const claimant = trace.claimant;
        user.mutex.lock();
        for (amounts, 0..) |amount, slot| {
            trace.claimed[slot] -= amount;
            quota.available[slot] += amount;
            quota.giveBack(slot);
        }
        trace.parts -= 1;
        const ended = trace.parts == 0;
        trace.endIfUnused();
        quota.endIfUnused();
        const woken = user.writers.takeAll();
        user.mutex.unlock();
        woken.wake();
        if (!ended) return;
        if (claimant) |c| {
            c.user.unref();
            c.unref();
        }
        user.unref();
    }

    fn endIfUnused(trace: *Trace) void {
        if (trace.parts > 0) return;
        for (trace.claimed) |claimed| assert(claimed == 0);
        assert(trace.quota.traces.swapRemove(trace.claimant));
        heap.allocator.destroy(trace);
    }
};

/// Gives back what a resource was charged with, once.
pub fn discharge(charged: *?*Trace, amounts: Amounts) void {
    const trace = charged.* orelse return;
    charged.* = null;
    trace.discharge(amounts);
}

/// Who claims for a user: one for each peer, or several that share.
pub const Actor = struct {
    user: *User,
    refs: atomic.Value(u32) = .init(1),
    left: atomic.Value(bool) = .init(false),

    pub fn create(user: *User) error{OutOfMemory}!*Actor {
        const actor = try heap.allocator.create(Actor);
        actor.* = .{ .user = user.ref().keep() };
        return actor;
    }

    /// For a user of the process's bus.
    pub fn createFor(id: u32) error{OutOfMemory}!*Actor {
        const user = try bus.user(id);
        defer user.unref();
        return create(user);
    }

    /// The same, with these limits.
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

    /// Nobody acts through it any more: the user is not there on its account. What it has claimed goes on being its own.
    pub fn leave(actor: *Actor) void {
        // Relaxed: it happens once, and nothing goes with it.
        if (!actor.left.swap(true, .monotonic)) actor.user.unref();
    }
};

/// What a trace's quota must have available before a charge: as much again as the trace will have claimed, so that the
/// actors of one user share by halving.
fn needed(amount: u64, claimed: u64) error{Overflow}!u64 {
    const sum = std.math.add(u64, amount, claimed) catch return error.Overflow;
    const twice = std.math.mul(u64, sum, 2) catch return error.Overflow;
    return twice - claimed;
}

/// What a user must have available before somebody else draws from him: so much that, with `n_quotas` quotas, those who
/// come later can still get nearly as much.
fn hold(drawn: u64, claimed: u64, n_quotas: u64) error{Quota}!u64 {
    const sum = std.math.add(u64, drawn, claimed) catch return error.Quota;
    return (std.math.mul(u64, sum, share(n_quotas)) catch return error.Quota) - claimed;
}

/// `A(n)`: a claimant of `n` may come to have one part of so many.
pub fn share(n: u64) u64 {
    return (n + 1) * std.math.log2_int_ceil(u64, n + 1) + (n + 1);
}
