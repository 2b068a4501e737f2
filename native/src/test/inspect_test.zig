//! Inspection shows everything that exists and nothing else, and is safe while other threads work.

const std = @import("std");
const testing = std.testing;
const abi = @import("../abi/abi.zig");
const abi_inspect = @import("../abi/inspect.zig");
const counts = @import("../bus/counts.zig");
const inspect_records = @import("../base/inspect_records.zig");
const seen = @import("inspect_reader.zig");
const Errno = @import("../base/errno.zig").Errno;

const records = @import("../base/records.zig");
const Head = inspect_records.Head;
const Record = inspect_records.Record;
const nan = std.math.nan(f64);

/// The number of the isolate for which this thread stands.
threadlocal var isolate: ?u32 = null;

/// A peer, as JavaScript holds it.
const Held = struct {
    slot: u32,
    key: u32,

    fn open(name: []const u8) !Held {
        var options: records.PeerOptions = .{};
        var words: [2]u32 = undefined;
        if (isolate == null) isolate = @intCast(abi.bus1_isolate_open());
        const text: [*]u8 = @constCast(name.ptr);
        try testing.expectEqual(0, abi.bus1_peer_open(isolate.?, @ptrCast(&options), text, @intCast(name.len), &words));
        return .{ .slot = words[0], .key = words[1] };
    }

    fn end(held: Held) void {
        _ = abi.bus1_peer_end(held.slot, held.key);
    }

    /// The ids of a node here and a handle there.
    fn node(held: Held, other: Held, name: []const u8) ![2]f64 {
        var ids: [2]f64 = undefined;
        const text: [*]u8 = @constCast(name.ptr);
        const n: u32 = @intCast(name.len);
        try testing.expectEqual(0, abi.bus1_node_new_named(held.slot, held.key, other.slot, other.key, text, n, &ids));
        return ids;
    }

    fn send(held: Held, to: f64, transfers: []const f64, text: []const u8) !void {
        var ids: [8]f64 = undefined;
        ids[0] = to;
        @memcpy(ids[1..][0..transfers.len], transfers);
        const n: u32 = @intCast(transfers.len);
        const answer = abi.bus1_send_many(held.slot, held.key, &ids, 1, n, @constCast(text.ptr), @intCast(text.len));
        try testing.expectEqual(0, answer);
    }

    fn inspect(held: Held, buffer: []u8) ![]const u8 {
        const answer = abi_inspect.bus1_inspect_peer(held.slot, held.key, buffer.ptr, @intCast(buffer.len));
        try testing.expect(answer >= 0);
        return buffer[0..@intCast(answer)];
    }
};

fn inspectAll(buffer: []u8) ![]const u8 {
    const answer = abi_inspect.bus1_inspect(buffer.ptr, @intCast(buffer.len));
    try testing.expect(answer >= 0);
    return buffer[0..@intCast(answer)];
}

/// An object, and its name.
const Told = struct { Record, []const u8 };

fn expectTold(expected: []const Told, bytes: []const u8) !void {
    var at: usize = 0;
    for (expected) |told| {
        const record, const name = told;
        switch (record) {
            inline else => |body, kind| {
                const written = records.read(@TypeOf(body), bytes[at..]);
                try testing.expectEqual(@backingInt(kind), written.head.kind);
                inline for (@typeInfo(@TypeOf(body)).@"struct".field_names[1..]) |field| {
                    try expectSame(@field(body, field), @field(written, field));
                }
                at += @sizeOf(@TypeOf(body));
                try testing.expectEqualStrings(name, bytes[at..][0..written.head.n_name]);
                at += records.aligned(written.head.n_name);
            },
        }
    }
    try testing.expectEqual(bytes.len, at);
}

fn expectSame(expected: f64, number: f64) !void {
    if (std.math.isNan(expected)) return testing.expect(std.math.isNan(number));
    try testing.expectEqual(expected, number);
}

fn numberOf(held: Held) !f64 {
    var buffer: [4096]u8 = undefined;
    return records.read(inspect_records.Peer, try held.inspect(&buffer)).number;
}

test "an inspection shows what a peer has and which peers can reach it, and changes nothing" {
    const a = try Held.open("server");
    const b = try Held.open("");
    const node, const handle = try a.node(b, "files");
    const own, const own_handle = try b.node(b, "");
    try b.send(handle, &.{}, "hello");
    try b.send(handle, &.{own_handle}, "with a handle");
    const one, const two = .{ try numberOf(a), try numberOf(b) };
    try testing.expect(one != two);
    const before = counts.totals();

    var buffer: [4096]u8 = undefined;
    for (0..2) |_| {
        try expectTold(&.{
            .{ .{ .peer = .{ .number = one, .nodes = 1, .handles = 0, .messages = 2, .bytes = 18 } }, "server" },
            .{ .{ .node = .{ .id = node, .handles = 1, .messages = 2, .bytes = 18 } }, "files" },
            .{ .{ .handle = .{ .id = 0, .node = own, .peer = two, .gone = 0 } }, "" },
        }, try a.inspect(&buffer));
        try expectTold(&.{
            .{ .{ .peer = .{ .number = two, .nodes = 1, .handles = 2, .messages = 0, .bytes = 0 } }, "" },
            .{ .{ .node = .{ .id = own, .handles = 2, .messages = 0, .bytes = 0 } }, "" },
            .{ .{ .handle = .{ .id = handle, .node = node, .peer = one, .gone = 0 } }, "" },
            .{ .{ .handle = .{ .id = own_handle, .node = own, .peer = two, .gone = 0 } }, "" },
        }, try b.inspect(&buffer));
        try expectTold(&.{
            .{ .{ .peer = .{ .number = one, .nodes = 1 } }, "server" },
            .{ .{ .node = .{ .id = node, .handles = 1 } }, "files" },
            .{ .{ .holder = .{ .id = handle, .peer = two } }, "" },
            .{ .{ .peer = .{ .number = two, .nodes = 1 } }, "" },
            .{ .{ .node = .{ .id = own, .handles = 2 } }, "" },
            .{ .{ .holder = .{ .id = own_handle, .peer = two } }, "" },
            .{ .{ .holder = .{ .id = 0, .peer = one } }, "" }, // in flight
        }, try inspectAll(&buffer));
        try testing.expectEqual(before, counts.totals());
    }

    // Released here, and the release is not received there.
    var ids = [_]f64{own};
    try testing.expectEqual(0, abi.bus1_release(b.slot, b.key, &ids, 1));
    a.end();
    try expectTold(&.{
        .{ .{ .peer = .{ .number = two, .nodes = 0, .handles = 2, .messages = 0, .bytes = 0 } }, "" },
        .{ .{ .handle = .{ .id = handle, .node = node, .peer = one, .gone = 1 } }, "" },
        .{ .{ .handle = .{ .id = own_handle, .node = own, .peer = two, .gone = 1 } }, "" },
    }, try b.inspect(&buffer));
    try expectTold(&.{.{ .{ .peer = .{ .number = two, .nodes = 0 } }, "" }}, try inspectAll(&buffer));
    try testing.expectEqual(Errno.ESHUTDOWN.negative(), abi_inspect.bus1_inspect_peer(a.slot, a.key, &buffer, buffer.len));
    b.end();
    try expectTold(&.{}, try inspectAll(&buffer));
}

test "records that do not fit are not written, and their size is returned" {
    const a = try Held.open("a name");
    defer a.end();
    for (0..3) |_| _ = try a.node(a, "of nine b");
    var whole: [2048]u8 = undefined;
    const all = try a.inspect(&whole);
    for (0..all.len + 16) |size| {
        var buffer: [2048]u8 = @splat(seen.untouched);
        const answer = abi_inspect.bus1_inspect_peer(a.slot, a.key, &buffer, @intCast(size));
        try testing.expectEqual(all.len, @as(usize, @intCast(answer)));
        _ = try seen.check(&buffer, answer, size);
    }
    try testing.expectEqual(@as(i32, @intCast(all.len)), abi_inspect.bus1_inspect_peer(a.slot, a.key, null, 0));
    var text: [4]u8 = undefined;
    try testing.expectEqual(6, abi_inspect.bus1_name(a.slot, a.key, 0, &text, text.len));
    try testing.expectEqualStrings("a na", &text);
    try testing.expectEqual(Errno.EBADRQC.negative(), abi_inspect.bus1_name(a.slot, a.key, nan, &text, text.len));
    try testing.expectEqual(Errno.ESHUTDOWN.negative(), abi_inspect.bus1_name(a.slot, a.key +% 7, 0, null, 0));
}

/// Creates, copies, sends, releases, receives and ends, while others look.
const Worker = struct {
    rounds: u32,

    fn run(worker: *Worker) void {
        worker.work() catch |e| std.debug.panic("{t}", .{e});
    }

    fn work(worker: *Worker) !void {
        for (0..worker.rounds) |round| {
            const a = try Held.open("worker");
            const b = try Held.open("");
            const node, const handle = try a.node(b, "node");
            var ids: [4]f64 = undefined;
            try testing.expectEqual(0, abi.bus1_handle_copy(b.slot, b.key, handle, a.slot, a.key, &ids));
            try b.send(handle, &.{ handle, handle }, "copies");
            var chunk: [1024]u8 align(8) = undefined;
            if (round % 3 != 0) try testing.expectEqual(1, abi.bus1_recv(a.slot, a.key, &chunk, 0, chunk.len, 1));
            ids[0] = handle;
            if (round % 2 == 0) try testing.expectEqual(0, abi.bus1_release(b.slot, b.key, &ids, 1));
            ids[0] = node;
            if (round % 4 == 0) try testing.expectEqual(0, abi.bus1_release(a.slot, a.key, &ids, 1));
            a.end();
            b.end();
        }
    }
};

test "other threads work during inspections" {
    var workers: [3]Worker = @splat(.{ .rounds = 300 });
    var threads: [3]std.Thread = undefined;
    const a = try Held.open("onlooker");
    defer a.end();
    _ = try a.node(a, "");
    for (&threads, &workers) |*thread, *worker| thread.* = try std.Thread.spawn(.{}, Worker.run, .{worker});
    var buffer: [1 << 14]u8 = undefined;
    var most: u64 = 0;
    for (0..2000) |_| {
        @memset(&buffer, seen.untouched);
        const answer = abi_inspect.bus1_inspect(&buffer, buffer.len);
        most = @max(most, try seen.check(&buffer, answer, buffer.len));
        @memset(&buffer, seen.untouched);
        const own = abi_inspect.bus1_inspect_peer(a.slot, a.key, &buffer, buffer.len);
        try testing.expectEqual(1, try seen.check(&buffer, own, buffer.len));
    }
    for (threads) |thread| thread.join();
    try testing.expect(most >= 1);
}
