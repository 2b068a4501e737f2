//! The emulated faults of the device of the RFC, one test for each (docs/device_faults.md). Everything else is as the
//! specification says, and nothing leaks: `Caller.finish` checks that.

const std = @import("std");
const testing = std.testing;
const counts = @import("../bus/counts.zig");
const types = @import("../base/uapi_types.zig");
const Caller = @import("uapi_caller.zig").Caller;
const Errno = @import("../base/errno.zig").Errno;

const created = Caller.created;
const node_release = types.BUS1_MESSAGE_TYPE_NODE_RELEASE;
const handle_release = types.BUS1_MESSAGE_TYPE_HANDLE_RELEASE;

fn newCaller() Caller {
    return .{ .quirks = .rfc };
}

test "F1: a TRANSFER of two changes the first element, consumes ids, and fails" {
    var caller = newCaller();
    const a = try caller.open();
    const b = try caller.open();
    const src = caller.array(types.Transfer, &.{ created, created });
    const dst = caller.array(types.Transfer, &.{ created, created });
    const before = counts.totals();
    const command: types.CmdTransfer = .{ .to = caller.fdOf(b), .n_transfers = 2, .ptr_src = src, .ptr_dst = dst };
    try caller.expect(.EINVAL, a, command);
    for ([_]u64{ src, dst }) |array| {
        try testing.expectEqual(@as(types.Transfer, .{ .id = 1 }), caller.get(types.Transfer, array, 0));
        try testing.expectEqual(created, caller.get(types.Transfer, array, 1));
    }
    try testing.expectEqual(before, counts.totals());
    const node, const handle = try caller.create(a, b);
    try testing.expectEqual(.{ 3, 3 }, .{ node, handle });
    try testing.expectEqual(0, try caller.call(a, types.CmdTransfer{ .n_transfers = 0, .ptr_src = 1, .ptr_dst = 1 }));
    try caller.finish();
}

test "F2: destinations and ids overlap" {
    var caller = newCaller();
    const a = try caller.open();
    for (0..64) |_| {
        _ = try caller.create(a, a);
        caller.reset();
    }
    const node, const to_a = try caller.create(a, a);
    try testing.expectEqual(.{ 0x101, 0x103 }, .{ node, to_a });
    try testing.expectEqual(Errno.EBADRQC.negative(), try caller.send(a, &.{ to_a, to_a }, "both", &.{}));
    try caller.expectNothing(a);
    const before = counts.totals();
    try testing.expectEqual(0, try caller.release(a, &.{ 1, 5 }));
    try testing.expectEqual(before, counts.totals());
    // Two ids that overlap by design: 01 01 00 00 00 00 00 00 00.
    try testing.expectEqual(0, try caller.call(a, types.CmdRelease{
        .n_ids = 2,
        .ptr_ids = caller.array(u64, &.{ 0x101, 0 }),
    }));
    try caller.expectRelease(a, node_release, to_a);
    try caller.expectRelease(a, node_release, 3);
    try caller.expectNothing(a);
    try caller.finish();
}

test "F3: a SEND writes 8 bytes for a success, and fails without an array of errors" {
    var caller = newCaller();
    const a = try caller.open();
    const node, const to_a = try caller.create(a, a);
    var command = caller.sending(&.{to_a}, caller.message("one", &.{}));
    command.ptr_errors = caller.array(u8, &@as([9]u8, @splat(0xee)));
    try testing.expectEqual(0, try caller.call(a, command));
    try testing.expectEqual([9]u8{ 0, 0, 0, 0, 0, 0, 0, 0, 0xee }, caller.get([9]u8, command.ptr_errors, 0));
    try caller.expectUser(a, node, "one", &.{});
    command.ptr_errors = 0;
    try caller.expect(.EFAULT, a, command);
    try caller.expectNothing(a);
    try caller.finish();
}

test "F4: a RELEASE returns 0, except for bad flags and a bad structure" {
    var caller = newCaller();
    const a = try caller.open();
    const node, const to_a = try caller.create(a, a);
    try testing.expectEqual(0, try caller.release(a, &.{99}));
    try testing.expectEqual(0, try caller.call(a, types.CmdRelease{ .n_ids = 1, .ptr_ids = 0 }));
    try testing.expectEqual(0, try caller.call(a, types.CmdRelease{ .n_ids = 1 << 60, .ptr_ids = 8 }));
    try testing.expectEqual(0, try caller.release(a, &.{to_a}));
    try testing.expectEqual(0, try caller.release(a, &.{to_a}));
    try caller.expectRelease(a, handle_release, node);
    try caller.expect(.EINVAL, a, types.CmdRelease{ .flags = 1, .n_ids = 1, .ptr_ids = 0 });
    try testing.expectEqual(Errno.EFAULT.negative(), try caller.ioctl(a, types.BUS1_CMD_RELEASE, 0));
    try caller.finish();
}

test "F5: a SEND that cannot import its message kills, and its peer stays locked" {
    const Cause = enum { address, flags, kind, much, many, vectors, data, two, unknown, node, create };
    for (std.enums.values(Cause)) |cause| {
        var caller = newCaller();
        const a = try caller.open();
        const b = try caller.open();
        const node, const to_a = try caller.create(a, a);
        const to_a_too = try caller.copy(a, to_a, b);
        var message = caller.message("data", &.{});
        const transfer = caller.space(types.Transfer, 2);
        message.ptr_transfers = transfer;
        switch (cause) {
            .address => {},
            .flags => message.flags = 1,
            .kind => message.type = types.BUS1_INVALID,
            .much => message.n_data = 5,
            .many => message.n_data_vecs = 1025,
            .vectors => message.ptr_data_vecs = 0,
            .data => message.ptr_data_vecs = caller.value(types.Vector, .{ .base = 0, .len = 4 }),
            .two => {
                message.n_transfers = 2;
                message.ptr_transfers = caller.array(types.Transfer, &.{ .{ .id = to_a }, .{ .id = to_a } });
            },
            .unknown, .node => {
                message.n_transfers = 1;
                message.ptr_transfers = caller.value(types.Transfer, .{ .id = if (cause == .node) node else 99 });
            },
            .create => {
                message.n_transfers = 1;
                message.ptr_transfers = caller.value(types.Transfer, created);
            },
        }
        // The arguments that are checked before and after the message are safe.
        var command = caller.sending(&.{to_a}, message);
        if (cause == .address) command.ptr_message = 0;
        command.flags = 1;
        try caller.expect(.EINVAL, a, command);
        try testing.expectEqual(Errno.EBADRQC.negative(), try caller.send(a, &.{99}, "", &.{}));
        command.flags = 0;
        try testing.expectError(error.Oops, caller.call(a, command));

        try testing.expectError(error.Oops, caller.send(a, &.{to_a}, "", &.{}));
        try testing.expectError(error.Oops, caller.receive(a));
        try testing.expectError(error.Oops, caller.release(a, &.{to_a}));
        try testing.expectError(error.Oops, caller.create(a, b));
        try testing.expectError(error.Oops, caller.create(b, a));
        // A peer that only sends to it is not affected, and poll still works.
        try testing.expect(!a.isReadable());
        try testing.expectEqual(0, try caller.send(b, &.{to_a_too}, "", &.{}));
        try testing.expect(a.isReadable());
        caller.close(a);
        try caller.expectRelease(b, node_release, to_a_too);
        try caller.finish();
    }
}

test "F6: the whole vectors are sent" {
    var caller = newCaller();
    const a = try caller.open();
    const node, const to_a = try caller.create(a, a);
    var message = caller.message("all of it", &.{});
    message.n_data = 3;
    try testing.expectEqual(0, try caller.call(a, caller.sending(&.{to_a}, message)));
    try caller.expectUser(a, node, "all of it", &.{});
    try caller.finish();
}

test "F7, F8: RECV ignores the capacity for transfers and does not report what it needs; each call consumes ids" {
    var caller = newCaller();
    const a = try caller.open();
    const node, const to_a = try caller.create(a, a);
    try testing.expectEqual(0, try caller.send(a, &.{to_a}, "data", &.{to_a}));
    for (0..2) |i| {
        const into = caller.buffers(3, 1);
        const command = caller.receiving(into);
        try caller.expect(.EMSGSIZE, a, command);
        try testing.expectEqual(into, caller.get(types.Message, command.ptr_message, 0));
        try testing.expectEqual(5 + 2 * i, caller.get(types.Transfer, into.ptr_transfers, 0).id);
    }
    var into = caller.buffers(4, 0);
    into.ptr_transfers = caller.space(types.Transfer, 1);
    try testing.expectEqual(1, try caller.call(a, caller.receiving(into)));
    try testing.expectEqual(@as(types.Transfer, .{ .id = 9 }), caller.get(types.Transfer, into.ptr_transfers, 0));
    try testing.expectEqual(0, try caller.send(a, &.{9}, "through it", &.{}));
    try caller.expectUser(a, node, "through it", &.{});
    // An empty queue is detected before the vectors are checked.
    into.n_data = 99;
    try caller.expect(.EAGAIN, a, caller.receiving(into));
    try caller.finish();
}

test "F9: a release that cannot be written is lost, a message is not" {
    var caller = newCaller();
    const a = try caller.open();
    const b = try caller.open();
    const node, const to_a = try caller.create(a, b);
    _, const to_b = try caller.create(b, a);
    try testing.expectEqual(0, try caller.send(b, &.{to_a}, "stays", &.{}));
    caller.close(b);
    var command = caller.receiving(caller.buffers(16, 1));
    command.ptr_metadata = 0;
    try caller.expect(.EFAULT, a, command);
    try caller.expectUser(a, node, "stays", &.{});
    try caller.expect(.EFAULT, a, command); // the release of the node
    try caller.expect(.EFAULT, a, command); // the release of the handle
    try caller.expectNothing(a);
    try testing.expectEqual(Errno.EBADRQC.negative(), try caller.send(a, &.{to_b}, "", &.{}));
    try caller.finish();
}

test "F10: a file stays readable after its first message" {
    var caller = newCaller();
    const a = try caller.open();
    const b = try caller.open();
    const node, const to_a = try caller.create(a, b);
    try caller.expectNothing(a);
    try testing.expect(!a.isReadable());
    try testing.expectEqual(0, try caller.send(b, &.{to_a}, "", &.{}));
    try testing.expect(a.isReadable());
    try caller.expectUser(a, node, "", &.{});
    try caller.expectNothing(a);
    try testing.expect(a.isReadable() and !b.isReadable());
    try caller.finish();
}

test "F11: each handle release is delivered, and the first one drops the node" {
    var caller = newCaller();
    const a = try caller.open();
    const b = try caller.open();
    const c = try caller.open();
    const node, const to_a = try caller.create(a, b);
    const copies = [_]u64{ try caller.copy(b, to_a, b), try caller.copy(b, to_a, b), try caller.copy(b, to_a, c) };
    const own, const reply = try caller.create(b, b);
    try testing.expectEqual(0, try caller.send(b, &.{to_a}, "before", &.{}));
    try testing.expectEqual(0, try caller.release(b, &.{copies[0]}));
    try testing.expectEqual(0, try caller.release(b, &.{copies[1]}));
    try testing.expectEqual(0, try caller.send(b, &.{to_a}, "queued", &.{reply}));
    try caller.expectUser(a, node, "before", &.{});
    try caller.expectRelease(a, handle_release, node);
    try testing.expectEqual(0, try caller.send(c, &.{copies[2]}, "later", &.{}));
    try caller.expectNothing(a);
    const another = try caller.copy(b, to_a, b); // the handle can still be copied
    try testing.expectEqual(0, try caller.send(b, &.{another}, "", &.{to_a}));
    try caller.expectNothing(a);
    caller.close(a);
    try caller.expectNothing(c);
    try testing.expectEqual(0, try caller.send(b, &.{
        to_a,
    }, "", &.{}));
    // The copy of `reply` that was discarded.
    try caller.expectRelease(b, handle_release, own);
    try caller.expectNothing(b);
    try caller.finish();
}

test "F12: a copy of a handle to a released node gets no NODE_RELEASE" {
    var caller = newCaller();
    const a = try caller.open();
    const b = try caller.open();
    const c = try caller.open();
    const node, const to_a = try caller.create(a, b);
    const node_c, const to_c = try caller.create(c, b);
    const in_time = try caller.copy(b, to_a, c);
    try testing.expectEqual(0, try caller.send(b, &.{to_c}, "on its way", &.{to_a}));
    try testing.expectEqual(0, try caller.release(a, &.{node}));
    const late = try caller.copy(b, to_a, c);
    try testing.expectEqual(0, try caller.send(b, &.{to_c}, "too late", &.{to_a}));
    try caller.expectRelease(b, node_release, to_a);
    try caller.expectUser(c, node_c, "on its way", &.{7});
    try caller.expectRelease(c, node_release, in_time);
    try caller.expectRelease(c, node_release, 7);
    try caller.expectUser(c, node_c, "too late", &.{9});
    try caller.expectNothing(c);
    for ([_]u64{ late, 9 }) |quiet| try testing.expectEqual(0, try caller.send(c, &.{quiet}, "", &.{}));
    try caller.finish();
}
