//! Writes src/port/abi.ts: what TypeScript must know of the library, taken from abi.zig and the other abi files by walking their
//! declarations.

const std = @import("std");
const abi = @import("abi/abi.zig");
const abi_device = @import("abi/device.zig");
const abi_inspect = @import("abi/inspect.zig");
const abi_run = @import("abi/exec.zig");
const abi_uapi = @import("abi/uapi.zig");
const Errno = @import("base/errno.zig").Errno;

/// Of all that the two sides must agree on.
pub const fingerprint: u32 = fingerprint: {
    @setEvalBranchQuota(1_000_000);
    break :fingerprint std.hash.Fnv1a_32.hash(description);
};

const description: []const u8 = description: {
    @setEvalBranchQuota(1_000_000);
    var text: []const u8 = "";
    text = text ++ "/** The errors of the bus, and of the system around it, by name. */\nexport const ERRNO = {\n";
    const errnos = @typeInfo(Errno).@"enum";
    for (errnos.field_names, errnos.field_values) |name, value| {
        text = text ++ std.fmt.comptimePrint("  {s}: {d},\n", .{ name, value });
    }
    text = text ++ "} as const;\n\n";
    for (modules) |module| {
        if (!@hasDecl(module, "constants")) continue;
        for (@typeInfo(module.constants).@"struct".decl_names) |name| {
            text = text ++ "export const " ++ name ++ " = " ++ valueOf(@field(module.constants, name)) ++ ";\n";
        }
    }
    text = text ++ "\n/** The functions of the library, as both runtimes' loaders need them. */\nexport const SYMBOLS = {\n";
    for (modules) |module| {
        for (@typeInfo(module).@"struct".decl_names) |name| {
            if (std.mem.startsWith(u8, name, "bus1_")) text = text ++ describe(name, @TypeOf(@field(module, name)));
        }
    }
    text = text ++ "} as const;\n";
    break :description text;
};

/// Where JavaScript's functions stand.
pub const modules = .{ abi, abi_uapi, abi_device, abi_inspect, abi_run };

/// How a constant looks in TypeScript: a u64 is a bigint, any other number a number, and a structure becomes its size
/// and the offsets of its fields.
fn valueOf(comptime value: anytype) []const u8 {
    if (@TypeOf(value) == u64) return std.fmt.comptimePrint("{d}n", .{value});
    if (@TypeOf(value) != type) return std.fmt.comptimePrint("{d}", .{value});
    var text: []const u8 = std.fmt.comptimePrint("{{\n  size: {d},\n", .{@sizeOf(value)});
    for (@typeInfo(value).@"struct".field_names) |name| {
        text = text ++ std.fmt.comptimePrint("  {s}: {d},\n", .{ name, @offsetOf(value, name) });
    }
    return text ++ "} as const";
}

fn describe(comptime name: []const u8, comptime Function: type) []const u8 {
    const function = @typeInfo(Function).@"fn";
    var text: []const u8 = "  " ++ name ++ ": { parameters: [";
    for (function.param_types, 0..) |parameter, i| {
        text = text ++ (if (i == 0) "" else ", ") ++ "\"" ++ nameOf(parameter.?) ++ "\"";
    }
    return text ++ "], result: \"" ++ nameOf(function.return_type.?) ++ "\" },\n";
}

fn nameOf(comptime T: type) []const u8 {
    return switch (T) {
        u32, i32, f64, void => @typeName(T),
        ?[*]u8, ?[*]u32, ?[*]f64 => "buffer",
        else => @compileError("unmapped type: " ++ @typeName(T)),
    };
}

const banner =
    \\// Generated from native/src/abi*.zig by `deno task build bindgen`. Do not edit.
    \\
    \\/**
    \\ * What TypeScript must know of the native library; and the errors, which are those of every engine.
    \\ *
    \\ * @module
    \\ */
    \\
    \\
;

pub fn main(init: std.process.Init) !void {
    const text = banner ++ description ++ std.fmt.comptimePrint(
        "\n/** What `bus1_abi()` answers, if the library is the one that is described here. */\nexport const ABI = {d};\n",
        .{fingerprint},
    );
    var out = std.Io.File.stdout().writer(init.io, &.{});
    try out.interface.writeAll(text);
}
