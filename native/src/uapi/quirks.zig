//! The uapi as the device of the RFC serves it, with its faults: for trying a program, or a judge of devices, against
//! them. Measured on the real module; the same table, with these numbers, stands with the conformance points.
//!
//! - F1, F2: element `i` of an array is `i` bytes behind the first, not `i` elements.
//! - F3: a SEND reports each success as 8 bytes of zero, and insists on doing so.
//! - F4: a RELEASE answers 0, whatever happened.
//! - F5: a SEND that cannot import its message kills the caller (`error.Oops`) and leaves its peer locked.
//! - F6: the whole vectors are sent.
//! - F7: the room for transfers is not looked at.
//! - F8: a RECV that fails does not say what it needs, and uses up the ids of the transfers.
//! - F9: a release that cannot be written to the caller is lost.
//! - F10: POLLIN stays from the first message on.
//! - F11: each handle release is told, and the first one drops its node without releasing it.
//! - F12: a copy of a handle to a released node is never told of that.
//!
//! The bus knows nothing of this: a dropped node is one that its peer has forgotten while its handles live on.

const std = @import("std");
const heap = @import("../base/heap.zig");
const types = @import("../base/uapi_types.zig");
const uapi = @import("server.zig");
const Failure = uapi.Failure;
const File = uapi.File;
const Handle = @import("../bus/handle.zig").Handle;
const Ids = @import("../bus/ids.zig").Ids;
const Op = @import("../bus/op.zig").Op;
const Part = @import("../bus/queue.zig").Part;
const Peer = @import("../bus/peer.zig").Peer;
const Shared = @import("../bus/message.zig").Shared;
const max_elements = @import("memory.zig").max_elements;

/// What a file remembers. Nothing, unless it is used this way.
pub const State = struct {
    active: bool = false,
    /// F5: somebody died with the lock.
    locked: bool = false,
    /// F10: something has come.
    stuck: bool = false,

    pub fn isStuck(state: *State, ids: *Ids) bool {
        if (state.active and ids.peer.queue.first() != null) state.stuck = true;
        return state.stuck;
    }

    /// Who waits for a lock that nobody gives back can only be killed.
    fn lock(state: *const State) error{Oops}!void {
        if (state.locked) return error.Oops;
    }
};

pub fn serve(memory: anytype, file: *File, request: u32, argument: u64) (Failure || error{Oops})!i32 {
    file.rfc.active = true;
    return uapi.dispatch(@This(), memory, file, request, argument);
}

fn after(address: u64, bytes: u64) error{Fault}!u64 {
    return std.math.add(u64, address, bytes) catch error.Fault;
}

// TRANSFER

pub fn transfer(memory: anytype, file: *File, command: *const types.CmdTransfer) (Failure || error{Oops})!void {
    if (command.flags != 0) return error.Invalid;
    const other = try uapi.target(memory, file, command.to);
    try file.rfc.lock();
    try other.rfc.lock();
    var offers: std.ArrayList(uapi.Offer) = .empty;
    defer offers.deinit(heap.allocator);
    errdefer for (offers.items) |offer| offer.drop();
    var allotted = [2]u64{ 0, 0 };
    errdefer {
        file.ids.peer.last_id += allotted[0];
        other.ids.peer.last_id += allotted[1];
    }
    const here, const there = .{ &allotted[0], &allotted[if (other == file) 0 else 1] };
    for (0..@intCast(command.n_transfers)) |i| {
        if (i == max_elements) return error.OutOfMemory;
        const src = try after(command.ptr_src, i); // F1
        const dst = try after(command.ptr_dst, i); // F1
        try offers.ensureUnusedCapacity(heap.allocator, 1);
        const offer: uapi.Offer = try .make(try memory.get(types.Transfer, src), file, other);
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
        forget(offer.handle);
        _ = offer.accept(file, other);
    }
}

/// F12, for a copy that its receiver has not got yet.
fn forget(copy: *Handle) void {
    copy.node.mutex.lock();
    defer copy.node.mutex.unlock();
    if (copy.node.released) copy.told = true;
}

// RELEASE

pub fn release(memory: anytype, file: *File, command: *const types.CmdRelease) (Failure || error{Oops})!void {
    if (command.flags != 0) return error.Invalid;
    try file.rfc.lock();
    const ids = getIds(memory, command.ptr_ids, command.n_ids) catch return; // F4
    defer heap.allocator.free(ids);
    uapi.releaseAll(file, ids) catch {}; // F4
}

/// F2. It is the caller's to free.
fn getIds(memory: anytype, address: u64, n: u64) error{ Fault, OutOfMemory }![]u64 {
    if (n == 0) return &.{};
    if (n > max_elements) return error.OutOfMemory;
    const bytes = try memory.getArray(u8, address, n + (@sizeOf(u64) - 1));
    defer heap.allocator.free(bytes);
    const ids = try heap.allocator.alloc(u64, @intCast(n));
    for (ids, 0..) |*id, i| id.* = std.mem.readInt(u64, bytes[i..][0..@sizeOf(u64)], .native);
    return ids;
}

// SEND

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
            const to = try uapi.find(file, try memory.get(u64, try after(command.ptr_destinations, i))); // F2
            op.sendMessage(to, sources, .{ .shared = import.bytes }) catch |e| return uapi.known(e);
            try memory.put(try after(command.ptr_errors, i), @as(u64, 0)); // F3
        }
    }
    for (op.messages.items) |entry| for (entry.message.transfers()) |copy| forget(copy);
    file.ids.commit(op) catch unreachable; // all is live
}

const Import = struct { bytes: *Shared, source: ?*Handle };

fn importMessage(memory: anytype, file: *File, address: u64) Failure!Import {
    const message = try memory.get(types.Message, address);
    if (message.flags != 0 or message.type != types.BUS1_MESSAGE_TYPE_USER) return error.Invalid;
    var data: @TypeOf(memory).Data = undefined;
    try data.init(memory, &message);
    data.n_data = @intCast(@min(data.room, types.max_data)); // F6
    const source = switch (message.n_transfers) {
        0 => null,
        1 => source: {
            const source = try memory.get(types.Transfer, message.ptr_transfers);
            if (source.flags != 0) return error.Invalid;
            break :source try uapi.find(file, source.id);
        },
        // F1: the flags of the second one end with the first byte of the first one's id, and ids are odd.
        else => return error.Invalid,
    };
    const bytes: *Shared = try .createUnset(try file.ids.peer.getPool(), data.n_data);
    errdefer bytes.unref();
    try data.gather(bytes.data());
    return .{ .bytes = bytes, .source = source };
}

// RECV

pub fn recv(memory: anytype, file: *File, command: *const types.CmdRecv) (Failure || error{Oops})!void {
    if (command.flags != 0) return error.Invalid;
    var message = try memory.get(types.Message, command.ptr_message);
    if (message.flags != 0 or message.type != types.BUS1_INVALID) return error.Invalid;
    try file.rfc.lock();
    _ = file.rfc.isStuck(&file.ids); // F10: it is
    const part = first(&file.ids) orelse return error.Empty;
    const arrival: Ids.Arrival = .of(part);
    try file.ids.handles.reserve(arrival.n_transfers);
    if (arrival.kind == .user) try exportMessage(memory, file, &message, arrival);

    message.type = uapi.typeOf(arrival);
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
    var allotted: u64 = 0;
    errdefer file.ids.peer.last_id += allotted; // F8
    for (0..arrival.n_transfers) |i| { // F7
        allotted += 1;
        const copy: types.Transfer = .{ .id = file.ids.peer.upcomingId(i) };
        try memory.put(try after(message.ptr_transfers, i), copy); // F1
    }
    var data: @TypeOf(memory).Data = undefined;
    try data.init(memory, message);
    if (arrival.data.len > message.n_data) return error.TooLarge; // F8
    try data.scatter(arrival.data);
}

/// What a receive delivers. F11: each handle release whose node is not dropped.
fn first(ids: *Ids) ?*Part {
    while (ids.peer.first(.every)) |part| {
        if (part.kind != .handle_release or ids.node(Handle.of(part).node.id) != null) return part;
        ids.peer.queue.removeFirst();
        Peer.receiveHandleRelease(Handle.of(part));
    }
    return null;
}

/// F11, for the release of a handle, which is first in the queue.
fn dropNode(peer: *Peer, released: *Handle) void {
    const node = released.node;
    peer.queue.removeFirst();
    peer.disownNode(node);
    peer.counts.add(.nodes, -1);
    Peer.receiveHandleRelease(released);
    node.unref();
}
