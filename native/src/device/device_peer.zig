//! A peer on the kernel's device: the bridge to /dev/bus1.
//!
//! A call becomes one ioctl. Its structures are on the stack and its arrays in the isolate's scratch; the bytes of a message
//! go from and to the caller's own buffer. Rules:
//!
//! - No id that a caller made up reaches the device. A faulty device kills the thread for some of them (device fault F5), or
//!   reports success (device fault F4). So the peer knows its ids and what each names, and everything is checked first.
//! - What a device cannot do atomically is refused before anything happens: -EOPNOTSUPP. The faults of the device were found
//!   before (probe.zig), and come with the peer.
//! - Functions return 0 or what their comment says, or a negative errno. If the device is gone, the peer has ended:
//!   -ESHUTDOWN.
//!
//! Other processes may have the same peer, through copies of its descriptor. Then it may have ids that came through them.

const std = @import("std");
const linux = std.os.linux;
const acct = @import("../bus/acct.zig");
const atomic = @import("../base/atomic.zig");
const fds = @import("fd.zig");
const heap = @import("../base/heap.zig");
const live_counts = @import("../bus/counts.zig");
const os = @import("os.zig");
const uapi = @import("../base/uapi_types.zig");
const watcher = @import("watcher.zig");
const Errno = @import("../base/errno.zig").Errno;
const Faults = @import("../base/device_faults.zig").Faults;
const Link = @import("../base/list.zig").Link;
const List = @import("../base/list.zig").List;
const Name = @import("../bus/name.zig").Name;
const Mutex = @import("../base/mutex.zig").Mutex;
const Scratch = @import("scratch.zig").Scratch;
const Slot = @import("../isolate/slot.zig").Slot;
const Table = @import("../base/table.zig").Table;
const Writer = @import("../base/inspect_records.zig").Writer;
const numberOf = @import("../base/inspect_records.zig").numberOf;

/// What an id names.
pub const Kind = enum { node, handle };

/// What is known of what an id names.
const Known = struct {
    kind: Kind,
    /// Of a node.
    name: ?*Name = null,
    /// Of a handle that was made or copied here: the number of the peer that owns its node, and the id of the node.
    peer: ?u64 = null,
    node: u64 = 0,
};

/// Guards what follows.
var mutex: Mutex = .{};
/// All that have not ended.
var peers: List(DevicePeer, "link") = .{};
/// A descriptor that is always readable.
var readable: ?i32 = null;

pub const DevicePeer = struct {
    slot: *Slot,
    fd: i32,
    faults: Faults,
    /// Whether another process may have the peer, too.
    shared: bool,
    /// For inspection.
    number: u64,
    name: ?*Name,
    ids: Table(Known) = .{},
    /// How many of them there are, for other threads that count.
    n_nodes: atomic.Value(u32) = .init(0),
    n_handles: atomic.Value(u32) = .init(0),
    link: Link(DevicePeer) = .{},
    watched: bool = false,
    sleeper: ?*Sleeper = null,

    pub const slot_kind: @import("../isolate/slot.zig").Kind = .of(DevicePeer);

    /// Opens a peer on the device at `path`, for an isolate.
    pub fn open(path: [*:0]const u8, faults: Faults, isolate: u32, name: []const u8) error{ OutOfMemory, NoDevice }!*DevicePeer {
        const flags: linux.O = .{ .ACCMODE = .RDWR, .CLOEXEC = true };
        const fd = fds.open(path, @bitCast(flags));
        if (fd < 0) return if (isShortage(fd)) error.OutOfMemory else error.NoDevice;
        errdefer _ = fds.close(fd);
        return make(fd, faults, isolate, false, name);
    }

    /// Makes a peer of a descriptor from elsewhere. On failure the descriptor is as before.
    pub fn adopt(fd: i32, faults: Faults, isolate: u32, name: []const u8) error{ OutOfMemory, BadDescriptor, NoDevice }!*DevicePeer {
        if (isTaken(fd)) return error.BadDescriptor;
        // A command that does nothing, to find out whether this is a peer on a device.
        var command: uapi.CmdTransfer = .{ .n_transfers = 0, .ptr_src = 0, .ptr_dst = 0 };
        const answer = os.command(fd, uapi.BUS1_CMD_TRANSFER, &command);
        if (answer == Errno.EBADF.negative()) return error.BadDescriptor;
        if (answer < 0) return error.NoDevice;
        return make(fd, faults, isolate, true, name);
    }

    fn make(fd: i32, faults: Faults, isolate: u32, shared: bool, name: []const u8) error{OutOfMemory}!*DevicePeer {
        try Scratch.make(isolate);
        const named = try Name.create(name);
        errdefer Name.destroy(named);
        const slot = try Slot.take();
        errdefer slot.give();
        const number = live_counts.nextNumber();
        const peer = peer: {
            mutex.lock();
            defer mutex.unlock();
            if (readable == null) readable = try os.alwaysReadable();
            const peer = slot.put(DevicePeer{
                .slot = slot,
                .fd = fd,
                .faults = faults,
                .shared = shared,
                .number = number,
                .name = named,
            });
            peers.append(peer);
            break :peer peer;
        };
        watcher.enter();
        slot.start(isolate);
        return peer;
    }

    /// Whether the descriptor belongs to a peer of this process already, which will close it.
    fn isTaken(fd: i32) bool {
        mutex.lock();
        defer mutex.unlock();
        var it = peers.first;
        while (it) |peer| : (it = peer.link.next) if (peer.fd == fd) return true;
        return false;
    }

    /// Enters as the operator.
    pub fn enter(index: u32, key: u32) error{ Ended, Unknown }!*DevicePeer {
        return Slot.enterAs(DevicePeer, index, key);
    }

    pub fn leave(peer: *DevicePeer) void {
        peer.slot.leave();
    }

    /// For the end of the session.
    pub fn close(peer: *DevicePeer) void {
        for (peer.ids.entries) |entry| if (entry.id != 0) Name.destroy(entry.value.name);
        peer.ids.deinit();
        if (peer.watched) watcher.remove(peer.fd);
        if (peer.sleeper) |sleeper| {
            sleeper.epoll.remove(peer.fd);
            sleeper.epoll.add(readable.?, 0) catch {}; // without memory for that, it sleeps until its timeout
            sleeper.unref();
        }
        {
            mutex.lock();
            defer mutex.unlock();
            peers.remove(peer);
        }
        Name.destroy(peer.name);
        // If no other process has the open file, this is the end of the peer.
        _ = fds.close(peer.fd);
        watcher.leave(readable.?);
        peer.slot.wake();
    }

    /// For the slot: a peer that is handed over keeps all it has.
    pub fn detach(_: *DevicePeer) void {}

    /// The operator's scratch, empty.
    pub fn scratch(peer: *const DevicePeer) *Scratch {
        return Scratch.of(peer.slot.isolate.load(.monotonic)); // relaxed: written before the operator could enter
    }

    // What it has.

    /// What an id of the peer names. -EBADRQC: nothing; -EOPNOTSUPP: it cannot be found out.
    pub fn kindOf(peer: *DevicePeer, id: u64) error{ Unknown, Unsupported, Ended }!Kind {
        if (peer.ids.get(id)) |known| return known.kind;
        // Of ids that came through other processes, a handle can be recognized: it can be sent, to no destination.
        if (!peer.shared or id & uapi.BUS1_MANAGED == 0) return error.Unknown;
        if (peer.faults.has(.fatal_import)) return error.Unsupported;
        const answer = peer.send(&.{}, &.{.{ .id = id }}, &.{}, &.{});
        if (answer == Errno.ESHUTDOWN.negative()) return error.Ended;
        if (answer < 0) return error.Unknown;
        peer.learn(id, .{ .kind = .handle });
        return .handle;
    }

    fn isHandle(peer: *const DevicePeer, id: u64) bool {
        const known = peer.ids.get(id) orelse return false;
        return known.kind == .handle;
    }

    /// Without memory for it, the peer counts as shared with other processes: it may have ids that are not known here.
    fn learn(peer: *DevicePeer, id: u64, known: Known) void {
        if (peer.ids.get(id) != null) return Name.destroy(known.name);
        peer.ids.reserve(1) catch {
            peer.shared = true;
            return Name.destroy(known.name);
        };
        peer.ids.put(id, known);
        count(peer.counter(known.kind), 1);
    }

    /// False if it was not there.
    fn forget(peer: *DevicePeer, id: u64) bool {
        const known = peer.ids.get(id) orelse return false;
        Name.destroy(known.name);
        peer.ids.remove(id);
        count(peer.counter(known.kind), -1);
        return true;
    }

    fn counter(peer: *DevicePeer, kind: Kind) *atomic.Value(u32) {
        return switch (kind) {
            .node => &peer.n_nodes,
            .handle => &peer.n_handles,
        };
    }

    /// Relaxed, and not one operation: the operator alone writes, and a reader wants a number, not an order.
    fn count(value: *atomic.Value(u32), difference: i2) void {
        value.store(@intCast(@as(i64, value.load(.monotonic)) + difference), .monotonic);
    }

    /// Returns the name of a node; or that of the peer, for the id 0, which names no object.
    pub fn nameOf(peer: *const DevicePeer, id: u64) error{Unknown}!?*Name {
        if (id == 0) return peer.name;
        return (peer.ids.get(id) orelse return error.Unknown).name;
    }

    /// Writes what the operator knows. The kernel does not report what it has.
    pub fn inspect(peer: *DevicePeer, writer: *Writer) void {
        writer.putNamed(.{
            .peer = .{
                .number = numberOf(peer.number),
                .nodes = numberOf(peer.n_nodes.load(.monotonic)), // relaxed, both: the operator's own
                .handles = numberOf(peer.n_handles.load(.monotonic)),
            },
        }, Name.text(peer.name));
        for (peer.ids.entries) |entry| {
            const known = entry.value;
            const id = numberOf(entry.id);
            if (entry.id == 0) continue;
            switch (known.kind) {
                .node => writer.putNamed(.{ .node = .{ .id = id } }, Name.text(known.name)),
                .handle => writer.put(.{ .handle = if (known.peer) |owner|
                    .{ .id = id, .node = numberOf(known.node), .peer = numberOf(owner) }
                else
                    .{ .id = id } }),
            }
        }
    }

    // The commands.

    /// Makes a node, and a handle to it on the other peer.
    pub fn newNode(peer: *DevicePeer, other: *DevicePeer, name: []const u8, ids: *[2]u64) i32 {
        const named = Name.create(name) catch return Errno.ENOMEM.negative();
        var node: uapi.Transfer = .{ .flags = uapi.BUS1_TRANSFER_FLAG_CREATE, .id = uapi.BUS1_INVALID };
        const result = peer.transfer(&node, other, &ids[1]);
        if (result < 0) {
            Name.destroy(named);
            return result;
        }
        ids[0] = node.id;
        peer.learn(ids[0], .{ .kind = .node, .name = named });
        other.learn(ids[1], .{ .kind = .handle, .peer = peer.number, .node = ids[0] });
        return 0;
    }

    /// Makes a handle on the other peer to the node of a handle.
    pub fn copy(peer: *DevicePeer, handle: u64, other: *DevicePeer, id: *u64) i32 {
        if (!peer.isHandle(handle)) return Errno.EBADRQC.negative();
        var source: uapi.Transfer = .{ .id = handle };
        const result = peer.transfer(&source, other, id);
        if (result >= 0) other.learn(id.*, peer.ids.get(handle).?);
        return result;
    }

    fn transfer(peer: *DevicePeer, source: *uapi.Transfer, other: *DevicePeer, id: *u64) i32 {
        peer.ids.reserve(1) catch return Errno.ENOMEM.negative();
        other.ids.reserve(2) catch return Errno.ENOMEM.negative();
        var target: uapi.Transfer = .{ .id = uapi.BUS1_INVALID };
        var command: uapi.CmdTransfer = .{
            .to = if (other == peer) uapi.BUS1_INVALID else @intCast(other.fd),
            .n_transfers = 1,
            .ptr_src = @intFromPtr(source),
            .ptr_dst = @intFromPtr(&target),
        };
        const result = peer.call(uapi.BUS1_CMD_TRANSFER, &command);
        if (result < 0) return result;
        id.* = target.id;
        return 0;
    }

    /// Whether such a message could be sent.
    pub fn checkSend(peer: *const DevicePeer, to: []const u64, transfers: []const uapi.Transfer) i32 {
        for (to) |id| if (!peer.isHandle(id)) return Errno.EBADRQC.negative();
        for (transfers) |it| if (!peer.isHandle(it.id)) return Errno.EBADRQC.negative();
        const faults = peer.faults;
        const several = to.len > 1 and faults.has(.id_arrays) or transfers.len > 1 and (faults.has(.transfer_arrays) or faults.has(.id_arrays));
        // What another process has released meanwhile would kill.
        const uncertain = transfers.len > 0 and peer.shared and faults.has(.fatal_import);
        return if (several or uncertain) Errno.EOPNOTSUPP.negative() else 0;
    }

    /// Sends bytes to several handles, with copies of others, as one transaction. It was checked. `errors`: as many as
    /// there are destinations, and two more.
    pub fn send(
        peer: *DevicePeer,
        to: []const u64,
        transfers: []const uapi.Transfer,
        errors: []i32,
        data: []const u8,
    ) i32 {
        if (data.len > uapi.max_data) return Errno.EMSGSIZE.negative();
        // One vector, and just as long: with F6 all of it is sent.
        var vector: uapi.Vector = .{ .base = @intFromPtr(data.ptr), .len = data.len };
        if (data.len == 0) vector.base = @intFromPtr(&vector);
        var message: uapi.Message = .{
            .type = uapi.BUS1_MESSAGE_TYPE_USER,
            .n_transfers = transfers.len,
            .ptr_transfers = @intFromPtr(transfers.ptr),
            .n_data = data.len,
            .n_data_vecs = 1,
            .ptr_data_vecs = @intFromPtr(&vector),
        };
        var command: uapi.CmdSend = .{
            .n_destinations = to.len,
            .ptr_destinations = @intFromPtr(to.ptr),
            // With F3 they have to be there, and are longer than they should be.
            .ptr_errors = if (peer.faults.has(.wide_errors)) @intFromPtr(errors.ptr) else 0,
            .ptr_message = @intFromPtr(&message),
        };
        return peer.call(uapi.BUS1_CMD_SEND, &command);
    }

    /// Whether all these could be released as one.
    pub fn checkRelease(peer: *const DevicePeer, ids: []const u64) i32 {
        for (ids) |id| if (peer.ids.get(id) == null) return Errno.EBADRQC.negative();
        for (ids) |id| if (id != ids[0] and peer.faults.has(.id_arrays)) return Errno.EOPNOTSUPP.negative();
        return 0;
    }

    /// Releases nodes and handles as one transaction. It was checked.
    pub fn release(peer: *DevicePeer, ids: []const u64) i32 {
        const n = if (peer.faults.has(.id_arrays)) @min(ids.len, 1) else ids.len;
        var command: uapi.CmdRelease = .{ .n_ids = n, .ptr_ids = @intFromPtr(ids.ptr) };
        const result = peer.call(uapi.BUS1_CMD_RELEASE, &command);
        if (result < 0) return result;
        for (ids) |id| _ = peer.forget(id);
        return 0;
    }

    /// The result of a receive.
    pub const Outcome = union(enum) {
        nothing,
        message: Arrival,
        /// The message stays first. The number of its bytes; 0: the device does not report it.
        too_long: usize,
        /// A negative errno.
        failed: i32,
    };

    /// A message that was received. Its bytes and transfers lie where they should.
    pub const Arrival = struct {
        type: u64,
        id: u64,
        account: u32,
        n_transfers: usize,
        n_data: usize,
    };

    /// Receives a message, its bytes into `room`, its transfers into `transfers`, which no message can overflow.
    pub fn receive(peer: *DevicePeer, room: []u8, transfers: []uapi.Transfer) Outcome {
        var vector: uapi.Vector = .{ .base = @intFromPtr(room.ptr), .len = @min(room.len, uapi.max_data) };
        var message: uapi.Message = .{
            .type = uapi.BUS1_INVALID,
            .n_transfers = transfers.len,
            .ptr_transfers = @intFromPtr(transfers.ptr),
            .n_data = vector.len,
            .n_data_vecs = 1,
            .ptr_data_vecs = @intFromPtr(&vector),
        };
        var metadata: uapi.Metadata = .{ .id = uapi.BUS1_INVALID };
        var command: uapi.CmdRecv = .{ .ptr_metadata = @intFromPtr(&metadata), .ptr_message = @intFromPtr(&message) };
        while (true) {
            const result = peer.call(uapi.BUS1_CMD_RECV, &command);
            if (result == Errno.EAGAIN.negative()) return .nothing;
            if (result == Errno.EMSGSIZE.negative()) {
                if (message.n_transfers > transfers.len) return .{ .failed = Errno.ENOMEM.negative() };
                return .{ .too_long = if (message.n_data > vector.len) message.n_data else 0 };
            }
            if (result < 0) return .{ .failed = result };
            const arrival: Arrival = .{
                .type = message.type,
                .id = metadata.id,
                .account = @intCast(@min(metadata.account, acct.no_user)),
                .n_transfers = @min(message.n_transfers, transfers.len),
                .n_data = @min(message.n_data, vector.len),
            };
            if (peer.take(arrival, transfers)) return .{ .message = arrival };
            // As before: what was received has been written over it.
            message.type = uapi.BUS1_INVALID;
            message.n_transfers = transfers.len;
            message.n_data = vector.len;
        }
    }

    /// Brings the ids up to date. False: the operator knows that already, as F11 tells of each released handle.
    fn take(peer: *DevicePeer, arrival: Arrival, transfers: []const uapi.Transfer) bool {
        switch (arrival.type) {
            uapi.BUS1_MESSAGE_TYPE_USER => {
                peer.learn(arrival.id, .{ .kind = .node });
                for (transfers[0..arrival.n_transfers]) |it| peer.learn(it.id, .{ .kind = .handle });
                return true;
            },
            uapi.BUS1_MESSAGE_TYPE_NODE_RELEASE, uapi.BUS1_MESSAGE_TYPE_HANDLE_RELEASE => {
                return peer.forget(arrival.id) or peer.shared;
            },
            else => return false, // of a kind that came after this was written
        }
    }

    fn call(peer: *const DevicePeer, request: u32, command: anytype) i32 {
        const result = os.command(peer.fd, request, command);
        // Any other errno comes from a device that is gone: the supervisor that emulated it has ended, or the program has
        // closed the descriptor.
        if (result >= 0) return result;
        for (proper_errnos) |errno| if (result == errno.negative()) return result;
        return Errno.ESHUTDOWN.negative();
    }

    const proper_errnos = [_]Errno{
        .EAGAIN,   .ENOMEM,     .EFAULT,    .EINVAL, .EXFULL, .EBADRQC,
        .EMSGSIZE, .EOPNOTSUPP, .ESHUTDOWN, .EDQUOT,
    };

    // Waiting.

    /// Asks for one wake. The caller receives once more after this.
    pub fn arm(peer: *DevicePeer) error{OutOfMemory}!void {
        if (!peer.watched) {
            try watcher.add(peer.fd, peer.slot.index);
            peer.watched = true;
        }
        peer.slot.arm();
    }

    /// Returns what the operator sleeps on. The caller owns a reference, and may use it after it has left the peer.
    pub fn getSleeper(peer: *DevicePeer) error{OutOfMemory}!*Sleeper {
        const sleeper = peer.sleeper orelse try Sleeper.create(peer.fd);
        peer.sleeper = sleeper;
        heap.ref(&sleeper.refs);
        return sleeper;
    }
};

/// Where the operator of a peer sleeps. Like the watcher's epoll it keeps the descriptor and reports edges: a message that
/// comes between a receive and the sleep ends the sleep. The end of the peer ends the sleep, too. The sleeping thread does
/// not use the peer's own descriptor, since its number may mean something else by then.
pub const Sleeper = struct {
    refs: atomic.Value(u32) = .init(1),
    epoll: os.Epoll,

    fn create(fd: i32) error{OutOfMemory}!*Sleeper {
        const sleeper = try heap.allocator.create(Sleeper);
        errdefer heap.allocator.destroy(sleeper);
        sleeper.* = .{ .epoll = try .create() };
        errdefer sleeper.epoll.close();
        try sleeper.epoll.add(fd, 0);
        return sleeper;
    }

    pub fn unref(sleeper: *Sleeper) void {
        if (!heap.unref(&sleeper.refs)) return;
        sleeper.epoll.close();
        heap.allocator.destroy(sleeper);
    }

    /// Until a message may have come, or the peer has ended; at most that long.
    pub fn sleep(sleeper: *Sleeper, timeout_ns: u64) void {
        var events: [2]os.Epoll.Event = undefined;
        _ = sleeper.epoll.wait(&events, timeout_ns);
    }
};

/// What the device peers of this process have, as far as it is known: peers, nodes, handles.
pub fn counts() [3]u64 {
    mutex.lock();
    defer mutex.unlock();
    var sums: [3]u64 = @splat(0);
    var it = peers.first;
    while (it) |peer| : (it = peer.link.next) {
        sums[0] += 1;
        sums[1] += peer.n_nodes.load(.monotonic); // relaxed, both: see `count`
        sums[2] += peer.n_handles.load(.monotonic);
    }
    return sums;
}

/// Writes all of them, for any isolate: numbers and names never change, and the count is of this moment.
pub fn inspectAll(writer: *Writer) void {
    mutex.lock();
    defer mutex.unlock();
    var it = peers.first;
    while (it) |peer| : (it = peer.link.next) {
        const nodes = peer.n_nodes.load(.monotonic); // relaxed: see `count`
        writer.putNamed(.{ .peer = .{ .number = numberOf(peer.number), .nodes = numberOf(nodes) } }, Name.text(peer.name));
    }
}

/// Whether a call that makes a descriptor has failed because memory or descriptors ran out.
fn isShortage(answer: i32) bool {
    for ([_]linux.E{ .NOMEM, .MFILE, .NFILE }) |errno| if (answer == -@as(i32, @backingInt(errno))) return true;
    return false;
}
