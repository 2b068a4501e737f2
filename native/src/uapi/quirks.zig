//! The four commands with the faults of the device of the RFC, so that programs and conformance points can be tried
//! against them. ../base/device_faults.zig lists the faults F1 to F12, and comments cite them by these numbers.
//! docs/device_faults.md describes them, and also F13 (the order of the releases of one operation), F14 and F15, which
//! are not emulated.
//!
//! The bus has no part in this. For F11, a dropped node is one that its peer has forgotten while its handles still exist.

const std = @import("std");
const files = @import("file.zig");
const heap = @import("../base/heap.zig");
const types = @import("../base/uapi_types.zig");
const Failure = files.Failure;
const File = files.File;
const Handle = @import("../bus/handle.zig").Handle;
const Ids = @import("../bus/ids.zig").Ids;
const Offer = files.Offer;
const Op = @import("../bus/op.zig").Op;
const Part = @import("../bus/queue.zig").Part;
const Peer = @import("../bus/peer.zig").Peer;
const Shared = @import("../bus/message.zig").Shared;
const max_elements = @import("memory.zig").max_elements;
const typeOf = @import("commands.zig").typeOf;

fn after(address: u64, bytes: u64) error{Fault}!u64 {
    return std.math.add(u64, address, bytes) catch error.Fault;
}

pub fn transfer(memory: anytype, file: *File, command: *const types.CmdTransfer) (Failure || error{Oops})!void {
    if (command.flags != 0) return error.Invalid;
    const other = try files.target(memory, file, command.to);
    try file.rfc.lock();
    try other.rfc.lock();
    var offers: std.ArrayList(Offer) = .empty;
    defer offers.deinit(heap.allocator);
    errdefer for (offers.items) |offer| offer.drop();
    var assigned = [2]u64{ 0, 0 };
    errdefer {
        file.ids.peer.last_id += assigned[0];
        other.ids.peer.last_id += assigned[1];
    }
    const here, const there = .{ &assigned[0], &assigned[if (other == file) 0 else 1] };
    for (0..@intCast(command.n_transfers)) |i| {
        if (i == max_elements) return error.OutOfMemory;
        const src = try after(command.ptr_src, i); // F1
        const dst = try after(command.ptr_dst, i); // F1
        try offers.ensureUnusedCapacity(heap.allocator, 1);
        const offer: Offer = try .make(try memory.get(types.Transfer, src), file, other);
        offers.appendAssumeCapacity(offer);
        if (offer.node != null) {
            here.* += 1;
            try memory.put(src, types.Transfer{ .id = file.ids.peer.upcomingId(here.* - 1) });
        }
        there.* += 1;
        try memory.put(dst, types.Transfer{ .id = other.ids.peer.upcomingId(there.* - 1) });
    }
    try file.ids.peer.nodes.reserve(offers.items.len);
    try other.ids.handles.reserve(offers.items.len);
    for (offers.items) |offer| {
        withholdNodeRelease(offer.handle);
        _ = offer.accept(file, other);
    }
}

/// F12, for a copy that its receiver has not received yet.
fn withholdNodeRelease(copy: *Handle) void {
    copy.node.mutex.lock();
    defer copy.node.mutex.unlock();
    if (copy.node.released) copy.told = true;
}

pub fn release(memory: anytype, file: *File, command: *const types.CmdRelease) (Failure || error{Oops})!void {
    if (command.flags != 0) return error.Invalid;
    try file.rfc.lock();
    const ids = getIds(memory, command.ptr_ids, command.n_ids) catch return; // F4
    defer heap.allocator.free(ids);
    file.releaseAll(ids) catch {}; // F4
}

/// F2. The caller frees the array.
fn getIds(memory: anytype, address: u64, n: u64) error{ Fault, OutOfMemory }![]u64 {
    if (n == 0) return &.{};
    if (n > max_elements) return error.OutOfMemory;
    const bytes = try memory.getArray(u8, address, n + (@sizeOf(u64) - 1));
    defer heap.allocator.free(bytes);
    const ids = try heap.allocator.alloc(u64, @intCast(n));
    for (ids, 0..) |*id, i| id.* = std.mem.readInt(u64, bytes[i..][0..@sizeOf(u64)], .native);
    return ids;
}

pub fn send(memory: anytype, file: *File, command: *const types.CmdSend) (Failure || error{Oops})!void {
    if (command.flags != 0) return error.Invalid;
    try file.rfc.lock();
    const import = importMessage(memory, file, command.ptr_message) catch {
        file.rfc.locked = true; // F5
        return error.Oops;
    };
    defer import.bytes.unref();
    const sources: []const *Handle = if (import.source) |source| &.{source} else &.{};

    const op = try Op.create(file.ids.peer);
    {
        errdefer op.destroy();
        for (0..@intCast(command.n_destinations)) |i| {
            if (i == max_elements) return error.OutOfMemory;
            const to = try file.find(try memory.get(u64, try after(command.ptr_destinations, i))); // F2
            op.sendMessage(to, sources, .{ .shared = import.bytes }) catch |e| return files.known(e);
            try memory.put(try after(command.ptr_errors, i), @as(u64, 0)); // F3
        }
    }
    for (op.messages.items) |entry| for (entry.message.transfers()) |copy| withholdNodeRelease(copy);
    file.ids.commit(op) catch unreachable; // all objects are live
}

const Import = struct { bytes: *Shared, source: ?*Handle };

fn importMessage(memory: anytype, file: *File, address: u64) Failure!Import {
    const message = try memory.get(types.Message, address);
    if (message.flags != 0 or message.type != types.BUS1_MESSAGE_TYPE_USER) return error.Invalid;
    var data: @TypeOf(memory).Data = undefined;
    try data.init(memory, &message);
    data.n_data = @intCast(@min(data.capacity, types.max_data)); // F6
    const source = switch (message.n_transfers) {
        0 => null,
        1 => source: {
            const source = try memory.get(types.Transfer, message.ptr_transfers);
            if (source.flags != 0) return error.Invalid;
            break :source try file.find(source.id);
        },
        // F1: the flags of the second transfer end with the first byte of the id of the first, and ids are odd.
        else => return error.Invalid,
    };
    const bytes: *Shared = try .createUnset(try file.ids.peer.getPool(), data.n_data);
    errdefer bytes.unref();
    try data.gather(bytes.data());
    return .{ .bytes = bytes, .source = source };
}

pub fn recv(memory: anytype, file: *File, command: *const types.CmdRecv) (Failure || error{Oops})!void {
    if (command.flags != 0) return error.Invalid;
    var message = try memory.get(types.Message, command.ptr_message);
    if (message.flags != 0 or message.type != types.BUS1_INVALID) return error.Invalid;
    try file.rfc.lock();
    _ = file.rfc.isStuck(&file.ids); // F10: remembers a message that this call takes
    const part = first(&file.ids) orelse return error.Empty;
    const arrival: Ids.Arrival = .of(part);
    try file.ids.handles.reserve(arrival.n_transfers);
    if (arrival.kind == .user) try exportMessage(memory, file, &message, arrival);

    message.type = typeOf(arrival);
    message.n_transfers = arrival.n_transfers;
    message.n_data = arrival.data.len;
    const metadata: types.Metadata = .{ .id = arrival.id };
    var fault = false;
    memory.put(command.ptr_metadata, metadata) catch {
        fault = true;
    };
    if (!fault) memory.put(command.ptr_message, message) catch {
        fault = true;
    };
    if (fault and arrival.kind == .user) return error.Fault;
    if (arrival.kind == .handle_release) dropNode(file.ids.peer, Handle.of(part)) else file.ids.receive(part);
    if (fault) return error.Fault; // F9
}

fn exportMessage(memory: anytype, file: *File, message: *const types.Message, arrival: Ids.Arrival) Failure!void {
    var assigned: u64 = 0;
    errdefer file.ids.peer.last_id += assigned; // F8
    for (0..arrival.n_transfers) |i| { // F7
        assigned += 1;
        const copy: types.Transfer = .{ .id = file.ids.peer.upcomingId(i) };
        try memory.put(try after(message.ptr_transfers, i), copy); // F1
    }
    var data: @TypeOf(memory).Data = undefined;
    try data.init(memory, message);
    if (arrival.data.len > message.n_data) return error.TooLarge; // F8
    try data.scatter(arrival.data);
}

/// The part that a receive delivers. F11: also each handle release, unless its node is dropped.
fn first(ids: *Ids) ?*Part {
    while (ids.peer.first(.every)) |part| {
        if (part.kind != .handle_release or ids.node(Handle.of(part).node.id) != null) return part;
        ids.peer.queue.removeFirst();
        Peer.receiveHandleRelease(Handle.of(part));
    }
    return null;
}

/// F11, for the handle release that is first in the queue.
fn dropNode(peer: *Peer, released: *Handle) void {
    const node = released.node;
    peer.queue.removeFirst();
    peer.disownNode(node);
    peer.counts.add(.nodes, -1);
    Peer.receiveHandleRelease(released);
    node.unref();
}
