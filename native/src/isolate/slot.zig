//! Peers as JavaScript holds them: by the number of a slot, and a key.
//!
//! Slots are never unmapped, so whatever number comes, looking at it is safe. The key tells whether the caller is the
//! operator: it changes when the peer is handed over, and when the slot is used again. A wrong number, an old key or a
//! forged one is an error and nothing more. What is in a slot is a peer of our own bus (local_peer.zig) or one on the kernel's
//! device (device.zig): entering, handing over and ending are the same for both.

const std = @import("std");
const atomic = @import("../base/atomic.zig");
const heap = @import("../base/heap.zig");
const ports = @import("wake_socket.zig");
const sys = @import("../base/os.zig");
const Bus = @import("local_peer.zig").Bus;
const Gate = @import("../bus/gate.zig").Gate;
const Mutex = @import("../base/mutex.zig").Mutex;

/// Guards the slots that are free, the serials, and which port a session is at. Held for a few instructions.
var registry: Mutex = .{};
var free: ?*Session = null;
var n_slots: u32 = 0;

/// Chunk `k` holds `first_chunk << k` slots.
var chunks: [24]atomic.Value(?[*]Session) = @splat(.init(null));
const first_chunk = 64;

pub const Session = struct {
    gate: Gate align(std.atomic.cache_line),
    index: u32,
    /// Names the peer to those who may only end it. 0: the slot is free. Under the registry's mutex.
    serial: u64 = 0,
    /// On its way from one operator to the next. Under the registry's mutex.
    detached: bool = false,
    next_free: ?*Session = null,
    /// Where the operator is to be told that it should look. Written under the registry's mutex.
    port: atomic.Value(u32) = .init(0),
    /// Whether the operator of a device peer wants one call of `notify`; see watcher.zig. Not in the body, since who looks
    /// at it may be late.
    armed: atomic.Value(bool) = .init(false),
    /// The operator's.
    body: Body = undefined,

    pub const Body = union(enum) { bus: Bus, device: Device };
    const Device = if (sys.is_linux) @import("../device/device_peer.zig").Device else struct {
        fn close(_: *@This()) void {
            unreachable; // no device, no peer on one
        }
    };
    pub const Kind = std.meta.Tag(Body);

    /// Lets the operator in, who is at `port` and has the key `gate.key()`. The slot was taken and its body is made.
    pub fn start(session: *Session, port: u32) void {
        registry.lock();
        defer registry.unlock();
        session.serial = sys.random() | 1;
        session.detached = false;
        session.port.store(port, .monotonic); // relaxed: see `notify`
        session.gate.reopen(session.gate.key());
    }

    /// Tells the operator to look. From any thread, at any time.
    pub fn notify(session: *const Session) void {
        // Relaxed: the slot may have passed to another peer or another port. Then the call comes for nothing there; the
        // peer that moved has looked again after it armed at its new port.
        ports.notify(session.port.load(.monotonic));
    }

    /// Asks for one call of `notify`. The caller looks once more after this.
    pub fn arm(session: *Session) void {
        // Acquire and release: pairs with the swap in `wake`. Either that finds the arming, and the port that was set before
        // it, or what was told before that is there for the look that follows. Explored: `session: a peer on a device moves`.
        _ = session.armed.swap(true, .acq_rel);
    }

    /// Calls `notify` if the operator asked for it. From any thread, at any time.
    pub fn wake(session: *Session) void {
        // Acquire and release: pairs with the swap in `arm`.
        if (session.armed.swap(false, .acq_rel)) session.notify();
    }

    pub fn at(index: u32) ?*Session {
        const chunk = std.math.log2_int(u32, index / first_chunk + 1);
        if (chunk >= chunks.len) return null;
        // Acquire: pairs with the release in `take`; the slots of the chunk are initialized. Explored: `session: any number
        // may come`.
        const slots = chunks[chunk].load(.acquire) orelse return null;
        return &slots[index - ((@as(u32, 1) << chunk) - 1) * first_chunk];
    }

    /// A slot, closed. Nobody else has it until `give`.
    pub fn take() error{OutOfMemory}!*Session {
        registry.lock();
        defer registry.unlock();
        if (free == null) {
            const chunk = std.math.log2_int(u32, n_slots / first_chunk + 1);
            if (chunk >= chunks.len) return error.OutOfMemory;
            const slots = try heap.lasting.alloc(Session, @as(usize, first_chunk) << chunk);
            for (slots, n_slots..) |*slot, i| {
                slot.* = .{ .gate = .open, .index = @intCast(i), .next_free = free };
                slot.gate.close(1);
                free = slot;
            }
            n_slots += @intCast(slots.len);
            // Release: pairs with the acquire in `at`.
            chunks[chunk].store(slots.ptr, .release);
        }
        const session = free.?;
        free = session.next_free;
        return session;
    }

    pub fn give(session: *Session) void {
        registry.lock();
        defer registry.unlock();
        session.serial = 0;
        session.next_free = free;
        free = session;
    }

    /// Enters as the operator.
    pub fn enter(index: u32, key: u32) error{ Ended, Unknown }!*Session {
        const session = at(index) orelse return error.Unknown;
        session.gate.enter(key) catch |refusal| return switch (refusal) {
            error.Ended => error.Ended,
            error.Busy => error.Unknown,
        };
        return session;
    }

    /// Enters as the operator of a peer of that kind.
    pub fn enterAs(comptime kind: Kind, index: u32, key: u32) error{ Ended, Unknown }!*@FieldType(Body, @tagName(kind)) {
        const session = try enter(index, key);
        if (session.body != kind) {
            session.leave();
            return error.Unknown;
        }
        return &@field(session.body, @tagName(kind));
    }

    pub fn leave(session: *Session) void {
        if (session.gate.leave()) session.finish();
    }

    /// Ends the peer, as its operator.
    pub fn end(session: *Session) void {
        _ = session.gate.end();
        session.leave();
    }

    /// The work of ending; the caller has the gate to itself.
    fn finish(session: *Session) void {
        switch (session.body) {
            inline else => |*body| body.close(),
        }
        session.gate.close(session.gate.key() +% 1);
        session.give();
    }

    /// Hands the peer over: the operator leaves, and only who knows the result can adopt it.
    pub fn detach(session: *Session) struct { key: u32, serial: u64 } {
        if (session.body == .bus) session.body.bus.dropOps();
        const key = session.gate.key() +% 1;
        registry.lock();
        session.detached = true;
        const serial = session.serial;
        registry.unlock();
        if (session.gate.leaveAs(key)) session.finish();
        return .{ .key = key, .serial = serial };
    }

    /// Takes a peer of that kind over, for the isolate at `port`. Answers the new operator's key.
    pub fn adopt(kind: Kind, index: u32, key: u32, serial: u64, port: u32) error{Unknown}!u32 {
        const session = try enterDetached(kind, index, key, serial, port);
        if (session.gate.leaveAs(key +% 1)) {
            session.finish();
            return error.Unknown;
        }
        return key +% 1;
    }

    /// A ticket is spent once somebody has adopted with it or its peer has ended.
    fn enterDetached(kind: Kind, index: u32, key: u32, serial: u64, port: u32) error{Unknown}!*Session {
        const session = at(index) orelse return error.Unknown;
        registry.lock();
        defer registry.unlock();
        if (serial == 0 or session.serial != serial or !session.detached) return error.Unknown;
        if (session.body != kind) return error.Unknown; // what it is was settled before it had a serial
        session.gate.enter(key) catch return error.Unknown;
        session.detached = false;
        session.port.store(port, .monotonic); // relaxed: see `notify`
        return session;
    }

    /// Ends the peer that has this serial, wherever it is. From any thread.
    pub fn revoke(index: u32, serial: u64) error{Unknown}!void {
        const session = at(index) orelse return error.Unknown;
        registry.lock();
        // While the slot has the serial it is not given to another peer.
        const its = serial != 0 and session.serial == serial;
        const mine = its and session.gate.end();
        registry.unlock();
        if (mine) session.finish();
    }

    /// Ends all peers of an isolate that is gone. From any thread.
    pub fn endAllAt(port: u32) void {
        var index: u32 = 0;
        while (true) : (index += 1) {
            registry.lock();
            if (index >= n_slots) break registry.unlock();
            const session = at(index).?;
            const its = session.serial != 0 and session.port.load(.monotonic) == port; // under the mutex
            const mine = its and session.gate.end();
            registry.unlock();
            if (mine) session.finish();
        }
    }
};
