//! Room waiters: the wait queues of senders that wait for room in a bounded queue (queue_limit.zig) or on a user's account
//! (acct.zig).
//!
//! **No wake is lost.** The list is under the lock of what is full. A sender that waits
//!
//! 1. arms its wait queue,
//! 2. takes the lock, looks for room, and adds its wait queue to the list if there is none.
//!
//! A thread that makes room does so under the same lock, takes the waiters off the list that may have it, unlocks, and wakes
//! them. They have armed before they took the lock, so the wake finds them armed. A woken waiter may find no room, because
//! another sender was quicker: then it waits again.
//!
//! A node that goes needs no entry here: its release marks it, and then wakes the owner of every handle to it
//! (`Node.finishRelease`). A waiter has armed before it looks at the mark, and so is woken if it did not see the mark.
//!
//! Explored (explore/resources.zig): the scenarios of `room`, and `account: claimants wait`.

const heap = @import("../base/heap.zig");
const Waitq = @import("waitq.zig").Waitq;

pub const RoomWaiters = struct {
    first: ?*RoomWaiter = null,

    const RoomWaiter = struct {
        waitq: *Waitq,
        /// The least number of bytes that it waits for.
        bytes: u64,
        next: ?*RoomWaiter,
    };

    /// Adds a wait queue, or takes note that it waits for these bytes as well.
    pub fn add(waiters: *RoomWaiters, waitq: *Waitq, bytes: u64) error{OutOfMemory}!void {
        var it = waiters.first;
        while (it) |waiter| : (it = waiter.next) {
            if (waiter.waitq != waitq) continue;
            waiter.bytes = @min(waiter.bytes, bytes);
            return;
        }
        const waiter = try heap.allocator.create(RoomWaiter);
        waiter.* = .{ .waitq = waitq.ref(), .bytes = bytes, .next = waiters.first };
        waiters.first = waiter;
    }

    /// Removes and returns the waiters that wait for no more than `bytes`.
    pub fn take(waiters: *RoomWaiters, bytes: u64) RoomWaiters {
        var taken: RoomWaiters = .{};
        var link = &waiters.first;
        while (link.*) |waiter| {
            if (waiter.bytes <= bytes) {
                link.* = waiter.next;
                waiter.next = taken.first;
                taken.first = waiter;
            } else link = &waiter.next;
        }
        return taken;
    }

    /// Removes and returns all waiters.
    pub fn takeAll(waiters: *RoomWaiters) RoomWaiters {
        defer waiters.first = null;
        return waiters.*;
    }

    /// Wakes waiters that were taken. Not under a lock.
    pub fn wake(taken: RoomWaiters) void {
        var it = taken.first;
        while (it) |waiter| {
            it = waiter.next;
            waiter.waitq.wake();
            waiter.waitq.unref();
            heap.allocator.destroy(waiter);
        }
    }
};
