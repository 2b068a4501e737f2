//! Stress tests: threads do everything to each other at the same time. Nothing is lost, received twice or left over. The thread
//! sanitizer finds more here than a count can.

const std = @import("std");
const testing = std.testing;
const acct = @import("../bus/acct.zig");
const counts = @import("../bus/counts.zig");
const Handle = @import("../bus/handle.zig").Handle;
const Message = @import("../bus/message.zig").Message;
const Op = @import("../bus/op.zig").Op;
const Peer = @import("../bus/peer.zig").Peer;
const QueueLimit = @import("../bus/queue_limit.zig").QueueLimit;
const Shared = @import("../bus/message.zig").Shared;
const Waitq = @import("../bus/waitq.zig").Waitq;

/// One thread with one peer.
const Actor = struct {
    peer: *Peer,
    random: std.Random.DefaultPrng,
    /// The last number from each actor: the messages of one sender are received in order.
    seen: [actors]u64 = @splat(0),
    sent: u64 = 0,
    number: u32,
    failure: ?anyerror = null,

    const actors = 4;
    const steps = 3000;

    /// The bytes of a message.
    const Body = extern struct { actor: u64, number: u64 };

    fn run(actor: *Actor) void {
        actor.act() catch |e| {
            actor.failure = e;
        };
        actor.peer.end();
    }

    fn act(actor: *Actor) !void {
        // Each ends at another time, while the others go on.
        for (0..steps + actor.number * 500) |_| {
            actor.step() catch |e| if (e != error.Quota) return e;
        }
    }

    fn step(actor: *Actor) !void {
        switch (actor.random.random().uintLessThan(u32, 8)) {
            0, 1 => if (actor.pick()) |to| {
                const content = actor.body();
                try Op.send(actor.peer, to, std.mem.asBytes(&content));
            },
            2, 3 => try actor.transact(),
            4 => {
                const node, const handle = try actor.peer.newNode(actor.peer);
                node.unref();
                handle.unref();
            },
            5 => try actor.releaseOne(),
            else => try actor.receiveAll(),
        }
    }

    fn body(actor: *Actor) Body {
        actor.sent += 1;
        return .{ .actor = actor.number, .number = actor.sent };
    }

    /// Returns one of the peer's handles.
    fn pick(actor: *Actor) ?*Handle {
        var handle = actor.peer.owned_handles.first orelse return null;
        for (0..actor.random.random().uintLessThan(usize, 20)) |_| handle = handle.owned.next orelse return handle;
        return handle;
    }

    fn transact(actor: *Actor) !void {
        const op = try Op.create(actor.peer);
        errdefer op.destroy();
        const content = actor.body();
        const shared = try Shared.create(null, std.mem.asBytes(&content));
        defer shared.unref();
        for (0..actor.random.random().uintAtMost(usize, 3)) |_| {
            const to = actor.pick() orelse break;
            const sources = [_]*Handle{ actor.pick().?, to };
            try op.sendMessage(to, sources[0..actor.random.random().uintAtMost(usize, 2)], .{ .shared = shared });
        }
        if (actor.random.random().uintLessThan(u32, 4) == 0) if (actor.pick()) |handle| try op.releaseHandle(handle);
        try op.commit();
    }

    fn releaseOne(actor: *Actor) !void {
        const op = try Op.create(actor.peer);
        errdefer op.destroy();
        // Leaves some nodes to send to.
        if (actor.peer.nodes.count > 8) try op.releaseNode(actor.peer.owned_nodes.first.?);
        if (actor.pick()) |handle| try op.releaseHandle(handle);
        try op.commit();
    }

    fn receiveAll(actor: *Actor) !void {
        while (actor.peer.peek()) |part| {
            if (part.kind == .user) {
                const message = Message.of(part);
                const content = std.mem.bytesToValue(Body, message.data()[0..@sizeOf(Body)]);
                // An equal number is another part of the same transaction.
                if (content.number < actor.seen[content.actor]) return error.OutOfOrder;
                actor.seen[content.actor] = content.number;
            }
            actor.peer.pop();
        }
    }
};

/// Opens a peer. In every other round, the peers have small bounds, and users with small maxima; the last one has no user.
fn openPeer(users: *acct.Acct, round: usize, i: usize) !*Peer {
    if (round % 2 == 0) return Peer.create(null);
    const max_queued: QueueLimit.Size = .{ .messages = 200, .bytes = 3000 };
    if (i == Actor.actors - 1) return Peer.createWith(null, .{ .max_queued = max_queued });
    const user = try users.user(@intCast(i / 2));
    defer user.unref();
    const actor = try acct.Actor.create(user);
    defer actor.unref();
    return Peer.createWith(null, .{ .actor = actor, .max_queued = max_queued });
}

test "threads that send, transfer, release and end" {
    const users = try acct.Acct.create(.{ 2000, 40_000 });
    defer users.unref();
    for (0..4) |round| {
        var actors: [Actor.actors]Actor = undefined;
        for (&actors, 0..) |*actor, i| actor.* = .{
            .peer = try openPeer(users, round, i),
            .number = @intCast(i),
            .random = .init(testing.random_seed + round * Actor.actors + i),
        };
        for (&actors) |*owner| for (&actors) |*holder| {
            const node, const handle = try owner.peer.newNode(holder.peer);
            node.unref();
            handle.unref();
        };
        var threads: [Actor.actors]std.Thread = undefined;
        for (&threads, &actors) |*thread, *actor| thread.* = try std.Thread.spawn(.{}, Actor.run, .{actor});
        for (threads) |thread| thread.join();
        for (&actors) |*actor| {
            if (actor.failure) |e| return e;
            actor.peer.unref();
        }
        try testing.expectEqual(0, users.users.count());
        try testing.expectEqual(@as(counts.Totals, @splat(0)), counts.totals());
    }
}

/// One of two receivers of multicasts: what the other has received, this one must find.
const Lookout = struct {
    peer: *Peer,
    /// How many parts either has received, signalled outside the bus.
    told: *std.atomic.Value(u64),
    missing: bool = false,

    const rounds = 5000;

    fn run(lookout: *Lookout) void {
        var had: u64 = 0;
        while (had < rounds) {
            const before = lookout.told.load(.acquire);
            while (lookout.peer.peek() != null) : (had += 1) lookout.peer.pop();
            if (had < before) lookout.missing = true;
            _ = lookout.told.fetchMax(had, .release);
        }
    }
};

test "no early look: a receiver that knows of a transaction finds its own part" {
    const sender = try Peer.create(null);
    var told: std.atomic.Value(u64) = .init(0);
    var lookouts: [2]Lookout = undefined;
    var handles: [2]*Handle = undefined;
    for (&lookouts, &handles) |*lookout, *handle| {
        lookout.* = .{ .peer = try Peer.create(null), .told = &told };
        const node, handle.* = try lookout.peer.newNode(sender);
        node.unref();
    }
    var threads: [2]std.Thread = undefined;
    for (&threads, &lookouts) |*thread, *lookout| thread.* = try std.Thread.spawn(.{}, Lookout.run, .{lookout});
    for (0..Lookout.rounds) |_| {
        const op = try Op.create(sender);
        for (handles) |handle| try op.sendMessage(handle, &.{}, .{ .bytes = "both" });
        try op.commit();
    }
    for (threads) |thread| thread.join();
    for (handles) |handle| handle.unref();
    sender.end();
    sender.unref();
    for (lookouts) |lookout| {
        try testing.expect(!lookout.missing);
        lookout.peer.end();
        lookout.peer.unref();
    }
    try testing.expectEqual(@as(counts.Totals, @splat(0)), counts.totals());
}

const Sleeper = struct {
    peer: *Peer,
    waitq: *Waitq,
    received: usize = 0,

    const messages = 20_000;

    pub fn isReady(sleeper: *Sleeper) bool {
        return sleeper.peer.peek() != null;
    }

    fn run(sleeper: *Sleeper) void {
        while (sleeper.received < messages) {
            // After a minute a lost wake fails the test instead of hanging it.
            if (!sleeper.waitq.wait(sleeper, std.time.ns_per_min)) return;
            sleeper.peer.pop();
            sleeper.received += 1;
        }
    }
};

test "a sleeper misses no wake" {
    const waitq = try Waitq.create(null, null);
    defer waitq.unref();
    const sender = try Peer.create(null);
    var sleeper: Sleeper = .{ .peer = try Peer.create(waitq), .waitq = waitq };
    const node, const handle = try sleeper.peer.newNode(sender);
    node.unref();
    handle.unref();
    const thread = try std.Thread.spawn(.{}, Sleeper.run, .{&sleeper});
    for (0..Sleeper.messages) |i| {
        if (i % 2 == 0) {
            try Op.send(sender, handle, "single");
            continue;
        }
        // A transaction with a flag: the waiter may find the part before it is committed.
        const op = try Op.create(sender);
        try op.sendMessage(handle, &.{handle}, .{ .bytes = "with a copy" });
        try op.commit();
    }
    thread.join();
    try testing.expectEqual(Sleeper.messages, sleeper.received);
    for ([_]*Peer{ sender, sleeper.peer }) |peer| {
        peer.end();
        peer.unref();
    }
    try testing.expectEqual(@as(counts.Totals, @splat(0)), counts.totals());
}
