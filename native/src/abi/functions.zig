//! The functions that JavaScript can call, module by module. lib.zig exports them to Deno and Bun, napi.zig to Node.js,
//! and describe.zig describes them.

const std = @import("std");
const Errno = @import("../base/errno.zig").Errno;
const is_linux = @import("../base/os.zig").is_linux;

pub const Module = struct {
    functions: type,
    /// Elsewhere its functions return -EOPNOTSUPP.
    is_for_linux: bool = false,

    /// The names of its functions.
    pub fn names(comptime module: Module) []const [:0]const u8 {
        @setEvalBranchQuota(100_000);
        var list: []const [:0]const u8 = &.{};
        for (@typeInfo(module.functions).@"struct".decl_names) |name| {
            if (std.mem.startsWith(u8, name, "bus1_")) list = list ++ .{name};
        }
        return list;
    }

    /// Whether the function works on the system that is built for. A function that returns nothing asks nothing of the
    /// system, and works everywhere.
    pub fn supports(comptime module: Module, comptime name: []const u8) bool {
        const returns_errno = @typeInfo(@TypeOf(@field(module.functions, name))).@"fn".return_type == i32;
        return is_linux or !module.is_for_linux or !returns_errno;
    }
};

pub const modules = [_]Module{
    .{ .functions = @import("abi.zig") },
    .{ .functions = @import("uapi.zig"), .is_for_linux = true },
    .{ .functions = @import("device.zig"), .is_for_linux = true },
    .{ .functions = @import("inspect.zig") },
    .{ .functions = @import("exec.zig"), .is_for_linux = true },
};

/// The same, without what is said of them.
pub const types = types: {
    var list: [modules.len]type = undefined;
    for (&list, modules) |*it, module| it.* = module.functions;
    break :types list;
};

/// Stands for functions with any parameters: by the conventions of both processors a caller clears away what it passed.
pub fn isNotSupported() callconv(.c) i32 {
    return Errno.EOPNOTSUPP.negative();
}
