//! libbus1: what the shared library exports; on every system the same functions, so that one src/abi.ts describes it.

const std = @import("std");
const is_linux = @import("sys.zig").is_linux;
const Errno = @import("errno.zig").Errno;

/// What JavaScript can call of Linux alone. Elsewhere those functions answer -EOPNOTSUPP.
const of_linux = .{ @import("abi_device.zig"), @import("abi_run.zig"), @import("abi_uapi.zig") };

comptime {
    _ = @import("abi.zig");
    _ = @import("abi_inspect.zig");
    _ = @import("capi.zig");
    _ = @import("napi.zig");
    for (of_linux) |module| {
        for (@typeInfo(module).@"struct".decl_names) |name| {
            if (!std.mem.startsWith(u8, name, "bus1_")) continue;
            // What answers nothing asks nothing of the system either.
            const answers = @typeInfo(@TypeOf(@field(module, name))).@"fn".return_type == i32;
            @export(if (is_linux or !answers) &@field(module, name) else &isNotSupported, .{ .name = name });
        }
    }
}

/// It stands for functions with any parameters: by both processors' conventions a caller clears away what it has passed.
fn isNotSupported() callconv(.c) i32 {
    return Errno.EOPNOTSUPP.negative();
}
