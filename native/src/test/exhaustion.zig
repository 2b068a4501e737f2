//! Every allocation of a call fails once: the code that the tests of all interfaces share.
//!
//! A call is repeated, each time in a world of its own, and each time one more allocation succeeds before one fails. In one
//! pass only that one fails, in another all that follow, too. A call that returns "no memory" has left the world as it was;
//! once there is memory again, the same call succeeds. A call that can do without the memory succeeds at once. The allocator
//! of the tests reports leaks.
//!
//! Every function that an interface exports has such a call, or a reason why not; the compiler checks that.

const std = @import("std");
const testing = std.testing;
const heap = @import("../base/heap.zig");
const Errno = @import("../base/errno.zig").Errno;
const Faulty = @import("faulty.zig").Faulty;

pub const Outcome = enum { done, no_memory };

/// The outcome of a C function, by its result.
pub fn outcome(answer: anytype) !Outcome {
    switch (@typeInfo(@TypeOf(answer))) {
        .optional => return if (answer == null) .no_memory else .done,
        .void, .bool => return .done,
        else => {
            if (answer == Errno.ENOMEM.negative()) return .no_memory;
            if (answer >= 0) return .done;
            std.debug.print("returned {d}\n", .{answer});
            return error.Failed;
        },
    }
}

/// A call of one function, in a world that was made for it.
pub fn Case(comptime World: type) type {
    return struct {
        /// Of the function.
        name: []const u8,
        /// What it is done with; of several cases of one function.
        with: []const u8 = "",
        prepare: *const fn (world: *World) anyerror!Outcome = nothing,
        call: *const fn (world: *World) anyerror!Outcome,

        fn nothing(_: *World) anyerror!Outcome {
            return .done;
        }
    };
}

/// The cases that the functions of a namespace are: each is named after the one that it calls, and after two underscores,
/// where there are several, with what. What must come before one is in the other namespace, under the same name.
pub fn casesOf(comptime World: type, comptime calls: type, comptime preparations: type) [@typeInfo(calls).@"struct".decl_names.len]Case(World) {
    const names = @typeInfo(calls).@"struct".decl_names;
    @setEvalBranchQuota(100_000);
    var cases: [names.len]Case(World) = undefined;
    for (&cases, names) |*case, name| {
        const end = std.mem.find(u8, name, "__") orelse name.len;
        case.* = .{ .name = name[0..end], .with = name[end..], .call = @field(calls, name) };
        if (@hasDecl(preparations, name)) case.prepare = @field(preparations, name);
    }
    return cases;
}

/// A function that cannot run out of memory here.
pub const Exempt = struct { name: []const u8, reason: []const u8 };

/// Exempts all functions of a module.
pub fn exemptAll(comptime reason: []const u8, comptime module: type) [namesOf(module).len]Exempt {
    var exempt: [namesOf(module).len]Exempt = undefined;
    for (&exempt, namesOf(module)) |*it, name| it.* = .{ .name = name, .reason = reason };
    return exempt;
}

/// The functions that a module exports.
fn namesOf(comptime module: type) []const []const u8 {
    @setEvalBranchQuota(1_000_000);
    var names: []const []const u8 = &.{};
    for (@typeInfo(module).@"struct".decl_names) |name| {
        const is_ours = std.mem.startsWith(u8, name, "b1_") or std.mem.startsWith(u8, name, "bus1_");
        if (is_ours and @typeInfo(@TypeOf(@field(module, name))) == .@"fn") names = names ++ .{name};
    }
    return names;
}

/// Makes all calls. A `World` has `open`, `close` and `state`, which returns everything about it that can be compared.
pub fn run(comptime World: type, comptime cases: []const Case(World)) !void {
    for (cases) |case| {
        runOne(World, case) catch |e| {
            std.debug.print("{s} {s}: {t}\n", .{ case.name, case.with, e });
            return e;
        };
    }
}

fn runOne(comptime World: type, case: Case(World)) !void {
    const kept = heap.allocator;
    defer heap.allocator = kept;
    var faulty: Faulty = .{ .inner = kept };
    heap.allocator = faulty.allocator();

    const Told = @TypeOf(World.state(undefined));
    const before: Told, const after: Told = states: {
        var world: World = undefined;
        try world.open();
        defer world.close();
        try testing.expectEqual(Outcome.done, try case.prepare(&world));
        const before = world.state();
        try testing.expectEqual(Outcome.done, try case.call(&world));
        break :states .{ before, world.state() };
    };
    for ([_]bool{ false, true }) |stays| {
        var good: usize = 0;
        while (true) : (good += 1) {
            faulty.failed = 0;
            var world: World = undefined;
            try world.open();
            defer world.close();
            try testing.expectEqual(Outcome.done, try case.prepare(&world));
            faulty.left = good;
            faulty.stays = stays;
            const first = case.call(&world);
            faulty.left = Faulty.never;
            if (try first == .no_memory) {
                try testing.expect(faulty.failed > 0);
                try testing.expectEqual(before, world.state());
                try testing.expectEqual(Outcome.done, try case.call(&world));
            }
            try testing.expectEqual(after, world.state());
            if (faulty.failed == 0) break;
        }
    }
}

/// Makes sure that every function that the modules export has a case or is exempt, and not both.
pub fn checkComplete(comptime modules: []const type, comptime cases: anytype, comptime exempt: []const Exempt) void {
    @setEvalBranchQuota(1_000_000);
    for (modules) |module| for (namesOf(module)) |name| {
        if (has(cases, name) and has(exempt, name)) @compileError(name ++ " has a case and is exempt");
        if (!has(cases, name) and !has(exempt, name)) @compileError(name ++ " has no case, and no reason why not");
    };
    for (cases) |case| if (!isDeclared(modules, case.name)) @compileError(case.name ++ " is not a function");
    for (exempt) |it| if (!isDeclared(modules, it.name)) @compileError(it.name ++ " is not a function");
}

fn has(comptime list: anytype, comptime name: []const u8) bool {
    for (list) |it| if (std.mem.eql(u8, it.name, name)) return true;
    return false;
}

fn isDeclared(comptime modules: []const type, comptime name: []const u8) bool {
    for (modules) |module| if (@hasDecl(module, name)) return true;
    return false;
}
