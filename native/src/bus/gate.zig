//! Gates: a peer has one operator at a time, and any thread may end it.
//!
//! A gate is a word with a key and three bits. A call enters (idle to busy) and leaves; `end` sets a bit. The thread that
//! brings the word to "ending and idle" has the gate to itself from then on and does the work of ending. That is the caller
//! of `end` if no call is inside, else the call that leaves. So no thread ever waits for another one.
//!
//! The key tells one use of a slot from the next (slot.zig): it changes when the peer is detached and when the slot is given
//! to another peer. A gate without a slot has the key 0.
//!
//! Explored (explore/primitives.zig): `gate: operators and an end` fails where an order is weaker, and for that of
//! `reopen` `gate: used again`.

const std = @import("std");
const assert = std.debug.assert;
const atomic = @import("../base/atomic.zig");

pub const Gate = struct {
    word: atomic.Value(u64),

    const busy: u64 = 1;
    const ending: u64 = 2;
    const closed: u64 = 4;
    const flags: u64 = std.math.maxInt(u32);

    /// Why `enter` failed.
    pub const Refusal = error{
        /// The peer has ended or is ending, or the key is stale.
        Ended,
        /// Another operator is inside, which breaks the rule.
        Busy,
    };

    pub const open: Gate = .{ .word = .init(0) };

    fn idle(k: u32) u64 {
        return @as(u64, k) << 32;
    }

    pub fn enter(gate: *Gate, k: u32) Refusal!void {
        // Acquire: pairs with the release in `leave` and `reopen`; this operator sees what the last one did.
        const found = gate.word.cmpxchgStrong(idle(k), idle(k) | busy, .acquire, .monotonic) orelse return;
        if (found >> 32 == k and found & flags == busy) return error.Busy;
        return error.Ended;
    }

    /// Returns whether the caller must now do the work of ending.
    pub fn leave(gate: *Gate) bool {
        return gate.leaveAs(@intCast(gate.word.load(.monotonic) >> 32));
    }

    /// The same; the next operator needs the key `k`.
    pub fn leaveAs(gate: *Gate, k: u32) bool {
        // Relaxed: while this thread is inside, the only other writer is `end`, and the exchange sees it.
        const found = gate.word.load(.monotonic);
        assert(found & busy != 0);
        if (found & ending == 0) {
            // Release: pairs with the acquires in `enter` and `end`. Relaxed on failure: `end` passes nothing on but its bit.
            _ = gate.word.cmpxchgStrong(found, idle(k), .release, .monotonic) orelse return false;
        }
        return true;
    }

    /// Returns whether the caller must now do the work of ending. If not, it was done, or another thread does it.
    pub fn end(gate: *Gate) bool {
        // Acquire: pairs with the releases in `leave` and `reopen`, for the case that no operator is inside.
        const found = gate.word.fetchOr(ending, .acquire);
        return found & (busy | ending | closed) == 0;
    }

    /// Takes note that the work of ending is done. No operator enters until `reopen`.
    pub fn close(gate: *Gate, k: u32) void {
        // Relaxed: it lets no operator in, so it has nothing to pass on.
        gate.word.store(idle(k) | ending | closed, .monotonic);
    }

    /// Lets operators in that have the key `k`.
    pub fn reopen(gate: *Gate, k: u32) void {
        // Release: pairs with the acquire in `enter`.
        gate.word.store(idle(k), .release);
    }

    pub fn isEnding(gate: *const Gate) bool {
        // Relaxed: only a hint; `enter` finds out for certain.
        return gate.word.load(.monotonic) & ending != 0;
    }

    pub fn key(gate: *const Gate) u32 {
        // Relaxed: only compared.
        return @intCast(gate.word.load(.monotonic) >> 32);
    }
};

test "an end does not wait, and is done once" {
    var gate: Gate = .open;
    try gate.enter(0);
    try std.testing.expectError(error.Busy, gate.enter(0));
    try std.testing.expect(!gate.end()); // an operator is inside,
    try std.testing.expect(gate.leave()); // and does the work
    try std.testing.expectError(error.Ended, gate.enter(0));
    try std.testing.expect(!gate.end());
    gate.close(1);
    try std.testing.expect(!gate.end());

    gate.reopen(1);
    try std.testing.expectError(error.Ended, gate.enter(0));
    try gate.enter(1);
    try std.testing.expect(!gate.leaveAs(2));
    try std.testing.expectError(error.Ended, gate.enter(1));
    try std.testing.expect(gate.end());
}
