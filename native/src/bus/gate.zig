//! One operator at a time, and an end that may come from anywhere.
//!
//! A word with a key and three bits. A call enters (idle to busy) and leaves; `end` sets a bit. Whoever brings the word
//! to "ending and idle" has the gate to itself for good and does the work of ending: the caller of `end` if nobody was
//! inside, else the call that leaves. So nobody ever waits for another thread.
//!
//! The key tells one use of a slot from the next (slot.zig): it changes when the peer is handed over and when the
//! slot is given to another peer. Where there is no such thing it stays 0.
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

    /// Why `enter` refused.
    pub const Refusal = error{
        /// Ended, ending, or the key is of the past.
        Ended,
        /// Another operator is inside: somebody broke the rule.
        Busy,
    };

    pub const open: Gate = .{ .word = .init(0) };

    fn idle(k: u32) u64 {
        return @as(u64, k) << 32;
    }

    pub fn enter(gate: *Gate, k: u32) Refusal!void {
        // Acquire: pairs with the release in `leave` and `reopen`; what the last operator did is there for this one.
        const found = gate.word.cmpxchgStrong(idle(k), idle(k) | busy, .acquire, .monotonic) orelse return;
        if (found >> 32 == k and found & flags == busy) return error.Busy;
        return error.Ended;
    }

    /// True if the caller must now do the work of ending.
    pub fn leave(gate: *Gate) bool {
        return gate.leaveAs(@intCast(gate.word.load(.monotonic) >> 32));
    }

    /// The same, and the next operator must know the key `k`.
    pub fn leaveAs(gate: *Gate, k: u32) bool {
        // Relaxed: the only other writer while we are inside is `end`, and the exchange sees it.
        const found = gate.word.load(.monotonic);
        assert(found & busy != 0);
        if (found & ending == 0) {
            // Release: pairs with the acquires in `enter` and `end`. Relaxed on failure: the ending bit is all that `end`
            // has to say.
            _ = gate.word.cmpxchgStrong(found, idle(k), .release, .monotonic) orelse return false;
        }
        return true;
    }

    /// True if the caller must now do the work of ending. False: it has been done, or somebody else does it.
    pub fn end(gate: *Gate) bool {
        // Acquire: pairs with the releases in `leave` and `reopen`, for the case that nobody is inside.
        const found = gate.word.fetchOr(ending, .acquire);
        return found & (busy | ending | closed) == 0;
    }

    /// The work of ending is done. Until `reopen` nobody enters.
    pub fn close(gate: *Gate, k: u32) void {
        // Relaxed: it lets nobody in, so it has nothing to hand over.
        gate.word.store(idle(k) | ending | closed, .monotonic);
    }

    /// Lets operators in who know the key `k`.
    pub fn reopen(gate: *Gate, k: u32) void {
        // Release: pairs with the acquire in `enter`.
        gate.word.store(idle(k), .release);
    }

    pub fn isEnding(gate: *const Gate) bool {
        // Relaxed: a look that decides nothing; whoever enters is told for sure.
        return gate.word.load(.monotonic) & ending != 0;
    }

    pub fn key(gate: *const Gate) u32 {
        // Relaxed: only compared.
        return @intCast(gate.word.load(.monotonic) >> 32);
    }
};

test "end waits for nobody" {
    var gate: Gate = .open;
    try gate.enter(0);
    try std.testing.expectError(error.Busy, gate.enter(0));
    try std.testing.expect(!gate.end()); // somebody is inside,
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
