//! All that JavaScript can call. `zig build bindgen` writes src/port/abi.ts from this file; nothing is typed there by hand.
//!
//! Rules of the boundary:
//! - A peer goes by the number of its slot and its key, everything else by an id of that peer, as f64 (exact for every
//!   id that can ever be allotted; a number that is no id finds nothing). No pointer comes from JavaScript but to
//!   buffers of the caller, with their length; none is kept after the call.
//! - Functions answer 0 or a count, or a negative errno; a function that failed has done nothing.
//! - Parameters are u32, f64 and buffers only: all others are slow or surprising in one of the runtimes.

const std = @import("std");
const acct = @import("../bus/acct.zig");
const atomic = @import("../base/atomic.zig");
const convert = @import("convert.zig");
const counts = @import("../bus/counts.zig");
const heap = @import("../base/heap.zig");
const port = @import("../isolate/wake_socket.zig");
const records = @import("../base/records.zig");
const sys = @import("../base/os.zig");
const Bus = @import("../isolate/local_peer.zig").Bus;
const copy = @import("../base/copy.zig").copy;
const Handle = @import("../bus/handle.zig").Handle;
const Ids = @import("../bus/ids.zig").Ids;
const Kind = @import("constants.zig").Kind;
const Op = @import("../bus/op.zig").Op;
const Patience = @import("../bus/spin.zig").Patience;
const Payload = @import("../bus/message.zig").Payload;
const Peer = @import("../bus/peer.zig").Peer;
const Room = @import("../bus/queue_limit.zig").Room;
const Session = @import("../isolate/slot.zig").Session;
const Shared = @import("../bus/message.zig").Shared;
const Two = convert.Two;
const errno = convert.errno;
const idOf = convert.idOf;
const max_data = @import("../base/uapi_types.zig").max_data;
const messageType = convert.messageType;
const serialOf = convert.serialOf;
const slice = convert.slice;

// Ports

/// Registers the calling isolate, until its thread ends. Answers the number of its port.
pub fn bus1_port_open() callconv(.c) i32 {
    return @intCast(port.open() catch |e| return errno(e));
}

/// Makes the socket over which the isolate at that port is told to look. Answers a descriptor, which is the caller's.
pub fn bus1_port_connect(number: u32) callconv(.c) i32 {
    return port.connect(number) catch |e| errno(e);
}

/// To be called before looking, when a byte has come.
pub fn bus1_port_clear(number: u32) callconv(.c) void {
    port.clear(number);
}

// Peers

/// Opens a peer. `options`: a `records.PeerOptions`; -EINVAL if the user has other limits than these. `out[0]`: its slot,
/// `out[1]`: its key. `name`: its name; empty for none.
pub fn bus1_peer_open(at: u32, options: ?[*]f64, name: ?[*]u8, n_name: u32, out: ?[*]u32) callconv(.c) i32 {
    const words = slice(u32, out, 2);
    if (!port.isOpen(at)) return errno(error.Ended);
    const asked = optionsOf(options);
    const actor = actorOf(asked) catch |e| return errno(e);
    defer if (actor) |a| a.unref();
    const bus = Bus.open(at, .{
        .actor = actor,
        .max_queued = maxQueuedOf(asked),
        .name = slice(u8, name, n_name),
    }) catch |e| return errno(e);
    words[0] = bus.session.index;
    words[1] = bus.session.gate.key();
    return 0;
}

fn optionsOf(options: ?[*]f64) records.PeerOptions {
    const numbers = slice(f64, options, @divExact(@sizeOf(records.PeerOptions), @sizeOf(f64)));
    return records.read(records.PeerOptions, std.mem.sliceAsBytes(numbers));
}

fn actorOf(options: records.PeerOptions) error{ OutOfMemory, Differs }!?*acct.Actor {
    const user = numberOf(options.user) orelse return null;
    return try .createWith(@intCast(@min(user, acct.nobody)), .{ numberOf(options.objects), numberOf(options.bytes) });
}

fn maxQueuedOf(options: records.PeerOptions) ?Room.Size {
    const messages = numberOf(options.max_messages);
    const bytes = numberOf(options.max_bytes);
    if (messages == null and bytes == null) return null;
    return .{ .messages = messages orelse acct.unlimited, .bytes = bytes orelse acct.unlimited };
}

/// Null for NaN; else the nearest that there is.
fn numberOf(option: f64) ?u64 {
    return if (std.math.isNan(option)) null else std.math.lossyCast(u64, option);
}

pub fn bus1_peer_end(slot: u32, key: u32) callconv(.c) i32 {
    const session = Session.enter(slot, key) catch |e| return errno(e);
    session.end();
    return 0;
}

/// Hands a peer over. `out`: the key to adopt it with, and the two halves of its serial.
pub fn bus1_peer_detach(slot: u32, key: u32, out: ?[*]u32) callconv(.c) i32 {
    const words = slice(u32, out, 3);
    const session = Session.enter(slot, key) catch |e| return errno(e);
    const ticket = session.detach();
    words[0] = ticket.key;
    words[1] = @truncate(ticket.serial >> 32);
    words[2] = @truncate(ticket.serial);
    return 0;
}

/// Takes over a peer that was handed over. `out[0]`: its new key.
pub fn bus1_peer_adopt(at: u32, slot: u32, key: u32, serial_high: u32, serial_low: u32, out: ?[*]u32) callconv(.c) i32 {
    const words = slice(u32, out, 1);
    if (!port.isOpen(at)) return errno(error.Ended);
    words[0] = Session.adopt(.bus, slot, key, serialOf(serial_high, serial_low), at) catch |e| return errno(e);
    return 0;
}

/// Ends a peer that was handed over, wherever it is; nothing, if it has ended.
pub fn bus1_peer_revoke(slot: u32, serial_high: u32, serial_low: u32) callconv(.c) i32 {
    Session.revoke(slot, serialOf(serial_high, serial_low)) catch |e| return errno(e);
    return 0;
}

/// Makes a node, and a handle to it on the other peer. `out[0]`: the node's id, `out[1]`: the handle's.
pub fn bus1_node_new(slot: u32, key: u32, other_slot: u32, other_key: u32, out: ?[*]f64) callconv(.c) i32 {
    return bus1_node_new_named(slot, key, other_slot, other_key, null, 0, out);
}

/// The same, for a node that has a name.
pub fn bus1_node_new_named(slot: u32, key: u32, other_slot: u32, other_key: u32, name: ?[*]u8, n_name: u32, out: ?[*]f64) callconv(.c) i32 {
    const numbers = slice(f64, out, 2);
    const two = Two(Bus).enter(slot, key, other_slot, other_key) catch |e| return errno(e);
    defer two.leave();
    const node, const handle = two.one.ids.newNode(&two.other.ids, slice(u8, name, n_name)) catch |e| return errno(e);
    numbers[0] = @floatFromInt(node);
    numbers[1] = @floatFromInt(handle);
    return 0;
}

/// Makes a handle on the other peer to the node of a handle. `out[0]`: its id.
pub fn bus1_handle_copy(slot: u32, key: u32, from: f64, other_slot: u32, other_key: u32, out: ?[*]f64) callconv(.c) i32 {
    const numbers = slice(f64, out, 1);
    const two = Two(Bus).enter(slot, key, other_slot, other_key) catch |e| return errno(e);
    defer two.leave();
    const source = two.one.ids.handle(idOf(from)) orelse return errno(error.Unknown);
    numbers[0] = @floatFromInt(two.other.ids.newHandle(source) catch |e| return errno(e));
    return 0;
}

/// What an id of the peer names.
pub fn bus1_kind(slot: u32, key: u32, id: f64) callconv(.c) i32 {
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    if (bus.ids.node(idOf(id)) != null) return @backingInt(Kind.node);
    if (bus.ids.handle(idOf(id)) != null) return @backingInt(Kind.handle);
    return errno(error.Unknown);
}

// Sending

/// Sends bytes to one handle.
pub fn bus1_send(slot: u32, key: u32, to: f64, data: ?[*]u8, n_data: u32) callconv(.c) i32 {
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    const via = bus.ids.handle(idOf(to)) orelse return errno(error.Unknown);
    if (n_data > max_data) return errno(error.TooLarge);
    Op.send(bus.ids.peer, via, slice(u8, data, n_data)) catch |e| return errno(e);
    return 0;
}

/// Sends several messages to one handle, in order, each as a transaction of its own. Answers how many: all of them, or
/// those before the first that cannot be sent; if there are none, why. `frames`: of each its length as a word of 32 bits,
/// a word that is not used, and the bytes, filled up to a multiple of 8.
pub fn bus1_send_each(slot: u32, key: u32, to: f64, frames: ?[*]u8, size: u32) callconv(.c) i32 {
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    const via = bus.ids.handle(idOf(to)) orelse return errno(error.Unknown);
    var rest: Frames = .{ .bytes = slice(u8, frames, size) };
    const n = Op.sendEach(bus.ids.peer, via, &rest) catch |e| return errno(e);
    return @intCast(n);
}

const Frames = struct {
    bytes: []const u8,

    /// Ends at what is no frame.
    pub fn next(frames: *Frames) ?[]const u8 {
        if (frames.bytes.len < @sizeOf(records.Frame)) return null;
        const n = records.read(records.Frame, frames.bytes).n_data;
        const rest = frames.bytes[@sizeOf(records.Frame)..];
        if (n > rest.len) return null;
        frames.bytes = rest[@min(records.aligned(n), rest.len)..];
        return rest[0..n];
    }
};

/// Sends bytes to several handles, with copies of others, as one transaction. `ids`: first the destinations, then the
/// transfers.
pub fn bus1_send_many(slot: u32, key: u32, ids: ?[*]f64, n_to: u32, n_transfers: u32, data: ?[*]u8, n_data: u32) callconv(.c) i32 {
    if (n_to == 1 and n_transfers == 0) return bus1_send(slot, key, slice(f64, ids, 1)[0], data, n_data);
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    const op = Op.create(bus.ids.peer) catch |e| return errno(e);
    addSend(bus, op, slice(f64, ids, n_to +| n_transfers), n_to, slice(u8, data, n_data)) catch |e| {
        op.destroy();
        return errno(e);
    };
    bus.ids.commit(op) catch |e| return errno(e);
    return 0;
}

fn addSend(bus: *Bus, op: *Op, ids: []f64, n_to: u32, data: []u8) convert.Error!void {
    const n = @min(n_to, ids.len);
    const handles = try heap.allocator.alloc(*Handle, ids.len);
    defer heap.allocator.free(handles);
    for (handles, ids) |*handle, id| handle.* = bus.ids.handle(idOf(id)) orelse return error.Unknown;
    if (data.len > max_data) return error.TooLarge;

    // One receiver gets the bytes in its message; several share them.
    const shared: ?*Shared = if (n > 1) try Shared.create(try bus.ids.peer.getPool(), data) else null;
    defer if (shared) |s| s.unref();
    const payload: Payload = if (shared) |s| .{ .shared = s } else .{ .bytes = data };
    return op.sendMessages(handles[0..n], handles[n..], payload);
}

/// Releases nodes and handles as one transaction.
pub fn bus1_release(slot: u32, key: u32, ids: ?[*]f64, n: u32) callconv(.c) i32 {
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    const op = Op.create(bus.ids.peer) catch |e| return errno(e);
    addRelease(bus, op, slice(f64, ids, n)) catch |e| {
        op.destroy();
        return errno(e);
    };
    bus.ids.commit(op) catch |e| return errno(e);
    return 0;
}

fn addRelease(bus: *Bus, op: *Op, ids: []f64) convert.Error!void {
    for (ids) |number| {
        const id = idOf(number);
        if (bus.ids.node(id) == null and bus.ids.handle(id) == null) return error.Unknown;
    }
    // Room first, so that nothing is added if not all is.
    try op.nodes.ensureUnusedCapacity(heap.allocator, ids.len);
    try op.handles.ensureUnusedCapacity(heap.allocator, ids.len);
    for (ids) |number| bus.ids.addRelease(op, idOf(number)) catch unreachable; // it was checked, and there is room
}

// Transactions

/// Starts a transaction. `out[0]`: its id.
pub fn bus1_op_new(slot: u32, key: u32, out: ?[*]f64) callconv(.c) i32 {
    const ids = slice(f64, out, 1);
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    bus.ops.reserve(1) catch |e| return errno(e);
    const op = Op.create(bus.ids.peer) catch |e| return errno(e);
    const id = bus.nextOp();
    bus.ops.put(id, op);
    ids[0] = @floatFromInt(id);
    return 0;
}

/// Adds a message to each of several handles; parameters as in `bus1_send_many`.
pub fn bus1_op_send(slot: u32, key: u32, id: f64, ids: ?[*]f64, n_to: u32, n_transfers: u32, data: ?[*]u8, n_data: u32) callconv(.c) i32 {
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    const op = bus.ops.get(idOf(id)) orelse return errno(error.Unknown);
    addSend(bus, op, slice(f64, ids, n_to +| n_transfers), n_to, slice(u8, data, n_data)) catch |e| return errno(e);
    return 0;
}

/// Adds releases.
pub fn bus1_op_release(slot: u32, key: u32, id: f64, ids: ?[*]f64, n: u32) callconv(.c) i32 {
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    const op = bus.ops.get(idOf(id)) orelse return errno(error.Unknown);
    addRelease(bus, op, slice(f64, ids, n)) catch |e| return errno(e);
    return 0;
}

/// Lets it happen. The transaction is spent in every case.
pub fn bus1_op_commit(slot: u32, key: u32, id: f64) callconv(.c) i32 {
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    const op = bus.ops.get(idOf(id)) orelse return errno(error.Unknown);
    bus.ops.remove(idOf(id));
    bus.ids.commit(op) catch |e| return errno(e);
    return 0;
}

/// Drops it: nothing happened.
pub fn bus1_op_free(slot: u32, key: u32, id: f64) callconv(.c) i32 {
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    const op = bus.ops.get(idOf(id)) orelse return errno(error.Unknown);
    bus.ops.remove(idOf(id));
    op.destroy();
    return 0;
}

// Receiving

/// Receives up to `limit` messages into `chunk[offset..size]`, as records. Answers how many. If the first has no room:
/// -EMSGSIZE, and the bytes that it needs are written as f64 at `offset`.
pub fn bus1_recv(slot: u32, key: u32, chunk: ?[*]u8, offset: u32, size: u32, limit: u32) callconv(.c) i32 {
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    const start = records.aligned(offset);
    var room: []u8 = if (chunk != null and start < size) chunk.?[start..size] else &.{};
    var received: i32 = 0;
    while (received < limit) : (received += 1) {
        const part = bus.ids.first() orelse break;
        const arrival: Ids.Arrival = .of(part);
        const needed = sizeOfRecord(arrival);
        if (needed > room.len) {
            if (received > 0) break;
            if (room.len >= @sizeOf(f64)) records.write(room, @as(f64, @floatFromInt(needed)));
            return errno(error.TooLarge);
        }
        bus.ids.handles.reserve(arrival.n_transfers) catch |e| {
            if (received > 0) break;
            return errno(e);
        };
        writeRecord(room, arrival, bus.ids.peer);
        bus.ids.receive(part);
        room = room[needed..];
    }
    return received;
}

/// Receives the first `taken` messages, which were looked at before, and writes records of the next into `chunk[0..size]`,
/// up to `limit`, which stay where they are. Answers how many; -EMSGSIZE if the first must be received to be seen: it has
/// no room, brings handles, or tells of a release.
pub fn bus1_look(slot: u32, key: u32, taken: u32, chunk: ?[*]u8, size: u32, limit: u32) callconv(.c) i32 {
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    for (0..taken) |_| {
        const part = bus.ids.first() orelse break;
        if (!bus.ids.isPlain(part)) break;
        bus.ids.receive(part);
    }
    if (limit == 0) return 0;
    var room: []u8 = slice(u8, chunk, size);
    var shown: i32 = 0;
    var it = bus.ids.first();
    while (it) |part| : (it = part.next()) {
        if (shown == limit or !bus.ids.isPlain(part)) break;
        const arrival: Ids.Arrival = .of(part);
        const needed = sizeOfRecord(arrival);
        if (needed > room.len) break;
        writeRecord(room, arrival, bus.ids.peer);
        room = room[needed..];
        shown += 1;
    } else return shown;
    return if (shown == 0) errno(error.TooLarge) else shown;
}

/// Looks so many times whether something has come, awake. 1: something can be received, and was there as soon as one
/// who blocks would have stayed awake for it; 2: it came later; 0: nothing has come.
pub fn bus1_linger(slot: u32, key: u32, looks: u32) callconv(.c) i32 {
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    const looked = lookOut(bus, looks);
    if (bus.ids.first() == null) return 0;
    return if (looked <= Patience.max_looks) 1 else 2;
}

/// Looks at most so many times. Answers how often.
fn lookOut(bus: *Bus, looks: u32) u32 {
    for (0..looks) |looked| {
        if (!bus.ids.peer.queue.incoming.isEmpty() or bus.session.gate.isEnding()) return @intCast(looked);
        atomic.spinLoopHint();
    }
    return looks;
}

fn sizeOfRecord(arrival: Ids.Arrival) usize {
    return records.Message.sizeOf(arrival.n_transfers, arrival.data.len);
}

fn writeRecord(room: []u8, arrival: Ids.Arrival, receiver: *const Peer) void {
    records.write(room, records.Message{
        .type = @intCast(messageType(arrival.kind)),
        .n_transfers = arrival.n_transfers,
        .n_data = @intCast(arrival.data.len),
        .account = arrival.account,
        .id = @floatFromInt(arrival.id),
    });
    var rest = room[@sizeOf(records.Message)..];
    for (0..arrival.n_transfers) |i| {
        records.write(rest, @as(f64, @floatFromInt(receiver.upcomingId(i))));
        rest = rest[@sizeOf(f64)..];
    }
    copy(rest[0..arrival.data.len], arrival.data);
}

// Waiting

/// Whether a message of so many bytes through a handle finds room: 1; or 0, and then there will be a byte on the port's
/// socket when that may have changed. -EDQUOT if it never will.
pub fn bus1_writable(slot: u32, key: u32, to: f64, n_data: u32) callconv(.c) i32 {
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    const via = bus.ids.handle(idOf(to)) orelse return errno(error.Unknown);
    bus.waitq.arm();
    return @intFromBool(bus.ids.peer.isWritable(via, n_data) catch |e| return errno(e));
}

/// Asks for one byte on the port's socket when there may be something to receive. The caller receives once more after
/// this, before it sleeps.
pub fn bus1_arm(slot: u32, key: u32) callconv(.c) i32 {
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    defer bus.leave();
    bus.waitq.arm();
    return 0;
}

/// Blocks until there may be something to receive, at most that long; for the first of it awake, if that pays
/// (spin.zig).
pub fn bus1_wait(slot: u32, key: u32, microseconds: u32) callconv(.c) i32 {
    const bus = Bus.enter(slot, key) catch |e| return errno(e);
    _ = lookOut(bus, bus.patience.looks());
    if (bus.ids.first() != null) {
        bus.leave();
        return 0;
    }
    const waitq = bus.waitq.ref();
    defer waitq.unref();
    const prepared = waitq.prepare();
    const ready = bus.ids.first() != null;
    bus.leave();
    if (ready) return 0;
    const start = sys.now();
    waitq.sleep(prepared, @as(u64, microseconds) * std.time.ns_per_us);
    const slept = sys.now() - start;
    const still = Bus.enter(slot, key) catch return 0; // the caller's next look says that it has ended
    defer still.leave();
    still.patience.learn(slept);
    return 0;
}

// Seeing

/// What exists now: peers, nodes, handles, messages, bytes.
pub fn bus1_live_counts(out: ?[*]f64) callconv(.c) i32 {
    for (slice(f64, out, counts.kinds), counts.totals()) |*number, total| number.* = @floatFromInt(total);
    return 0;
}
