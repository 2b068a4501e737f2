//! The bound that a peer sets to its own queue, in messages and bytes.
//!
//! A sender reserves room for a message when it adds the message to its transaction, before anything is published, and
//! gives it back if the message is not published. The receiver gives it back when it receives or discards the message. What
//! is used and the senders that wait for room (room_waiters.zig) are under one lock. A peer without a bound has no such lock,
//! and sending to it costs nothing here.

const std = @import("std");
const heap = @import("../base/heap.zig");
const Mutex = @import("../base/mutex.zig").Mutex;
const RoomWaiters = @import("room_waiters.zig").RoomWaiters;
const Waitq = @import("waitq.zig").Waitq;

pub const QueueLimit = struct {
    max: Size,
    mutex: Mutex align(std.atomic.cache_line) = .{},
    /// Under the mutex.
    used: Size = .{ .messages = 0, .bytes = 0 },
    /// Under the mutex.
    waiters: RoomWaiters = .{},

    pub const Size = struct { messages: u64, bytes: u64 };

    pub fn create(max: Size) error{OutOfMemory}!*QueueLimit {
        const limit = try heap.allocator.create(QueueLimit);
        limit.* = .{ .max = max };
        return limit;
    }

    /// No thread has a handle any more through which it could send.
    pub fn destroy(limit: *QueueLimit) void {
        limit.waiters.wake();
        heap.allocator.destroy(limit);
    }

    /// Reserves room for one message. Returns false, and changes nothing, if there is not enough.
    pub noinline fn reserve(limit: *QueueLimit, bytes: u64) bool {
        limit.mutex.lock();
        defer limit.mutex.unlock();
        if (!limit.fits(bytes)) return false;
        limit.used.messages += 1;
        limit.used.bytes += bytes;
        return true;
    }

    /// Gives the room of one message back.
    pub noinline fn giveBack(limit: *QueueLimit, bytes: u64) void {
        limit.mutex.lock();
        limit.used.messages -= 1;
        limit.used.bytes -= bytes;
        // Perhaps more waiters than fit together: those that find no room wait again (room_waiters.zig).
        const woken = if (limit.fits(0)) limit.waiters.take(limit.max.bytes - limit.used.bytes) else RoomWaiters{};
        limit.mutex.unlock();
        woken.wake();
    }

    /// Whether there is room for one message. If not, the wait queue, which must have been armed before, is woken when there
    /// is.
    pub fn has(limit: *QueueLimit, bytes: u64, waitq: *Waitq) error{ OutOfMemory, Quota }!bool {
        if (limit.max.messages == 0 or bytes > limit.max.bytes) return error.Quota; // there never will be
        limit.mutex.lock();
        defer limit.mutex.unlock();
        if (limit.fits(bytes)) return true;
        try limit.waiters.add(waitq, bytes);
        return false;
    }

    fn fits(limit: *const QueueLimit, bytes: u64) bool {
        return limit.used.messages < limit.max.messages and bytes <= limit.max.bytes - limit.used.bytes;
    }
};

test "a waiter is woken when there is room for the bytes that it waits for" {
    const testing = std.testing;
    const limit = try QueueLimit.create(.{ .messages = 2, .bytes = 100 });
    defer limit.destroy();
    const small = try Waitq.create(null, null);
    defer small.unref();
    const large = try Waitq.create(null, null);
    defer large.unref();

    try testing.expect(limit.reserve(10));
    try testing.expect(!limit.reserve(91));
    try testing.expect(limit.reserve(90));
    try testing.expect(!limit.reserve(0));
    try testing.expectError(error.Quota, limit.has(101, small));
    for ([_]*Waitq{ small, large }, [_]u64{ 10, 50 }) |waitq, bytes| {
        _ = waitq.prepare();
        try testing.expect(!try limit.has(bytes, waitq));
    }
    try testing.expect(!try limit.has(100, small)); // the same waiter waits for the lesser of two
    limit.giveBack(10);
    try testing.expect(!isArmed(small));
    try testing.expect(isArmed(large));
    limit.giveBack(90);
    try testing.expect(!isArmed(large));
    try testing.expect(try limit.has(100, small));
}

fn isArmed(waitq: *const Waitq) bool {
    return waitq.armed.load(.monotonic) & Waitq.sleeping != 0;
}
