//! The explorer of interleavings.
//!
//! ```sh
//! zig build explore                                          # each scenario: all runs within its bounds, and random ones
//! zig build explore -- --seconds 600                         # random runs for this long
//! zig build explore -- --seed 17 ends:                       # scenarios with this in their names, from another seed
//! zig build explore -- --replay 17t2,23r1 "ends: a send"     # one run, step by step
//! zig build canaries                                         # checks that every planted fault is found
//! zig build canaries -- lll.zig                              # faults with this in their names
//! zig build explore -- --plant no_flag "order:"              # shows how one fault is found
//! ```

const std = @import("std");
const linux = std.os.linux;
const canaries = @import("canaries.zig");
const hooks = @import("hooks.zig");
const jobs = @import("jobs.zig");
const run = @import("run.zig");
const search = @import("search.zig");
const show = @import("show.zig");
const sites = @import("sites.zig");

/// An invalid memory access fails a run, not the explorer.
pub const std_options: std.Options = .{ .enable_segfault_handler = false };

const print = jobs.print;

/// The most systematic runs of a scenario: some minutes.
const most_runs = 1_000_000;
/// Random runs of a scenario in one round.
const random_runs = 10_000;

const Options = struct {
    canaries: bool = false,
    seconds: ?i64 = null,
    seed: u64,
    replay: ?[]const u8 = null,
    plant: ?[]const u8 = null,
    names: std.ArrayList([]const u8) = .empty,

    fn chooses(self: *const Options, name: []const u8) bool {
        for (self.names.items) |part| if (std.mem.find(u8, name, part) != null) return true;
        return self.names.items.len == 0;
    }
};

var options: Options = undefined;
var io: std.Io = undefined;
var processes: usize = undefined;

pub fn main(init: std.process.Init) !u8 {
    io = init.io;
    const arena = init.arena.allocator();
    options = .{ .seed = @truncate(@as(u96, @bitCast(now().nanoseconds))) };
    const args = try init.minimal.args.toSlice(arena);
    var i: usize = 1;
    while (i < args.len) : (i += 1) {
        if (!std.mem.startsWith(u8, args[i], "--")) {
            try options.names.append(arena, args[i]);
        } else if (std.mem.eql(u8, args[i], "--canaries")) {
            options.canaries = true;
        } else {
            i += 1;
            if (i == args.len or !set(args[i - 1], args[i])) return refuse(args[i - 1]);
        }
    }

    run.prepare();
    catchFaults();
    processes = std.Thread.getCpuCount() catch 1;
    var count: usize = undefined;
    const all = hooks.explored_scenarios(&count)[0..count];
    if (options.canaries) {
        var chosen: std.ArrayList(canaries.Canary) = .empty;
        for (canaries.prepare(all)) |canary| if (options.chooses(canary.name)) try chosen.append(arena, canary);
        var sum = jobs.run(processes, chosen.items.len, chosen.items, isFound);
        sum.failed += canaries.missingOrders();
        return conclude(sum);
    }

    var chosen: std.ArrayList(hooks.Scenario) = .empty;
    for (all) |scenario| if (options.chooses(std.mem.span(scenario.name))) try chosen.append(arena, scenario);
    if (options.plant) |name| {
        sites.plant = for (canaries.prepare(all)) |canary| {
            if (std.mem.find(u8, canary.name, name) != null) break canary.plant;
        } else return refuse("--plant");
    }
    if (options.replay) |list| {
        const deviations = show.parse(list) catch return refuse("--replay");
        if (chosen.items.len != 1) return refuse("--replay");
        show.steps(&chosen.items[0], deviations, 0);
        return 0;
    }
    return conclude(jobs.run(processes, chosen.items.len, chosen.items, explore));
}

fn set(name: []const u8, value: []const u8) bool {
    if (std.mem.eql(u8, name, "--seconds")) {
        options.seconds = std.fmt.parseInt(i64, value, 10) catch return false;
    } else if (std.mem.eql(u8, name, "--seed")) {
        options.seed = std.fmt.parseInt(u64, value, 10) catch return false;
    } else if (std.mem.eql(u8, name, "--replay")) {
        options.replay = value;
    } else if (std.mem.eql(u8, name, "--plant")) {
        options.plant = value;
    } else return false;
    return true;
}

fn refuse(name: []const u8) u8 {
    print("explore: invalid argument {s}; src/explore/main.zig lists the valid ones\n", .{name});
    return 2;
}

fn conclude(sum: jobs.Sum) u8 {
    print("{d}/{d} tests passed\n", .{ sum.passed, sum.passed + sum.failed });
    return @intFromBool(sum.failed > 0 or sum.passed == 0);
}

fn now() std.Io.Timestamp {
    return .now(io, .awake);
}

fn isFound(list: []const canaries.Canary, number: usize) bool {
    return canaries.isFound(list[number]);
}

/// Explores one scenario, systematically and, unless it is a litmus test, randomly.
fn explore(list: []const hooks.Scenario, number: usize) bool {
    const scenario = &list[number];
    var all: search.Result = .{};
    if (options.seconds == null) {
        all = search.systematic(scenario, scenario.bounds, most_runs);
        if (all.found) |found| return show.failure(scenario, found);
    }
    var by_chance: u64 = 0;
    if (scenario.outcomes == 0) {
        // For its part of the time, or one round.
        const tasks: i64 = @intCast(std.math.divCeil(usize, list.len, processes) catch unreachable);
        const end = now().addDuration(.fromMilliseconds(@divTrunc((options.seconds orelse 0) * 1000, tasks)));
        while (true) {
            const result = search.random(scenario, options.seed +% by_chance, random_runs);
            if (result.found) |found| return show.failure(scenario, found);
            by_chance += result.runs;
            if (now().nanoseconds >= end.nanoseconds) break;
        }
    }
    print("passed  {s}: {d} runs{s}, and {d} from seed {d} on\n", .{
        scenario.name,
        all.runs,
        if (all.complete or options.seconds != null) "" else " of more that are possible",
        by_chance,
        options.seed,
    });
    return true;
}

/// Makes an invalid memory access of the code under exploration end the run.
fn catchFaults() void {
    const Handler = struct {
        fn handle(_: linux.SIG, info: *const linux.siginfo_t, _: ?*anyopaque) callconv(.c) void {
            const at = @intFromPtr(info.fields.sigfault.addr);
            if (!run.is_running) @panic("an invalid memory access of the explorer");
            run.fail("an invalid access to {x}", .{at}, 0, 0);
        }
    };
    const action: linux.Sigaction = .{
        .handler = .{ .sigaction = Handler.handle },
        .mask = linux.sigemptyset(),
        .flags = linux.SA.SIGINFO | linux.SA.NODEFER,
    };
    for ([_]linux.SIG{ .SEGV, .BUS, .ILL }) |signal| _ = linux.sigaction(signal, &action, null);
}
