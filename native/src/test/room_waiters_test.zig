//! Senders that wait for room, on threads of their own: no wake is lost, and no more is queued than may be.

const std = @import("std");
const testing = std.testing;
const acct = @import("../bus/acct.zig");
const counts = @import("../bus/counts.zig");
const Handle = @import("../bus/handle.zig").Handle;
const Op = @import("../bus/op.zig").Op;
const Peer = @import("../bus/peer.zig").Peer;
const Waitq = @import("../bus/waitq.zig").Waitq;

const n_writers = 3;
const n_messages = 4000;
const data: [40]u8 = @splat(7);

const Writer = struct {
    peer: *Peer,
    to: *Handle,
    sent: usize = 0,
    waits: usize = 0,
    failure: ?anyerror = null,

    fn run(writer: *Writer) void {
        writer.write() catch |e| {
            writer.failure = e;
        };
    }

    fn write(writer: *Writer) !void {
        while (writer.sent < n_messages) {
            Op.send(writer.peer, writer.to, data[0 .. writer.sent % data.len]) catch |e| {
                if (e != error.Quota) return e;
                writer.waits += 1;
                // A minute is never: a lost wake fails the test instead of hanging it.
                if (!writer.peer.waitq.?.wait(writer, std.time.ns_per_min)) return error.LostWake;
                continue;
            };
            writer.sent += 1;
        }
    }

    pub fn isReady(writer: *Writer) bool {
        return writer.peer.isWritable(writer.to, writer.sent % data.len) catch |e| {
            writer.failure = e;
            return true;
        };
    }
};

/// Lets writers send to a reader, which receives `n_received` messages and then ends.
fn run(options: Peer.Options, n_received: usize) !void {
    const reader = try Peer.createWith(null, options);
    var writers: [n_writers]Writer = undefined;
    for (&writers) |*writer| {
        const waitq = try Waitq.create(null, null);
        defer waitq.unref();
        const peer = try Peer.create(waitq);
        const node, const to = try reader.newNode(peer);
        node.unref();
        writer.* = .{ .peer = peer, .to = to };
    }
    var threads: [n_writers]std.Thread = undefined;
    for (&threads, &writers) |*thread, *writer| thread.* = try std.Thread.spawn(.{}, Writer.run, .{writer});
    var received: usize = 0;
    while (received < n_received) {
        if (reader.peek() == null) {
            std.atomic.spinLoopHint();
            continue;
        }
        if (reader.queue_limit) |limit| {
            limit.mutex.lock();
            defer limit.mutex.unlock();
            try testing.expect(limit.used.messages <= limit.max.messages and limit.used.bytes <= limit.max.bytes);
        }
        reader.pop();
        received += 1;
    }
    reader.end();
    for (threads) |thread| thread.join();
    reader.unref();
    var waits: usize = 0;
    for (&writers) |*writer| {
        if (writer.failure) |e| return e;
        try testing.expectEqual(n_messages, writer.sent);
        waits += writer.waits;
        writer.to.unref();
        writer.peer.end();
        writer.peer.unref();
    }
    try testing.expect(waits > 0);
    try testing.expectEqual(@as(counts.Totals, @splat(0)), counts.totals());
}

test "whoever waits for room is woken, by those who receive and by the end" {
    for ([_]usize{ n_writers * n_messages, n_messages }) |n_received| {
        try run(.{ .max_queued = .{ .messages = 3, .bytes = 90 } }, n_received);
    }
}

test "whoever waits for a user's account is woken, by those who receive and by the end" {
    for ([_]usize{ n_writers * n_messages, n_messages }) |n_received| {
        const users = try acct.Acct.create(.{ 200, 2000 });
        defer users.unref();
        const user = try users.user(1);
        const actor = try acct.Actor.create(user);
        user.unref();
        defer actor.unref();
        try run(.{ .actor = actor, .max_queued = .{ .messages = 50, .bytes = 4000 } }, n_received);
    }
}
