//! libbus1: what the shared library exports; on every system the same functions, so that one src/port/abi.ts describes it.

const describe = @import("abi/describe.zig");
const functions = @import("abi/functions.zig");

comptime {
    // For C and for Node.js: these files export by themselves.
    _ = @import("abi/capi.zig");
    _ = @import("abi/napi.zig");

    // For Deno and Bun.
    @setEvalBranchQuota(100_000);
    for (functions.modules) |module| {
        for (module.names()) |name| {
            const function = if (module.supports(name)) &@field(module.functions, name) else &functions.isNotSupported;
            @export(function, .{ .name = name });
        }
    }
    @export(&describe.bus1_abi, .{ .name = "bus1_abi" });
}
