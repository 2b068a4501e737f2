//! The four commands as the specification states them (specification, section 3).
//!
//! Each command has three parts:
//! 1. Read everything that the caller gave, once, and check it.
//! 2. Allocate everything that is needed, and write all outputs, with the ids that will be assigned.
//! 3. Take effect. Nothing can fail here, and nothing has had an effect before.

const std = @import("std");
const assert = std.debug.assert;
const acct = @import("../bus/acct.zig");
const files = @import("file.zig");
const heap = @import("../base/heap.zig");
const types = @import("../base/uapi_types.zig");
const Failure = files.Failure;
const File = files.File;
const Handle = @import("../bus/handle.zig").Handle;
const Ids = @import("../bus/ids.zig").Ids;
const Offer = files.Offer;
const Op = @import("../bus/op.zig").Op;
const Shared = @import("../bus/message.zig").Shared;
const max_elements = @import("memory.zig").max_elements;

pub fn transfer(memory: anytype, file: *File, command: *const types.CmdTransfer) Failure!void {
    if (command.flags != 0) return error.Invalid;
    const other = try files.target(memory, file, command.to);
    const src = try memory.getArray(types.Transfer, command.ptr_src, command.n_transfers);
    defer heap.allocator.free(src);
    var offers: std.ArrayList(Offer) = try .initCapacity(heap.allocator, src.len);
    defer offers.deinit(heap.allocator);
    errdefer for (offers.items) |offer| offer.drop();
    var n_nodes: usize = 0;
    for (src) |source| {
        const offer: Offer = try .make(source, file, other);
        if (offer.node != null) n_nodes += 1;
        offers.appendAssumeCapacity(offer);
    }
    try file.ids.peer.nodes.reserve(n_nodes);
    try other.ids.handles.reserve(src.len);

    const outputs = try heap.allocator.alloc(types.Transfer, 2 * src.len);
    defer heap.allocator.free(outputs);
    const new_src, const dst = .{ outputs[0..src.len], outputs[src.len..] };
    var assigned = [2]u64{ 0, 0 };
    const here, const there = .{ &assigned[0], &assigned[if (other == file) 0 else 1] };
    for (src, offers.items, new_src, dst) |source, offer, *new, *copy| {
        new.* = .{ .id = if (offer.node == null) source.id else file.ids.peer.upcomingId(here.*) };
        if (offer.node != null) here.* += 1;
        copy.* = .{ .id = other.ids.peer.upcomingId(there.*) };
        there.* += 1;
    }
    {
        // Restores src. If that fails, src was not writable, and is unchanged.
        errdefer memory.write(command.ptr_src, std.mem.sliceAsBytes(src)) catch {};
        if (n_nodes > 0) try memory.write(command.ptr_src, std.mem.sliceAsBytes(new_src));
        try memory.write(command.ptr_dst, std.mem.sliceAsBytes(dst));
    }

    for (offers.items, dst) |offer, copy| {
        const id = offer.accept(file, other);
        assert(id == copy.id);
    }
}

pub fn release(memory: anytype, file: *File, command: *const types.CmdRelease) Failure!void {
    if (command.flags != 0) return error.Invalid;
    const ids = try memory.getArray(u64, command.ptr_ids, command.n_ids);
    defer heap.allocator.free(ids);
    try file.releaseAll(ids);
}

pub fn send(memory: anytype, file: *File, command: *const types.CmdSend) Failure!void {
    if (command.flags != 0) return error.Invalid;
    const message = try memory.get(types.Message, command.ptr_message);
    if (message.flags != 0 or message.type != types.BUS1_MESSAGE_TYPE_USER) return error.Invalid;
    var data: @TypeOf(memory).Data = undefined;
    try data.init(memory, &message);

    const transfers = try memory.getArray(types.Transfer, message.ptr_transfers, message.n_transfers);
    defer heap.allocator.free(transfers);
    const sources = try heap.allocator.alloc(*Handle, transfers.len);
    defer heap.allocator.free(sources);
    for (transfers) |source| if (source.flags != 0) return error.Invalid;
    for (transfers, sources) |source, *handle| handle.* = try file.find(source.id);

    const destinations = try memory.getArray(u64, command.ptr_destinations, command.n_destinations);
    defer heap.allocator.free(destinations);
    const to = try heap.allocator.alloc(*Handle, destinations.len);
    defer heap.allocator.free(to);
    for (destinations, to) |id, *handle| handle.* = try file.find(id);
    if (to.len * (1 + sources.len) > max_elements) return error.OutOfMemory;

    const bytes: *Shared = try .createUnset(try file.ids.peer.getPool(), data.n_data);
    defer bytes.unref();
    try data.gather(bytes.data());
    const op = try Op.create(file.ids.peer);
    {
        errdefer op.destroy();
        op.sendMessages(to, sources, .{ .shared = bytes }) catch |e| return files.known(e);
        if (command.ptr_errors != 0) try clearErrors(memory, command.ptr_errors, to.len);
    }
    file.ids.commit(op) catch unreachable; // all objects are live
}

/// Writes 0 for each destination. On failure the array is unchanged.
fn clearErrors(memory: anytype, address: u64, n: usize) Failure!void {
    if (n == 0) return;
    const cleared = try heap.allocator.alloc(i32, n);
    defer heap.allocator.free(cleared);
    @memset(cleared, 0);
    const bytes = std.mem.sliceAsBytes(cleared);
    if (address / std.heap.page_size_min == (address +| (bytes.len - 1)) / std.heap.page_size_min) {
        return memory.write(address, bytes);
    }
    const before = try memory.getArray(i32, address, n);
    defer heap.allocator.free(before);
    // Restores the array. A part for which that fails was not writable, and is unchanged.
    errdefer memory.write(address, std.mem.sliceAsBytes(before)) catch {};
    try memory.write(address, bytes);
}

pub fn recv(memory: anytype, file: *File, command: *const types.CmdRecv) Failure!void {
    if (command.flags != 0) return error.Invalid;
    var message = try memory.get(types.Message, command.ptr_message);
    if (message.flags != 0 or message.type != types.BUS1_INVALID) return error.Invalid;
    var data: @TypeOf(memory).Data = undefined;
    try data.init(memory, &message);
    const part = file.ids.first() orelse return error.Empty;

    const arrival: Ids.Arrival = .of(part);
    const fits = arrival.n_transfers <= message.n_transfers and arrival.data.len <= message.n_data;
    message.n_transfers = arrival.n_transfers;
    message.n_data = arrival.data.len;
    if (!fits) {
        try memory.put(command.ptr_message, message);
        return error.TooLarge;
    }
    message.type = typeOf(arrival);

    try file.ids.handles.reserve(arrival.n_transfers);
    const transfers = try heap.allocator.alloc(types.Transfer, arrival.n_transfers);
    defer heap.allocator.free(transfers);
    for (transfers, 0..) |*copy, i| copy.* = .{ .id = file.ids.peer.upcomingId(i) };
    try memory.write(message.ptr_transfers, std.mem.sliceAsBytes(transfers));
    try data.scatter(arrival.data);
    try memory.put(command.ptr_metadata, types.Metadata{ .id = arrival.id, .account = accountOf(arrival) });
    // The last output: on failure, the structure still has the capacity that the caller offers.
    try memory.put(command.ptr_message, message);

    file.ids.receive(part);
}

fn accountOf(arrival: Ids.Arrival) u64 {
    return if (arrival.account == acct.no_user) types.BUS1_INVALID else arrival.account;
}

/// The message type of the uapi.
pub fn typeOf(arrival: Ids.Arrival) u64 {
    return switch (arrival.kind) {
        .user => types.BUS1_MESSAGE_TYPE_USER,
        .node_release => types.BUS1_MESSAGE_TYPE_NODE_RELEASE,
        .handle_release => types.BUS1_MESSAGE_TYPE_HANDLE_RELEASE,
    };
}
