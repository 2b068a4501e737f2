//! The bound that a peer sets to its own queue, in messages and bytes.
//!
//! A sender reserves room for a message when it is added to its transaction, before anything is published, and gives it
//! back if that comes to nothing; the receiver gives it back when the message was received or is discarded. What is used,
//! and who waits (room_waiters.zig), are under one lock. A peer that has set no bound has no room to lock, and whoever sends
//! to it never gets here.

const std = @import("std");
const heap = @import("../base/heap.zig");
const Mutex = @import("../base/mutex.zig").Mutex;
const Waitq = @import("waitq.zig").Waitq;
const Writers = @import("room_waiters.zig").Writers;

pub const Room = struct {
    max: Size,
    mutex: Mutex align(std.atomic.cache_line) = .{},
    /// Under the mutex.
    used: Size = .{ .messages = 0, .bytes = 0 },
    /// Under the mutex.
    writers: Writers = .{},

    pub const Size = struct { messages: u64, bytes: u64 };

    pub fn create(max: Size) error{OutOfMemory}!*Room {
        const room = try heap.allocator.create(Room);
        room.* = .{ .max = max };
        return room;
    }

    /// Nobody has a handle any more through which he could send.
    pub fn destroy(room: *Room) void {
        room.writers.wake();
        heap.allocator.destroy(room);
    }

    /// Room for one message; false, and nothing done, if there is none.
    pub noinline fn reserve(room: *Room, bytes: u64) bool {
        room.mutex.lock();
        defer room.mutex.unlock();
        if (!room.fits(bytes)) return false;
        room.used.messages += 1;
        room.used.bytes += bytes;
        return true;
    }

    /// The room of one message is free again.
    pub noinline fn giveBack(room: *Room, bytes: u64) void {
        room.mutex.lock();
        room.used.messages -= 1;
        room.used.bytes -= bytes;
        // More may come than fit together: see room_waiters.zig.
        const woken = if (room.fits(0)) room.writers.take(room.max.bytes - room.used.bytes) else Writers{};
        room.mutex.unlock();
        woken.wake();
    }

    /// Whether there is room for one message. If not, the wait queue, which must have been armed before this, is woken
    /// when there is.
    pub fn has(room: *Room, bytes: u64, waitq: *Waitq) error{ OutOfMemory, Quota }!bool {
        if (room.max.messages == 0 or bytes > room.max.bytes) return error.Quota; // never
        room.mutex.lock();
        defer room.mutex.unlock();
        if (room.fits(bytes)) return true;
        try room.writers.add(waitq, bytes);
        return false;
    }

    fn fits(room: *const Room, bytes: u64) bool {
        return room.used.messages < room.max.messages and bytes <= room.max.bytes - room.used.bytes;
    }
};

test "those who wait are woken when there is room for what they wait for" {
    const testing = std.testing;
    const room = try Room.create(.{ .messages = 2, .bytes = 100 });
    defer room.destroy();
    const small = try Waitq.create(null, null);
    defer small.unref();
    const large = try Waitq.create(null, null);
    defer large.unref();

    try testing.expect(room.reserve(10));
    try testing.expect(!room.reserve(91));
    try testing.expect(room.reserve(90));
    try testing.expect(!room.reserve(0));
    try testing.expectError(error.Quota, room.has(101, small));
    for ([_]*Waitq{ small, large }, [_]u64{ 10, 50 }) |waitq, bytes| {
        _ = waitq.prepare();
        try testing.expect(!try room.has(bytes, waitq));
    }
    try testing.expect(!try room.has(100, small)); // the same one waits for the lesser of two
    room.giveBack(10);
    try testing.expect(!isArmed(small));
    try testing.expect(isArmed(large));
    room.giveBack(90);
    try testing.expect(!isArmed(large));
    try testing.expect(try room.has(100, small));
}

fn isArmed(waitq: *const Waitq) bool {
    return waitq.armed.load(.monotonic) & Waitq.sleeping != 0;
}
