//! Lock-free single-linked list: many threads push, one takes all.
//!
//! The one atomic pointer of a receive queue. Nobody ever removes a single element, so there is no ABA problem and
//! nothing to reclaim: an element belongs to its pusher until `push` succeeds, and to the taker after `take` or `seal`
//! has returned it. The list is in reverse order of arrival.
//!
//! Release and acquire hand the elements over. The push and the look of `take` are sequentially consistent, too: that is
//! half of the waiting protocol (waitq.zig). A push and the look at `Waitq.armed` that follows it must not change
//! places, and neither must arming and the look at `head` that follows that.
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

    /// What `head` holds once the list is sealed. Its address is all that counts.
    var sealed: Node = .{};

    /// Adds an element at the front. False, and nothing done, if the list is sealed.
    pub fn push(list: *List, node: *Node) bool {
        return list.pushChain(node, node);
    }

    /// Adds elements that are linked already, from the newest to the oldest, at once. False, and the elements as they
    /// were, if the list is sealed.
    pub fn pushChain(list: *List, newest: *Node, oldest: *Node) bool {
        // Relaxed: only a guess, which the exchange below confirms.
        var head = list.head.load(.monotonic);
        while (true) {
            if (head == &sealed) {
                // Perhaps linked to what was there when it was tried before, which is somebody else's now.
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
        // Acquire: pairs with the exchange in `push`. No more is needed: the swap takes the newest in any case, nothing is
        // told by the empty list, and who waits has looked above.
        // Only the taker and `seal` (never at once) make the list empty or sealed.
        return list.head.swap(null, .acquire);
    }

    /// Takes all elements, newest first, and refuses all that come later.
    pub fn seal(list: *List) ?*Node {
        // Acquire: pairs with the exchange in `push`, and is enough, as in `take`; the sealer does not wait.
        const head = list.head.swap(&sealed, .acquire);
        assert(head != &sealed);
        return head;
    }

    /// Whether the list refuses all that comes.
    pub fn isSealed(list: *const List) bool {
        // Relaxed: it stays sealed, and whoever is told that it is not yet has to be ready for a push that fails.
        return list.head.load(.monotonic) == &sealed;
    }

    /// Whether a `take` would find nothing, or so it seems.
    pub fn isEmpty(list: *const List) bool {
        // Relaxed: only a guess; who must know takes.
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
        // In one take a thread's elements come newest first, so the first one seen of each tells how many there are.
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
