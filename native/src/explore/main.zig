//! The explorer of interleavings: runs every scenario with all decisions within bounds, then with random ones.

const std = @import("std");
const choices = @import("choices.zig");
const hooks = @import("hooks.zig");
const run = @import("run.zig");
const sites = @import("sites.zig");

var outcomes: u64 = 0;

export fn explore_outcome(outcome: u32) void {
    outcomes |= @as(u64, 1) << @intCast(outcome);
}

const print = std.debug.print;

pub fn main(_: std.process.Init) !void {
    run.prepare();
    var count: usize = undefined;
    const scenarios = hooks.explored_scenarios(&count)[0..count];
    for (scenarios) |*scenario| {
        print("{s}\n", .{scenario.name});
        choices.start(.{ .systematic = scenario.bounds });
        var runs: usize = 0;
        var cut: usize = 0;
        outcomes = 0;
        while (true) {
            runs += 1;
            switch (run.once(scenario)) {
                .passed => {},
                .cut => cut += 1,
                .failed => |failure| {
                    print("{s}: {s} at {x}\n", .{ scenario.name, failure.text, failure.site });
                    const at = sites.lineOf(failure.site);
                    print("{s}:{d}\n", .{ at.file_name, at.line });
                    break;
                },
            }
            if (!choices.advance()) break;
        }
        print("{s}: {d} runs, {d} cut, {s}\n", .{ scenario.name, runs, cut, if (outcomes == scenario.outcomes) "ok" else "WRONG" });
        if (outcomes != scenario.outcomes) {
            for (0..64) |i| if ((outcomes ^ scenario.outcomes) >> @intCast(i) & 1 != 0) {
                print("   {s} {o}{o}{o}\n", .{ if (outcomes >> @intCast(i) & 1 != 0) "extra" else "missing", i / 16, i / 4 % 4, i % 4 });
            };
        }
    }
}
