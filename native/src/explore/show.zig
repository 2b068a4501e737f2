//! Prints a failed run: as a list of deviations, with which it can be repeated, and step by step.
//!
//! Deviations are written `CALLtTHREAD` or `CALLrWAY`, as choices.zig counts them: `17t2,23r1`.

const std = @import("std");
const choices = @import("choices.zig");
const hooks = @import("hooks.zig");
const run = @import("run.zig");
const search = @import("search.zig");
const sites = @import("sites.zig");

const gpa = std.heap.smp_allocator;
const print = std.debug.print;

var events: std.ArrayList(run.Event) = .empty;

fn record(event: run.Event) void {
    events.append(gpa, event) catch @panic("out of memory");
}

/// Prints what was found, how to repeat it, and each step. Returns false, for "not passed".
pub fn failure(scenario: *const hooks.Scenario, found: search.Found) bool {
    print("FAILED  {s}: {s}\n", .{ scenario.name, found.text });
    if (found.site != 0) {
        const at = sites.lineOf(found.site);
        print("        at {s}:{d}\n", .{ at.file_name, at.line });
    }
    if (found.seed) |seed| print("        with --seed {d}\n", .{seed});
    print("        again: --replay {s}", .{if (found.deviations.len == 0) "-" else ""});
    for (found.deviations, 0..) |deviation, i| {
        const letter: u8 = if (deviation.kind == .thread) 't' else 'r';
        print("{s}{d}{c}{d}", .{ if (i == 0) "" else ",", deviation.call, letter, deviation.choice });
    }
    print("\n", .{});
    steps(scenario, found.deviations, found.at);
    return false;
}

/// Repeats a run, and prints each step, and each plain access to one address.
pub fn steps(scenario: *const hooks.Scenario, deviations: []const choices.Deviation, watched: usize) void {
    events.clearRetainingCapacity();
    run.observer = record;
    run.watched = watched;
    defer run.observer = null;
    choices.start(.{ .replay = deviations });
    _ = run.once(scenario);
    for (events.items) |event| switch (event) {
        .step => |step| {
            const access = step.access;
            const at = sites.lineOf(access.site);
            print("        {s:<12} {s:>16}:{d:<4} {s:<8} {x}: ", .{ run.nameOf(step.thread), at.file_name, at.line, @tagName(access.kind), access.at });
            print("{x}{s}", .{ step.outcome.found, if (step.outcome.stale) " (not the newest)" else "" });
            switch (access.kind) {
                .load, .wake => {},
                .sleep => print(", expected {x}", .{access.expected}),
                .exchange, .weak_exchange => if (step.outcome.exchanged) print(" -> {x}", .{access.operand}) else print(", not {x}", .{access.expected}),
                else => print(" {s} {x}", .{ if (access.kind == .store or access.kind == .swap) "->" else @tagName(access.kind), access.operand }),
            }
            print(" {s}\n", .{if (access.kind == .sleep or access.kind == .wake) "" else @tagName(access.order)});
        },
        .plain => |plain| {
            const at = sites.lineOf(plain.site);
            print("        {s:<12} {s:>16}:{d:<4} {s:<8} {x}, plain\n", .{ run.nameOf(plain.thread), at.file_name, at.line, @tagName(plain.kind), watched });
        },
    };
}

/// Reads a list of deviations as `failure` prints it.
pub fn parse(list: []const u8) error{InvalidCharacter}![]choices.Deviation {
    var result: std.ArrayList(choices.Deviation) = .empty;
    var it = std.mem.tokenizeScalar(u8, list, ',');
    while (it.next()) |item| {
        if (std.mem.eql(u8, item, "-")) continue;
        const letter = std.mem.findAny(u8, item, "tr") orelse return error.InvalidCharacter;
        result.append(gpa, .{
            .call = std.fmt.parseInt(u32, item[0..letter], 10) catch return error.InvalidCharacter,
            .kind = if (item[letter] == 't') .thread else .rare,
            .choice = std.fmt.parseInt(u8, item[letter + 1 ..], 10) catch return error.InvalidCharacter,
        }) catch @panic("out of memory");
    }
    return result.items;
}
