//! Finds the faults of a device (base/device_faults.zig) that can be tried without harm.
//!
//! Each is tried on fresh peers, and no command is issued that makes a device with F5 crash. Buffers are larger than the
//! contract requires, since a faulty device writes beyond their ends. If a command fails that works on every bus1 device,
//! the file is not one.

const std = @import("std");
const linux = std.os.linux;
const fds = @import("fd.zig");
const os = @import("os.zig");
const uapi = @import("../base/uapi_types.zig");
const Errno = @import("../base/errno.zig").Errno;
const Faults = @import("../base/device_faults.zig").Faults;
const Mutex = @import("../base/mutex.zig").Mutex;

/// The result for the device that was tried last, since every isolate asks.
var known: struct { path: [linux.PATH_MAX]u8 = undefined, len: usize = 0, faults: i32 = 0 } = .{};
var mutex: Mutex = .{};

/// Returns the faults of the device at the path, bit `n` for fault `n`; or the negative errno with which it cannot be
/// opened, or -ENOTTY if it is not a bus1 device.
pub fn run(path: [*:0]const u8) i32 {
    const name = std.mem.span(path);
    {
        mutex.lock();
        defer mutex.unlock();
        if (known.len > 0 and std.mem.eql(u8, known.path[0..known.len], name)) return known.faults;
    }
    var probe: Probe = .{ .path = path };
    for (checks) |check| check(&probe) catch |e| return switch (e) {
        error.Refused => probe.refusal,
        error.NoDevice => Errno.ENOTTY.negative(),
    };
    mutex.lock();
    defer mutex.unlock();
    @memcpy(known.path[0..name.len], name);
    known.len = name.len;
    known.faults = @intCast(probe.faults.bits);
    return known.faults;
}

const Error = error{ Refused, NoDevice };

const Probe = struct {
    path: [*:0]const u8,
    faults: Faults = .{},
    /// The errno with which the device could not be opened.
    refusal: i32 = 0,

    fn open(probe: *Probe) Error!Peer {
        const flags: linux.O = .{ .ACCMODE = .RDWR, .CLOEXEC = true };
        const fd = fds.open(probe.path, @bitCast(flags));
        if (fd >= 0) return .{ .fd = fd };
        probe.refusal = fd;
        return error.Refused;
    }

    /// Two peers: an owner of a node, and a holder of a handle to it.
    fn pair(probe: *Probe) Error!Pair {
        const owner = try probe.open();
        errdefer owner.close();
        const holder = try probe.open();
        errdefer holder.close();
        return .{ .owner = owner, .holder = holder, .channel = try owner.channel(holder) };
    }
};

/// A node, and a handle to it on some peer.
const Channel = struct { node: u64, handle: u64 };

const Pair = struct {
    owner: Peer,
    holder: Peer,
    channel: Channel,

    fn close(pair: Pair) void {
        pair.owner.close();
        pair.holder.close();
    }
};

const Peer = struct {
    fd: i32,

    fn close(peer: Peer) void {
        _ = fds.close(peer.fd);
    }

    fn channel(peer: Peer, other: Peer) Error!Channel {
        var node: uapi.Transfer = .{ .flags = uapi.BUS1_TRANSFER_FLAG_CREATE, .id = uapi.BUS1_INVALID };
        const handle = try worked(peer.transfer(other, &node));
        return .{ .node = node.id, .handle = handle };
    }

    /// Makes a handle here to the node of another handle.
    fn copy(peer: Peer, handle: u64) ?u64 {
        var source: uapi.Transfer = .{ .id = handle };
        return peer.transfer(peer, &source);
    }

    fn transfer(peer: Peer, other: Peer, source: *uapi.Transfer) ?u64 {
        var target: uapi.Transfer = .{ .id = uapi.BUS1_INVALID };
        const result = peer.transferAll(other, @ptrCast(source), @ptrCast(&target));
        if (result < 0 or source.id == uapi.BUS1_INVALID or target.id == uapi.BUS1_INVALID) return null;
        return target.id;
    }

    fn transferAll(peer: Peer, other: Peer, sources: []uapi.Transfer, targets: []uapi.Transfer) i32 {
        var command: uapi.CmdTransfer = .{
            .to = @intCast(other.fd),
            .n_transfers = sources.len,
            .ptr_src = @intFromPtr(sources.ptr),
            .ptr_dst = @intFromPtr(targets.ptr),
        };
        return os.command(peer.fd, uapi.BUS1_CMD_TRANSFER, &command);
    }

    fn release(peer: Peer, ids: []const u64) i32 {
        var command: uapi.CmdRelease = .{ .n_ids = ids.len, .ptr_ids = @intFromPtr(ids.ptr) };
        return os.command(peer.fd, uapi.BUS1_CMD_RELEASE, &command);
    }

    const Sending = struct {
        transfers: []const uapi.Transfer = &.{},
        /// Of the bytes.
        n_data: usize,
        errors: ?*[4]u32 = null,
    };

    fn send(peer: Peer, to: []const u64, bytes: []const u8, sending: Sending) i32 {
        var vector: uapi.Vector = .{ .base = @intFromPtr(bytes.ptr), .len = bytes.len };
        var message: uapi.Message = .{
            .type = uapi.BUS1_MESSAGE_TYPE_USER,
            .n_transfers = sending.transfers.len,
            .ptr_transfers = @intFromPtr(sending.transfers.ptr),
            .n_data = sending.n_data,
            .n_data_vecs = 1,
            .ptr_data_vecs = @intFromPtr(&vector),
        };
        var command: uapi.CmdSend = .{
            .n_destinations = to.len,
            .ptr_destinations = @intFromPtr(to.ptr),
            .ptr_errors = @intFromPtr(sending.errors),
            .ptr_message = @intFromPtr(&message),
        };
        return os.command(peer.fd, uapi.BUS1_CMD_SEND, &command);
    }

    /// The same, in the way that works everywhere.
    fn sendWhole(peer: Peer, to: u64, bytes: []const u8, transfers: []const uapi.Transfer) i32 {
        var errors: [4]u32 = undefined;
        return peer.send(&.{to}, bytes, .{ .transfers = transfers, .n_data = bytes.len, .errors = &errors });
    }

    /// Receives a message into as much room as is given.
    fn receive(peer: Peer, room: struct { n_transfers: u64 = 4, n_data: u64 = 64 }) Received {
        var transfers: [8]uapi.Transfer = @splat(.{ .id = uapi.BUS1_INVALID });
        var received: Received = .{ .result = undefined };
        var vector: uapi.Vector = .{ .base = @intFromPtr(&received.bytes), .len = room.n_data };
        var message: uapi.Message = .{
            .type = uapi.BUS1_INVALID,
            .n_transfers = room.n_transfers,
            .ptr_transfers = @intFromPtr(&transfers),
            .n_data = room.n_data,
            .n_data_vecs = 1,
            .ptr_data_vecs = @intFromPtr(&vector),
        };
        received.result = peer.receiveTo(&received.metadata, &message);
        received.message = message;
        return received;
    }

    fn receiveTo(peer: Peer, metadata: *align(1) uapi.Metadata, message: *uapi.Message) i32 {
        var command: uapi.CmdRecv = .{ .ptr_metadata = @intFromPtr(metadata), .ptr_message = @intFromPtr(message) };
        return os.command(peer.fd, uapi.BUS1_CMD_RECV, &command);
    }

    fn isReadable(peer: Peer) bool {
        var polled = [1]linux.pollfd{.{ .fd = peer.fd, .events = linux.POLL.IN }};
        return fds.poll(&polled, .in(0)) > 0;
    }
};

const Received = struct {
    result: i32,
    metadata: uapi.Metadata = .{ .id = uapi.BUS1_INVALID },
    message: uapi.Message = .{ .type = uapi.BUS1_INVALID },
    bytes: [128]u8 = undefined,

    fn is(received: *const Received, kind: u64, id: u64) bool {
        return received.result >= 0 and received.message.type == kind and received.metadata.id == id;
    }
};

fn worked(value: anytype) error{NoDevice}!@typeInfo(@TypeOf(value)).optional.child {
    return value orelse error.NoDevice;
}

const user = uapi.BUS1_MESSAGE_TYPE_USER;
const node_release = uapi.BUS1_MESSAGE_TYPE_NODE_RELEASE;
const handle_release = uapi.BUS1_MESSAGE_TYPE_HANDLE_RELEASE;

const checks = [_]*const fn (*Probe) Error!void{
    messages, transferArrays, idArrays, unknownIds, prefix, littleRoom, badPointer, firstRelease, deadNode,
};

/// Works on every device: a message arrives. F3: the width of the errors, and that they may be left out. F10: a queue that is
/// empty again.
fn messages(probe: *Probe) Error!void {
    const pair = try probe.pair();
    defer pair.close();
    const untouched = 0xaaaa_aaaa;
    var errors: [4]u32 = @splat(untouched);
    const sent = pair.holder.send(&.{pair.channel.handle}, "probe", .{ .n_data = 5, .errors = &errors });
    const received = pair.owner.receive(.{});
    const whole = received.is(user, pair.channel.node) and received.message.n_data == 5;
    if (sent < 0 or !whole or !std.mem.eql(u8, received.bytes[0..5], "probe")) return error.NoDevice;
    if (errors[0] != 0 or errors[1] != untouched) probe.faults.add(.wide_errors);

    if (pair.holder.send(&.{pair.channel.handle}, "probe", .{ .n_data = 5 }) < 0) {
        probe.faults.add(.wide_errors);
    } else {
        _ = pair.owner.receive(.{});
    }
    if (pair.owner.receive(.{}).result != Errno.EAGAIN.negative()) return error.NoDevice;
    if (pair.owner.isReadable()) probe.faults.add(.always_readable);
}

/// F1: arrays of transfers.
fn transferArrays(probe: *Probe) Error!void {
    const peer = try probe.open();
    defer peer.close();
    const create: uapi.Transfer = .{ .flags = uapi.BUS1_TRANSFER_FLAG_CREATE, .id = uapi.BUS1_INVALID };
    var nodes: [3]uapi.Transfer = @splat(create);
    var handles: [3]uapi.Transfer = @splat(.{ .id = uapi.BUS1_INVALID });
    const result = peer.transferAll(peer, nodes[0..2], handles[0..2]);
    const ids = [_]u64{ nodes[0].id, handles[0].id, nodes[1].id, handles[1].id, uapi.BUS1_INVALID };
    for (ids, 0..) |id, i| {
        if (result < 0 or std.mem.indexOfScalar(u64, ids[0..i], id) != null) return probe.faults.add(.transfer_arrays);
    }
}

/// F2: arrays of destinations and of ids.
fn idArrays(probe: *Probe) Error!void {
    const pair = try probe.pair();
    defer pair.close();
    const first = pair.channel;
    const second = try pair.owner.channel(pair.holder);
    const handles = [_]u64{ first.handle, second.handle };
    var errors: [4]u32 = undefined;
    const sent = pair.holder.send(&handles, "x", .{ .n_data = 1, .errors = &errors });
    const arrived = pair.owner.receive(.{}).is(user, first.node) and pair.owner.receive(.{}).is(user, second.node);
    if (sent < 0 or !arrived) return probe.faults.add(.id_arrays);

    if (pair.holder.release(&handles) < 0) return probe.faults.add(.id_arrays);
    for (handles) |handle| if (pair.holder.sendWhole(handle, "x", &.{}) >= 0) probe.faults.add(.id_arrays);
}

/// F4: RELEASE of an id that does not exist.
fn unknownIds(probe: *Probe) Error!void {
    const peer = try probe.open();
    defer peer.close();
    if (peer.release(&.{1 << 40 | uapi.BUS1_MANAGED}) >= 0) probe.faults.add(.blind_release);
}

/// F6: fewer bytes than the vectors have.
fn prefix(probe: *Probe) Error!void {
    const pair = try probe.pair();
    defer pair.close();
    var errors: [4]u32 = undefined;
    _ = pair.holder.send(&.{pair.channel.handle}, "ab", .{ .n_data = 1, .errors = &errors });
    if (pair.owner.receive(.{}).message.n_data != 1) probe.faults.add(.whole_vectors);
}

/// F7 and F8: buffers that are too small for the transfers, and for the bytes.
fn littleRoom(probe: *Probe) Error!void {
    const pair = try probe.pair();
    defer pair.close();
    const handle = pair.channel.handle;
    if (pair.holder.sendWhole(handle, "x", &.{.{ .id = handle }}) < 0) return error.NoDevice;
    const narrow = pair.owner.receive(.{ .n_transfers = 0 });
    if (narrow.result >= 0) {
        probe.faults.add(.transfer_overflow);
    } else {
        if (narrow.message.n_transfers != 1) probe.faults.add(.silent_emsgsize);
        _ = pair.owner.receive(.{});
    }

    if (pair.holder.sendWhole(handle, "0123456789", &.{}) < 0) return error.NoDevice;
    const short = pair.owner.receive(.{ .n_data = 1 });
    if (short.message.n_data != 10) probe.faults.add(.silent_emsgsize);
    if (!pair.owner.receive(.{}).is(user, pair.channel.node)) return error.NoDevice;
}

/// F9: a release message that cannot be written.
fn badPointer(probe: *Probe) Error!void {
    const pair = try probe.pair();
    defer pair.close();
    if (pair.holder.release(&.{pair.channel.handle}) < 0) return error.NoDevice;
    var message: uapi.Message = .{ .type = uapi.BUS1_INVALID };
    const nowhere: *align(1) uapi.Metadata = @ptrFromInt(1);
    _ = pair.owner.receiveTo(nowhere, &message);
    if (!pair.owner.receive(.{}).is(handle_release, pair.channel.node)) probe.faults.add(.lost_release);
}

/// F11: the release of one handle of two.
fn firstRelease(probe: *Probe) Error!void {
    const pair = try probe.pair();
    defer pair.close();
    const first = pair.channel.handle;
    const second = try worked(pair.holder.copy(first));
    if (pair.holder.release(&.{first}) < 0) return error.NoDevice;
    if (pair.owner.receive(.{}).result != Errno.EAGAIN.negative()) return probe.faults.add(.first_handle_release);
    _ = pair.holder.sendWhole(second, "x", &.{});
    if (!pair.owner.receive(.{}).is(user, pair.channel.node)) probe.faults.add(.first_handle_release);
}

/// F12: a copy of a handle to a node that is gone.
fn deadNode(probe: *Probe) Error!void {
    const pair = try probe.pair();
    defer pair.close();
    if (pair.owner.release(&.{pair.channel.node}) < 0) return error.NoDevice;
    const late = pair.holder.copy(pair.channel.handle) orelse return probe.faults.add(.silent_node_release);
    const told = [_]u64{ pair.channel.handle, late };
    for (told) |handle| if (!pair.holder.receive(.{}).is(node_release, handle)) probe.faults.add(.silent_node_release);
}

test "a file that is not a device, and a file that cannot be opened, have different errnos" {
    try std.testing.expectEqual(Errno.ENOTTY.negative(), run("/dev/null"));
    try std.testing.expectEqual(Errno.ENOENT.negative(), run("/nonexistent"));
}
