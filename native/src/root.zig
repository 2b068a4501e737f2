//! libbus1: what the shared library exports.

comptime {
    _ = @import("abi.zig");
    _ = @import("capi.zig");
}
