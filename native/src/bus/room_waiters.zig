//! Those who wait for room: in a bounded queue (queue_limit.zig), or on a user's account (acct.zig).
//!
//! **No wake is lost.** The list is under the lock of what is full. Whoever waits arms its wait queue, and then, under the
//! lock, looks, and leaves word here if there is no room. Whoever makes room does so under the same lock, takes from the
//! list those who may have it, and wakes them when it has let the lock go: they armed before they took the lock, so the
//! wake finds them armed. It may come for nothing, as others may be quicker: then they leave word again.
//!
//! A node that goes needs no word here: its release marks it, and then tells and wakes the owner of every handle to it
//! (`Node.finishRelease`). Whoever waits armed before he looked at the mark, and so is woken if he did not see it.
//!
//! Explored (explore/resources.zig): the scenarios of `room`, and `account: claimants wait`.

const heap = @import("../base/heap.zig");
const Waitq = @import("waitq.zig").Waitq;

pub const RoomWaiters = struct {
    first: ?*RoomWaiter = null,

    const RoomWaiter = struct {
        waitq: *Waitq,
        /// The least that it waits for.
        bytes: u64,
        next: ?*RoomWaiter,
    };

    /// Leaves word, once for each wait queue.
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

    /// Takes those off who wait for no more than so many bytes.
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

    /// Takes all off.
    pub fn takeAll(waiters: *RoomWaiters) RoomWaiters {
        defer waiters.first = null;
        return waiters.*;
    }

    /// Wakes those who were taken. Not under a lock.
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
