//! libbus1: what the shared library exports.

comptime {
    _ = @import("abi.zig");
    _ = @import("abi_device.zig");
    _ = @import("abi_inspect.zig");
    _ = @import("abi_run.zig");
    _ = @import("abi_uapi.zig");
    _ = @import("capi.zig");
}
