//! Lock-free singly linked list: many threads push, one takes all.
//!
//! The one atomic pointer of a receive queue. No thread ever removes a single element, so there is no ABA problem and
//! nothing to reclaim: an element belongs to its pusher until `push` succeeds, and to the taker after `take` or `seal`
//! has returned it. The list is in reverse order of arrival.
//!
//! Release and acquire hand the elements over. The push and the load of `take` are also sequentially consistent: that is half
//! of the waiting protocol (waitq.zig). A push and the load of `Waitq.armed` that follows it must not change places, and
//! neither must the arming and the load of `head` that follows that.
//!
//! Explored (explore/primitives.zig): `list: push and take` and `list: push and seal` fail each without its acquire, and
//! `wait: two senders, one sleeper` without sequential consistency on either side.

const std = @import("std");
const assert = std.debug.assert;
const atomic = @import("atomic.zig");

pub const Node = struct {
    next: ?*Node = null,
};

pub const List = struct {
    head: atomic.Value(?*Node) = .init(null),

    /// `head` points here once the list is sealed. Only its address counts.
    var sealed: Node = .{};

    /// Adds an element at the front. Returns false, and changes nothing, if the list is sealed.
    pub fn push(list: *List, node: *Node) bool {
        return list.pushChain(node, node);
    }

    /// Adds elements that are linked already, from the newest to the oldest, at once. Returns false, and leaves the elements
    /// as they were, if the list is sealed.
    pub fn pushChain(list: *List, newest: *Node, oldest: *Node) bool {
        // Relaxed: only a guess, which the exchange below confirms.
        var head = list.head.load(.monotonic);
        while (true) {
            if (head == &sealed) {
                // An earlier try may have linked it to elements that belong to the taker now.
                oldest.next = null;
                return false;
            }
            oldest.next = head;
            // Pairs with the swaps in `take` and `seal`, which hand over all that was written before.
            // Relaxed on failure: again only a guess.
            head = list.head.cmpxchgWeak(head, newest, .seq_cst, .monotonic) orelse return true;
        }
    }

    /// Takes all elements, newest first.
    pub fn take(list: *List) ?*Node {
        const head = list.head.load(.seq_cst);
        if (head == null or head == &sealed) return null;
        // Acquire: pairs with the exchange in `push`. That is enough: the swap takes the newest in any case, the empty list
        // passes nothing on, and the look of a waiter is the load above.
        // Only the taker and `seal` (never at the same time) make the list empty or sealed.
        return list.head.swap(null, .acquire);
    }

    /// Takes all elements, newest first, and makes the list refuse all later ones.
    pub fn seal(list: *List) ?*Node {
        // Acquire: pairs with the exchange in `push`, and is enough, as in `take`; the sealer does not wait.
        const head = list.head.swap(&sealed, .acquire);
        assert(head != &sealed);
        return head;
    }

    /// Whether the list refuses all pushes.
    pub fn isSealed(list: *const List) bool {
        // Relaxed: it stays sealed, and a caller that gets false must be ready for a push that fails.
        return list.head.load(.monotonic) == &sealed;
    }

    /// Whether a `take` would probably find nothing.
    pub fn isEmpty(list: *const List) bool {
        // Relaxed: only a guess; a caller that must know takes.
        const head = list.head.load(.monotonic);
        return head == null or head == &sealed;
    }
};

test "take returns newest first, and empties" {
    var list: List = .{};
    var nodes: [3]Node = @splat(.{});
    for (&nodes) |*node| try std.testing.expect(list.push(node));
    var it = list.take();
    for (0..3) |i| {
        try std.testing.expectEqual(&nodes[2 - i], it.?);
        it = it.?.next;
    }
    try std.testing.expect(it == null and list.isEmpty());
}

test "a sealed list refuses" {
    var list: List = .{};
    var nodes: [2]Node = @splat(.{});
    try std.testing.expect(list.push(&nodes[0]));
    try std.testing.expectEqual(&nodes[0], list.seal().?);
    try std.testing.expect(!list.push(&nodes[1]));
    try std.testing.expect(list.take() == null and list.isEmpty());
}

test "every element of many threads arrives once, in each thread's order" {
    const Item = struct { node: Node = .{}, thread: u32, number: u32 };
    const threads = 4;
    const each = 20_000;
    const Pusher = struct {
        fn run(list: *List, items: []Item) void {
            for (items) |*item| std.debug.assert(list.push(&item.node));
        }
    };

    const items = try std.testing.allocator.alloc(Item, threads * each);
    defer std.testing.allocator.free(items);
    for (items, 0..) |*item, i| item.* = .{ .thread = @intCast(i / each), .number = @intCast(i % each) };

    var list: List = .{};
    var running: [threads]std.Thread = undefined;
    for (&running, 0..) |*thread, i| {
        thread.* = try std.Thread.spawn(.{}, Pusher.run, .{ &list, items[i * each ..][0..each] });
    }
    var seen: [threads]u32 = @splat(0);
    var total: usize = 0;
    while (total < threads * each) {
        // In one take a thread's elements come newest first, so the first that is seen of each shows how many there are.
        var counts: [threads]u32 = @splat(0);
        var it = list.take();
        var last: [threads]u32 = @splat(std.math.maxInt(u32));
        while (it) |node| : (it = node.next) {
            const item: *Item = @fieldParentPtr("node", node);
            try std.testing.expect(item.number < last[item.thread]);
            last[item.thread] = item.number;
            counts[item.thread] += 1;
            total += 1;
        }
        for (&seen, counts, last) |*s, n, l| {
            if (n > 0) try std.testing.expectEqual(s.*, l);
            s.* += n;
        }
    }
    for (running) |thread| thread.join();
    try std.testing.expectEqual(@as([threads]u32, @splat(each)), seen);
}
