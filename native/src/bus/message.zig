//! Messages: bytes, and copies of handles, on their way to one node.
//!
//! One block of the sender's pool holds the message, its transfers and, unless several receivers share them, its bytes.
//! A message names its node by the node's id on its owner, the receiver. So no reference count moves between sender and
//! receiver for it, and a node that is gone is simply not found. Reference: `Message`, `MessageShared`.

const std = @import("std");
const assert = std.debug.assert;
const acct = @import("acct.zig");
const atomic = @import("../base/atomic.zig");
const heap = @import("../base/heap.zig");
const Block = @import("pool.zig").Block;
const copy = @import("../base/copy.zig").copy;
const Handle = @import("handle.zig").Handle;
const Outbox = @import("pool.zig").Outbox;
const Part = @import("queue.zig").Part;
const Peer = @import("peer.zig").Peer;
const Pool = @import("pool.zig").Pool;
const Tx = @import("queue.zig").Tx;

/// Bytes that never change, shared by all receivers of a multicast.
pub const Shared = struct {
    refs: atomic.Value(u32) = .init(1),
    /// Messages with these bytes that are committed and neither received nor discarded.
    pending: atomic.Value(u32) = .init(0),
    n_data: usize,
    /// Where the memory comes from; null: the allocator.
    pool: ?*Pool,

    const alignment: std.mem.Alignment = .@"16";

    pub fn create(pool: ?*Pool, bytes: []const u8) error{OutOfMemory}!*Shared {
        const shared = try createUnset(pool, bytes.len);
        copy(shared.data(), bytes);
        return shared;
    }

    /// Makes shared bytes, which the caller sets before another thread can reach them.
    pub fn createUnset(pool: ?*Pool, n_data: usize) error{OutOfMemory}!*Shared {
        const size = try sizeOf(Shared, n_data);
        const memory = if (pool) |p| try p.alloc(size) else (try heap.allocator.alignedAlloc(u8, alignment, size)).ptr;
        const shared: *Shared = @ptrCast(memory);
        shared.* = .{ .n_data = n_data, .pool = pool };
        return shared;
    }

    pub fn data(shared: *Shared) []u8 {
        const memory: [*]u8 = @ptrCast(shared);
        return memory[@sizeOf(Shared)..][0..shared.n_data];
    }

    pub fn ref(shared: *Shared) *Shared {
        heap.ref(&shared.refs);
        return shared;
    }

    pub fn unref(shared: *Shared) void {
        shared.unrefTo(null);
    }

    /// The same; the memory goes back by way of the caller's outbox, if it has one.
    fn unrefTo(shared: *Shared, outbox: ?*Outbox) void {
        if (!heap.unref(&shared.refs)) return;
        const memory: Block = @ptrCast(@alignCast(shared));
        const size = @sizeOf(Shared) + shared.n_data;
        if (shared.pool) |pool| return giveBack(pool, memory, size, outbox);
        heap.allocator.free(memory[0..size]);
    }
};

/// Where the bytes of a message come from.
pub const Payload = union(enum) {
    /// Copied into the message.
    bytes: []const u8,
    /// Referenced by it.
    shared: *Shared,
};

pub const Message = struct {
    part: Part = .{ .kind = .user },
    /// One for the queue; one more for the sender, while it may have to release the transfers after its commit.
    refs: atomic.Value(u32) = .init(1),
    n_transfers: u32,
    node_id: u64,
    /// Null: the bytes lie behind the transfers.
    shared: ?*Shared,
    /// At most the maximum message size, which every caller checks. 32 bits, so that the head has 64 bytes, and a message of
    /// 64 bytes fits into a block of 128.
    n_data: u32,
    /// Set by the first of two: the sender after its commit, and the receiver's end that found it uncommitted.
    left: atomic.Value(bool) = .init(false),
    /// Whether it has a slot for what it is charged to.
    is_charged: bool,
    /// Where the memory comes from: the sender's pool.
    pool: *Pool,

    comptime {
        assert(@sizeOf(Message) == 64);
    }

    /// Makes a message from a peer to the node of `to`, with a copy for its owner of each of `sources`. All of that is
    /// charged to the owner's user, on behalf of the sender.
    pub fn create(from: *Peer, to: *Handle, sources: []const *Handle, payload: Payload) acct.Error!*Message {
        // A branch of its own, so that the code for uncharged messages depends on no memory of the payer.
        if (to.node.owner.payer == null) return make(false, from, to, sources, payload);
        return createCharged(from, to, sources, payload);
    }

    noinline fn createCharged(from: *Peer, to: *Handle, sources: []const *Handle, payload: Payload) acct.Error!*Message {
        const message = try make(true, from, to, sources, payload);
        errdefer message.destroy();
        const owner = to.node.owner;
        // The owner has ended: the message is not charged, and will not be received.
        if (owner.queue.isSealed()) return message;
        const n_transfers = message.n_transfers;
        message.charged().* = try owner.charge(from, .{ 1 + @as(u64, n_transfers), message.n_data }, 1 + n_transfers);
        for (message.transfers()) |handle| handle.charged = message.charged().*;
        return message;
    }

    fn make(
        comptime is_charged: bool,
        from: *Peer,
        to: *Handle,
        sources: []const *Handle,
        payload: Payload,
    ) error{OutOfMemory}!*Message {
        const pool = try from.getPool();
        const n_inline = switch (payload) {
            .bytes => |bytes| bytes.len,
            .shared => 0,
        };
        const memory = try pool.alloc(try sizeOf(Message, try sizeOfArray(*Handle, slotsFor(sources.len, is_charged), n_inline)));
        const message: *Message = @ptrCast(memory);
        message.* = .{
            .part = .{ .kind = .user, .account = from.account },
            .n_transfers = @intCast(sources.len),
            .node_id = to.node.id,
            .shared = null,
            .n_data = @intCast(n_inline),
            .is_charged = is_charged,
            .pool = pool,
        };
        if (is_charged) message.charged().* = null;
        errdefer message.free(null);
        if (message.discardTx()) |tx| tx.* = try Tx.create();
        errdefer if (message.discardTx()) |tx| tx.*.unref();
        for (sources, 0..) |source, i| {
            errdefer for (message.transfers()[0..i]) |handle| handle.unref();
            message.transfers()[i] = try Handle.allocate(source.node, to.node.owner);
        }
        switch (payload) {
            .bytes => |bytes| copy(message.data(), bytes),
            .shared => |shared| {
                message.shared = shared.ref();
                message.n_data = @intCast(shared.n_data);
            },
        }
        return message;
    }

    pub fn ref(message: *Message) *Message {
        heap.ref(&message.refs);
        return message;
    }

    /// Drops a reference, but not the transfers: see `dropTransfers`. `outbox` is the caller's, if it may use one.
    pub fn unref(message: *Message, outbox: ?*Outbox) void {
        if (!heap.unref(&message.refs)) return;
        message.part.leave();
        if (message.discardTx()) |tx| tx.*.unref();
        message.free(outbox);
    }

    fn free(message: *Message, outbox: ?*Outbox) void {
        const n_inline = if (message.shared) |shared| n: {
            shared.unrefTo(outbox);
            break :n 0;
        } else message.n_data;
        const size = @sizeOf(Message) + message.n_slots() * @sizeOf(*Handle) + n_inline;
        giveBack(message.pool, @ptrCast(@alignCast(message)), size, outbox);
    }

    pub fn of(part: *Part) *Message {
        assert(part.kind == .user);
        return @fieldParentPtr("part", part);
    }

    pub fn transfers(message: *Message) []*Handle {
        const array: [*]*Handle = @ptrCast(@alignCast(message.tail()));
        return array[0..message.n_transfers];
    }

    /// The transaction in which several transfers are discarded. It is made in advance, because discarding cannot fail.
    fn discardTx(message: *Message) ?**Tx {
        if (message.n_transfers <= 1) return null;
        const array: [*]*Tx = @ptrCast(@alignCast(message.tail()));
        return &array[message.n_transfers];
    }

    pub fn data(message: *Message) []u8 {
        if (message.shared) |shared| return shared.data();
        return message.tail()[message.n_slots() * @sizeOf(*Handle) ..][0..message.n_data];
    }

    /// What it is charged to.
    fn charged(message: *Message) *?*acct.Claim {
        const array: [*]?*acct.Claim = @ptrCast(@alignCast(message.tail()));
        return &array[message.n_slots() - 1];
    }

    /// Gives its charge back.
    fn discharge(message: *Message) void {
        if (message.is_charged) acct.discharge(message.charged(), .{ 1, message.n_data });
    }

    /// What follows the head: in slots of a pointer each, the transfers, the transaction of their discarding, and what the
    /// message is charged to; then the bytes.
    fn tail(message: *Message) [*]u8 {
        const memory: [*]u8 = @ptrCast(message);
        return memory + @sizeOf(Message);
    }

    fn slotsFor(n_transfers: usize, is_charged: bool) usize {
        return n_transfers + @intFromBool(n_transfers > 1) + @intFromBool(is_charged);
    }

    fn n_slots(message: *const Message) usize {
        return slotsFor(message.n_transfers, message.is_charged);
    }

    /// Counts a message that is about to be committed.
    pub fn count(message: *Message, operator: *Peer) void {
        operator.counts.add(.messages, 1);
        // Relaxed: each message is counted before it is pushed and discounted after it is taken.
        const first = if (message.shared) |shared| shared.pending.fetchAdd(1, .monotonic) == 0 else true;
        if (first) operator.counts.add(.bytes, @intCast(message.n_data));
    }

    /// Discounts a message that is received or discarded.
    pub fn uncount(message: *Message, operator: *Peer) void {
        operator.counts.add(.messages, -1);
        message.discharge();
        // Relaxed: see `count`.
        const last = if (message.shared) |shared| shared.pending.fetchSub(1, .monotonic) == 1 else true;
        if (last) operator.counts.add(.bytes, -@as(i64, @intCast(message.n_data)));
    }

    /// Returns whether the caller must discard the message: of the two threads that may have to, the second does it.
    pub fn isSecond(message: *Message) bool {
        // Acquire and release: pairs with itself; the second sees all that the first did with the message. Explored:
        // `ends: discarding in order`.
        return message.left.swap(true, .acq_rel);
    }

    /// Discards a committed message that is not delivered: releases its transfers, as one transaction, as if the receiver had
    /// released them. Takes the caller's reference.
    pub fn discard(message: *Message, operator: *Peer) void {
        message.uncount(operator);
        const tx = if (message.discardTx()) |tx| tx.* else null;
        for (message.transfers()) |handle| handle.release(operator, tx);
        if (tx) |t| t.commit();
        message.dropTransfers();
        message.unref(&operator.outbox);
    }

    /// Wakes the peers that are told of the transfers' release, and drops the transfers.
    pub fn dropTransfers(message: *Message) void {
        for (message.transfers()) |handle| {
            handle.node.owner.wake();
            handle.unref();
        }
    }

    /// Frees a message that was never committed.
    pub fn destroy(message: *Message) void {
        for (message.transfers()) |handle| handle.unref();
        message.discharge();
        message.unref(null);
    }
};

fn giveBack(pool: *Pool, memory: Block, size: usize, outbox: ?*Outbox) void {
    if (outbox) |o| o.put(pool, memory, size) else pool.free(memory, size);
}

fn sizeOf(comptime Head: type, tail: usize) error{OutOfMemory}!usize {
    return std.math.add(usize, @sizeOf(Head), tail) catch error.OutOfMemory;
}

fn sizeOfArray(comptime Element: type, count: usize, tail: usize) error{OutOfMemory}!usize {
    const array = std.math.mul(usize, @sizeOf(Element), count) catch return error.OutOfMemory;
    return std.math.add(usize, array, tail) catch error.OutOfMemory;
}
