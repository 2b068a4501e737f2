//! Tests the explorer: plants one fault after the other, and checks that some scenario fails.
//!
//! The faults are those of mutants.zig, and every memory order that is stronger than relaxed, weakened by one step. The orders
//! are not listed anywhere: they are those of the atomic operations of the library that the scenarios reach. It is a failure if
//! no scenario reaches a fault, or none finds it: of the explorer, of the scenarios, or of an order that is not needed.

const std = @import("std");
const hooks = @import("hooks.zig");
const search = @import("search.zig");
const sites = @import("sites.zig");
const Order = hooks.Order;

const gpa = std.heap.smp_allocator;
const print = @import("jobs.zig").print;

pub const Canary = struct {
    name: []const u8,
    plant: sites.Plant,
};

var scenarios: []const hooks.Scenario = undefined;
/// What each scenario reaches.
var reached: []sites.Reached = undefined;

/// Runs every scenario without a fault, to see what it reaches. Returns the canaries.
pub fn prepare(all: []const hooks.Scenario) []const Canary {
    scenarios = all;
    reached = must(gpa.alloc(sites.Reached, all.len));
    for (all, reached) |*scenario, *r| {
        r.* = .{};
        if (scenario.outcomes != 0) continue; // litmus tests use nothing of the library
        sites.reached = r;
        defer sites.reached = null;
        if (search.random(scenario, 0, 500).found) |found| {
            print("{s}: {s}\n", .{ scenario.name, found.text });
            @panic("a scenario fails without a fault");
        }
    }
    var canaries: std.ArrayList(Canary) = .empty;
    var n_faults: usize = undefined;
    const faults = hooks.explored_faults(&n_faults);
    for (faults[0..n_faults], 0..) |name, number| {
        must(canaries.append(gpa, .{ .name = std.mem.span(name), .plant = .{ .fault = @intCast(number) } }));
    }
    for (sites.operations.items, 0..) |operation, number| {
        if (std.mem.startsWith(u8, operation.file, "explore/")) continue;
        for ([_]bool{ false, true }) |of_failure| {
            const is_exchange = operation.kind == .exchange or operation.kind == .weak_exchange;
            if (of_failure and !is_exchange) continue;
            const order = if (of_failure) operation.failure else operation.order;
            for (weaker(order, operation.kind, of_failure)) |to| {
                const name = must(std.fmt.allocPrint(gpa, "{s}:{d} {s}{s}: {s} for {s}", .{
                    operation.file,           operation.line,
                    @tagName(operation.kind), if (of_failure) " that fails" else "",
                    @tagName(to),             @tagName(order),
                }));
                must(canaries.append(gpa, .{
                    .name = name,
                    .plant = .{ .order = .{ .operation = @intCast(number), .to = to, .of_failure = of_failure } },
                }));
            }
        }
    }
    return canaries.items;
}

/// Prints each order in the sources that no scenario reaches. Returns how many there are.
pub fn missingOrders() u32 {
    var missing: u32 = 0;
    var n_sources: usize = undefined;
    const sources = hooks.explored_sources(&n_sources);
    for (sources[0..n_sources]) |source| {
        const file = std.mem.span(source.file);
        var number: u64 = 0;
        var lines = std.mem.splitScalar(u8, std.mem.span(source.text), '\n');
        while (lines.next()) |line| {
            number += 1;
            if (std.mem.startsWith(u8, line, "test ")) break;
            const code = line[0 .. std.mem.find(u8, line, "//") orelse line.len];
            const has_order = for ([_][]const u8{ ".acquire", ".release,", ".release)", ".acq_rel", ".seq_cst" }) |order| {
                if (std.mem.find(u8, code, order) != null) break true;
            } else false;
            if (!has_order) continue;
            for (sites.operations.items) |operation| {
                if (operation.line == number and std.mem.eql(u8, operation.file, file)) break;
            } else {
                print("MISSED  {s}:{d}: no scenario reaches this order\n", .{ file, number });
                missing += 1;
            }
        }
    }
    return missing;
}

/// Returns the next weaker orders.
fn weaker(order: Order, kind: hooks.Access.Kind, of_failure: bool) []const Order {
    const loads = kind == .load or of_failure;
    return switch (order) {
        .monotonic => &.{},
        .acquire, .release => &.{.monotonic},
        .acq_rel => &.{ .acquire, .release },
        .seq_cst => if (loads) &.{.acquire} else if (kind == .store) &.{.release} else &.{.acq_rel},
    };
}

/// Whether some scenario finds the fault.
pub fn isFound(canary: Canary) bool {
    sites.plant = canary.plant;
    defer sites.plant = .nothing;
    var is_reached = false;
    // A little of each scenario first, then more.
    for ([_]u64{ 300, 3_000, 30_000 }) |count| {
        for (scenarios, reached) |*scenario, *r| {
            const reaches = switch (canary.plant) {
                .nothing => unreachable,
                .fault => |fault| r.faults.contains(fault),
                .order => |order| r.operations.contains(order.operation),
            };
            if (!reaches) continue;
            is_reached = true;
            const by_chance = search.random(scenario, 0, count);
            const result = if (by_chance.found == null) search.systematic(scenario, scenario.bounds, count) else by_chance;
            const found = result.found orelse continue;
            print("found   {s}\n            {s}: {s}\n", .{ canary.name, scenario.name, found.text });
            return true;
        }
    }
    print("MISSED  {s}{s}\n", .{ canary.name, if (is_reached) "" else ": no scenario reaches it" });
    return false;
}

fn must(result: anytype) @typeInfo(@TypeOf(result)).error_union.payload {
    return result catch @panic("out of memory");
}
