//! Whether a thread that waits stays awake for the first of it.
//!
//! With a CPU for each of two partners, an answer takes a microsecond, and waking a thread, and a CPU that has gone idle,
//! takes thirty: whoever waits does well to stay awake as long as both may still be. Where the two share a CPU, staying
//! awake only keeps the answer from being made. Which of the two it is cannot be seen, but it shows: when the waiter has
//! been awake in vain and goes to sleep, and the answer then comes within the time in which no idle CPU could have been
//! woken, then whoever made it was waiting for this CPU. If it comes later, it may be that, and work; or a CPU that had
//! to be woken: then it pays to try again soon, since once both are awake at the same time they remain so.

const std = @import("std");

pub const Spin = struct {
    /// So many waits to come go to sleep at once.
    skips: u32 = 0,
    /// Whether the wait at hand began awake.
    spun: bool = false,

    /// How often to look before going to sleep.
    pub fn rounds(spin: *Spin) u32 {
        spin.spun = spin.skips == 0;
        if (spin.spun) return max_rounds;
        spin.skips -= 1;
        return 0;
    }

    /// The wait ended with a sleep, of that many nanoseconds.
    pub fn learn(spin: *Spin, slept: u64) void {
        const rest: u32 = if (slept < at_once) long_rest else short_rest;
        spin.skips = if (spin.spun) rest else @min(spin.skips, rest);
    }

    /// About 13 microseconds.
    pub const max_rounds = 600;
    /// Nanoseconds: more than a partner stays awake for, and less than it takes to wake an idle CPU, twice.
    const at_once = 25_000;
    /// How many waits go by before the next try.
    const long_rest = 64;
    const short_rest = 3;
};

fn tries(spin: *Spin, waits: u32, slept: u64) u32 {
    var count: u32 = 0;
    for (0..waits) |_| {
        if (spin.rounds() > 0) count += 1;
        spin.learn(slept);
    }
    return count;
}

test "who shares a CPU goes to sleep at once, and tries again now and then" {
    var spin: Spin = .{};
    try std.testing.expectEqual(10, tries(&spin, 650, 5_000));
    // Now it waits for something else, and tries more often.
    try std.testing.expectEqual(100, tries(&spin, 400, 50_000));
}

test "who is answered while awake stays awake each time" {
    var spin: Spin = .{};
    for (0..10) |_| try std.testing.expect(spin.rounds() > 0);
}
