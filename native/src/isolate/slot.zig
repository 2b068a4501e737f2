//! Slots: how JavaScript names a peer that it operates, by the number of a slot and a key.
//!
//! Slots are never unmapped, so it is safe to look at any number that comes. The key proves that the caller is the
//! operator: it changes when the peer is handed over, and when the slot is used again. A wrong number, an old key or a
//! forged one is an error and nothing more.
//!
//! A slot has room for one peer, of a kind that the slot does not know: a `LocalPeer`, or a `DevicePeer`. Entering,
//! handing over and ending are the same for both.

const std = @import("std");
const atomic = @import("../base/atomic.zig");
const heap = @import("../base/heap.zig");
const os = @import("../base/os.zig");
const wake_socket = @import("wake_socket.zig");
const Gate = @import("../bus/gate.zig").Gate;
const Mutex = @import("../base/mutex.zig").Mutex;

/// Guards the list of free slots, the serials, and which isolate a slot belongs to. Held for a few instructions.
var registry: Mutex = .{};
var free: ?*Slot = null;
var n_slots: u32 = 0;

/// Chunk `k` holds `first_chunk << k` slots.
var chunks: [24]atomic.Value(?[*]Slot) = @splat(.init(null));
const first_chunk = 64;

/// A kind of peer, and what a slot has to know of it. Each kind has one, and its address identifies the kind.
pub const Kind = struct {
    /// Ends the peer.
    close: *const fn (*Slot) void,
    /// Drops what a peer does not keep when it is handed over.
    detach: *const fn (*Slot) void,

    /// For a type with the methods `close` and `detach`.
    pub fn of(comptime Peer: type) Kind {
        if (@sizeOf(Peer) > Slot.room) @compileError(@typeName(Peer) ++ " does not fit a slot");
        const calls = struct {
            fn close(slot: *Slot) void {
                slot.peer(Peer).close();
            }
            fn detach(slot: *Slot) void {
                slot.peer(Peer).detach();
            }
        };
        return .{ .close = calls.close, .detach = calls.detach };
    }
};

pub const Slot = struct {
    gate: Gate align(std.atomic.cache_line),
    index: u32,
    /// Names the peer to those that may only end it. 0: the slot is free. Under the registry's mutex.
    serial: u64 = 0,
    /// On its way from one operator to the next. Under the registry's mutex.
    detached: bool = false,
    next_free: ?*Slot = null,
    /// The operator's isolate. Written under the registry's mutex.
    isolate: atomic.Value(u32) = .init(0),
    /// Whether the operator of a device peer wants one call of `notify`; see watcher.zig. Not in the peer, since the
    /// watcher may look at it after the peer's end.
    armed: atomic.Value(bool) = .init(false),
    /// What the peer is; and the peer, which is the operator's. Set before the slot has a serial.
    kind: *const Kind = undefined,
    bytes: [room]u8 align(16) = undefined,

    /// Bytes that the largest kind of peer needs; `Kind.of` checks it.
    const room = 96;

    /// Puts a peer into a slot that was taken. Returns where it lies from now on.
    pub fn put(slot: *Slot, new: anytype) *@TypeOf(new) {
        const Peer = @TypeOf(new);
        slot.kind = &Peer.slot_kind;
        slot.peer(Peer).* = new;
        return slot.peer(Peer);
    }

    fn peer(slot: *Slot, comptime Peer: type) *Peer {
        return @ptrCast(@alignCast(&slot.bytes));
    }

    /// Returns the peer, if it is of that type.
    pub fn as(slot: *Slot, comptime Peer: type) ?*Peer {
        return if (slot.kind == &Peer.slot_kind) slot.peer(Peer) else null;
    }

    /// Lets the operator in, which is in that isolate and has the key `gate.key()`. The slot was taken and has its peer.
    pub fn start(slot: *Slot, isolate: u32) void {
        registry.lock();
        defer registry.unlock();
        slot.serial = os.random() | 1;
        slot.detached = false;
        slot.isolate.store(isolate, .monotonic); // relaxed: see `notify`
        slot.gate.reopen(slot.gate.key());
    }

    /// Tells the operator to look. From any thread, at any time.
    pub fn notify(slot: *const Slot) void {
        // Relaxed: the slot may have passed to another peer or another isolate. Then the wake is needless there; the peer
        // that moved has looked again after it armed in its new isolate.
        wake_socket.notify(slot.isolate.load(.monotonic));
    }

    /// Asks for one call of `notify`. The caller looks once more after this.
    pub fn arm(slot: *Slot) void {
        // Acquire and release: pairs with the swap in `wake`. Either that finds the arming, and the isolate that was set
        // before it, or what was told before that is there for the look that follows. Explored: `session: a peer on a
        // device moves`.
        _ = slot.armed.swap(true, .acq_rel);
    }

    /// Calls `notify` if the operator asked for it. From any thread, at any time.
    pub fn wake(slot: *Slot) void {
        // Acquire and release: pairs with the swap in `arm`.
        if (slot.armed.swap(false, .acq_rel)) slot.notify();
    }

    pub fn at(index: u32) ?*Slot {
        const chunk = std.math.log2_int(u32, index / first_chunk + 1);
        if (chunk >= chunks.len) return null;
        // Acquire: pairs with the release in `take`; the slots of the chunk are initialized. Explored: `session: any number
        // may come`.
        const slots = chunks[chunk].load(.acquire) orelse return null;
        return &slots[index - ((@as(u32, 1) << chunk) - 1) * first_chunk];
    }

    /// Returns a closed slot, which is the caller's until `give`.
    pub fn take() error{OutOfMemory}!*Slot {
        registry.lock();
        defer registry.unlock();
        if (free == null) {
            const chunk = std.math.log2_int(u32, n_slots / first_chunk + 1);
            if (chunk >= chunks.len) return error.OutOfMemory;
            const slots = try heap.lasting.alloc(Slot, @as(usize, first_chunk) << chunk);
            for (slots, n_slots..) |*slot, i| {
                slot.* = .{ .gate = .open, .index = @intCast(i), .next_free = free };
                slot.gate.close(1);
                free = slot;
            }
            n_slots += @intCast(slots.len);
            // Release: pairs with the acquire in `at`.
            chunks[chunk].store(slots.ptr, .release);
        }
        const slot = free.?;
        free = slot.next_free;
        return slot;
    }

    pub fn give(slot: *Slot) void {
        registry.lock();
        defer registry.unlock();
        slot.serial = 0;
        slot.next_free = free;
        free = slot;
    }

    /// Enters as the operator. Inline, as `enterAs`: every call of JavaScript begins with this, and an error union would go
    /// through memory.
    pub inline fn enter(index: u32, key: u32) error{ Ended, Unknown }!*Slot {
        const slot = at(index) orelse return error.Unknown;
        slot.gate.enter(key) catch |refusal| return switch (refusal) {
            error.Ended => error.Ended,
            error.Busy => error.Unknown,
        };
        return slot;
    }

    /// Enters as the operator of a peer of that type.
    pub inline fn enterAs(comptime Peer: type, index: u32, key: u32) error{ Ended, Unknown }!*Peer {
        const slot = try enter(index, key);
        return slot.as(Peer) orelse {
            slot.leave();
            return error.Unknown;
        };
    }

    pub fn leave(slot: *Slot) void {
        if (slot.gate.leave()) slot.finish();
    }

    /// Ends the peer, as its operator.
    pub fn end(slot: *Slot) void {
        _ = slot.gate.end();
        slot.leave();
    }

    /// Does the work of ending. The caller has the gate to itself. Not inline: every call of JavaScript ends with `leave`.
    noinline fn finish(slot: *Slot) void {
        slot.kind.close(slot);
        slot.gate.close(slot.gate.key() +% 1);
        slot.give();
    }

    /// Hands the peer over: the operator leaves, and the peer can be adopted by the result alone.
    pub fn detach(slot: *Slot) struct { key: u32, serial: u64 } {
        slot.kind.detach(slot);
        const key = slot.gate.key() +% 1;
        registry.lock();
        slot.detached = true;
        const serial = slot.serial;
        registry.unlock();
        if (slot.gate.leaveAs(key)) slot.finish();
        return .{ .key = key, .serial = serial };
    }

    /// Takes a peer of that type over, for an isolate. Returns the new operator's key.
    pub fn adopt(comptime Peer: type, index: u32, key: u32, serial: u64, isolate: u32) error{Unknown}!u32 {
        const slot = try enterDetached(&Peer.slot_kind, index, key, serial, isolate);
        if (slot.gate.leaveAs(key +% 1)) {
            slot.finish();
            return error.Unknown;
        }
        return key +% 1;
    }

    /// A ticket is spent once it was used to adopt, or its peer has ended.
    fn enterDetached(kind: *const Kind, index: u32, key: u32, serial: u64, isolate: u32) error{Unknown}!*Slot {
        const slot = at(index) orelse return error.Unknown;
        registry.lock();
        defer registry.unlock();
        if (serial == 0 or slot.serial != serial or !slot.detached) return error.Unknown;
        if (slot.kind != kind) return error.Unknown;
        slot.gate.enter(key) catch return error.Unknown;
        slot.detached = false;
        slot.isolate.store(isolate, .monotonic); // relaxed: see `notify`
        return slot;
    }

    /// Ends the peer that has this serial, wherever it is. From any thread.
    pub fn revoke(index: u32, serial: u64) error{Unknown}!void {
        const slot = at(index) orelse return error.Unknown;
        registry.lock();
        // While the slot has the serial it is not given to another peer.
        const its = serial != 0 and slot.serial == serial;
        const mine = its and slot.gate.end();
        registry.unlock();
        if (mine) slot.finish();
    }

    /// Ends all peers of an isolate that is gone. From any thread.
    pub fn endAllAt(isolate: u32) void {
        var index: u32 = 0;
        while (true) : (index += 1) {
            registry.lock();
            if (index >= n_slots) break registry.unlock();
            const slot = at(index).?;
            const its = slot.serial != 0 and slot.isolate.load(.monotonic) == isolate; // under the mutex
            const mine = its and slot.gate.end();
            registry.unlock();
            if (mine) slot.finish();
        }
    }
};
