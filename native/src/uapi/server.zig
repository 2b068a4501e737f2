//! The uapi served by our own bus: SPEC sections 3 to 6, as include/linux/bus1.h describes them to programs.
//!
//! It does not know who asks: user memory and descriptors come through a context (`ioctl`), and whatever may come from
//! there is data, not trusted in anything. Every command has three parts:
//! 1. Read all that the caller gave, once, and check it.
//! 2. Make all that is needed, and write all that goes back, with the ids that there are going to be.
//! 3. Let it happen. Nothing can fail here, and before it nothing has happened.

const std = @import("std");
const assert = std.debug.assert;
const acct = @import("../bus/acct.zig");
const heap = @import("../base/heap.zig");
const quirks_zig = @import("quirks.zig");
const types = @import("../base/uapi_types.zig");
const Errno = @import("../base/errno.zig").Errno;
const Handle = @import("../bus/handle.zig").Handle;
const Ids = @import("../bus/ids.zig").Ids;
const Memory = @import("memory.zig").Memory;
const Node = @import("../bus/node.zig").Node;
const Op = @import("../bus/op.zig").Op;
const Peer = @import("../bus/peer.zig").Peer;
const Shared = @import("../bus/message.zig").Shared;
const Waitq = @import("../bus/waitq.zig").Waitq;
const max_elements = @import("memory.zig").max_elements;

/// Whether to answer as the contract says, or as the device of the RFC does (quirks.zig).
pub const Quirks = enum { none, rfc };

/// An open file of the device: a peer, and its objects by their ids. Its user serializes all calls that concern one
/// file, as the caller's or as the one that handles go to.
pub const File = struct {
    ids: Ids,
    waitq: *Waitq,
    rfc: quirks_zig.State = .{},

    /// `wake` is called with `userdata` when there may be something to receive, once for each `arm`, by whoever commits:
    /// within a call on another file, or on this one, its `close` included. It must not call back.
    pub fn open(wake: Waitq.Callback, userdata: ?*anyopaque) error{OutOfMemory}!*File {
        return openWith(wake, userdata, .{});
    }

    /// The same, for a user: he pays, and is named to those who receive what is sent from the file.
    pub fn openFor(uid: u32, wake: Waitq.Callback, userdata: ?*anyopaque) error{OutOfMemory}!*File {
        const actor = try acct.Actor.createFor(uid);
        defer actor.unref();
        return openWith(wake, userdata, .{ .actor = actor });
    }

    fn openWith(wake: Waitq.Callback, userdata: ?*anyopaque, options: Peer.Options) error{OutOfMemory}!*File {
        const file = try heap.allocator.create(File);
        errdefer heap.allocator.destroy(file);
        const waitq = try Waitq.create(wake, userdata);
        errdefer waitq.unref();
        file.* = .{ .ids = try .open(waitq, options), .waitq = waitq };
        return file;
    }

    /// The last close: ends the peer. There is no wake after it.
    pub fn close(file: *File) void {
        file.ids.close();
        file.waitq.unref();
        heap.allocator.destroy(file);
    }

    /// Whether a receive would find something now.
    pub fn isReadable(file: *File) bool {
        return file.rfc.isStuck(&file.ids) or file.ids.first() != null;
    }

    /// Asks for one wake. Look once more after this.
    pub fn arm(file: *File) void {
        file.waitq.arm();
    }
};

/// How a command can fail.
pub const Failure = error{
    NoCommand,
    Invalid,
    Fault,
    /// No descriptor.
    BadDescriptor,
    /// A descriptor of something else.
    NotBus1,
    /// An id that names nothing, or something of the wrong kind.
    Unknown,
    TooLarge,
    Empty,
} || acct.Error;

fn errno(failure: Failure) i32 {
    const value: Errno = switch (failure) {
        error.NoCommand => .ENOTTY,
        error.Invalid => .EINVAL,
        error.Fault => .EFAULT,
        error.BadDescriptor => .EBADF,
        error.NotBus1 => .EOPNOTSUPP,
        error.Unknown => .EBADRQC,
        error.TooLarge => .EMSGSIZE,
        error.Empty => .EAGAIN,
        error.Quota => .EDQUOT,
        error.Overflow => .EXFULL,
        error.OutOfMemory => .ENOMEM,
    };
    return value.negative();
}

/// Serves a command, and answers what the ioctl returns: 0, 1 or a negative errno. `error.Oops`: the device of the RFC
/// would have killed the caller.
///
/// The context has
/// - `fn read(context, address: u64, into: []u8) error{Fault}!void`
/// - `fn write(context, address: u64, bytes: []const u8) error{Fault}!void`, which within one page writes all or nothing
/// - `fn file(context, fd: u64) error{ BadDescriptor, NotBus1 }!*File`
pub fn ioctl(context: anytype, file: *File, request: u32, argument: u64, quirks: Quirks) error{Oops}!i32 {
    const memory: Memory(@TypeOf(context)) = .{ .context = context };
    const result = switch (quirks) {
        .none => dispatch(@This(), memory, file, request, argument),
        .rfc => quirks_zig.serve(memory, file, request, argument),
    };
    return result catch |failure| switch (failure) {
        error.Oops => |oops| oops,
        else => |other| errno(other),
    };
}

/// Calls what `commands` has for the request: `transfer`, `release`, `send` or `recv`.
pub fn dispatch(
    comptime commands: type,
    memory: anytype,
    file: *File,
    request: u32,
    argument: u64,
) (Failure || error{Oops})!i32 {
    switch (request) {
        types.BUS1_CMD_TRANSFER => try commands.transfer(memory, file, &try memory.get(types.CmdTransfer, argument)),
        types.BUS1_CMD_RELEASE => try commands.release(memory, file, &try memory.get(types.CmdRelease, argument)),
        types.BUS1_CMD_SEND => try commands.send(memory, file, &try memory.get(types.CmdSend, argument)),
        types.BUS1_CMD_RECV => {
            try commands.recv(memory, file, &try memory.get(types.CmdRecv, argument));
            return 1;
        },
        else => return error.NoCommand,
    }
    return 0;
}

// TRANSFER

fn transfer(memory: anytype, file: *File, command: *const types.CmdTransfer) Failure!void {
    if (command.flags != 0) return error.Invalid;
    const other = try target(memory, file, command.to);
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

    // What goes back.
    const ids = try heap.allocator.alloc(types.Transfer, 2 * src.len);
    defer heap.allocator.free(ids);
    const new_src, const dst = .{ ids[0..src.len], ids[src.len..] };
    var allotted = [2]u64{ 0, 0 };
    const here, const there = .{ &allotted[0], &allotted[if (other == file) 0 else 1] };
    for (src, offers.items, new_src, dst) |source, offer, *new, *copy| {
        new.* = .{ .id = if (offer.node == null) source.id else file.ids.peer.upcomingId(here.*) };
        if (offer.node != null) here.* += 1;
        copy.* = .{ .id = other.ids.peer.upcomingId(there.*) };
        there.* += 1;
    }
    {
        errdefer memory.write(command.ptr_src, std.mem.sliceAsBytes(src)) catch {}; // where it cannot be, it never was
        if (n_nodes > 0) try memory.write(command.ptr_src, std.mem.sliceAsBytes(new_src));
        try memory.write(command.ptr_dst, std.mem.sliceAsBytes(dst));
    }

    for (offers.items, dst) |offer, copy| {
        const id = offer.accept(file, other);
        assert(id == copy.id);
    }
}

/// The file whose peer gets the handles.
pub fn target(memory: anytype, file: *File, to: u64) error{ BadDescriptor, NotBus1 }!*File {
    if (to == types.BUS1_INVALID) return file;
    if (to > std.math.maxInt(i32)) return error.BadDescriptor;
    return memory.context.file(to);
}

/// A handle that is to be given to a peer, and the node if it is new too. The bus does not know of them yet.
pub const Offer = struct {
    node: ?*Node,
    handle: *Handle,

    pub fn make(source: types.Transfer, from: *File, to: *File) Failure!Offer {
        if (source.flags & ~types.BUS1_TRANSFER_FLAG_CREATE != 0) return error.Invalid;
        if (source.flags == 0) {
            const handle = try find(from, source.id);
            return .{ .node = null, .handle = try Handle.create(handle.node, to.ids.peer) };
        }
        if (source.id != types.BUS1_INVALID) return error.Invalid;
        const node = try Node.create(from.ids.peer);
        errdefer node.unref();
        return .{ .node = node, .handle = try Handle.create(node, to.ids.peer) };
    }

    pub fn drop(offer: Offer) void {
        offer.handle.unref();
        if (offer.node) |node| node.unref();
    }

    /// There is room in the tables. Answers the handle's id.
    pub fn accept(offer: Offer, from: *File, to: *File) u64 {
        defer offer.drop(); // the peers have theirs
        if (offer.node) |node| from.ids.peer.adoptNode(node);
        to.ids.peer.adoptHandle(offer.handle, from.ids.peer);
        return to.ids.give(offer.handle);
    }
};

/// A handle of the peer.
pub fn find(file: *const File, id: u64) error{Unknown}!*Handle {
    return file.ids.handle(id) orelse error.Unknown;
}

// RELEASE

fn release(memory: anytype, file: *File, command: *const types.CmdRelease) Failure!void {
    if (command.flags != 0) return error.Invalid;
    const ids = try memory.getArray(u64, command.ptr_ids, command.n_ids);
    defer heap.allocator.free(ids);
    try releaseAll(file, ids);
}

pub fn releaseAll(file: *File, ids: []const u64) Failure!void {
    const op = try Op.create(file.ids.peer);
    {
        errdefer op.destroy();
        for (ids) |id| file.ids.addRelease(op, id) catch |e| return known(e);
    }
    file.ids.commit(op) catch unreachable; // all is live
}

/// Of an op on what ids name: that is its peer's, and live.
pub fn known(e: (error{Unknown} || Op.Error)) (error{Unknown} || acct.Error) {
    return switch (e) {
        error.Foreign, error.Released => unreachable,
        else => |other| other,
    };
}

// SEND

fn send(memory: anytype, file: *File, command: *const types.CmdSend) Failure!void {
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
    for (transfers, sources) |source, *handle| handle.* = try find(file, source.id);

    const destinations = try memory.getArray(u64, command.ptr_destinations, command.n_destinations);
    defer heap.allocator.free(destinations);
    const to = try heap.allocator.alloc(*Handle, destinations.len);
    defer heap.allocator.free(to);
    for (destinations, to) |id, *handle| handle.* = try find(file, id);
    if (to.len * (1 + sources.len) > max_elements) return error.OutOfMemory;

    const bytes: *Shared = try .createUnset(try file.ids.peer.getPool(), data.n_data);
    defer bytes.unref();
    try data.gather(bytes.data());
    const op = try Op.create(file.ids.peer);
    {
        errdefer op.destroy();
        op.sendMessages(to, sources, .{ .shared = bytes }) catch |e| return known(e);
        if (command.ptr_errors != 0) try clearErrors(memory, command.ptr_errors, to.len);
    }
    file.ids.commit(op) catch unreachable; // all is live
}

/// Says of each destination that it went well; all of them, or the array is untouched.
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
    errdefer memory.write(address, std.mem.sliceAsBytes(before)) catch {}; // where it cannot be, it never was
    try memory.write(address, bytes);
}

// RECV

fn recv(memory: anytype, file: *File, command: *const types.CmdRecv) Failure!void {
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
    // Last, since until then it holds the room that the caller has told.
    try memory.put(command.ptr_message, message);

    file.ids.receive(part);
}

pub fn accountOf(arrival: Ids.Arrival) u64 {
    return if (arrival.account == acct.no_user) types.BUS1_INVALID else arrival.account;
}

pub fn typeOf(arrival: Ids.Arrival) u64 {
    return switch (arrival.kind) {
        .user => types.BUS1_MESSAGE_TYPE_USER,
        .node_release => types.BUS1_MESSAGE_TYPE_NODE_RELEASE,
        .handle_release => types.BUS1_MESSAGE_TYPE_HANDLE_RELEASE,
    };
}
