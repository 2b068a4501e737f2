//! Makes the corpus from what the fuzzer has found: `zig build distil`.
//!
//! The fuzzer keeps hundreds of inputs in its cache. From these and the old corpus, each target keeps those that reach code
//! which no shorter one reaches, and cuts off their ends where they reach nothing new. The ordinary tests try them all: in a
//! second they reach the code that the fuzzer needed minutes for.
//!
//! It is a test, since only tests are built with counters of how often code is reached.

const std = @import("std");
const testing = std.testing;
const corpus = @import("corpus");
const ids = @import("fuzz/ids.zig");
const uapi = @import("fuzz/uapi.zig");
const Allocator = std.mem.Allocator;
const Dir = std.Io.Dir;
const Quirks = @import("uapi/server.zig").Quirks;
const Set = std.bit_set.DynamicBitSetUnmanaged;

const Target = *const fn (input: []const u8) anyerror!void;

/// How often each piece of code was reached.
fn counters() []u8 {
    const start = @extern([*]u8, .{ .name = "__start___sancov_cntrs" });
    const stop = @extern([*]u8, .{ .name = "__stop___sancov_cntrs" });
    return start[0 .. stop - start];
}

fn reachedBy(target: Target, input: []const u8, arena: Allocator) !Set {
    var reached: Set = try .initEmpty(arena, counters().len);
    @memset(counters(), 0);
    try target(input);
    for (counters(), 0..) |hits, i| if (hits > 0) reached.set(i);
    return reached;
}

/// Reads the inputs in the fuzzer's cache, of all targets: any input is one for any target.
fn readCache(arena: Allocator, inputs: *std.ArrayList([]const u8)) !void {
    const io = testing.io;
    var cache = Dir.cwd().openDir(io, ".zig-cache/f", .{ .iterate = true }) catch return;
    defer cache.close(io);
    var it = try cache.walk(arena);
    while (try it.next(io)) |entry| {
        if (entry.kind != .file or std.mem.findScalar(u8, entry.path, '/') == null) continue;
        try inputs.append(arena, try cache.readFileAlloc(io, entry.path, arena, .limited(1 << 20)));
    }
}

fn isShorter(_: void, a: []const u8, b: []const u8) bool {
    return a.len < b.len;
}

const Kept = struct { input: []const u8, reached: Set };

/// Writes the inputs to keep, in the format that corpus.zig reads.
fn distil(arena: Allocator, path: []const u8, target: Target, inputs: [][]const u8) !void {
    std.mem.sort([]const u8, inputs, {}, isShorter);
    var kept: std.ArrayList(Kept) = .empty;
    var seen: Set = try .initEmpty(arena, counters().len);
    for (inputs) |input| {
        var new = try reachedBy(target, input, arena);
        var it = seen.iterator(.{});
        while (it.next()) |i| new.unset(i);
        if (new.count() == 0) continue;
        const short = try shorten(target, input, new, arena);
        const reached = try reachedBy(target, short, arena);
        seen.setUnion(reached);
        try kept.append(arena, .{ .input = short, .reached = reached });
    }

    // Longer inputs, which came later, may have made shorter ones needless.
    const times = try arena.alloc(u32, counters().len);
    @memset(times, 0);
    for (kept.items) |it| count(times, it.reached, 1);
    var file: std.ArrayList(u8) = .empty;
    for (kept.items) |it| {
        count(times, it.reached, -1);
        if (!reachesOnly(times, it.reached)) continue;
        count(times, it.reached, 1);
        var head: [4]u8 = undefined;
        std.mem.writeInt(u32, &head, @intCast(it.input.len), .little);
        try file.appendSlice(arena, &head);
        try file.appendSlice(arena, it.input);
    }
    try Dir.cwd().writeFile(testing.io, .{ .sub_path = path, .data = file.items });
}

/// Cuts off what is not needed to reach that.
fn shorten(target: Target, input: []const u8, needed: Set, arena: Allocator) ![]const u8 {
    var best = input;
    var cut = input.len / 2;
    while (cut > 0) {
        const shorter = best[0..best.len -| cut];
        if (needed.subsetOf(try reachedBy(target, shorter, arena))) best = shorter else cut /= 2;
    }
    return best;
}

fn count(times: []u32, reached: Set, by: i32) void {
    var it = reached.iterator(.{});
    while (it.next()) |i| times[i] = @intCast(@as(i32, @intCast(times[i])) + by);
}

/// Whether it reaches code that no other input reaches.
fn reachesOnly(times: []const u32, reached: Set) bool {
    var it = reached.iterator(.{});
    while (it.next()) |i| if (times[i] == 0) return true;
    return false;
}

fn idLayer(input: []const u8) !void {
    var smith: testing.Smith = .{ .in = input };
    try ids.guided({}, &smith);
}

/// An input makes the same calls with quirks and without.
fn uapiLayer(input: []const u8) !void {
    for (std.enums.values(Quirks)) |quirks| {
        var smith: testing.Smith = .{ .in = input };
        try uapi.guided(quirks, &smith);
    }
}

test "distil" {
    var arena_of_it: std.heap.ArenaAllocator = .init(std.heap.page_allocator);
    defer arena_of_it.deinit();
    const arena = arena_of_it.allocator();
    var inputs: std.ArrayList([]const u8) = .empty;
    try readCache(arena, &inputs);
    for ([_][]const []const u8{ corpus.ids, corpus.uapi }) |old| try inputs.appendSlice(arena, old);
    try distil(arena, "corpus/ids", idLayer, inputs.items);
    try distil(arena, "corpus/uapi", uapiLayer, inputs.items);
}
