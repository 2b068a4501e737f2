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

pub const Writers = struct {
    first: ?*Writer = null,

    const Writer = struct {
        waitq: *Waitq,
        /// The least that it waits for.
        bytes: u64,
        next: ?*Writer,
    };

    /// Leaves word, once for each wait queue.
    pub fn add(writers: *Writers, waitq: *Waitq, bytes: u64) error{OutOfMemory}!void {
        var it = writers.first;
        while (it) |writer| : (it = writer.next) {
            if (writer.waitq != waitq) continue;
            writer.bytes = @min(writer.bytes, bytes);
            return;
        }
        const writer = try heap.allocator.create(Writer);
        writer.* = .{ .waitq = waitq.ref(), .bytes = bytes, .next = writers.first };
        writers.first = writer;
    }

    /// Takes those off who wait for no more than so many bytes.
    pub fn take(writers: *Writers, bytes: u64) Writers {
        var taken: Writers = .{};
        var link = &writers.first;
        while (link.*) |writer| {
            if (writer.bytes <= bytes) {
                link.* = writer.next;
                writer.next = taken.first;
                taken.first = writer;
            } else link = &writer.next;
        }
        return taken;
    }

    /// Takes all off.
    pub fn takeAll(writers: *Writers) Writers {
        defer writers.first = null;
        return writers.*;
    }

    /// Wakes those who were taken. Not under a lock.
    pub fn wake(taken: Writers) void {
        var it = taken.first;
        while (it) |writer| {
            it = writer.next;
            writer.waitq.wake();
            writer.waitq.unref();
            heap.allocator.destroy(writer);
        }
    }
};
