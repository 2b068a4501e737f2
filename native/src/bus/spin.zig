//! Decides whether a thread that waits spins before it sleeps.
//!
//! If each of two partners has a CPU, a reply takes a microsecond, and waking a sleeping thread on an idle CPU takes thirty:
//! so the waiter should spin as long as its partner may spin too. If both share a CPU, spinning only delays the reply.
//!
//! The waiter cannot know in advance which case it is, but it learns from waits in which it has spun in vain and then slept:
//!
//! - If the reply comes sooner than an idle CPU can be woken, the partner was waiting for this CPU: spinning was wrong.
//! - If it comes later, the cause may be the same, or work, or a CPU that had to be woken. Then it pays to try again soon:
//!   once both partners spin at the same time, neither needs to be woken.

const std = @import("std");

pub const Spin = struct {
    /// How many of the following waits do not spin.
    skips: u32 = 0,
    /// Whether the current wait has spun.
    spun: bool = false,

    /// Returns how often the wait that begins now shall look before it sleeps.
    pub fn rounds(spin: *Spin) u32 {
        spin.spun = spin.skips == 0;
        if (spin.spun) return max_rounds;
        spin.skips -= 1;
        return 0;
    }

    /// Takes note that the wait ended with a sleep of that many nanoseconds.
    pub fn learn(spin: *Spin, slept: u64) void {
        const skips: u32 = if (slept < prompt) many_skips else few_skips;
        spin.skips = if (spin.spun) skips else @min(spin.skips, skips);
    }

    /// About 13 microseconds.
    pub const max_rounds = 600;
    /// Nanoseconds: more than a partner spins for, and less than it takes to wake an idle CPU twice.
    const prompt = 25_000;
    /// Waits until the next try, if spinning was wrong.
    const many_skips = 64;
    /// The same, if it may have been right.
    const few_skips = 3;
};

/// Returns how many of a number of waits have spun.
fn tries(spin: *Spin, waits: u32, slept: u64) u32 {
    var count: u32 = 0;
    for (0..waits) |_| {
        if (spin.rounds() > 0) count += 1;
        spin.learn(slept);
    }
    return count;
}

test "a waiter that shares a CPU with its partner sleeps at once, and tries to spin now and then" {
    var spin: Spin = .{};
    try std.testing.expectEqual(10, tries(&spin, 650, 5_000));
    // Later replies: it tries more often.
    try std.testing.expectEqual(100, tries(&spin, 400, 50_000));
}

test "a waiter that gets its replies while it spins goes on spinning" {
    var spin: Spin = .{};
    for (0..10) |_| try std.testing.expect(spin.rounds() > 0);
}
