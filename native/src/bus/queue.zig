//! The receive queue of a peer, and the transactions whose parts wait in it.
//!
//! A sender pushes every part of a transaction onto its receiver's lock-free list, then sets the one `committed` flag
//! that all the parts share, then wakes the receivers. The receiver takes its whole list at once when it has nothing
//! ready, and only then reads the flags. From this follow the rules of order:
//!
//! - **Atomic.** Nothing is ready before the flag is set, and it is set after the last push.
//! - **No early look.** Who received a part has read the flag. Whoever looks after that reads it too, since the flag is
//!   never cleared, and finds its own part, since that was pushed before the flag was set.
//! - **Causal.** Let B be committed by someone who could know of A, and let a receiver take B's part. A's parts were
//!   pushed before A's flag was set, that before B's part was pushed: so A's part is in this take or was taken earlier,
//!   and A's flag, **read after the take**, is seen set. A's part lies behind B's in the (reversed) list or on `busy`,
//!   so it goes to the front of `ready` later than B's does, and is received first. A flag read before the take could
//!   be stale with respect to B: hence the order in `prefetch`.
//! - **In order within a transaction**: parts are pushed in the order in which they are to be received, and `busy`
//!   keeps the order of those that were taken before the flag was set.
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

/// What happens as one. Reference: `Tx`.
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

    /// Lets it happen.
    pub fn commit(tx: *Tx) void {
        // Release: pairs with the load in `isCommitted`; the parts, pushed before, are there for whoever sees the flag.
        // Sequentially consistent, since the look at `Waitq.armed` that follows must not come before it (waitq.zig).
        tx.flag.store(true, .seq_cst);
    }

    /// Whether it has happened. A part without a transaction is committed by its push.
    pub fn isCommitted(maybe: ?*Tx) bool {
        const tx = maybe orelse return true;
        // Acquire: pairs with the store in `commit`. Sequentially consistent for the second look of a waiter, which
        // must not come before it has armed (waitq.zig).
        return tx.flag.load(.seq_cst);
    }
};

/// One part of a transaction: what arrives at one receiver. It lies inside a `Message` or a `Handle`.
pub const Part = struct {
    link: lll.Node = .{},
    tx: ?*Tx = null,
    kind: Kind,
    /// The user for whom it was sent.
    account: u32 = acct.nobody,

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

    /// Forgets the transaction; once the part has left its queue.
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
    /// Committed, oldest first. The receiver's.
    ready: ?*Part align(std.atomic.cache_line) = null,
    /// Taken before its transaction was committed, newest first. The receiver's.
    busy: ?*Part = null,

    /// Adds a part. False, and nothing done, if the queue is sealed. The queue gets the caller's reference to what the
    /// part lies in.
    pub fn push(queue: *Queue, part: *Part) bool {
        return queue.incoming.push(&part.link);
    }

    /// Whether nothing that is pushed arrives any more.
    pub fn isSealed(queue: *const Queue) bool {
        return queue.incoming.isSealed();
    }

    /// Adds parts without transactions, linked from the newest to the oldest, at once: the push commits each of them.
    pub fn pushChain(queue: *Queue, newest: *Part, oldest: *Part) bool {
        return queue.incoming.pushChain(&newest.link, &oldest.link);
    }

    /// The oldest committed part, which stays where it is.
    pub fn first(queue: *Queue) ?*Part {
        if (queue.ready == null) queue.prefetch();
        return queue.ready;
    }

    /// Removes what `first` returned.
    pub fn removeFirst(queue: *Queue) void {
        queue.ready = queue.ready.?.next();
    }

    /// Takes what has come in without a look at whether it is committed, so that the receiver can see it. What comes of it
    /// is the same as without: it is as new as it was to the parts behind it, and whoever receives next takes what has
    /// come since, and reads the flags of all of them after that.
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

    /// Takes all that is queued, committed or not, oldest first, and refuses all that comes later.
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
        // What is on `ready` was taken before `incoming`, and is older than all that `busy` did not let pass.
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

test "what was gathered is received in the order in which it would have been" {
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
    queue.gather(); // with something ready, and something held back
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

test "nothing is ready before the commit, and what was held back comes first" {
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
