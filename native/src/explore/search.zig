//! Searches for a failing run of a scenario: among all runs within bounds, or among random ones.

const std = @import("std");
const choices = @import("choices.zig");
const hooks = @import("hooks.zig");
const run = @import("run.zig");
const sharing = @import("sharing.zig");

/// A failed run, with what is needed to repeat it.
pub const Found = struct {
    text: []const u8,
    at: usize,
    site: usize,
    deviations: []const choices.Deviation,
    /// The seed of a random run.
    seed: ?u64,
};

pub const Result = struct {
    runs: u64 = 0,
    /// Whether all runs were tried.
    complete: bool = false,
    found: ?Found = null,
};

const gpa = std.heap.smp_allocator;

/// The outcomes of a litmus test so far.
var outcomes: u64 = 0;

export fn explore_outcome(outcome: u32) void {
    outcomes |= @as(u64, 1) << @intCast(outcome);
}

/// Tries all runs within bounds, but at most `limit`.
pub fn systematic(scenario: *const hooks.Scenario, bounds: hooks.Bounds, limit: u64) Result {
    var result: Result = .{};
    sharing.clear();
    outcomes = 0;
    while (true) {
        choices.start(.{ .systematic = bounds });
        while (true) {
            if (result.runs == limit) return result;
            result.runs += 1;
            result.found = once(scenario, null);
            if (result.found != null) return result;
            if (!choices.advance()) break;
        }
        if (choices.isReduced() or !sharing.learn()) break;
    }
    result.complete = true;
    if (outcomes != scenario.outcomes) {
        const wrong = @ctz(outcomes ^ scenario.outcomes);
        const format = "the outcome {d}{d}{d} {s}";
        const what = if (outcomes >> @intCast(wrong) & 1 == 1) "must not come up" else "does not come up";
        const text = std.fmt.allocPrint(gpa, format, .{ wrong / 16, wrong / 4 % 4, wrong % 4, what }) catch @panic("out of memory");
        result.found = .{ .text = text, .at = 0, .site = 0, .deviations = &.{}, .seed = null };
    }
    return result;
}

/// Tries random runs, with the seeds from `seed` on.
pub fn random(scenario: *const hooks.Scenario, seed: u64, count: u64) Result {
    var result: Result = .{};
    while (result.runs < count and result.found == null) : (result.runs += 1) {
        choices.start(.{ .random = seed +% result.runs });
        result.found = once(scenario, seed +% result.runs);
    }
    result.complete = result.found == null;
    return result;
}

fn once(scenario: *const hooks.Scenario, seed: ?u64) ?Found {
    const failure = switch (run.once(scenario)) {
        .failed => |failure| failure,
        .passed, .cut => return null,
    };
    return .{
        .text = gpa.dupe(u8, failure.text) catch @panic("out of memory"),
        .at = failure.at,
        .site = failure.site,
        .deviations = gpa.dupe(choices.Deviation, choices.deviations.items) catch @panic("out of memory"),
        .seed = seed,
    };
}
