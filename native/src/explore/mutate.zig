//! Writes the sources that the explorer is compiled from: copies of those files that mutants.zig edits, with the edits.
//!
//! `mutate OUTPUT FILE...` reads the files in the order of that table, and writes each below OUTPUT at its path. It fails if the
//! lines of an edit are not in the file exactly once; the message names the faults of the edit.

const std = @import("std");
const mutants = @import("mutants.zig");

/// What an edited file asks: see `planted` in explore.zig. It stands last, so that no line gets another number.
const asks = "const planted = @import(\"root\").planted;\n";

const Error = error{ NotFound, FoundTwice, LineCountDiffers, Overlaps, OutOfMemory };

pub fn main(init: std.process.Init) !u8 {
    const arena = init.arena.allocator();
    const args = try init.minimal.args.toSlice(arena);
    std.debug.assert(args.len == 2 + mutants.files.len);
    const cwd: std.Io.Dir = .cwd();
    const output = try cwd.openDir(init.io, args[1], .{});
    var failed = false;
    for (mutants.files, args[2..]) |file, path| {
        const original = try cwd.readFileAlloc(init.io, path, arena, .limited(1 << 20));
        var wrong: ?mutants.Edit = null;
        const edited = apply(arena, original, file.edits, &wrong) catch |e| {
            std.debug.print("{s}\n", .{try describe(arena, file.path, wrong.?, e)});
            failed = true;
            continue;
        };
        try output.createDirPath(init.io, std.fs.path.dirname(file.path).?);
        try output.writeFile(init.io, .{ .sub_path = file.path, .data = edited });
    }
    return @intFromBool(failed);
}

/// Returns a text with all edits made. On an error `wrong` is the edit that cannot be made.
fn apply(arena: std.mem.Allocator, text: []const u8, edits: []const mutants.Edit, wrong: *?mutants.Edit) Error![]const u8 {
    const lines = try split(arena, text);
    const edited = try arena.dupe([]const u8, lines);
    for (edits) |edit| {
        wrong.* = edit;
        const wanted = try split(arena, edit.line);
        const becomes = try split(arena, edit.becomes);
        if (wanted.len != becomes.len) return error.LineCountDiffers;
        const at = try findOnce(lines, wanted);
        for (wanted, becomes, at..) |old, new, i| {
            if (std.mem.eql(u8, trim(old), trim(new))) continue; // it only says where
            if (edited[i].ptr != lines[i].ptr) return error.Overlaps;
            edited[i] = new;
        }
    }
    const joined = try std.mem.join(arena, "\n", edited);
    const plants = for (edits) |edit| {
        if (mutants.wordFrom(edit.becomes, 0) != null) break true;
    } else false;
    return if (plants) try std.mem.concat(arena, u8, &.{ joined, asks }) else joined;
}

/// Returns where the lines stand, compared without their indentation.
fn findOnce(lines: []const []const u8, wanted: []const []const u8) error{ NotFound, FoundTwice }!usize {
    var found: ?usize = null;
    for (0..lines.len + 1 - @min(wanted.len, lines.len)) |at| {
        for (lines[at..][0..wanted.len], wanted) |line, it| {
            if (!std.mem.eql(u8, trim(line), trim(it))) break;
        } else if (found == null) found = at else return error.FoundTwice;
    }
    return found orelse error.NotFound;
}

fn describe(arena: std.mem.Allocator, path: []const u8, edit: mutants.Edit, e: Error) ![]const u8 {
    var words: std.ArrayList(u8) = .empty;
    var at: usize = 0;
    while (mutants.wordFrom(edit.becomes, at)) |word| : (at = word.end) {
        try words.print(arena, "{s}{s}", .{ if (at == 0) " of " else ", ", edit.becomes[word.start..word.end] });
    }
    const what = switch (e) {
        error.NotFound => "is not in the file",
        error.FoundTwice => "is in the file more than once",
        error.LineCountDiffers => "must become as many lines",
        error.Overlaps => "has another edit",
        error.OutOfMemory => return error.OutOfMemory,
    };
    return std.fmt.allocPrint(arena, "explore/mutants.zig: {s}: the line{s} {s}: {s}", .{ path, words.items, what, edit.line });
}

fn split(arena: std.mem.Allocator, text: []const u8) ![]const []const u8 {
    var lines: std.ArrayList([]const u8) = .empty;
    var it = std.mem.splitScalar(u8, text, '\n');
    while (it.next()) |line| try lines.append(arena, line);
    return lines.items;
}

fn trim(line: []const u8) []const u8 {
    return std.mem.trim(u8, line, " ");
}

fn expectEdited(expected: []const u8, text: []const u8, edits: []const mutants.Edit) !void {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    var wrong: ?mutants.Edit = null;
    try std.testing.expectEqualStrings(expected, try apply(arena.allocator(), text, edits, &wrong));
}

fn expectRefused(expected: []const u8, text: []const u8, edits: []const mutants.Edit) !void {
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    var wrong: ?mutants.Edit = null;
    const e = if (apply(arena.allocator(), text, edits, &wrong)) |_| return error.TestExpectedError else |e| e;
    try std.testing.expectEqualStrings(expected, try describe(arena.allocator(), "bus/a.zig", wrong.?, e));
}

test "an edit replaces a line, and the others keep their numbers" {
    try expectEdited("{\nif (!planted(.no_call)) call();\n}\n" ++ asks, "{\n    call();\n}\n", &.{
        .{ .line = "call();", .becomes = "if (!planted(.no_call)) call();" },
    });
    try expectEdited("const size = 1;\n", "const size = 100;\n", &.{
        .{ .line = "const size = 100;", .becomes = "const size = 1;" },
    });
}

test "the lines around an edit say which of several equal lines is meant, and may have edits of their own" {
    try expectEdited("lock();\ncall(1);\nother();\ncall();\n", "lock();\ncall();\nunlock();\ncall();\n", &.{
        .{ .line = "lock();\ncall();", .becomes = "lock();\ncall(1);" },
        .{ .line = "call();\nunlock();", .becomes = "call();\nother();" },
    });
}

test "an edit is refused unless its line is in the file exactly once, and the message names its faults" {
    const edit: mutants.Edit = .{ .line = "call();", .becomes = "if (!planted(.no_call) and !planted(.late)) call();" };
    const start = "explore/mutants.zig: bus/a.zig: the line of no_call, late ";
    try expectRefused(start ++ "is not in the file: call();", "calls();\n", &.{edit});
    try expectRefused(start ++ "is in the file more than once: call();", "call();\ncall();\n", &.{edit});
    try expectRefused(start ++ "has another edit: call();", "call();\n", &.{ .{ .line = "call();", .becomes = "" }, edit });
    try expectRefused("explore/mutants.zig: bus/a.zig: the line must become as many lines: call();", "call();\n", &.{
        .{ .line = "call();", .becomes = "first();\nsecond();" },
    });
}
