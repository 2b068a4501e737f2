//! The text of src/port/abi.ts, made at compile time from the functions and constants that TypeScript uses.

const std = @import("std");
const constants = @import("constants.zig");
const device_faults = @import("../base/device_faults.zig");
const modules = @import("functions.zig").modules;
const Errno = @import("../base/errno.zig").Errno;

/// Tells whether this library is the one that src/port/abi.ts describes.
pub fn bus1_abi() callconv(.c) u32 {
    return fingerprint;
}

/// Of all that the two languages must agree on.
const fingerprint: u32 = fingerprint: {
    @setEvalBranchQuota(10_000_000);
    break :fingerprint std.hash.Fnv1a_32.hash(description);
};

pub const text = banner ++ description ++ std.fmt.comptimePrint(
    "\n/** What `bus1_abi()` returns, if the library is the one that is described here. */\nexport const ABI = {d};\n",
    .{fingerprint},
);

const banner =
    \\// Generated from native/src/abi/ by `deno task build bindgen`. Do not edit.
    \\
    \\/**
    \\ * What TypeScript must know of the native library, and the errors, which are those of every engine.
    \\ *
    \\ * @module
    \\ */
    \\
    \\/** The size of a structure, and the offset of each of its fields, in bytes. */
    \\export type StructLayout<Field extends string> = Readonly<Record<"size" | Field, number>>;
    \\
    \\
;

const description: []const u8 = errnos() ++ allConstants() ++ faults() ++ symbols();

fn errnos() []const u8 {
    @setEvalBranchQuota(1_000_000);
    var list: []const u8 = "/** The errors of the bus, and of the system around it, by name. */\nexport const ERRNO = {\n";
    const info = @typeInfo(Errno).@"enum";
    for (info.field_names, info.field_values) |name, value| {
        list = list ++ std.fmt.comptimePrint("  {s}: {d},\n", .{ name, value });
    }
    return list ++ "} as const;\n\n";
}

fn allConstants() []const u8 {
    @setEvalBranchQuota(1_000_000);
    var list: []const u8 = "";
    for (constants.all) |constant| {
        const name, const value, const doc = constant;
        list = list ++ std.fmt.comptimePrint("/** {s} */\nexport const {s}: {s};\n\n", .{ doc, name, typed(name, value) });
    }
    return list;
}

/// The type and the value of a constant in TypeScript.
fn typed(comptime name: []const u8, comptime value: anytype) []const u8 {
    if (@TypeOf(value) == u64) return std.fmt.comptimePrint("bigint = {d}n", .{value});
    if (@TypeOf(value) != type) return std.fmt.comptimePrint("number = {d}", .{value});
    var names: []const u8 = "";
    var offsets: []const u8 = "";
    addFields(value, 0, &names, &offsets);
    names = names[3..];
    // As the formatter breaks lines.
    if (name.len + names.len > 85) names = "\n  " ++ names ++ "\n";
    return std.fmt.comptimePrint("StructLayout<{s}> = {{\n  size: {d},\n{s}}}", .{ names, @sizeOf(value), offsets });
}

/// The fields of a structure inside it count as its own.
fn addFields(comptime T: type, comptime start: usize, names: *[]const u8, offsets: *[]const u8) void {
    for (@typeInfo(T).@"struct".field_names) |name| {
        const offset = start + @offsetOf(T, name);
        if (@typeInfo(@FieldType(T, name)) == .@"struct") {
            addFields(@FieldType(T, name), offset, names, offsets);
            continue;
        }
        names.* = names.* ++ std.fmt.comptimePrint(" | \"{s}\"", .{name});
        offsets.* = offsets.* ++ std.fmt.comptimePrint("  {s}: {d},\n", .{ name, offset });
    }
}

fn faults() []const u8 {
    @setEvalBranchQuota(1_000_000);
    var list: []const u8 =
        \\/**
        \\ * The known ways in which a device breaks the contract. `summary` is for a sentence about the device;
        \\ * `detail` is for the author of a device; `probed` says whether the fault can be tried without harm.
        \\ */
        \\export const DEVICE_FAULTS = [
        \\
    ;
    for (std.enums.values(device_faults.Fault)) |fault| {
        const it = fault.description();
        list = list ++ std.fmt.comptimePrint(
            "  {{\n    number: {d},\n    word: \"{s}\",\n    summary: \"{s}\",\n    detail: \"{s}\",\n    probed: {},\n  }},\n",
            .{ @backingInt(fault), @tagName(fault), it.summary, it.detail, it.probed },
        );
    }
    return list ++ "] as const;\n\n";
}

fn symbols() []const u8 {
    @setEvalBranchQuota(1_000_000);
    var list: []const u8 = "/** The functions of the library, as the loaders of all runtimes need them. */\nexport const SYMBOLS = {\n";
    for (modules) |module| {
        for (module.names()) |name| list = list ++ describe(name, @TypeOf(@field(module.functions, name)));
    }
    return list ++ describe("bus1_abi", @TypeOf(bus1_abi)) ++ "} as const;\n";
}

fn describe(comptime name: []const u8, comptime Function: type) []const u8 {
    const function = @typeInfo(Function).@"fn";
    var line: []const u8 = "  " ++ name ++ ": { parameters: [";
    for (function.param_types, 0..) |parameter, i| {
        line = line ++ (if (i == 0) "" else ", ") ++ "\"" ++ nameOf(parameter.?) ++ "\"";
    }
    return line ++ "], result: \"" ++ nameOf(function.return_type.?) ++ "\" },\n";
}

fn nameOf(comptime T: type) []const u8 {
    return switch (T) {
        u32, i32, f64, void => @typeName(T),
        ?[*]u8, ?[*]u32, ?[*]f64 => "buffer",
        else => @compileError("unmapped type: " ++ @typeName(T)),
    };
}
