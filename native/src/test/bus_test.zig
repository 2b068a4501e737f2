//! Tests of the bus at the level of operators: the rules of order and release that only the object API can show, and the known
//! faults of the reference. The rules that the facade can show are tested there, on every engine.

const std = @import("std");
const testing = std.testing;
const counts = @import("../bus/counts.zig");
const heap = @import("../base/heap.zig");
const Handle = @import("../bus/handle.zig").Handle;
const Message = @import("../bus/message.zig").Message;
const Op = @import("../bus/op.zig").Op;
const Part = @import("../bus/queue.zig").Part;
const Peer = @import("../bus/peer.zig").Peer;
const Shared = @import("../bus/message.zig").Shared;
const Tx = @import("../bus/queue.zig").Tx;

/// Ends the peer and drops the test's reference.
fn finish(peer: *Peer) void {
    if (!peer.ended) peer.end();
    peer.unref();
}

fn expectNothingLeft() !void {
    try testing.expectEqual(@as(counts.Totals, @splat(0)), counts.totals());
}

/// Makes a node on `owner` and a handle to it on `holder`; only the peers keep references.
fn newNode(owner: *Peer, holder: *Peer) !*Handle {
    const node, const handle = try owner.newNode(holder);
    node.unref();
    handle.unref();
    return handle;
}

fn expectMessage(peer: *Peer, bytes: []const u8) !*Message {
    const part = peer.peek() orelse return error.NothingReady;
    try testing.expectEqual(Part.Kind.user, part.kind);
    const message = Message.of(part);
    try testing.expectEqualStrings(bytes, message.data());
    return message;
}

fn expectRelease(peer: *Peer, kind: Part.Kind, handle: *Handle) !void {
    const part = peer.peek() orelse return error.NothingReady;
    try testing.expectEqual(kind, part.kind);
    try testing.expectEqual(handle, Handle.of(part));
    peer.pop();
}

fn expectNothing(peer: *Peer) !void {
    try testing.expect(peer.first(.every) == null);
    try testing.expect(peer.peek() == null);
}

fn release(peer: *Peer, handle: *Handle) !void {
    const op = try Op.create(peer);
    errdefer op.destroy();
    try op.releaseHandle(handle);
    try op.commit();
}

test "a peer is readable while it has a message, and not after" {
    const a = try Peer.create(null);
    const b = try Peer.create(null);
    const to_a = try newNode(a, b);
    try testing.expect(a.first(.every) == null);
    try Op.send(b, to_a, "one");
    try testing.expect(a.first(.every) != null);
    _ = try expectMessage(a, "one");
    a.pop();
    try expectNothing(a);
    finish(a);
    finish(b);
    try expectNothingLeft();
}

test "the end discards parts that are ready, held back and incoming: no cycle through queued handles" {
    const a = try Peer.create(null);
    const b = try Peer.create(null);
    const to_a = try newNode(a, b);
    const reply = try newNode(b, b);
    for (0..3) |i| {
        const op = try Op.create(b);
        try op.sendMessage(to_a, &.{ reply, to_a }, .{ .bytes = "handles" });
        try op.commit();
        // Some lie on `ready`, with one of them peeked, some on the incoming list.
        if (i == 1) _ = a.peek();
    }
    a.end();
    try expectRelease(b, .node_release, to_a);
    // The copies of `reply` were released with notification.
    var released: usize = 0;
    while (b.peek()) |part| : (released += 1) {
        try testing.expectEqual(Part.Kind.handle_release, part.kind);
        b.pop();
    }
    try testing.expectEqual(3, released);
    a.popEnded();
    finish(a);
    finish(b);
    try expectNothingLeft();
}

test "a part that is not committed at the seal is left to its sender" {
    const a = try Peer.create(null);
    const b = try Peer.create(null);
    const to_a = try newNode(a, b);
    const reply = try newNode(b, b);

    // The commit of an op, stopped between the push and the flag.
    const message = try Message.create(b, to_a, &.{reply}, .{ .bytes = "late" });
    const tx = try Tx.create();
    message.part.tx = tx.ref();
    message.count(b);
    b.counts.add(.handles, 1);
    message.transfers()[0].link(tx);
    try testing.expect(a.queue.push(&message.ref().part));

    finish(a);
    try expectRelease(b, .node_release, to_a);
    try expectNothing(b); // the copy is not released before its transaction is committed
    tx.commit();
    tx.unref();
    try testing.expect(message.isSecond());
    const copy = message.transfers()[0].ref();
    defer copy.unref();
    message.discard(b);
    message.unref(null);
    try expectRelease(b, .handle_release, copy);
    finish(b);
    try expectNothingLeft();
}

test "peek pins: neither a release nor the end frees or skips a peeked message before its pop" {
    const a = try Peer.create(null);
    const b = try Peer.create(null);
    const node, const to_a = try a.newNode(b);
    defer node.unref();
    defer to_a.unref();
    try Op.send(b, to_a, "pinned");
    const message = try expectMessage(a, "pinned");
    const op = try Op.create(a);
    try op.releaseNode(node);
    try op.commit();
    try testing.expectEqual(message, try expectMessage(a, "pinned"));
    a.end();
    try testing.expectEqualStrings("pinned", message.data());
    a.popEnded();
    a.unref();
    finish(b);
    try expectNothingLeft();
}

test "a release in two operations: the second commit fails" {
    const a = try Peer.create(null);
    const b = try Peer.create(null);
    const to_a = try newNode(a, b);
    const first = try Op.create(b);
    const second = try Op.create(b);
    try first.releaseHandle(to_a);
    try first.releaseHandle(to_a);
    try second.releaseHandle(to_a);
    try first.commit();
    try testing.expectError(error.Released, second.commit());
    try expectRelease(a, .handle_release, to_a);
    try expectNothing(a);
    finish(a);
    finish(b);
    try expectNothingLeft();
}

test "every handle release is delivered, and remaining counts down to 0" {
    const a = try Peer.create(null);
    const b = try Peer.create(null);
    const to_a = try newNode(a, b);
    const copy = try b.newHandle(to_a);
    defer copy.unref();
    try release(b, to_a);
    try release(b, copy);
    for ([_]u64{ 1, 0 }) |remaining| {
        const part = a.peek().?;
        try testing.expectEqual(remaining, Handle.of(part).node.remaining());
        a.pop();
    }
    try expectNothing(a);
    finish(a);
    finish(b);
    try expectNothingLeft();
}

test "a send_message that fails changes nothing, whichever allocation fails" {
    const a = try Peer.create(null);
    const b = try Peer.create(null);
    const to_a = try newNode(a, b);
    const reply = try newNode(b, b);
    const real = heap.allocator;
    defer heap.allocator = real;
    var k: usize = 0;
    while (true) : (k += 1) {
        var failing: testing.FailingAllocator = .init(real, .{ .fail_index = k });
        heap.allocator = failing.allocator();
        const before = counts.totals();
        const op = Op.create(b) catch continue;
        if (op.sendMessage(to_a, &.{ reply, reply, to_a }, .{ .bytes = "bytes" })) |_| {
            try op.commit();
            break;
        } else |_| {
            op.destroy();
            try testing.expectEqual(before, counts.totals());
            try expectNothing(a);
        }
    }
    try testing.expect(k > 6);
    heap.allocator = real;
    _ = try expectMessage(a, "bytes");
    a.pop();
    finish(a);
    finish(b);
    try expectNothingLeft();
}

test "a copy that is committed during the release of its node is told after that, and after its message" {
    const a = try Peer.create(null);
    const b = try Peer.create(null);
    const c = try Peer.create(null);
    const node, const to_node = try a.newNode(b);
    defer node.unref();
    defer to_node.unref();
    const to_c = try newNode(c, b);

    // The release R, stopped before its flag.
    const tx = try Tx.create();
    a.disownNode(node);
    node.release(a, tx);

    const op = try Op.create(b);
    try op.sendMessage(to_c, &.{to_node}, .{ .bytes = "take this" });
    try op.commit();
    const message = try expectMessage(c, "take this");
    const copy = message.transfers()[0];
    c.pop();
    try expectNothing(c); // R is not committed
    const across = try c.newHandle(to_node);
    defer across.unref();
    try expectNothing(c);
    try expectNothing(b);

    tx.commit();
    tx.unref();
    node.finishRelease();
    node.unref();
    try expectRelease(b, .node_release, to_node);
    try expectRelease(c, .node_release, copy);
    try expectRelease(c, .node_release, across);
    try expectNothing(c);
    for ([_]*Peer{ a, b, c }) |peer| finish(peer);
    try expectNothingLeft();
}

test "a multicast shares its bytes" {
    const a = try Peer.create(null);
    const b = try Peer.create(null);
    const handles = [_]*Handle{ try newNode(a, b), try newNode(a, b), try newNode(b, b) };
    const op = try Op.create(b);
    const shared = try Shared.create(null, "for all");
    for (handles) |handle| try op.sendMessage(handle, &.{}, .{ .shared = shared });
    shared.unref();
    try op.commit();
    try testing.expectEqual(7, counts.totals()[@backingInt(counts.Kind.bytes)]);
    const bytes = (try expectMessage(a, "for all")).data().ptr;
    a.pop();
    try testing.expectEqual(bytes, (try expectMessage(a, "for all")).data().ptr);
    a.pop();
    finish(b);
    finish(a);
    try expectNothingLeft();
}
