//! The bound that a peer sets to its own queue, in messages and bytes, and who waits for room there.
//!
//! A sender reserves room for a message when it is added to its transaction, before anything is published, and gives it
//! back if that comes to nothing; the receiver gives it back when the message was received or is discarded. A sender
//! that finds no room may leave word with its wait queue.
//!
//! **No wake is lost.** What is used and who waits are under one lock. A waiter arms its wait queue, then, under the
//! lock, looks and leaves word if there is no room. Whoever makes room does so under the same lock, and afterwards wakes
//! those who have left word: they armed before they took the lock, so the wake finds them armed. A node that goes is
//! marked under its own lock, and then all who have left word are woken; a waiter looks at the mark after it has left
//! word. So either it sees the mark, or its word was there when they were woken. A peer that has set no bound has no
//! room to lock, and whoever sends to it never gets here.

const std = @import("std");
const heap = @import("heap.zig");
const Mutex = @import("mutex.zig").Mutex;
const Waitq = @import("waitq.zig").Waitq;

pub const Room = struct {
    max: Size,
    mutex: Mutex align(std.atomic.cache_line) = .{},
    /// Under the mutex.
    used: Size = .{ .messages = 0, .bytes = 0 },
    /// Under the mutex.
    waiters: ?*Waiter = null,

    /// `unlimited` is as good as any number that cannot be reached.
    pub const Size = struct { messages: u64, bytes: u64 };

    const Waiter = struct {
        waitq: *Waitq,
        /// The least that it waits for.
        bytes: u64,
        next: ?*Waiter,

        /// Wakes all of a list, and frees it.
        fn wakeAll(list: ?*Waiter) void {
            var it = list;
            while (it) |waiter| {
                it = waiter.next;
                waiter.waitq.wake();
                waiter.waitq.unref();
                heap.allocator.destroy(waiter);
            }
        }
    };

    pub fn create(max: Size) error{OutOfMemory}!*Room {
        const room = try heap.allocator.create(Room);
        room.* = .{ .max = max };
        return room;
    }

    /// Nobody has a handle any more through which he could wait.
    pub fn destroy(room: *Room) void {
        room.wakeAll();
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
        const woken = room.takeWaiters();
        room.mutex.unlock();
        Waiter.wakeAll(woken);
    }

    /// Whether there is room for one message. If not, the wait queue, which must have been armed before this, is woken
    /// when there is, or when `wakeAll` says so.
    pub fn has(room: *Room, bytes: u64, waitq: *Waitq) error{ OutOfMemory, Quota }!bool {
        if (room.max.messages == 0 or bytes > room.max.bytes) return error.Quota; // never
        room.mutex.lock();
        defer room.mutex.unlock();
        if (room.fits(bytes)) return true;
        var it = room.waiters;
        while (it) |waiter| : (it = waiter.next) {
            if (waiter.waitq != waitq) continue;
            waiter.bytes = @min(waiter.bytes, bytes);
            return false;
        }
        const waiter = try heap.allocator.create(Waiter);
        waiter.* = .{ .waitq = waitq.ref(), .bytes = bytes, .next = room.waiters };
        room.waiters = waiter;
        return false;
    }

    /// Wakes all who wait: a node is gone, or the peer has ended.
    pub fn wakeAll(room: *Room) void {
        room.mutex.lock();
        const woken = room.waiters;
        room.waiters = null;
        room.mutex.unlock();
        Waiter.wakeAll(woken);
    }

    fn fits(room: *const Room, bytes: u64) bool {
        return room.used.messages < room.max.messages and bytes <= room.max.bytes -| room.used.bytes;
    }

    /// Those for whom there is room now. More may come than fit together: who finds it gone waits again.
    fn takeWaiters(room: *Room) ?*Waiter {
        var woken: ?*Waiter = null;
        var link = &room.waiters;
        while (link.*) |waiter| {
            if (room.fits(waiter.bytes)) {
                link.* = waiter.next;
                waiter.next = woken;
                woken = waiter;
            } else link = &waiter.next;
        }
        return woken;
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
    try testing.expectEqual(0, small.armed.load(.monotonic));
    try testing.expect(large.armed.load(.monotonic) != 0);
    room.giveBack(90);
    try testing.expectEqual(0, large.armed.load(.monotonic));
    try testing.expect(try room.has(100, small));
}
