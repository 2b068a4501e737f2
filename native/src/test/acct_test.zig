//! Tests of accounting: charges are those of a model in large integers, and guaranteed shares hold for random users.

const std = @import("std");
const testing = std.testing;
const acct = @import("../bus/acct.zig");
const Acct = acct.Acct;
const Actor = acct.Actor;
const Amounts = acct.Amounts;
const Claim = acct.Claim;
const User = acct.User;
const n_slots = std.enums.values(acct.Slot).len;

/// The rules of the specification, section 8, for one charged user, in integers that do not overflow.
const Model = struct {
    available: [n_slots]Big,
    quotas: [n_users]Quota = @splat(.{}),

    const Big = i256;
    const limit: Big = std.math.maxInt(u64);
    const Quota = struct {
        claimed: [n_slots]Big = @splat(0),
        available: [n_slots]Big = @splat(0),
        claims: [n_actors]Claims = @splat(.{}),

        fn count(quota: Quota) Big {
            var n: Big = 0;
            for (quota.claims) |claim| n += @intFromBool(claim.charges > 0);
            return n;
        }
    };
    const Claims = struct { claimed: [n_slots]Big = @splat(0), charges: usize = 0 };

    fn charge(model: *Model, user: usize, actor: usize, amounts: Amounts) acct.Error!void {
        const saved = model.*;
        errdefer model.* = saved;
        const quota = &model.quotas[user];
        const claim = &quota.claims[actor];
        claim.charges += 1;
        var n: Big = 0;
        for (model.quotas) |q| n += @intFromBool(q.count() > 0);
        for (0..n_slots) |slot| {
            const c: Big = amounts[slot];
            const need = (c + claim.claimed[slot]) * 2 - claim.claimed[slot];
            if ((c + claim.claimed[slot]) * 2 > limit) return error.Overflow;
            const draw = @max(0, need - quota.available[slot]);
            if (draw > 0) {
                var log: Big = 0;
                while (@as(Big, 1) << @intCast(log) < n + 1) log += 1;
                const a = (n + 1) * log + (n + 1);
                const total = if (user == self) draw else (draw + quota.claimed[slot]) * a;
                const required = if (user == self) draw else total - quota.claimed[slot];
                if (total > limit or required > model.available[slot]) return error.Quota;
            }
            model.available[slot] -= draw;
            quota.claimed[slot] += draw;
            quota.available[slot] += draw - c;
            claim.claimed[slot] += c;
        }
    }

    fn discharge(model: *Model, user: usize, actor: usize, amounts: Amounts) void {
        const quota = &model.quotas[user];
        const claim = &quota.claims[actor];
        for (0..n_slots) |slot| {
            claim.claimed[slot] -= amounts[slot];
            quota.available[slot] += amounts[slot];
            const kept = @min(
                quota.available[slot],
                @divTrunc(quota.claimed[slot] - quota.available[slot], quota.count()),
            );
            const rest = quota.available[slot] - kept;
            quota.available[slot] -= rest;
            quota.claimed[slot] -= rest;
            model.available[slot] += rest;
        }
        claim.charges -= 1;
    }
};

const n_users = 5;
const n_actors = 3;
/// The user that is charged. All users claim from it, itself included.
const self = 0;

const Charged = struct { claim: *Claim, user: usize, actor: usize, amounts: Amounts };

/// Users with actors, which all claim from the first user.
const World = struct {
    acct: *Acct,
    users: [n_users]*User,
    actors: [n_users][n_actors]*Actor,
    charges: std.ArrayList(Charged) = .empty,

    fn open(maxima: Amounts) !World {
        var world: World = .{ .acct = try .create(maxima), .users = undefined, .actors = undefined };
        for (&world.users, &world.actors, 0..) |*user, *actors, id| {
            user.* = try world.acct.user(@intCast(id));
            for (actors) |*actor| actor.* = try .create(user.*);
        }
        return world;
    }

    fn close(world: *World) void {
        for (world.actors) |actors| for (actors) |actor| actor.unref();
        for (world.users) |user| user.unref();
        world.acct.unref();
        world.charges.deinit(testing.allocator);
    }

    fn charge(world: *World, user: usize, actor: usize, amounts: Amounts) !void {
        try world.charges.ensureUnusedCapacity(testing.allocator, 1);
        const claim = (try world.users[self].charge(world.actors[user][actor], amounts, 1)).?;
        world.charges.appendAssumeCapacity(.{ .claim = claim, .user = user, .actor = actor, .amounts = amounts });
    }

    fn discharge(world: *World, index: usize) Charged {
        const charged = world.charges.swapRemove(index);
        charged.claim.discharge(charged.amounts);
        return charged;
    }

    fn expectSame(world: *World, model: *const Model) !void {
        const user = world.users[self];
        for (user.available, model.available) |a, b| try testing.expectEqual(b, a);
        for (world.users, world.actors, model.quotas) |claimant, actors, expected| {
            const quota = user.quotas.get(claimant) orelse {
                try testing.expectEqual(0, expected.count());
                continue;
            };
            try testing.expectEqual(expected.count(), quota.claims.count());
            for (quota.claimed, expected.claimed) |a, b| try testing.expectEqual(b, a);
            for (quota.available, expected.available) |a, b| try testing.expectEqual(b, a);
            for (actors, expected.claims) |actor, claims| {
                const claim = quota.claims.get(actor) orelse {
                    try testing.expectEqual(0, claims.charges);
                    continue;
                };
                try testing.expectEqual(claims.charges, claim.parts);
                for (claim.claimed, claims.claimed) |a, b| try testing.expectEqual(b, a);
            }
        }
    }
};

/// Returns mostly small numbers, and sometimes those at which the arithmetic overflows.
fn amount(random: std.Random, maximum: u64) u64 {
    return switch (random.uintLessThan(u8, 16)) {
        0 => 0,
        1 => random.int(u64),
        2 => std.math.maxInt(u64) - random.uintLessThan(u64, 3),
        3 => (@as(u64, 1) << 63) - random.uintLessThan(u64, 3),
        4 => random.uintAtMost(u64, maximum),
        else => random.uintAtMost(u64, maximum / 100 + 3),
    };
}

test "charges and refusals are those of the formulae, in large integers" {
    var random_state: std.Random.DefaultPrng = .init(testing.random_seed);
    const random = random_state.random();
    for (0..60) |round| {
        const maxima: Amounts = switch (round % 4) {
            0 => .{ random.uintLessThan(u64, 1000), random.uintLessThan(u64, 100_000) },
            1 => .{ random.int(u64), random.int(u64) },
            2 => .{ acct.unlimited, acct.unlimited },
            else => .{ random.uintLessThan(u64, 30), acct.unlimited },
        };
        var world: World = try .open(maxima);
        defer world.close();
        var model: Model = .{ .available = .{ maxima[0], maxima[1] } };
        for (0..400) |_| {
            if (random.uintLessThan(u8, 3) > 0 or world.charges.items.len == 0) {
                const user = random.uintLessThan(usize, n_users);
                const actor = random.uintLessThan(usize, n_actors);
                const amounts: Amounts = .{ amount(random, maxima[0]), amount(random, maxima[1]) };
                try testing.expectEqual(model.charge(user, actor, amounts), world.charge(user, actor, amounts));
            } else {
                const charged = world.discharge(random.uintLessThan(usize, world.charges.items.len));
                model.discharge(charged.user, charged.actor, charged.amounts);
            }
            try world.expectSame(&model);
        }
        while (world.charges.items.len > 0) _ = world.discharge(world.charges.items.len - 1);
        try testing.expectEqual(maxima, world.users[self].available);
        try testing.expectEqual(0, world.users[self].quotas.count());
    }
}

/// Returns what a user can get in any case: with `n` quotas `(1 - 1/A(1)) * .. * (1 - 1/A(n-1)) / A(n)` of the maximum. Each
/// of the other users took its part when there were at most as many quotas as now, and left enough for later ones.
fn guaranteed(maximum: u64, n: u64) f64 {
    var left: f64 = @floatFromInt(maximum);
    for (1..n) |i| left *= 1 - 1 / @as(f64, @floatFromInt(acct.share(i)));
    return left / @as(f64, @floatFromInt(acct.share(n)));
}

test "a claimant is refused only if it would get more than its guaranteed share" {
    var random_state: std.Random.DefaultPrng = .init(testing.random_seed);
    const random = random_state.random();
    var refusals: usize = 0;
    for (0..40) |_| {
        const maximum = random.intRangeAtMost(u64, 1_000, 1_000_000);
        var world: World = try .open(.{ maximum, maximum });
        defer world.close();
        for (0..600) |_| {
            // Not the charged user itself, which may take all.
            const user = random.intRangeLessThan(usize, 1, n_users);
            const actor = random.uintLessThan(usize, n_actors);
            const asked = random.uintAtMost(u64, maximum / 50) + 1;
            if (random.uintLessThan(u8, 4) == 0 and world.charges.items.len > 0) {
                _ = world.discharge(random.uintLessThan(usize, world.charges.items.len));
                continue;
            }
            const quotas = &world.users[self].quotas;
            const before = quotas.get(world.users[user]);
            const n = quotas.count() + @intFromBool(before == null);
            const had: Amounts = if (before) |quota| quota.claimed else @splat(0);
            const claim = if (before) |quota| quota.claims.get(world.actors[user][actor]) else null;
            world.charge(user, actor, .{ asked, 0 }) catch {
                refusals += 1;
                const reserve = if (before) |quota| quota.available[0] else 0;
                const wanted = had[0] - reserve + 2 * asked + if (claim) |t| t.claimed[0] else 0;
                try testing.expect(@as(f64, @floatFromInt(wanted)) > guaranteed(maximum, n));
            };
        }
        while (world.charges.items.len > 0) _ = world.discharge(world.charges.items.len - 1);
    }
    try testing.expect(refusals > 100);
}

test "a new claimant gets its share, however much the others hold" {
    var world: World = try .open(.{ 1_000_000, 1_000_000 });
    defer world.close();
    for (1..n_users) |user| {
        const share: u64 = @intFromFloat(guaranteed(1_000_000, user) / 2); // its actors can get half each
        try world.charge(user, 0, .{ share, share });
        // And then as much as it can get.
        var more: u64 = 1 << 20;
        while (more > 0) world.charge(user, 0, .{ more, more }) catch {
            more /= 2;
        };
    }
    while (world.charges.items.len > 0) _ = world.discharge(0);
    try testing.expectEqual(world.users[self].maxima, world.users[self].available);
}

test "a user stays the same while anything is charged to it, or on its behalf" {
    const users = try Acct.create(.{ 100, 100 });
    defer users.unref();
    const payer = try users.user(1);
    const claimant = try users.user(2);
    const actor = try Actor.create(claimant);
    const claim = (try payer.charge(actor, .{ 3, 5 }, 2)).?;
    claimant.unref();
    actor.unref();
    {
        const again = try users.user(2);
        defer again.unref();
        try testing.expectEqual(claimant, again);
        try testing.expectError(error.Differs, users.userWith(2, .{ 101, null }));
        const same = try users.userWith(2, .{ 100, null });
        same.unref();
    }
    payer.unref();
    claim.discharge(.{ 2, 1 });
    claim.discharge(.{ 1, 4 });
    try testing.expectEqual(0, users.users.count());
    const other = try users.userWith(2, .{ null, acct.unlimited });
    try testing.expectEqual(Amounts{ 100, acct.unlimited }, other.maxima);
    other.unref();
}

test "a user is gone when its last actor has left, even if the actor is still referenced" {
    const users = try Acct.create(.{ 100, 100 });
    defer users.unref();
    const user = try users.user(1);
    const actor = try Actor.create(user);
    defer actor.unref();
    user.unref();
    const claim = (try actor.user.charge(null, .{ 1, 0 }, 1)).?;
    actor.leave();
    actor.leave();
    try testing.expectError(error.Differs, users.userWith(1, .{ 7, 7 }));
    claim.discharge(.{ 1, 0 });
    try testing.expectEqual(null, try actor.user.charge(null, .{ 1, 0 }, 1));
    try testing.expectEqual(0, actor.user.quotas.count());
    const other = try users.userWith(1, .{ 7, 7 });
    defer other.unref();
    try testing.expect(other != actor.user);
}

test "charging on one thread and giving back on another, while users come and go" {
    const n_threads = 4;
    const rounds = 3_000;
    const Charges = struct {
        /// What this thread has charged and the next one gives back.
        slots: [64]std.atomic.Value(?*Claim) = @splat(.init(null)),
    };
    const Racer = struct {
        fn run(users: *Acct, mine: *Charges, others: *Charges, seed: u64) void {
            var random_state: std.Random.DefaultPrng = .init(seed);
            const random = random_state.random();
            for (0..rounds) |_| {
                const payer = users.user(random.uintLessThan(u32, 2)) catch unreachable;
                defer payer.unref();
                const claimant = users.user(random.uintLessThan(u32, 3)) catch unreachable;
                defer claimant.unref();
                const actor = Actor.create(claimant) catch unreachable;
                defer actor.unref();
                if (payer.charge(if (random.boolean()) actor else null, .{ 1, 7 }, 1)) |charged| {
                    const claim = charged.?;
                    // Acquire and release: the exchange hands the charge over.
                    const old = mine.slots[random.uintLessThan(usize, 64)].swap(claim, .acq_rel);
                    if (old) |o| o.discharge(.{ 1, 7 });
                } else |e| if (e != error.Quota) unreachable;
                const found = others.slots[random.uintLessThan(usize, 64)].swap(null, .acq_rel);
                if (found) |claim| claim.discharge(.{ 1, 7 });
            }
        }
    };
    const users = try Acct.create(.{ 500, 3_000 });
    defer users.unref();
    var charges: [n_threads]Charges = @splat(.{});
    var threads: [n_threads]std.Thread = undefined;
    for (&threads, 0..) |*thread, i| {
        const next = &charges[(i + 1) % n_threads];
        thread.* = try std.Thread.spawn(.{}, Racer.run, .{ users, &charges[i], next, testing.random_seed +% i });
    }
    for (threads) |thread| thread.join();
    for (&charges) |*of| for (&of.slots) |*slot| {
        if (slot.load(.monotonic)) |claim| claim.discharge(.{ 1, 7 });
    };
    try testing.expectEqual(0, users.users.count());
}
