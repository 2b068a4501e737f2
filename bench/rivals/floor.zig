//! The floor under the figures: a ring with a place for each message inside, between one sender and one receiver, called
//! through the same FFI. A bus with one call a message cannot be faster. The time that bus1 takes beyond it is the price of
//! peers, capabilities, order and messages of any size.
//!
//! A ring has one sender and one receiver at a time, both trusted: nothing here is checked.

const std = @import("std");
const linux = std.os.linux;

const Word = std.atomic.Value(u32);

/// The bytes of every message.
const size = 64;

const Ring = struct {
    /// Messages ever pushed. The sender writes it.
    pushed: Word align(std.atomic.cache_line) = .init(0),
    /// `popped`, as the sender last read it.
    popped_seen: u32 = 0,
    /// Messages ever popped. The receiver writes it.
    popped: Word align(std.atomic.cache_line) = .init(0),
    /// `pushed`, as the receiver last read it.
    pushed_seen: u32 = 0,
    /// 1: the receiver sleeps, or is about to.
    sleeping: Word align(std.atomic.cache_line) = .init(0),
    /// The number of waits to come in which the receiver does not spin. The receiver writes it.
    rest: u32 = 0,
    places: [capacity][size]u8 align(std.atomic.cache_line) = undefined,

    const capacity = 1 << 16;

    fn place(ring: *Ring, number: u32) *[size]u8 {
        return &ring.places[number % capacity];
    }

    fn push(ring: *Ring, data: *const [size]u8) bool {
        // Relaxed: only the sender writes it.
        const number = ring.pushed.load(.monotonic);
        if (number -% ring.popped_seen == capacity) {
            // Acquire: pairs with the store in `pop`; the receiver has done with the place.
            ring.popped_seen = ring.popped.load(.acquire);
            if (number -% ring.popped_seen == capacity) return false;
        }
        ring.place(number).* = data.*;
        // Release: pairs with the load in `count`. Sequentially consistent, as is the look at `sleeping`: it must not come
        // before this store, as the receiver's second look must not come before it has said that it sleeps.
        ring.pushed.store(number +% 1, .seq_cst);
        if (ring.sleeping.load(.seq_cst) != 0 and ring.sleeping.swap(0, .seq_cst) != 0) {
            _ = linux.futex_3arg(&ring.sleeping, .{ .cmd = .WAKE, .private = true }, 1);
        }
        return true;
    }

    /// Returns the number of messages that can be popped.
    fn count(ring: *Ring) u32 {
        // Relaxed: only the receiver writes it.
        const number = ring.popped.load(.monotonic);
        // Pairs with the store in `push`.
        if (ring.pushed_seen == number) ring.pushed_seen = ring.pushed.load(.seq_cst);
        return ring.pushed_seen -% number;
    }

    fn pop(ring: *Ring, into: [*]u8, limit: u32) u32 {
        const n = @min(ring.count(), limit);
        const first = ring.popped.load(.monotonic); // relaxed: only the receiver writes it
        for (0..n) |i| into[i * size ..][0..size].* = ring.place(first +% @as(u32, @intCast(i))).*;
        // Release: pairs with the load in `push`.
        if (n > 0) ring.popped.store(first +% n, .release);
        return n;
    }

    /// Spins first where that pays, by the rule and with the numbers of bus1: see native/src/bus/spin.zig.
    fn wait(ring: *Ring) void {
        const spins = ring.rest == 0;
        for (0..if (spins) looks else 0) |_| {
            if (ring.count() > 0) return;
            std.atomic.spinLoopHint();
        }
        const start = floor_now();
        ring.sleep();
        const rest: u32 = if (floor_now() - start < at_once) long_rest else short_rest;
        ring.rest = if (spins) rest else @min(ring.rest - 1, rest);
    }

    const looks = 600;
    const at_once = 25_000;
    const long_rest = 64;
    const short_rest = 3;

    fn sleep(ring: *Ring) void {
        // Pairs with the look in `push`.
        ring.sleeping.store(1, .seq_cst);
        if (ring.count() == 0) {
            // With a timeout, because a partner that has failed wakes no receiver.
            const timeout: linux.timespec = .{ .sec = 1, .nsec = 0 };
            _ = linux.futex_4arg(&ring.sleeping, .{ .cmd = .WAIT, .private = true }, 1, &timeout);
        }
        ring.sleeping.store(0, .monotonic); // relaxed: a needless wake is harmless
    }
};

/// One for each direction.
var rings: [2]Ring = @splat(.{});

/// Sends the first 64 bytes of `data`. 0: the ring is full.
export fn floor_push(ring: u32, data: [*]const u8) u32 {
    return @intFromBool(rings[ring].push(data[0..size]));
}

/// Receives up to `limit` messages into `into`. Returns their number.
export fn floor_pop(ring: u32, into: [*]u8, limit: u32) u32 {
    return rings[ring].pop(into, limit);
}

/// Returns monotonic time in nanoseconds: one clock for all Workers, because `performance.now()` begins at 0 in each.
export fn floor_now() f64 {
    var time: linux.timespec = undefined;
    _ = linux.syscall2(.clock_gettime, @backingInt(linux.CLOCK.MONOTONIC), @intFromPtr(&time));
    return @as(f64, @floatFromInt(time.sec)) * std.time.ns_per_s + @as(f64, @floatFromInt(time.nsec));
}

/// Blocks until there may be something to pop.
export fn floor_wait(ring: u32) void {
    rings[ring].wait();
}
