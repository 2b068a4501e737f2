//! The functions of the native engine. They and those of the other modules in functions.zig are all that JavaScript can call;
//! `zig build bindgen` describes them in src/port/abi.ts.
//!
//! Rules of the boundary:
//! - A peer goes by the number of its slot and its key, everything else by an id of that peer, as f64 (exact for every id
//!   that can be allotted; any other number finds nothing). The only pointers that come from JavaScript are to buffers of
//!   the caller, with their length; none is kept after the call.
//! - Functions return 0 or a count, or a negative errno; a function that failed has done nothing.
//! - Parameters are u32, f64 and buffers only: all others are slow or behave differently in one of the runtimes.

const std = @import("std");
const acct = @import("../bus/acct.zig");
const atomic = @import("../base/atomic.zig");
const convert = @import("convert.zig");
const counts = @import("../bus/counts.zig");
const heap = @import("../base/heap.zig");
const wake_socket = @import("../isolate/wake_socket.zig");
const isolates = @import("../isolate/isolate.zig");
const records = @import("../base/records.zig");
const os = @import("../base/os.zig");
const LocalPeer = @import("../isolate/local_peer.zig").LocalPeer;
const copy = @import("../base/copy.zig").copy;
const Handle = @import("../bus/handle.zig").Handle;
const Ids = @import("../bus/ids.zig").Ids;
const Kind = @import("constants.zig").Kind;
const Op = @import("../bus/op.zig").Op;
const Spin = @import("../bus/spin.zig").Spin;
const Payload = @import("../bus/message.zig").Payload;
const Peer = @import("../bus/peer.zig").Peer;
const QueueLimit = @import("../bus/queue_limit.zig").QueueLimit;
const Slot = @import("../isolate/slot.zig").Slot;
const Shared = @import("../bus/message.zig").Shared;
const Two = convert.Two;
const errno = convert.errno;
const idOf = convert.idOf;
const max_data = @import("../base/uapi_types.zig").max_data;
const messageType = convert.messageType;
const serialOf = convert.serialOf;
const slice = convert.slice;

// Isolates

/// Registers the calling isolate, until its thread ends. Returns its number.
pub fn bus1_isolate_open() callconv(.c) i32 {
    return @intCast(isolates.open() catch |e| return errno(e));
}

/// Makes the wake socket of an isolate. Returns a descriptor, which belongs to the caller.
pub fn bus1_wake_socket_connect(number: u32) callconv(.c) i32 {
    return wake_socket.connect(number) catch |e| errno(e);
}

/// Called when a byte has come, before the isolate looks.
pub fn bus1_wake_socket_clear(number: u32) callconv(.c) void {
    wake_socket.clear(number);
}

// Peers

/// Opens a peer. `options`: a `records.PeerOptions`; -EINVAL if the user has other limits than these. `out[0]`: its slot,
/// `out[1]`: its key. `name`: its name; empty for none.
pub fn bus1_peer_open(isolate: u32, options: ?[*]f64, name: ?[*]u8, n_name: u32, out: ?[*]u32) callconv(.c) i32 {
    const words = slice(u32, out, 2);
    if (!wake_socket.isOpen(isolate)) return errno(error.Ended);
    const asked = optionsOf(options);
    const actor = actorOf(asked) catch |e| return errno(e);
    defer if (actor) |a| a.unref();
    const peer = LocalPeer.open(isolate, .{
        .actor = actor,
        .max_queued = maxQueuedOf(asked),
        .name = slice(u8, name, n_name),
    }) catch |e| return errno(e);
    words[0] = peer.slot.index;
    words[1] = peer.slot.gate.key();
    return 0;
}

fn optionsOf(options: ?[*]f64) records.PeerOptions {
    const numbers = slice(f64, options, @divExact(@sizeOf(records.PeerOptions), @sizeOf(f64)));
    return records.read(records.PeerOptions, std.mem.sliceAsBytes(numbers));
}

fn actorOf(options: records.PeerOptions) error{ OutOfMemory, Differs }!?*acct.Actor {
    const user = numberOf(options.user) orelse return null;
    return try .createWith(@intCast(@min(user, acct.no_user)), .{ numberOf(options.objects), numberOf(options.bytes) });
}

fn maxQueuedOf(options: records.PeerOptions) ?QueueLimit.Size {
    const messages = numberOf(options.max_messages);
    const bytes = numberOf(options.max_bytes);
    if (messages == null and bytes == null) return null;
    return .{ .messages = messages orelse acct.unlimited, .bytes = bytes orelse acct.unlimited };
}

/// Returns null for NaN; else the nearest integer that fits.
fn numberOf(option: f64) ?u64 {
    return if (std.math.isNan(option)) null else std.math.lossyCast(u64, option);
}

pub fn bus1_peer_end(slot: u32, key: u32) callconv(.c) i32 {
    const held = Slot.enter(slot, key) catch |e| return errno(e);
    held.end();
    return 0;
}

/// Detaches a peer. `out`: the key to adopt it with, and the two halves of its serial.
pub fn bus1_peer_detach(slot: u32, key: u32, out: ?[*]u32) callconv(.c) i32 {
    const words = slice(u32, out, 3);
    const held = Slot.enter(slot, key) catch |e| return errno(e);
    const ticket = held.detach();
    words[0] = ticket.key;
    words[1] = @truncate(ticket.serial >> 32);
    words[2] = @truncate(ticket.serial);
    return 0;
}

/// Adopts a peer that was detached. `out[0]`: its new key.
pub fn bus1_peer_adopt(isolate: u32, slot: u32, key: u32, serial_high: u32, serial_low: u32, out: ?[*]u32) callconv(.c) i32 {
    const words = slice(u32, out, 1);
    if (!wake_socket.isOpen(isolate)) return errno(error.Ended);
    words[0] = Slot.adopt(LocalPeer, slot, key, serialOf(serial_high, serial_low), isolate) catch |e| return errno(e);
    return 0;
}

/// Ends a peer that was detached, wherever it is. No-op if it has ended.
pub fn bus1_peer_revoke(slot: u32, serial_high: u32, serial_low: u32) callconv(.c) i32 {
    Slot.revoke(slot, serialOf(serial_high, serial_low)) catch |e| return errno(e);
    return 0;
}

/// Makes a node, and a handle to it on the other peer. `out[0]`: the node's id, `out[1]`: the handle's.
pub fn bus1_node_new(slot: u32, key: u32, other_slot: u32, other_key: u32, out: ?[*]f64) callconv(.c) i32 {
    return bus1_node_new_named(slot, key, other_slot, other_key, null, 0, out);
}

/// The same, for a node that has a name.
pub fn bus1_node_new_named(slot: u32, key: u32, other_slot: u32, other_key: u32, name: ?[*]u8, n_name: u32, out: ?[*]f64) callconv(.c) i32 {
    const numbers = slice(f64, out, 2);
    const two = Two(LocalPeer).enter(slot, key, other_slot, other_key) catch |e| return errno(e);
    defer two.leave();
    const node, const handle = two.one.ids.newNode(&two.other.ids, slice(u8, name, n_name)) catch |e| return errno(e);
    numbers[0] = @floatFromInt(node);
    numbers[1] = @floatFromInt(handle);
    return 0;
}

/// Makes a handle on the other peer to the node of a handle. `out[0]`: its id.
pub fn bus1_handle_copy(slot: u32, key: u32, from: f64, other_slot: u32, other_key: u32, out: ?[*]f64) callconv(.c) i32 {
    const numbers = slice(f64, out, 1);
    const two = Two(LocalPeer).enter(slot, key, other_slot, other_key) catch |e| return errno(e);
    defer two.leave();
    const source = two.one.ids.handle(idOf(from)) orelse return errno(error.Unknown);
    numbers[0] = @floatFromInt(two.other.ids.newHandle(source) catch |e| return errno(e));
    return 0;
}

/// Returns what an id of the peer names, a `Kind`.
pub fn bus1_kind(slot: u32, key: u32, id: f64) callconv(.c) i32 {
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    if (peer.ids.node(idOf(id)) != null) return @backingInt(Kind.node);
    if (peer.ids.handle(idOf(id)) != null) return @backingInt(Kind.handle);
    return errno(error.Unknown);
}

// Sending

/// Sends bytes to one handle.
pub fn bus1_send(slot: u32, key: u32, to: f64, data: ?[*]u8, n_data: u32) callconv(.c) i32 {
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const via = peer.ids.handle(idOf(to)) orelse return errno(error.Unknown);
    if (n_data > max_data) return errno(error.TooLarge);
    Op.send(peer.ids.peer, via, slice(u8, data, n_data)) catch |e| return errno(e);
    return 0;
}

/// Sends several messages to one handle, in order, each as a transaction of its own. Returns how many were sent before the
/// first that could not be; if there are none, its errno. `frames`: a `records.Frame` for each, and its bytes.
pub fn bus1_send_each(slot: u32, key: u32, to: f64, frames: ?[*]u8, size: u32) callconv(.c) i32 {
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const via = peer.ids.handle(idOf(to)) orelse return errno(error.Unknown);
    var rest: Frames = .{ .bytes = slice(u8, frames, size) };
    const n = Op.sendEach(peer.ids.peer, via, &rest) catch |e| return errno(e);
    return @intCast(n);
}

const Frames = struct {
    bytes: []const u8,

    /// Returns null where the rest is not a frame.
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
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const op = Op.create(peer.ids.peer) catch |e| return errno(e);
    addSend(peer, op, slice(f64, ids, n_to +| n_transfers), n_to, slice(u8, data, n_data)) catch |e| {
        op.destroy();
        return errno(e);
    };
    peer.ids.commit(op) catch |e| return errno(e);
    return 0;
}

fn addSend(peer: *LocalPeer, op: *Op, ids: []f64, n_to: u32, data: []u8) convert.Error!void {
    const n = @min(n_to, ids.len);
    const handles = try heap.allocator.alloc(*Handle, ids.len);
    defer heap.allocator.free(handles);
    for (handles, ids) |*handle, id| handle.* = peer.ids.handle(idOf(id)) orelse return error.Unknown;
    if (data.len > max_data) return error.TooLarge;

    // One receiver gets the bytes in its message; several share them.
    const shared: ?*Shared = if (n > 1) try Shared.create(try peer.ids.peer.getPool(), data) else null;
    defer if (shared) |s| s.unref();
    const payload: Payload = if (shared) |s| .{ .shared = s } else .{ .bytes = data };
    return op.sendMessages(handles[0..n], handles[n..], payload);
}

/// Releases nodes and handles as one transaction.
pub fn bus1_release(slot: u32, key: u32, ids: ?[*]f64, n: u32) callconv(.c) i32 {
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const op = Op.create(peer.ids.peer) catch |e| return errno(e);
    addRelease(peer, op, slice(f64, ids, n)) catch |e| {
        op.destroy();
        return errno(e);
    };
    peer.ids.commit(op) catch |e| return errno(e);
    return 0;
}

fn addRelease(peer: *LocalPeer, op: *Op, ids: []f64) convert.Error!void {
    for (ids) |number| {
        const id = idOf(number);
        if (peer.ids.node(id) == null and peer.ids.handle(id) == null) return error.Unknown;
    }
    // Memory first, so that either all or nothing is added.
    try op.nodes.ensureUnusedCapacity(heap.allocator, ids.len);
    try op.handles.ensureUnusedCapacity(heap.allocator, ids.len);
    for (ids) |number| peer.ids.addRelease(op, idOf(number)) catch unreachable; // it was checked, and there is room
}

// Transactions

/// Starts a transaction. `out[0]`: its id.
pub fn bus1_op_new(slot: u32, key: u32, out: ?[*]f64) callconv(.c) i32 {
    const ids = slice(f64, out, 1);
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    peer.ops.reserve(1) catch |e| return errno(e);
    const op = Op.create(peer.ids.peer) catch |e| return errno(e);
    const id = peer.nextOp();
    peer.ops.put(id, op);
    ids[0] = @floatFromInt(id);
    return 0;
}

/// Adds a message to each of several handles; parameters as in `bus1_send_many`.
pub fn bus1_op_send(slot: u32, key: u32, id: f64, ids: ?[*]f64, n_to: u32, n_transfers: u32, data: ?[*]u8, n_data: u32) callconv(.c) i32 {
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const op = peer.ops.get(idOf(id)) orelse return errno(error.Unknown);
    addSend(peer, op, slice(f64, ids, n_to +| n_transfers), n_to, slice(u8, data, n_data)) catch |e| return errno(e);
    return 0;
}

/// Adds releases.
pub fn bus1_op_release(slot: u32, key: u32, id: f64, ids: ?[*]f64, n: u32) callconv(.c) i32 {
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const op = peer.ops.get(idOf(id)) orelse return errno(error.Unknown);
    addRelease(peer, op, slice(f64, ids, n)) catch |e| return errno(e);
    return 0;
}

/// Commits a transaction, which is spent in every case.
pub fn bus1_op_commit(slot: u32, key: u32, id: f64) callconv(.c) i32 {
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const op = peer.ops.get(idOf(id)) orelse return errno(error.Unknown);
    peer.ops.remove(idOf(id));
    peer.ids.commit(op) catch |e| return errno(e);
    return 0;
}

/// Drops a transaction: nothing has happened.
pub fn bus1_op_free(slot: u32, key: u32, id: f64) callconv(.c) i32 {
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const op = peer.ops.get(idOf(id)) orelse return errno(error.Unknown);
    peer.ops.remove(idOf(id));
    op.destroy();
    return 0;
}

// Receiving

/// Receives up to `limit` messages into `chunk[offset..size]`, as records. Returns how many. If the first does not fit:
/// -EMSGSIZE, and the size that it needs is written as f64 at `offset`.
pub fn bus1_recv(slot: u32, key: u32, chunk: ?[*]u8, offset: u32, size: u32, limit: u32) callconv(.c) i32 {
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const start = records.aligned(offset);
    var room: []u8 = if (chunk != null and start < size) chunk.?[start..size] else &.{};
    var received: i32 = 0;
    while (received < limit) : (received += 1) {
        const part = peer.ids.first() orelse break;
        const arrival: Ids.Arrival = .of(part);
        const needed = sizeOfRecord(arrival);
        if (needed > room.len) {
            if (received > 0) break;
            if (room.len >= @sizeOf(f64)) records.write(room, @as(f64, @floatFromInt(needed)));
            return errno(error.TooLarge);
        }
        peer.ids.handles.reserve(arrival.n_transfers) catch |e| {
            if (received > 0) break;
            return errno(e);
        };
        writeRecord(room, arrival, peer.ids.peer);
        peer.ids.receive(part);
        room = room[needed..];
    }
    return received;
}

/// Receives the first `taken` messages, which were shown before, and shows up to `limit` of the next: writes their records
/// into `chunk[0..size]` and leaves them in the queue. Returns how many it shows; -EMSGSIZE if the first must be received to
/// be seen: it does not fit, brings handles, or is a release.
pub fn bus1_look(slot: u32, key: u32, taken: u32, chunk: ?[*]u8, size: u32, limit: u32) callconv(.c) i32 {
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    for (0..taken) |_| {
        const part = peer.ids.first() orelse break;
        if (!peer.ids.isPlain(part)) break;
        peer.ids.receive(part);
    }
    if (limit == 0) return 0;
    var room: []u8 = slice(u8, chunk, size);
    var shown: i32 = 0;
    var it = peer.ids.first();
    while (it) |part| : (it = part.next()) {
        if (shown == limit or !peer.ids.isPlain(part)) break;
        const arrival: Ids.Arrival = .of(part);
        const needed = sizeOfRecord(arrival);
        if (needed > room.len) break;
        writeRecord(room, arrival, peer.ids.peer);
        room = room[needed..];
        shown += 1;
    } else return shown;
    return if (shown == 0) errno(error.TooLarge) else shown;
}

/// Spins for at most `looks` rounds until something has come. 1: something can be received, and came while a thread that
/// blocks would have spun, too; 2: it came later; 0: nothing has come.
pub fn bus1_linger(slot: u32, key: u32, looks: u32) callconv(.c) i32 {
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const looked = lookOut(peer, looks);
    if (peer.ids.first() == null) return 0;
    return if (looked <= Spin.max_rounds) 1 else 2;
}

/// Returns after how many rounds something had come, at most `looks`.
fn lookOut(peer: *LocalPeer, looks: u32) u32 {
    for (0..looks) |looked| {
        if (!peer.ids.peer.queue.incoming.isEmpty() or peer.slot.gate.isEnding()) return @intCast(looked);
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

/// Returns 1 if a message of `n_data` bytes through the handle has room in the queue. Otherwise returns 0, and a byte comes on
/// the wake socket when that may have changed. -EDQUOT if it never will.
pub fn bus1_writable(slot: u32, key: u32, to: f64, n_data: u32) callconv(.c) i32 {
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    const via = peer.ids.handle(idOf(to)) orelse return errno(error.Unknown);
    peer.waitq.arm();
    return @intFromBool(peer.ids.peer.isWritable(via, n_data) catch |e| return errno(e));
}

/// Asks for one byte on the isolate's wake socket when there may be something to receive. The caller receives once more
/// after this, before it sleeps.
pub fn bus1_arm(slot: u32, key: u32) callconv(.c) i32 {
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    defer peer.leave();
    peer.waitq.arm();
    return 0;
}

/// Blocks until there may be something to receive, at most that long. It spins first, if that has paid off lately
/// (spin.zig).
pub fn bus1_wait(slot: u32, key: u32, microseconds: u32) callconv(.c) i32 {
    const peer = LocalPeer.enter(slot, key) catch |e| return errno(e);
    _ = lookOut(peer, peer.spin.rounds());
    if (peer.ids.first() != null) {
        peer.leave();
        return 0;
    }
    const waitq = peer.waitq.ref();
    defer waitq.unref();
    const prepared = waitq.prepare();
    const ready = peer.ids.first() != null;
    peer.leave();
    if (ready) return 0;
    const start = os.now();
    waitq.sleep(prepared, @as(u64, microseconds) * std.time.ns_per_us);
    const slept = os.now() - start;
    const still = LocalPeer.enter(slot, key) catch return 0; // the caller's next look says that it has ended
    defer still.leave();
    still.spin.learn(slept);
    return 0;
}

// Inspection

/// What exists now: peers, nodes, handles, messages, bytes.
pub fn bus1_live_counts(out: ?[*]f64) callconv(.c) i32 {
    for (slice(f64, out, counts.kinds), counts.totals()) |*number, total| number.* = @floatFromInt(total);
    return 0;
}
