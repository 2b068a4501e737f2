//! Peers on the kernel's device, for the kernel engine. Rules of the boundary: see abi.zig. Detaching, ending and revoking a
//! peer are the same as there.

const std = @import("std");
const abi_inspect = @import("inspect.zig");
const convert = @import("convert.zig");
const device_peer = @import("../device/device_peer.zig");
const fds = @import("../device/fd.zig");
const wake_socket = @import("../isolate/wake_socket.zig");
const probe = @import("../device/probe.zig");
const records = @import("../base/records.zig");
const uapi = @import("../base/uapi_types.zig");
const Writer = @import("../base/inspect_records.zig").Writer;
const DevicePeer = device_peer.DevicePeer;
const Errno = @import("../base/errno.zig").Errno;
const Kind = @import("constants.zig").Kind;
const Scratch = @import("../device/scratch.zig").Scratch;
const Slot = @import("../isolate/slot.zig").Slot;

const errno = convert.errno;
const idOf = convert.idOf;
const slice = convert.slice;

/// Tries the device at a path that holds no zero, on peers of its own. Returns its faults, bit `n` for fault `n` of
/// base/device_faults.zig; or the negative errno with which it cannot be opened, or -ENOTTY if it is not a bus1 device.
pub fn bus1_device_probe(path: ?[*]u8, n_path: u32) callconv(.c) i32 {
    var terminated: fds.Path = undefined;
    return probe.run(fds.terminate(&terminated, slice(u8, path, n_path)) orelse return Errno.EINVAL.negative());
}

// Peers

/// Opens a peer. `name`: its name; empty for none. `out[0]`: its slot, `out[1]`: its key.
pub fn bus1_device_open(isolate: u32, path: ?[*]u8, n_path: u32, faults: u32, name: ?[*]u8, n_name: u32, out: ?[*]u32) callconv(.c) i32 {
    var terminated: fds.Path = undefined;
    const where = fds.terminate(&terminated, slice(u8, path, n_path)) orelse return errno(error.NoDevice);
    if (!wake_socket.isOpen(isolate)) return errno(error.Ended);
    return opened(DevicePeer.open(where, .{ .bits = faults }, isolate, slice(u8, name, n_name)), out);
}

/// Makes a peer of a descriptor, which belongs to the peer from then on.
pub fn bus1_device_take(isolate: u32, fd: u32, faults: u32, name: ?[*]u8, n_name: u32, out: ?[*]u32) callconv(.c) i32 {
    if (!wake_socket.isOpen(isolate)) return errno(error.Ended);
    return opened(DevicePeer.adopt(@bitCast(fd), .{ .bits = faults }, isolate, slice(u8, name, n_name)), out);
}

fn opened(result: anytype, out: ?[*]u32) i32 {
    const peer = result catch |e| return errno(e);
    const words = slice(u32, out, 2);
    words[0] = peer.slot.index;
    words[1] = peer.slot.gate.key();
    return 0;
}

/// Adopts a peer that was detached. `out[0]`: its new key.
pub fn bus1_device_adopt(isolate: u32, slot: u32, key: u32, serial_high: u32, serial_low: u32, out: ?[*]u32) callconv(.c) i32 {
    if (!wake_socket.isOpen(isolate)) return errno(error.Ended);
    Scratch.make(isolate) catch |e| return errno(e);
    const serial = convert.serialOf(serial_high, serial_low);
    slice(u32, out, 1)[0] = Slot.adopt(DevicePeer, slot, key, serial, isolate) catch |e| return errno(e);
    return 0;
}

/// Returns the descriptor, which still belongs to the peer.
pub fn bus1_device_fd(slot: u32, key: u32) callconv(.c) i32 {
    const peer = DevicePeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    peer.shared = true; // it may be passed on now
    return peer.fd;
}

/// Makes a node, and a handle to it on the other peer. `name`: the node's; empty for none. `out[0]`: the node's id,
/// `out[1]`: the handle's.
pub fn bus1_device_node(slot: u32, key: u32, other_slot: u32, other_key: u32, name: ?[*]u8, n_name: u32, out: ?[*]f64) callconv(.c) i32 {
    const two = convert.Two(DevicePeer).enter(slot, key, other_slot, other_key) catch |e| return errno(e);
    defer two.leave();
    var ids: [2]u64 = undefined;
    const result = two.one.newNode(two.other, slice(u8, name, n_name), &ids);
    if (result >= 0) for (slice(f64, out, 2), ids) |*number, id| {
        number.* = @floatFromInt(id);
    };
    return result;
}

/// Makes a handle on the other peer to the node of a handle. `out[0]`: its id.
pub fn bus1_device_copy(slot: u32, key: u32, from: f64, other_slot: u32, other_key: u32, out: ?[*]f64) callconv(.c) i32 {
    const two = convert.Two(DevicePeer).enter(slot, key, other_slot, other_key) catch |e| return errno(e);
    defer two.leave();
    var id: u64 = undefined;
    const result = two.one.copy(idOf(from), two.other, &id);
    if (result >= 0) slice(f64, out, 1)[0] = @floatFromInt(id);
    return result;
}

/// Returns what an id of the peer names. -EOPNOTSUPP: it may have come through another process, and asking this device is
/// not safe.
pub fn bus1_device_kind(slot: u32, key: u32, id: f64) callconv(.c) i32 {
    const peer = DevicePeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    return switch (peer.kindOf(idOf(id)) catch |e| return errno(e)) {
        .node => @backingInt(Kind.node),
        .handle => @backingInt(Kind.handle),
    };
}

// Sending

/// The ids of a call, in the scratch.
const Named = struct {
    to: []u64,
    transfers: []uapi.Transfer,
    errors: []i32,

    fn of(scratch: *Scratch, ids: ?[*]f64, n_to: u32, n_transfers: u32) error{OutOfMemory}!Named {
        const named: Named = .{
            .to = try scratch.take(u64, n_to),
            .transfers = try scratch.take(uapi.Transfer, n_transfers),
            .errors = try scratch.take(i32, @as(usize, n_to) + 2),
        };
        const numbers = slice(f64, ids, n_to +| n_transfers);
        for (named.to, numbers[0..n_to]) |*id, number| id.* = idOf(number);
        for (named.transfers, numbers[n_to..]) |*it, number| it.* = .{ .id = idOf(number) };
        return named;
    }
};

/// Sends bytes to one handle.
pub fn bus1_device_send(slot: u32, key: u32, to: f64, data: ?[*]u8, n_data: u32) callconv(.c) i32 {
    const peer = DevicePeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    var errors: [3]i32 = undefined;
    const destination = [1]u64{idOf(to)};
    const checked = peer.checkSend(&destination, &.{});
    return if (checked < 0) checked else peer.send(&destination, &.{}, &errors, slice(u8, data, n_data));
}

/// Sends bytes to several handles, with copies of others, as one transaction. `ids`: first the destinations, then the
/// transfers.
pub fn bus1_device_send_many(slot: u32, key: u32, ids: ?[*]f64, n_to: u32, n_transfers: u32, data: ?[*]u8, n_data: u32) callconv(.c) i32 {
    const peer = DevicePeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const scratch = peer.scratch();
    defer scratch.trim();
    const named: Named = Named.of(scratch, ids, n_to, n_transfers) catch |e| return errno(e);
    const checked = peer.checkSend(named.to, named.transfers);
    if (checked < 0 or n_to == 0) return checked;
    return peer.send(named.to, named.transfers, named.errors, slice(u8, data, n_data));
}

/// Checks whether that could be sent. Sends nothing.
pub fn bus1_device_check_send(slot: u32, key: u32, ids: ?[*]f64, n_to: u32, n_transfers: u32) callconv(.c) i32 {
    const peer = DevicePeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const scratch = peer.scratch();
    defer scratch.trim();
    const named: Named = Named.of(scratch, ids, n_to, n_transfers) catch |e| return errno(e);
    return peer.checkSend(named.to, named.transfers);
}

/// Releases nodes and handles as one transaction.
pub fn bus1_device_release(slot: u32, key: u32, ids: ?[*]f64, n: u32) callconv(.c) i32 {
    const peer = DevicePeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const scratch = peer.scratch();
    defer scratch.trim();
    const named: Named = Named.of(scratch, ids, n, 0) catch |e| return errno(e);
    const checked = peer.checkRelease(named.to);
    return if (checked < 0 or n == 0) checked else peer.release(named.to);
}

/// Checks whether they could be released. Releases nothing.
pub fn bus1_device_check_release(slot: u32, key: u32, ids: ?[*]f64, n: u32) callconv(.c) i32 {
    const peer = DevicePeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const scratch = peer.scratch();
    defer scratch.trim();
    const named: Named = Named.of(scratch, ids, n, 0) catch |e| return errno(e);
    return peer.checkRelease(named.to);
}

// Receiving

/// Receives up to `limit` messages into `chunk[offset..size]`, as records without the ids of their transfers; a message
/// that has some is the last of a call, and `bus1_device_transfers` returns them. Returns how many messages. If the first
/// does not fit: -EMSGSIZE, and the size that it needs is written as f64 at `offset`, or 0 if the device does not report it.
pub fn bus1_device_recv(slot: u32, key: u32, chunk: ?[*]u8, offset: u32, size: u32, limit: u32) callconv(.c) i32 {
    const peer = DevicePeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const start = records.aligned(offset);
    var room: []u8 = if (chunk != null and start < size) chunk.?[start..size] else &.{};
    if (room.len < @sizeOf(records.Message)) return Errno.EINVAL.negative();
    const transfers = peer.scratch().take(uapi.Transfer, max_transfers) catch unreachable; // it is that long
    var received: i32 = 0;
    while (received < limit and (received == 0 or room.len >= worth_a_try)) {
        switch (peer.receive(room[@sizeOf(records.Message)..], transfers)) {
            .nothing => break,
            .failed => |answer| return if (received > 0) received else answer,
            .too_long => |n_data| {
                if (received > 0) break;
                const needed = if (n_data == 0) 0 else records.Message.sizeOf(0, n_data);
                records.write(room, @as(f64, @floatFromInt(needed)));
                return Errno.EMSGSIZE.negative();
            },
            .message => |arrival| {
                received += 1;
                records.write(room, records.Message{
                    .type = @intCast(arrival.type),
                    .n_transfers = @intCast(arrival.n_transfers),
                    .n_data = @intCast(arrival.n_data),
                    .account = arrival.account,
                    .id = @floatFromInt(arrival.id),
                });
                if (arrival.n_transfers > 0) break;
                room = room[@min(records.Message.sizeOf(0, arrival.n_data), room.len)..];
            },
        }
    }
    return received;
}

/// With less room than this, one more message probably does not fit.
const worth_a_try = 1 << 10;

/// More than any array of the uapi can have.
const max_transfers = 1 << 22;

/// The ids of the `n` transfers of the message that was received last.
pub fn bus1_device_transfers(slot: u32, key: u32, out: ?[*]f64, n: u32) callconv(.c) i32 {
    const peer = DevicePeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const scratch = peer.scratch();
    defer scratch.trim();
    const transfers = scratch.take(uapi.Transfer, n) catch |e| return errno(e);
    for (slice(f64, out, n), transfers) |*number, it| number.* = @floatFromInt(it.id);
    return 0;
}

// Waiting

/// Asks for one byte on the isolate's wake socket when there may be something to receive. The caller receives once more
/// after this, before it sleeps.
pub fn bus1_device_arm(slot: u32, key: u32) callconv(.c) i32 {
    const peer = DevicePeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    peer.arm() catch |e| return errno(e);
    return 0;
}

/// Blocks until there may be something to receive, at most that long. The caller receives before or after it in any case.
pub fn bus1_device_wait(slot: u32, key: u32, microseconds: u32) callconv(.c) i32 {
    const peer = DevicePeer.enter(slot, key) catch |e| return errno(e);
    const made = peer.getSleeper();
    peer.leave();
    const sleeper = made catch |e| return errno(e);
    defer sleeper.unref();
    sleeper.sleep(@as(u64, microseconds) * std.time.ns_per_us);
    return 0;
}

/// Counts the peers, nodes and handles of this process on the device, as far as they are known here.
pub fn bus1_device_counts(out: ?[*]f64) callconv(.c) void {
    const sums = device_peer.counts();
    for (slice(f64, out, sums.len), sums) |*number, sum| number.* = @floatFromInt(sum);
}

/// The peers of this process on the device, and no more than that; see inspect.zig.
pub fn bus1_inspect_devices(out: ?[*]u8, size: u32) callconv(.c) i32 {
    var writer: Writer = .{ .room = slice(u8, out, size) };
    device_peer.inspectAll(&writer);
    return abi_inspect.sizeOrErrno(writer.needed);
}
