//! A peer on the kernel's device: the bridge to /dev/bus1.
//!
//! A call becomes one ioctl, whose structures stand on the stack and whose arrays in the isolate's scratch; the bytes of a
//! message go from and to the caller's own buffer. Rules:
//!
//! - Nothing that a caller made up reaches the device. Real ones answer some of it by killing the thread (KERNEL.md, F5) or
//!   believe it (F4). So the peer knows its ids and what each names, and everything is checked first.
//! - What a device cannot do as one is refused, before anything happens: -EOPNOTSUPP. What a device gets wrong was found
//!   out before (probe.zig), and is handed over together with the peer.
//! - Functions answer 0 or what their comment says, or a negative errno. If the device is gone, the peer has ended:
//!   -ESHUTDOWN.
//!
//! Other processes may have the same peer, through copies of its descriptor. Then it may have ids that came by them.

const std = @import("std");
const linux = std.os.linux;
const acct = @import("../bus/acct.zig");
const atomic = @import("../base/atomic.zig");
const fds = @import("fd.zig");
const heap = @import("../base/heap.zig");
const live_counts = @import("../bus/counts.zig");
const sys = @import("os.zig");
const uapi = @import("../base/uapi_types.zig");
const watcher = @import("watcher.zig");
const Errno = @import("../base/errno.zig").Errno;
const Faults = @import("../base/device_faults.zig").Faults;
const Link = @import("../base/list.zig").Link;
const List = @import("../base/list.zig").List;
const Name = @import("../bus/name.zig").Name;
const Mutex = @import("../base/mutex.zig").Mutex;
const Scratch = @import("scratch.zig").Scratch;
const Session = @import("../isolate/slot.zig").Session;
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
    /// Of a handle: where it leads, if that was made or copied here. The number of a peer, and an id of that.
    peer: ?u64 = null,
    node: u64 = 0,
};

/// Guards what follows.
var mutex: Mutex = .{};
/// All that have not ended.
var devices: List(Device, "link") = .{};
/// A descriptor that is always readable.
var readable: ?i32 = null;

pub const Device = struct {
    session: *Session,
    fd: i32,
    faults: Faults,
    /// Whether another process may have the peer, too.
    shared: bool,
    /// For those who look; see inspect.zig.
    number: u64,
    name: ?*Name,
    ids: Table(Known) = .{},
    /// How many of them there are, for whoever counts.
    n_nodes: atomic.Value(u32) = .init(0),
    n_handles: atomic.Value(u32) = .init(0),
    link: Link(Device) = .{},
    watched: bool = false,
    sleeper: ?*Sleeper = null,

    /// Opens a peer on the device at `path`, for the isolate at `port`.
    pub fn open(path: [*:0]const u8, faults: Faults, port: u32, name: []const u8) error{ OutOfMemory, NoDevice }!*Device {
        const flags: linux.O = .{ .ACCMODE = .RDWR, .CLOEXEC = true };
        const fd = fds.open(path, @bitCast(flags));
        if (fd < 0) return if (isShortage(fd)) error.OutOfMemory else error.NoDevice;
        errdefer _ = fds.close(fd);
        return make(fd, faults, port, false, name);
    }

    /// Makes a peer from a descriptor that somebody gave us. If that fails, it is as it was.
    pub fn adopt(fd: i32, faults: Faults, port: u32, name: []const u8) error{ OutOfMemory, BadDescriptor, NoDevice }!*Device {
        if (isTaken(fd)) return error.BadDescriptor;
        // A command that does nothing, to see whether that is one who answers it.
        var command: uapi.CmdTransfer = .{ .n_transfers = 0, .ptr_src = 0, .ptr_dst = 0 };
        const answer = sys.command(fd, uapi.BUS1_CMD_TRANSFER, &command);
        if (answer == Errno.EBADF.negative()) return error.BadDescriptor;
        if (answer < 0) return error.NoDevice;
        return make(fd, faults, port, true, name);
    }

    fn make(fd: i32, faults: Faults, port: u32, shared: bool, name: []const u8) error{OutOfMemory}!*Device {
        try Scratch.make(port);
        const named = try Name.create(name);
        errdefer Name.destroy(named);
        const session = try Session.take();
        errdefer session.give();
        const number = live_counts.nextNumber();
        {
            mutex.lock();
            defer mutex.unlock();
            if (readable == null) readable = try sys.alwaysReadable();
            session.body = .{ .device = .{
                .session = session,
                .fd = fd,
                .faults = faults,
                .shared = shared,
                .number = number,
                .name = named,
            } };
            devices.append(&session.body.device);
        }
        watcher.enter();
        session.start(port);
        return &session.body.device;
    }

    /// Whether the descriptor is a peer's of this process already, which closes it one day.
    fn isTaken(fd: i32) bool {
        mutex.lock();
        defer mutex.unlock();
        var it = devices.first;
        while (it) |device| : (it = device.link.next) if (device.fd == fd) return true;
        return false;
    }

    /// Enters as the operator.
    pub fn enter(index: u32, key: u32) error{ Ended, Unknown }!*Device {
        return Session.enterAs(.device, index, key);
    }

    pub fn leave(device: *Device) void {
        device.session.leave();
    }

    /// For the end of the session.
    pub fn close(device: *Device) void {
        for (device.ids.entries) |entry| if (entry.id != 0) Name.destroy(entry.value.name);
        device.ids.deinit();
        if (device.watched) watcher.remove(device.fd);
        if (device.sleeper) |sleeper| {
            sleeper.epoll.remove(device.fd);
            sleeper.epoll.add(readable.?, 0) catch {}; // or else it sleeps to the end of its time
            sleeper.unref();
        }
        {
            mutex.lock();
            defer mutex.unlock();
            devices.remove(device);
        }
        Name.destroy(device.name);
        // The last who has it: this is the end of the peer.
        _ = fds.close(device.fd);
        watcher.leave(readable.?);
        device.session.wake();
    }

    /// The operator's scratch, empty.
    pub fn scratch(device: *const Device) *Scratch {
        return Scratch.of(device.session.port.load(.monotonic)); // relaxed: written before the operator could enter
    }

    // What it has.

    /// What an id of the peer names. -EBADRQC: nothing; -EOPNOTSUPP: it cannot be found out.
    pub fn kindOf(device: *Device, id: u64) error{ Unknown, Unsupported, Ended }!Kind {
        if (device.ids.get(id)) |known| return known.kind;
        // Of what came by others, the handles can be told: those can be sent, if only to nobody.
        if (!device.shared or id & uapi.BUS1_MANAGED == 0) return error.Unknown;
        if (device.faults.has(.fatal_import)) return error.Unsupported;
        const answer = device.send(&.{}, &.{.{ .id = id }}, &.{}, &.{});
        if (answer == Errno.ESHUTDOWN.negative()) return error.Ended;
        if (answer < 0) return error.Unknown;
        device.learn(id, .{ .kind = .handle });
        return .handle;
    }

    fn isHandle(device: *const Device, id: u64) bool {
        const known = device.ids.get(id) orelse return false;
        return known.kind == .handle;
    }

    /// Without memory for it, the peer is as one that came with ids of its own.
    fn learn(device: *Device, id: u64, known: Known) void {
        if (device.ids.get(id) != null) return Name.destroy(known.name);
        device.ids.reserve(1) catch {
            device.shared = true;
            return Name.destroy(known.name);
        };
        device.ids.put(id, known);
        count(device.counter(known.kind), 1);
    }

    /// False if it was not there.
    fn forget(device: *Device, id: u64) bool {
        const known = device.ids.get(id) orelse return false;
        Name.destroy(known.name);
        device.ids.remove(id);
        count(device.counter(known.kind), -1);
        return true;
    }

    fn counter(device: *Device, kind: Kind) *atomic.Value(u32) {
        return switch (kind) {
            .node => &device.n_nodes,
            .handle => &device.n_handles,
        };
    }

    /// Relaxed, and not one operation: the operator alone writes, and a reader wants a number, not an order.
    fn count(value: *atomic.Value(u32), difference: i2) void {
        value.store(@intCast(@as(i64, value.load(.monotonic)) + difference), .monotonic);
    }

    /// The name of a node; or that of the peer, for the id 0, which is nobody's.
    pub fn nameOf(device: *const Device, id: u64) error{Unknown}!?*Name {
        if (id == 0) return device.name;
        return (device.ids.get(id) orelse return error.Unknown).name;
    }

    /// What the operator knows: the kernel tells nobody what it has.
    pub fn inspect(device: *Device, writer: *Writer) void {
        writer.putNamed(.{
            .peer = .{
                .number = numberOf(device.number),
                .nodes = numberOf(device.n_nodes.load(.monotonic)), // relaxed, both: the operator's own
                .handles = numberOf(device.n_handles.load(.monotonic)),
            },
        }, Name.text(device.name));
        for (device.ids.entries) |entry| {
            const known = entry.value;
            const id = numberOf(entry.id);
            if (entry.id == 0) continue;
            switch (known.kind) {
                .node => writer.putNamed(.{ .node = .{ .id = id } }, Name.text(known.name)),
                .handle => writer.put(.{ .handle = if (known.peer) |peer|
                    .{ .id = id, .node = numberOf(known.node), .peer = numberOf(peer) }
                else
                    .{ .id = id } }),
            }
        }
    }

    // The commands.

    /// Makes a node, and a handle to it on the other peer.
    pub fn newNode(device: *Device, other: *Device, name: []const u8, ids: *[2]u64) i32 {
        const named = Name.create(name) catch return Errno.ENOMEM.negative();
        var node: uapi.Transfer = .{ .flags = uapi.BUS1_TRANSFER_FLAG_CREATE, .id = uapi.BUS1_INVALID };
        const result = device.transfer(&node, other, &ids[1]);
        if (result < 0) {
            Name.destroy(named);
            return result;
        }
        ids[0] = node.id;
        device.learn(ids[0], .{ .kind = .node, .name = named });
        other.learn(ids[1], .{ .kind = .handle, .peer = device.number, .node = ids[0] });
        return 0;
    }

    /// Makes a handle on the other peer to the node of a handle.
    pub fn copy(device: *Device, handle: u64, other: *Device, id: *u64) i32 {
        if (!device.isHandle(handle)) return Errno.EBADRQC.negative();
        var source: uapi.Transfer = .{ .id = handle };
        const result = device.transfer(&source, other, id);
        if (result >= 0) other.learn(id.*, device.ids.get(handle).?);
        return result;
    }

    fn transfer(device: *Device, source: *uapi.Transfer, other: *Device, id: *u64) i32 {
        device.ids.reserve(1) catch return Errno.ENOMEM.negative();
        other.ids.reserve(2) catch return Errno.ENOMEM.negative();
        var target: uapi.Transfer = .{ .id = uapi.BUS1_INVALID };
        var command: uapi.CmdTransfer = .{
            .to = if (other == device) uapi.BUS1_INVALID else @intCast(other.fd),
            .n_transfers = 1,
            .ptr_src = @intFromPtr(source),
            .ptr_dst = @intFromPtr(&target),
        };
        const result = device.call(uapi.BUS1_CMD_TRANSFER, &command);
        if (result < 0) return result;
        id.* = target.id;
        return 0;
    }

    /// Whether such a message could be sent.
    pub fn checkSend(device: *const Device, to: []const u64, transfers: []const uapi.Transfer) i32 {
        for (to) |id| if (!device.isHandle(id)) return Errno.EBADRQC.negative();
        for (transfers) |it| if (!device.isHandle(it.id)) return Errno.EBADRQC.negative();
        const faults = device.faults;
        const several = to.len > 1 and faults.has(.id_arrays) or transfers.len > 1 and (faults.has(.transfer_arrays) or faults.has(.id_arrays));
        // What another process has released meanwhile would kill.
        const uncertain = transfers.len > 0 and device.shared and faults.has(.fatal_import);
        return if (several or uncertain) Errno.EOPNOTSUPP.negative() else 0;
    }

    /// Sends bytes to several handles, with copies of others, as one transaction. It was checked. `errors`: as many as
    /// there are destinations, and two more.
    pub fn send(
        device: *Device,
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
            .ptr_errors = if (device.faults.has(.wide_errors)) @intFromPtr(errors.ptr) else 0,
            .ptr_message = @intFromPtr(&message),
        };
        return device.call(uapi.BUS1_CMD_SEND, &command);
    }

    /// Whether all these could be released as one.
    pub fn checkRelease(device: *const Device, ids: []const u64) i32 {
        for (ids) |id| if (device.ids.get(id) == null) return Errno.EBADRQC.negative();
        for (ids) |id| if (id != ids[0] and device.faults.has(.id_arrays)) return Errno.EOPNOTSUPP.negative();
        return 0;
    }

    /// Releases nodes and handles as one transaction. It was checked.
    pub fn release(device: *Device, ids: []const u64) i32 {
        const n = if (device.faults.has(.id_arrays)) @min(ids.len, 1) else ids.len;
        var command: uapi.CmdRelease = .{ .n_ids = n, .ptr_ids = @intFromPtr(ids.ptr) };
        const result = device.call(uapi.BUS1_CMD_RELEASE, &command);
        if (result < 0) return result;
        for (ids) |id| _ = device.forget(id);
        return 0;
    }

    /// What a look at the queue came to.
    pub const Outcome = union(enum) {
        nothing,
        message: Arrival,
        /// It stays the first. So many bytes has it; 0: the device does not tell.
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
    pub fn receive(device: *Device, room: []u8, transfers: []uapi.Transfer) Outcome {
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
            const result = device.call(uapi.BUS1_CMD_RECV, &command);
            if (result == Errno.EAGAIN.negative()) return .nothing;
            if (result == Errno.EMSGSIZE.negative()) {
                if (message.n_transfers > transfers.len) return .{ .failed = Errno.ENOMEM.negative() };
                return .{ .too_long = if (message.n_data > vector.len) message.n_data else 0 };
            }
            if (result < 0) return .{ .failed = result };
            const arrival: Arrival = .{
                .type = message.type,
                .id = metadata.id,
                .account = @intCast(@min(metadata.account, acct.nobody)),
                .n_transfers = @min(message.n_transfers, transfers.len),
                .n_data = @min(message.n_data, vector.len),
            };
            if (device.take(arrival, transfers)) return .{ .message = arrival };
            // As before: what was received has been written over it.
            message.type = uapi.BUS1_INVALID;
            message.n_transfers = transfers.len;
            message.n_data = vector.len;
        }
    }

    /// Brings the ids up to date. False: the operator knows that already, as F11 tells of each released handle.
    fn take(device: *Device, arrival: Arrival, transfers: []const uapi.Transfer) bool {
        switch (arrival.type) {
            uapi.BUS1_MESSAGE_TYPE_USER => {
                device.learn(arrival.id, .{ .kind = .node });
                for (transfers[0..arrival.n_transfers]) |it| device.learn(it.id, .{ .kind = .handle });
                return true;
            },
            uapi.BUS1_MESSAGE_TYPE_NODE_RELEASE, uapi.BUS1_MESSAGE_TYPE_HANDLE_RELEASE => {
                return device.forget(arrival.id) or device.shared;
            },
            else => return false, // of a kind that came after this was written
        }
    }

    fn call(device: *const Device, request: u32, command: anytype) i32 {
        const result = sys.command(device.fd, request, command);
        // What is no answer to a proper command comes from a device that is gone: the supervisor that emulated it has
        // ended, or somebody has closed the descriptor.
        if (result >= 0) return result;
        for (answers) |errno| if (result == errno.negative()) return result;
        return Errno.ESHUTDOWN.negative();
    }

    const answers = [_]Errno{
        .EAGAIN,   .ENOMEM,     .EFAULT,    .EINVAL, .EXFULL, .EBADRQC,
        .EMSGSIZE, .EOPNOTSUPP, .ESHUTDOWN, .EDQUOT,
    };

    // Waiting.

    /// Asks for one wake. The caller receives once more after this.
    pub fn arm(device: *Device) error{OutOfMemory}!void {
        if (!device.watched) {
            try watcher.add(device.fd, device.session.index);
            device.watched = true;
        }
        device.session.arm();
    }

    /// What the operator sleeps on; it is the caller's to let go of, and may be used after the peer was left.
    pub fn bed(device: *Device) error{OutOfMemory}!*Sleeper {
        const sleeper = device.sleeper orelse try Sleeper.create(device.fd);
        device.sleeper = sleeper;
        heap.ref(&sleeper.refs);
        return sleeper;
    }
};

/// Where the operator of a peer sleeps. Like the watcher's epoll it keeps the descriptor, and tells of edges: a message that
/// comes between a look at the queue and the sleep ends the sleep. Whoever ends the peer ends it, too; the sleeper has
/// no use of the peer's own descriptor, whose number may mean something else by then.
pub const Sleeper = struct {
    refs: atomic.Value(u32) = .init(1),
    epoll: sys.Epoll,

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
        var events: [2]sys.Epoll.Event = undefined;
        _ = sleeper.epoll.wait(&events, timeout_ns);
    }
};

/// What the device peers of this process have, as far as it is known: peers, nodes, handles.
pub fn counts() [3]u64 {
    mutex.lock();
    defer mutex.unlock();
    var sums: [3]u64 = @splat(0);
    var it = devices.first;
    while (it) |device| : (it = device.link.next) {
        sums[0] += 1;
        sums[1] += device.n_nodes.load(.monotonic); // relaxed, both: see `count`
        sums[2] += device.n_handles.load(.monotonic);
    }
    return sums;
}

/// All of them, for anybody: what never changes, and a number of a moment.
pub fn inspectAll(writer: *Writer) void {
    mutex.lock();
    defer mutex.unlock();
    var it = devices.first;
    while (it) |device| : (it = device.link.next) {
        const nodes = device.n_nodes.load(.monotonic); // relaxed: see `count`
        writer.putNamed(.{ .peer = .{ .number = numberOf(device.number), .nodes = numberOf(nodes) } }, Name.text(device.name));
    }
}

/// Whether a call that makes a descriptor has failed for want of some.
fn isShortage(answer: i32) bool {
    for ([_]linux.E{ .NOMEM, .MFILE, .NFILE }) |errno| if (answer == -@as(i32, @backingInt(errno))) return true;
    return false;
}
