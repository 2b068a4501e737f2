//! libbus1: what the shared library exports; on every system the same functions, so that one src/port/abi.ts describes it.

const std = @import("std");
const is_linux = @import("base/os.zig").is_linux;
const Errno = @import("base/errno.zig").Errno;

/// What JavaScript can call of Linux alone. Elsewhere those functions answer -EOPNOTSUPP.
const of_linux = .{ @import("abi/device.zig"), @import("abi/exec.zig"), @import("abi/uapi.zig") };

comptime {
    _ = @import("abi/abi.zig");
    _ = @import("abi/inspect.zig");
    _ = @import("abi/capi.zig");
    _ = @import("abi/napi.zig");
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
