//! The receive queue of a peer, and transactions, which commit the parts that wait in queues.
//!
//! A sender pushes every part of a transaction onto its receiver's lock-free list, then sets the one `committed` flag
//! that all the parts share, then wakes the receivers. The receiver takes its whole list at once when it has no part
//! ready, and only then reads the flags. This gives the rules of order:
//!
//! - **Atomic.** No part is ready before the flag is set, and the flag is set after the last push.
//! - **No early look.** A receiver that got a part has read the flag. A receiver that looks later reads it too, because the
//!   flag is never cleared, and finds its own part, because that was pushed before the flag was set.
//! - **Causal.** Let B be committed by a sender that could know of A, and let a receiver take B's part. A's parts were
//!   pushed before A's flag was set, and that was before B's part was pushed: so A's part is in this take or was taken
//!   earlier, and A's flag, **read after the take**, is seen set. A's part lies behind B's in the (reversed) list or on
//!   `busy`, so it goes to the front of `ready` later than B's does, and is received first. A flag read before the take could
//!   be stale with respect to B: hence the order in `prefetch`.
//! - **In order within a transaction**: parts are pushed in the order in which they are to be received, and `busy`
//!   keeps the order of the parts that were taken before the flag was set.
//!
//! A part without a transaction is one of its own: the push is its commit.
//!
//! Explored (explore/order.zig): the scenarios of `order` for the rules, of which `order: a sleeper` fails where the flag
//! is not sequentially consistent. With all steps in one order the rules are checked by a model, too: test/model.

const std = @import("std");
const acct = @import("acct.zig");
const atomic = @import("../base/atomic.zig");
const lll = @import("../base/lll.zig");
const heap = @import("../base/heap.zig");
const Peer = @import("peer.zig").Peer;

/// A transaction: parts that are committed together. Reference: `Tx`.
pub const Tx = struct {
    refs: atomic.Value(u32) = .init(1),
    flag: atomic.Value(bool) = .init(false),

    pub fn create() error{OutOfMemory}!*Tx {
        const tx = try heap.allocator.create(Tx);
        tx.* = .{};
        return tx;
    }

    pub fn ref(tx: *Tx) *Tx {
        heap.ref(&tx.refs);
        return tx;
    }

    pub fn unref(tx: *Tx) void {
        if (heap.unref(&tx.refs)) heap.allocator.destroy(tx);
    }

    /// Commits the parts that were pushed.
    pub fn commit(tx: *Tx) void {
        // Release: pairs with the load in `isCommitted`; a thread that sees the flag finds the parts, pushed before.
        // Sequentially consistent, because the load of `Waitq.armed` that follows must not come before it (waitq.zig).
        tx.flag.store(true, .seq_cst);
    }

    /// Whether it is committed. A part without a transaction is committed by its push.
    pub fn isCommitted(maybe: ?*Tx) bool {
        const tx = maybe orelse return true;
        // Acquire: pairs with the store in `commit`. Sequentially consistent for the second look of a waiter, which
        // must not come before the arming (waitq.zig).
        return tx.flag.load(.seq_cst);
    }
};

/// One part of a transaction: what arrives at one receiver. It lies inside a `Message` or a `Handle`.
pub const Part = struct {
    link: lll.Node = .{},
    tx: ?*Tx = null,
    kind: Kind,
    /// The user of the sender.
    account: u32 = acct.no_user,

    pub const Kind = enum(u8) {
        /// In a `Message`.
        user,
        /// In a `Handle`, for its owner: the node is gone.
        node_release,
        /// In a `Handle`, for the owner of its node: the handle is gone.
        handle_release,
    };

    fn of(link: *lll.Node) *Part {
        return @fieldParentPtr("link", link);
    }

    pub fn next(part: *const Part) ?*Part {
        return if (part.link.next) |link| of(link) else null;
    }

    pub fn setNext(part: *Part, following: ?*Part) void {
        part.link.next = if (following) |f| &f.link else null;
    }

    /// Drops the transaction. The part has left its queue.
    pub fn leave(part: *Part) void {
        if (part.tx) |tx| tx.unref();
        part.tx = null;
    }
};

/// Parts in the order in which they were appended, linked as in the queue.
pub const PartList = struct {
    first: ?*Part = null,
    last: ?*Part = null,

    pub fn append(list: *PartList, part: *Part) void {
        part.setNext(null);
        if (list.last) |last| last.setNext(part) else list.first = part;
        list.last = part;
    }
};

pub const Queue = struct {
    /// Pushed by any thread; on a cache line of its own.
    incoming: lll.List align(std.atomic.cache_line) = .{},
    /// Committed parts, oldest first. The receiver's.
    ready: ?*Part align(std.atomic.cache_line) = null,
    /// Parts that were taken before their transaction was committed, newest first. The receiver's.
    busy: ?*Part = null,

    /// Adds a part. Returns false, and changes nothing, if the queue is sealed. The queue gets the caller's reference to the
    /// object that the part lies in.
    pub fn push(queue: *Queue, part: *Part) bool {
        return queue.incoming.push(&part.link);
    }

    /// Whether the queue refuses all parts.
    pub fn isSealed(queue: *const Queue) bool {
        return queue.incoming.isSealed();
    }

    /// Adds parts without transactions, linked from the newest to the oldest, with one push, which commits each of them.
    pub fn pushChain(queue: *Queue, newest: *Part, oldest: *Part) bool {
        return queue.incoming.pushChain(&newest.link, &oldest.link);
    }

    /// Returns the oldest committed part, without removing it.
    pub fn first(queue: *Queue) ?*Part {
        if (queue.ready == null) queue.prefetch();
        return queue.ready;
    }

    /// Removes what `first` returned.
    pub fn removeFirst(queue: *Queue) void {
        queue.ready = queue.ready.?.next();
    }

    /// Moves what has come in to `busy`, so that inspection can read it, without reading the flags. This changes no order:
    /// the parts stay newer than what `busy` held, and the next receive takes what has come in since, and reads the flags of
    /// all parts after that.
    pub fn gather(queue: *Queue) void {
        const newest = queue.incoming.take() orelse return;
        var oldest = Part.of(newest);
        while (oldest.next()) |older| oldest = older;
        oldest.setNext(queue.busy);
        queue.busy = Part.of(newest);
    }

    fn prefetch(queue: *Queue) void {
        const taken = queue.incoming.take();
        if (taken == null and queue.busy == null) return;
        // From here on the flags may be read, not before: see "Causal".
        const newest: ?*Part = if (taken) |link| Part.of(link) else null;
        var busy: PartList = .{};
        for ([_]?*Part{ newest, queue.busy }) |list| {
            var it = list;
            while (it) |part| {
                it = part.next();
                if (Tx.isCommitted(part.tx)) {
                    part.setNext(queue.ready);
                    queue.ready = part;
                } else {
                    busy.append(part);
                }
            }
        }
        queue.busy = busy.first;
    }

    /// Removes and returns all parts, committed or not, oldest first, and refuses all that come later.
    pub fn seal(queue: *Queue) ?*Part {
        const taken = queue.incoming.seal();
        var late: ?*Part = null;
        for ([_]?*Part{ if (taken) |link| Part.of(link) else null, queue.busy }) |list| {
            var it = list;
            while (it) |part| {
                it = part.next();
                part.setNext(late);
                late = part;
            }
        }
        // The parts on `ready` were taken before those on `incoming`, and are received before those on `busy`.
        var all: PartList = .{};
        for ([_]?*Part{ queue.ready, late }) |list| {
            var it = list;
            while (it) |part| {
                it = part.next();
                all.append(part);
            }
        }
        queue.ready = null;
        queue.busy = null;
        return all.first;
    }
};

test "parts that were gathered are received in the same order" {
    const a = try Tx.create();
    defer a.unref();
    var queue: Queue = .{};
    var parts: [6]Part = @splat(.{ .kind = .user });
    for ([_]usize{ 1, 3 }) |i| parts[i].tx = a;
    try std.testing.expect(queue.push(&parts[0]) and queue.push(&parts[1]));
    queue.gather();
    try std.testing.expect(queue.incoming.isEmpty() and queue.ready == null);
    try std.testing.expectEqual(&parts[0], queue.first().?);
    for (parts[2..5]) |*part| try std.testing.expect(queue.push(part));
    queue.gather(); // with one part ready, and one held back
    try std.testing.expectEqual(&parts[0], queue.first().?);
    queue.removeFirst();
    try std.testing.expect(queue.push(&parts[5]));
    a.commit();
    for (parts[1..]) |*part| {
        try std.testing.expectEqual(part, queue.first().?);
        queue.removeFirst();
    }
    try std.testing.expect(queue.first() == null);
    queue.gather();
    try std.testing.expect(queue.first() == null and queue.seal() == null);
}

test "a part is not ready before its commit, and is then received before newer ones" {
    const a = try Tx.create();
    defer a.unref();
    var queue: Queue = .{};
    var parts: [3]Part = .{ .{ .kind = .user, .tx = a }, .{ .kind = .user }, .{ .kind = .user, .tx = a } };
    for (&parts) |*part| try std.testing.expect(queue.push(part));
    try std.testing.expectEqual(&parts[1], queue.first().?);
    queue.removeFirst();
    try std.testing.expect(queue.first() == null);
    var b: Part = .{ .kind = .user };
    try std.testing.expect(queue.push(&b));
    a.commit();
    for ([_]*Part{ &parts[0], &parts[2], &b }) |part| {
        try std.testing.expectEqual(part, queue.first().?);
        queue.removeFirst();
    }
    try std.testing.expect(queue.first() == null);
}
