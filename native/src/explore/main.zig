//! The explorer of interleavings: runs every scenario with all decisions within bounds, then with random ones.

const std = @import("std");
const choices = @import("choices.zig");
const hooks = @import("hooks.zig");
const run = @import("run.zig");
const sharing = @import("sharing.zig");
const sites = @import("sites.zig");

var outcomes: u64 = 0;

export fn explore_outcome(outcome: u32) void {
    outcomes |= @as(u64, 1) << @intCast(outcome);
}

const print = std.debug.print;

pub fn main(init: std.process.Init) !void {
    run.prepare();
    var count: usize = undefined;
    const args = try init.minimal.args.toSlice(init.arena.allocator());
    const scenarios = hooks.explored_scenarios(&count)[0..count];
    for (scenarios) |*scenario| {
        if (args.len > 1 and std.mem.find(u8, std.mem.span(scenario.name), args[1]) == null) continue;
        const t0 = std.Io.Timestamp.now(init.io, .awake);
        defer print("   {d} ms\n", .{t0.durationTo(std.Io.Timestamp.now(init.io, .awake)).toMilliseconds()});
        var total: usize = 0;
        sharing.clear();
        while (true) {
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
                        print("{s}: {s} at {x} after {d}\n", .{ scenario.name, failure.text, failure.site, runs });
                        const at = sites.lineOf(failure.site);
                        print("{s}:{d}\n", .{ at.file_name, at.line });
                        break;
                    },
                }
                if (!choices.advance()) break;
            }
            total += runs;
            print("{s}: {d} runs, {d} cut, {s}\n", .{ scenario.name, runs, cut, if (outcomes == scenario.outcomes) "ok" else "WRONG" });
            if (choices.isReduced() or !sharing.learn()) break;
        }
    }
}
