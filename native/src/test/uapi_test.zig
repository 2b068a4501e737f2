//! The uapi, served to a process that is not trusted: each command as the specification says, and with all kinds of bad
//! arguments. A command that fails has no effect.

const std = @import("std");
const testing = std.testing;
const counts = @import("../bus/counts.zig");
const heap = @import("../base/heap.zig");
const types = @import("../base/uapi_types.zig");
const Caller = @import("uapi_caller.zig").Caller;
const Errno = @import("../base/errno.zig").Errno;
const File = @import("../uapi/server.zig").File;

const created = Caller.created;
const user = types.BUS1_MESSAGE_TYPE_USER;
const node_release = types.BUS1_MESSAGE_TYPE_NODE_RELEASE;
const handle_release = types.BUS1_MESSAGE_TYPE_HANDLE_RELEASE;
const invalid = types.BUS1_INVALID;
const max = std.math.maxInt(u64);

test "a message with handles, from one peer to another" {
    var caller: Caller = .{};
    const a = try caller.open();
    const b = try caller.open();
    const node, const to_a = try caller.create(a, b);
    const own, const reply = try caller.create(b, b);
    try testing.expectEqual(.{ 1, 1, 3, 5 }, .{ node, to_a, own, reply });
    try testing.expectEqual(0, try caller.send(b, &.{to_a}, "hello", &.{ reply, to_a }));
    try testing.expect(a.isReadable() and !b.isReadable());
    try caller.expectUser(a, node, "hello", &.{ 3, 5 });
    try testing.expectEqual(0, try caller.send(a, &.{3}, "", &.{}));
    try caller.expectUser(b, own, "", &.{});
    try caller.expectNothing(a);
    try caller.expectNothing(b);
    try caller.finish();
}

test "unknown requests and bad arguments" {
    var caller: Caller = .{};
    const a = try caller.open();
    const there = caller.space(u8, 64);
    for ([_]u32{ 0, 1, max & 0xffff_ffff, 0x5401, types.BUS1_CMD_SEND ^ (1 << 16), types.BUS1_CMD_SEND + 2 }) |request| {
        try testing.expectEqual(Errno.ENOTTY.negative(), try caller.ioctl(a, request, there));
        try testing.expectEqual(Errno.ENOTTY.negative(), try caller.ioctl(a, request, 0));
    }
    for ([_]u32{
        types.BUS1_CMD_TRANSFER,
        types.BUS1_CMD_RELEASE,
        types.BUS1_CMD_SEND,
        types.BUS1_CMD_RECV,
    }) |request| {
        for ([_]u64{ 0, 8, max, max - 7, caller.edge(.write).end, caller.edge(.write).end - 8 }) |argument| {
            try testing.expectEqual(Errno.EFAULT.negative(), try caller.ioctl(a, request, argument));
        }
    }
    try caller.finish();
}

test "TRANSFER: all elements take effect in order, on the same peer or another" {
    var caller: Caller = .{};
    const a = try caller.open();
    const b = try caller.open();
    const src = caller.array(types.Transfer, &.{ created, created, .{ .id = 1 } });
    const dst = caller.space(types.Transfer, 3);
    var command: types.CmdTransfer = .{ .n_transfers = 2, .ptr_src = src, .ptr_dst = dst };
    try testing.expectEqual(0, try caller.call(a, command));
    for (0..2) |i| {
        try testing.expectEqual(@as(types.Transfer, .{ .id = 4 * i + 1 }), caller.get(types.Transfer, src, i));
        try testing.expectEqual(@as(types.Transfer, .{ .id = 4 * i + 3 }), caller.get(types.Transfer, dst, i));
    }
    // One array for both: the ids of the handles remain.
    command = .{
        .to = caller.fdOf(b),
        .n_transfers = 2,
        .ptr_src = caller.array(types.Transfer, &.{ .{ .id = 3 }, created }),
        .ptr_dst = 0,
    };
    command.ptr_dst = command.ptr_src;
    try testing.expectEqual(0, try caller.call(a, command));
    for (0..2) |i| {
        try testing.expectEqual(@as(types.Transfer, .{ .id = 2 * i + 1 }), caller.get(types.Transfer, command.ptr_src, i));
    }
    try testing.expectEqual(0, try caller.send(b, &.{ 1, 3 }, "x", &.{}));
    try caller.expectUser(a, 1, "x", &.{});
    try caller.expectUser(a, 9, "x", &.{});
    // Without elements, no pointer is used.
    try testing.expectEqual(0, try caller.call(a, types.CmdTransfer{ .n_transfers = 0, .ptr_src = 1, .ptr_dst = max }));
    // An array of handles only may be in memory that is not writable.
    const edge = caller.edge(.write);
    try caller.write(edge.start, std.mem.asBytes(&types.Transfer{ .id = 3 }));
    _ = caller.edge(.read);
    try testing.expectEqual(0, try caller.call(a, types.CmdTransfer{
        .n_transfers = 1,
        .ptr_src = edge.start,
        .ptr_dst = caller.space(types.Transfer, 1),
    }));
    try caller.finish();
}

test "TRANSFER: a failure creates nothing and consumes no ids" {
    var caller: Caller = .{};
    const a = try caller.open();
    const b = try caller.open();
    const node, const handle = try caller.create(a, a);
    const before = counts.totals();
    const cases = [_]struct { Errno, types.CmdTransfer, []const types.Transfer }{
        .{ .EINVAL, .{ .flags = 1, .n_transfers = 1, .ptr_src = 1, .ptr_dst = 0 }, &.{created} },
        .{ .EINVAL, .{ .flags = 1 << 63, .to = 99, .n_transfers = 1, .ptr_src = 1, .ptr_dst = 0 }, &.{created} },
        .{ .EBADF, .{ .to = 99, .n_transfers = 1, .ptr_src = 1, .ptr_dst = 1 }, &.{created} },
        .{ .EBADF, .{ .to = 1 << 32, .n_transfers = 1, .ptr_src = 1, .ptr_dst = 1 }, &.{created} },
        .{ .EBADF, .{ .to = max - 1, .n_transfers = 1, .ptr_src = 1, .ptr_dst = 1 }, &.{created} },
        .{ .EBADF, .{ .to = 0xffff_ffff, .n_transfers = 0, .ptr_src = 1, .ptr_dst = 1 }, &.{} },
        .{ .EOPNOTSUPP, .{ .to = Caller.other_fd, .n_transfers = 1, .ptr_src = 1, .ptr_dst = 1 }, &.{created} },
        .{ .EINVAL, .{ .n_transfers = 2, .ptr_src = 1, .ptr_dst = 1 }, &.{ created, .{ .flags = 2, .id = handle } } },
        .{ .EINVAL, .{ .n_transfers = 2, .ptr_src = 1, .ptr_dst = 1 }, &.{ created, .{ .flags = 1, .id = 7 } } },
        .{ .EBADRQC, .{ .n_transfers = 2, .ptr_src = 1, .ptr_dst = 1 }, &.{ created, .{ .id = node } } },
        .{ .EBADRQC, .{ .n_transfers = 2, .ptr_src = 1, .ptr_dst = 1 }, &.{ created, .{ .id = 0 } } },
        .{ .EBADRQC, .{ .n_transfers = 2, .ptr_src = 1, .ptr_dst = 1 }, &.{ created, .{ .id = 5 } } }, // not assigned yet
        .{ .EBADRQC, .{ .n_transfers = 1, .ptr_src = 1, .ptr_dst = 1 }, &.{.{ .id = invalid }} },
        .{ .EFAULT, .{ .n_transfers = 1, .ptr_src = 0, .ptr_dst = 1 }, &.{created} },
        .{ .EFAULT, .{ .n_transfers = 1, .ptr_src = max, .ptr_dst = 1 }, &.{created} },
        .{ .EFAULT, .{ .n_transfers = 1, .ptr_src = 1, .ptr_dst = 0 }, &.{created} },
        .{ .EFAULT, .{ .n_transfers = 2, .ptr_src = 1, .ptr_dst = max - 16 }, &.{ created, .{ .id = handle } } },
        .{ .EFAULT, .{ .n_transfers = 1 << 20, .ptr_src = 1, .ptr_dst = 1 }, &.{created} },
        .{ .ENOMEM, .{ .n_transfers = 1 << 60, .ptr_src = 1, .ptr_dst = 1 }, &.{created} },
        .{ .ENOMEM, .{ .n_transfers = max, .ptr_src = 1, .ptr_dst = 1 }, &.{created} },
    };
    for (cases) |case| {
        caller.reset();
        const errno, var command, const elements = case;
        // 1 stands for the address of the elements.
        const src = caller.array(types.Transfer, elements);
        if (command.ptr_src == 1) command.ptr_src = src;
        if (command.ptr_dst == 1) command.ptr_dst = src;
        try caller.expect(errno, a, command);
        for (elements, 0..) |element, i| try testing.expectEqual(element, caller.get(types.Transfer, src, i));
        try testing.expectEqual(before, counts.totals());
    }
    // Only a part of the array is writable: it is restored.
    caller.reset();
    const src = caller.array(types.Transfer, &.{ created, .{ .id = handle }, created });
    const edge = caller.edge(.write);
    try caller.expect(.EFAULT, a, types.CmdTransfer{ .n_transfers = 3, .ptr_src = src, .ptr_dst = edge.end - 16 });
    for ([_]types.Transfer{ created, .{ .id = handle }, created }, 0..) |element, i| {
        try testing.expectEqual(element, caller.get(types.Transfer, src, i));
    }
    try testing.expectEqual(before, counts.totals());
    const next_node, const next = try caller.create(a, b);
    try testing.expectEqual(.{ 5, 1 }, .{ next_node, next });
    try caller.finish();
}

test "RELEASE: all ids at once, each once, or none" {
    var caller: Caller = .{};
    const a = try caller.open();
    const b = try caller.open();
    const node, const to_a = try caller.create(a, b);
    const other, const also = try caller.create(a, b);
    const unknown = 99;
    const before = counts.totals();
    for ([_]u64{ unknown, 0, 2, invalid, max - 1 }) |bad| {
        try testing.expectEqual(Errno.EBADRQC.negative(), try caller.release(b, &.{ to_a, also, bad }));
    }
    const ptr_ids = caller.array(u64, &.{ to_a, also });
    try caller.expect(.EINVAL, b, types.CmdRelease{ .flags = 1, .n_ids = 2, .ptr_ids = ptr_ids });
    try caller.expect(.EFAULT, b, types.CmdRelease{ .n_ids = 2, .ptr_ids = 0 });
    try caller.expect(.EFAULT, b, types.CmdRelease{ .n_ids = 1 << 20, .ptr_ids = ptr_ids });
    try caller.expect(.EFAULT, b, types.CmdRelease{ .n_ids = 2, .ptr_ids = max - 7 });
    try caller.expect(.ENOMEM, b, types.CmdRelease{ .n_ids = 1 << 61, .ptr_ids = ptr_ids });
    try testing.expectEqual(0, try caller.call(b, types.CmdRelease{ .n_ids = 0, .ptr_ids = 0 }));
    try testing.expectEqual(before, counts.totals());
    try caller.expectNothing(a);

    try testing.expectEqual(0, try caller.release(b, &.{ also, to_a, also }));
    try testing.expectEqual(Errno.EBADRQC.negative(), try caller.release(b, &.{to_a}));
    try caller.expectRelease(a, handle_release, other);
    try testing.expectEqual(0, try caller.release(a, &.{node})); // its HANDLE_RELEASE is queued, and is dropped
    try caller.expectNothing(a);
    try testing.expectEqual(Errno.EBADRQC.negative(), try caller.release(a, &.{other}));
    try caller.finish();
}

test "the release of a node: the owners of its handles are notified, and its queued messages are discarded" {
    var caller: Caller = .{};
    const a = try caller.open();
    const b = try caller.open();
    const node, const to_a = try caller.create(a, b);
    const own, const reply = try caller.create(b, b);
    try testing.expectEqual(0, try caller.send(b, &.{to_a}, "late", &.{reply}));
    try testing.expectEqual(0, try caller.release(b, &.{reply}));
    try testing.expectEqual(0, try caller.release(a, &.{node}));
    try caller.expectNothing(a);
    // The node is released, and so is the handle in flight, which was the last handle to `own`.
    const copy = try caller.copy(b, to_a, b);
    try testing.expectEqual(0, try caller.send(b, &.{ to_a, copy }, "dropped", &.{to_a}));
    try caller.expectRelease(b, node_release, to_a);
    try caller.expectRelease(b, handle_release, own);
    try caller.expectRelease(b, node_release, copy);
    try testing.expectEqual(Errno.EBADRQC.negative(), try caller.send(b, &.{to_a}, "", &.{}));
    try testing.expectEqual(Errno.EBADRQC.negative(), try caller.release(b, &.{own}));
    try caller.expectNothing(b);
    try caller.finish();
}

test "only the release of the last handle is delivered" {
    var caller: Caller = .{};
    const a = try caller.open();
    const b = try caller.open();
    const node, const to_a = try caller.create(a, b);
    const copy = try caller.copy(b, to_a, b);
    try testing.expectEqual(0, try caller.release(b, &.{to_a}));
    try caller.expectNothing(a);
    try testing.expectEqual(0, try caller.send(b, &.{copy}, "still", &.{}));
    try caller.expectUser(a, node, "still", &.{});
    caller.close(b);
    try caller.expectRelease(a, handle_release, node);
    try caller.finish();
}

test "SEND: several receivers, each as often as it occurs" {
    var caller: Caller = .{};
    const a = try caller.open();
    const b = try caller.open();
    const c = try caller.open();
    const node_a, const to_a = try caller.create(a, c);
    const node_b, const to_b = try caller.create(b, c);
    const command = caller.sending(&.{ to_a, to_b, to_a }, caller.message("all", &.{ to_b, to_b }));
    try caller.write(command.ptr_errors, &@as([24]u8, @splat(0xee)));
    try testing.expectEqual(0, try caller.call(c, command));
    for (0..3) |i| try testing.expectEqual(0, caller.get(i32, command.ptr_errors, i));
    try testing.expectEqual(0xeeee_eeee, caller.get(u32, command.ptr_errors, 3));
    try caller.expectUser(a, node_a, "all", &.{ 3, 5 });
    try caller.expectUser(a, node_a, "all", &.{ 7, 9 });
    try caller.expectUser(b, node_b, "all", &.{ 3, 5 });
    for ([_]*File{ a, b, c }) |file| try caller.expectNothing(file);

    // Without destinations, the message is still validated.
    try testing.expectEqual(0, try caller.send(c, &.{}, "none", &.{to_a}));
    try testing.expectEqual(Errno.EBADRQC.negative(), try caller.send(c, &.{}, "none", &.{99}));
    // Without an array of errors.
    var silent = caller.sending(&.{to_a}, caller.message("no errors", &.{}));
    silent.ptr_errors = 0;
    try testing.expectEqual(0, try caller.call(c, silent));
    try caller.expectUser(a, node_a, "no errors", &.{});
    try caller.finish();
}

test "SEND and RECV: the first n_data bytes of the vectors" {
    var caller: Caller = .{};
    const a = try caller.open();
    const node, const to_a = try caller.create(a, a);
    const edge = caller.edge(.read);
    var message = caller.message("", &.{});
    message.n_data = 10;
    message.n_data_vecs = 5;
    message.ptr_data_vecs = caller.array(types.Vector, &.{
        .{ .base = caller.array(u8, "one "), .len = 4 },
        .{ .base = 0, .len = 0 },
        .{ .base = caller.array(u8, "two "), .len = 4 },
        .{ .base = caller.array(u8, "three"), .len = max }, // two bytes of it are read
        .{ .base = 1, .len = max }, // nothing of it is read
    });
    try testing.expectEqual(0, try caller.call(a, caller.sending(&.{to_a}, message)));
    try testing.expectEqual(0, try caller.call(a, caller.sending(&.{to_a}, message)));
    try caller.expectUser(a, node, "one two th", &.{});

    var into = caller.buffers(0, 0);
    const first, const second = .{ caller.space(u8, 3), caller.space(u8, 20) };
    into.n_data = 12;
    into.n_data_vecs = 3;
    into.ptr_data_vecs = caller.array(types.Vector, &.{
        .{ .base = first, .len = 3 },
        .{ .base = second, .len = 9 },
        .{ .base = edge.end, .len = 8 },
    });
    const command = caller.receiving(into);
    try testing.expectEqual(1, try caller.call(a, command));
    try testing.expectEqual(10, caller.get(types.Message, command.ptr_message, 0).n_data);
    try testing.expectEqualStrings("one", &caller.get([3]u8, first, 0));
    try testing.expectEqualStrings(" two th", &caller.get([7]u8, second, 0));
    try caller.finish();
}

test "SEND: a failure sends nothing and writes no errors" {
    var caller: Caller = .{};
    const a = try caller.open();
    const b = try caller.open();
    const node, const to_a = try caller.create(a, b);
    const before = counts.totals();
    const vectors: [1025]types.Vector = @splat(.{ .base = 0, .len = 0 });
    const many = caller.array(types.Vector, &vectors);
    const start = caller.used;
    const edge = caller.edge(.write);
    const Change = struct {
        errno: Errno,
        message: []const struct { []const u8, u64 } = &.{},
        command: []const struct { []const u8, u64 } = &.{},
        transfers: []const types.Transfer = &.{},
        to: []const u64 = &.{1},
    };
    for ([_]Change{
        .{ .errno = .EINVAL, .command = &.{ .{ "flags", 1 }, .{ "ptr_message", 0 } } },
        .{ .errno = .EFAULT, .command = &.{.{ "ptr_message", 0 }} },
        .{ .errno = .EFAULT, .command = &.{.{ "ptr_message", edge.end - 40 }} },
        .{ .errno = .EFAULT, .command = &.{.{ "ptr_destinations", 0 }} },
        .{ .errno = .EFAULT, .command = &.{.{ "ptr_errors", 1 }} },
        .{ .errno = .EFAULT, .command = &.{.{ "ptr_errors", max }} },
        .{ .errno = .ENOMEM, .command = &.{.{ "n_destinations", 1 << 60 }} },
        .{ .errno = .EFAULT, .command = &.{.{ "n_destinations", 1 << 20 }} },
        .{ .errno = .EINVAL, .message = &.{.{ "flags", 1 << 40 }} },
        .{ .errno = .EINVAL, .message = &.{.{ "type", types.BUS1_MESSAGE_TYPE_NODE_RELEASE }} },
        .{ .errno = .EINVAL, .message = &.{.{ "type", invalid }} },
        .{ .errno = .EINVAL, .message = &.{ .{ "n_data_vecs", 1025 }, .{ "ptr_data_vecs", many } } },
        .{ .errno = .EINVAL, .message = &.{ .{ "n_data_vecs", 1 << 32 | 1 }, .{ "n_data", max } } },
        .{ .errno = .EMSGSIZE, .message = &.{.{ "n_data", 5 }} },
        .{ .errno = .EMSGSIZE, .message = &.{ .{ "n_data", types.max_data + 1 }, .{ "ptr_data_vecs", 0 } } },
        .{ .errno = .EMSGSIZE, .message = &.{ .{ "n_data_vecs", 1024 }, .{ "ptr_data_vecs", many } } },
        .{ .errno = .EFAULT, .message = &.{.{ "ptr_data_vecs", 0 }} },
        .{ .errno = .EFAULT, .message = &.{.{ "ptr_data_vecs", max - 3 }} },
        .{ .errno = .ENOMEM, .message = &.{.{ "n_transfers", 1 << 60 }} },
        .{ .errno = .EFAULT, .message = &.{.{ "n_transfers", 1 << 20 }} },
        .{ .errno = .EFAULT, .message = &.{ .{ "n_transfers", 1 }, .{ "ptr_transfers", 4 } } },
        .{ .errno = .EINVAL, .transfers = &.{created} },
        .{ .errno = .EINVAL, .transfers = &.{ .{ .id = 99 }, .{ .flags = 2, .id = 1 } } },
        .{ .errno = .EBADRQC, .transfers = &.{ .{ .id = 1 }, .{ .id = 99 } } },
        .{ .errno = .EBADRQC, .transfers = &.{.{ .id = invalid }} },
        .{ .errno = .EBADRQC, .to = &.{ 1, 99 } },
        .{ .errno = .EBADRQC, .to = &.{0} },
    }) |change| {
        caller.used = start;
        var message = caller.message("data", &.{});
        message.n_transfers = change.transfers.len;
        message.ptr_transfers = caller.array(types.Transfer, change.transfers);
        for (change.message) |field| set(&message, field[0], field[1]);
        var command = caller.sending(change.to, message);
        const ptr_errors = command.ptr_errors;
        try caller.write(ptr_errors, &@as([8]u8, @splat(0xee)));
        for (change.command) |field| set(&command, field[0], field[1]);
        try caller.expect(change.errno, b, command);
        try testing.expectEqual(0xeeee_eeee, caller.get(u32, ptr_errors, 0));
        try testing.expectEqual(before, counts.totals());
        try caller.expectNothing(a);
    }
    // The data of the second vector is not readable; the array of errors is writable only in part.
    var message = caller.message("data", &.{to_a});
    message.n_data = 8;
    message.n_data_vecs = 2;
    message.ptr_data_vecs = caller.array(types.Vector, &.{
        caller.get(types.Vector, message.ptr_data_vecs, 0),
        .{ .base = edge.end - 2, .len = 4 },
    });
    try caller.expect(.EFAULT, b, caller.sending(&.{to_a}, message));
    var command = caller.sending(&.{ to_a, to_a, to_a }, caller.message("", &.{to_a}));
    command.ptr_errors = edge.end - 4;
    try caller.write(command.ptr_errors, &@as([4]u8, @splat(0xee)));
    try caller.expect(.EFAULT, b, command);
    try testing.expectEqual(0xeeee_eeee, caller.get(u32, command.ptr_errors, 0));
    try caller.expectNothing(a);
    try testing.expectEqual(before, counts.totals());
    // More parts than one call may have.
    caller.reset();
    const ids: [3000]u64 = @splat(to_a);
    const transfers: [1400]u64 = @splat(to_a);
    try testing.expectEqual(Errno.ENOMEM.negative(), try caller.send(b, &ids, "", &transfers));
    try testing.expectEqual(before, counts.totals());
    caller.reset();
    try testing.expectEqual(0, try caller.send(b, &.{to_a}, "ok", &.{to_a}));
    try caller.expectUser(a, node, "ok", &.{3});
    try caller.finish();
}

fn set(structure: anytype, name: []const u8, value: u64) void {
    inline for (@typeInfo(@typeInfo(@TypeOf(structure)).pointer.child).@"struct".field_names) |field| {
        if (std.mem.eql(u8, field, name)) @field(structure, field) = value;
    }
}

test "RECV: arguments are checked before the queue" {
    var caller: Caller = .{};
    const a = try caller.open();
    const vectors: [1025]types.Vector = @splat(.{ .base = 0, .len = 0 });
    const many = caller.array(types.Vector, &vectors);
    const start = caller.used;
    for ([_]struct { Errno, []const u8, u64 }{
        .{ .EINVAL, "flags", 1 },
        .{ .EINVAL, "type", user },
        .{ .EINVAL, "n_data_vecs", 1025 },
        .{ .EMSGSIZE, "n_data", 17 },
        .{ .EMSGSIZE, "n_data", types.max_data + 1 },
        .{ .EFAULT, "ptr_data_vecs", 8 },
        .{ .EAGAIN, "n_transfers", max },
        .{ .EAGAIN, "ptr_transfers", 3 },
        .{ .EAGAIN, "n_data", 0 },
    }) |case| {
        caller.used = start;
        const errno, const name, const value = case;
        var into = caller.buffers(16, 2);
        set(&into, name, value);
        if (value == 1025) into.ptr_data_vecs = many;
        const command = caller.receiving(into);
        try caller.expect(errno, a, command);
        try testing.expectEqual(into, caller.get(types.Message, command.ptr_message, 0));
    }
    var command = caller.receiving(caller.buffers(16, 2));
    command.flags = 2;
    try caller.expect(.EINVAL, a, command);
    try caller.expect(.EFAULT, a, types.CmdRecv{ .ptr_metadata = command.ptr_metadata, .ptr_message = 0 });
    try caller.expect(.EAGAIN, a, types.CmdRecv{ .ptr_metadata = 0, .ptr_message = command.ptr_message });
    try caller.finish();
}

test "RECV: the required sizes are returned, and the message stays first" {
    var caller: Caller = .{};
    const a = try caller.open();
    const node, const to_a = try caller.create(a, a);
    try testing.expectEqual(0, try caller.send(a, &.{to_a}, "twelve bytes", &.{ to_a, to_a }));
    try testing.expectEqual(0, try caller.send(a, &.{to_a}, "", &.{}));
    for ([_][2]usize{ .{ 11, 2 }, .{ 12, 1 }, .{ 0, 0 } }) |little| {
        const into = caller.buffers(little[0], little[1]);
        const command = caller.receiving(into);
        try caller.expect(.EMSGSIZE, a, command);
        var required = into;
        required.n_data = 12;
        required.n_transfers = 2;
        try testing.expectEqual(required, caller.get(types.Message, command.ptr_message, 0));
        try testing.expect(a.isReadable());
    }
    const command = caller.receiving(caller.buffers(12, 2));
    try testing.expectEqual(1, try caller.call(a, command));
    try caller.expectUser(a, node, "", &.{});
    try testing.expectEqual(0, try caller.release(a, &.{ 5, 7 })); // the first ids after 1 and 3
    try caller.finish();
}

test "RECV: a message that cannot be written is not received" {
    var caller: Caller = .{};
    const a = try caller.open();
    const b = try caller.open();
    const node, const to_a = try caller.create(a, b);
    const own, const to_b = try caller.create(b, a);
    try testing.expectEqual(0, try caller.send(b, &.{to_a}, "data", &.{to_a}));
    caller.close(b);
    const edge = caller.edge(.read);
    const before = counts.totals();
    for ([_]u64{ 0, max - 2, edge.start, edge.end - 3 }) |bad| {
        var into = caller.buffers(8, 1);
        into.ptr_transfers = bad;
        try caller.expect(.EFAULT, a, caller.receiving(into));
        into = caller.buffers(8, 1);
        into.ptr_data_vecs = caller.value(types.Vector, .{ .base = bad, .len = 8 });
        try caller.expect(.EFAULT, a, caller.receiving(into));
        var command = caller.receiving(caller.buffers(8, 1));
        command.ptr_metadata = bad;
        try caller.expect(.EFAULT, a, command);
    }
    const into = caller.buffers(8, 1);
    _ = caller.edge(.write);
    try caller.write(edge.start, std.mem.asBytes(&into));
    _ = caller.edge(.read);
    const metadata = caller.space(types.Metadata, 1);
    try caller.expect(.EFAULT, a, types.CmdRecv{ .ptr_metadata = metadata, .ptr_message = edge.start });
    try testing.expectEqual(before, counts.totals());
    try caller.expectUser(a, node, "data", &.{5});
    // A release message.
    try caller.expect(.EFAULT, a, types.CmdRecv{ .ptr_metadata = metadata, .ptr_message = edge.start });
    var command = caller.receiving(caller.buffers(0, 0));
    command.ptr_metadata = 8;
    try caller.expect(.EFAULT, a, command);
    try caller.expectRelease(a, node_release, to_b);
    try caller.expectNothing(a);
    try testing.expectEqual(0, try caller.release(a, &.{5}));
    try caller.expectRelease(a, handle_release, node);
    _ = own;
    try caller.finish();
}

test "a file wakes once for each arm" {
    var caller: Caller = .{};
    const a = try caller.open();
    const node, const to_a = try caller.create(a, a);
    a.arm();
    try testing.expectEqual(0, try caller.send(a, &.{to_a}, "1", &.{}));
    try testing.expectEqual(0, try caller.send(a, &.{to_a}, "2", &.{}));
    try testing.expectEqual(1, caller.wakes);
    try testing.expect(a.isReadable());
    try caller.expectUser(a, node, "1", &.{});
    try testing.expect(a.isReadable());
    try caller.expectUser(a, node, "2", &.{});
    try testing.expect(!a.isReadable());
    try caller.finish();
}

/// Calls every command once.
fn exercise(caller: *Caller, a: *File, b: *File) !void {
    caller.reset();
    const src = caller.array(types.Transfer, &.{ created, created });
    const dst = caller.space(types.Transfer, 2);
    const to_b: types.CmdTransfer = .{ .to = caller.fdOf(b), .n_transfers = 2, .ptr_src = src, .ptr_dst = dst };
    if (try caller.call(a, to_b) != 0) return error.Failed;
    const handles = [_]u64{ caller.get(types.Transfer, dst, 0).id, caller.get(types.Transfer, dst, 1).id };
    if (try caller.send(b, &handles, "some bytes", &handles) != 0) return error.Failed;
    const command = caller.receiving(caller.buffers(16, 2));
    if (try caller.call(a, command) != 1) return error.Failed;
    if (try caller.release(b, &handles) != 0) return error.Failed;
}

test "out of memory: no effect, whichever allocation fails" {
    var caller: Caller = .{};
    const real = heap.allocator;
    defer heap.allocator = real;
    var k: usize = 0;
    while (true) : (k += 1) {
        const a = try caller.open();
        const b = try caller.open();
        var failing: testing.FailingAllocator = .init(real, .{ .fail_index = k });
        heap.allocator = failing.allocator();
        const result = exercise(&caller, a, b);
        heap.allocator = real;
        // The same calls succeed now, since the failed call had no effect.
        caller.reset();
        if (result) |_| break else |_| try testing.expect(failing.has_induced_failure);
        while (try caller.receive(a)) |_| caller.reset();
        try exercise(&caller, a, b);
        try caller.finish();
    }
    try testing.expect(k > 20);
    try caller.finish();
    // The open of a file.
    for (0..4) |index| {
        var failing: testing.FailingAllocator = .init(real, .{ .fail_index = index });
        heap.allocator = failing.allocator();
        try testing.expectError(error.OutOfMemory, caller.open());
    }
}
