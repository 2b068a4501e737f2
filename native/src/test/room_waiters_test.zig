//! Tests of senders that wait for room, each on its own thread: no wake is lost, and the bound of the queue holds.

const std = @import("std");
const testing = std.testing;
const acct = @import("../bus/acct.zig");
const counts = @import("../bus/counts.zig");
const Handle = @import("../bus/handle.zig").Handle;
const Op = @import("../bus/op.zig").Op;
const Peer = @import("../bus/peer.zig").Peer;
const Waitq = @import("../bus/waitq.zig").Waitq;

const n_senders = 3;
const n_messages = 4000;
const data: [40]u8 = @splat(7);

const Sender = struct {
    peer: *Peer,
    to: *Handle,
    sent: usize = 0,
    waits: usize = 0,
    failure: ?anyerror = null,

    fn run(sender: *Sender) void {
        sender.sendAll() catch |e| {
            sender.failure = e;
        };
    }

    fn sendAll(sender: *Sender) !void {
        while (sender.sent < n_messages) {
            Op.send(sender.peer, sender.to, data[0 .. sender.sent % data.len]) catch |e| {
                if (e != error.Quota) return e;
                sender.waits += 1;
                // After a minute a lost wake fails the test instead of hanging it.
                if (!sender.peer.waitq.?.wait(sender, std.time.ns_per_min)) return error.LostWake;
                continue;
            };
            sender.sent += 1;
        }
    }

    pub fn isReady(sender: *Sender) bool {
        return sender.peer.isWritable(sender.to, sender.sent % data.len) catch |e| {
            sender.failure = e;
            return true;
        };
    }
};

/// Runs senders and a receiver, which receives `n_received` messages and then ends.
fn run(options: Peer.Options, n_received: usize) !void {
    const receiver = try Peer.createWith(null, options);
    var senders: [n_senders]Sender = undefined;
    for (&senders) |*sender| {
        const waitq = try Waitq.create(null, null);
        defer waitq.unref();
        const peer = try Peer.create(waitq);
        const node, const to = try receiver.newNode(peer);
        node.unref();
        sender.* = .{ .peer = peer, .to = to };
    }
    var threads: [n_senders]std.Thread = undefined;
    for (&threads, &senders) |*thread, *sender| thread.* = try std.Thread.spawn(.{}, Sender.run, .{sender});
    var received: usize = 0;
    while (received < n_received) {
        if (receiver.peek() == null) {
            std.atomic.spinLoopHint();
            continue;
        }
        if (receiver.queue_limit) |limit| {
            limit.mutex.lock();
            defer limit.mutex.unlock();
            try testing.expect(limit.used.messages <= limit.max.messages and limit.used.bytes <= limit.max.bytes);
        }
        receiver.pop();
        received += 1;
    }
    receiver.end();
    for (threads) |thread| thread.join();
    receiver.unref();
    var waits: usize = 0;
    for (&senders) |*sender| {
        if (sender.failure) |e| return e;
        try testing.expectEqual(n_messages, sender.sent);
        waits += sender.waits;
        sender.to.unref();
        sender.peer.end();
        sender.peer.unref();
    }
    try testing.expect(waits > 0);
    try testing.expectEqual(@as(counts.Totals, @splat(0)), counts.totals());
}

test "a sender that waits for room is woken by receives and by the end" {
    for ([_]usize{ n_senders * n_messages, n_messages }) |n_received| {
        try run(.{ .max_queued = .{ .messages = 3, .bytes = 90 } }, n_received);
    }
}

test "a sender that waits for a user's account is woken by receives and by the end" {
    for ([_]usize{ n_senders * n_messages, n_messages }) |n_received| {
        const users = try acct.Acct.create(.{ 200, 2000 });
        defer users.unref();
        const user = try users.user(1);
        const actor = try acct.Actor.create(user);
        user.unref();
        defer actor.unref();
        try run(.{ .actor = actor, .max_queued = .{ .messages = 50, .bytes = 4000 } }, n_received);
    }
}
