//! Every file with tests, so that one program runs them all.

test {
    _ = @import("abi_run.zig");
    _ = @import("acct_test.zig");
    _ = @import("bus_test.zig");
    _ = @import("exhaustion_abi_test.zig");
    _ = @import("exhaustion_capi_test.zig");
    _ = @import("exhaustion_uapi_test.zig");
    _ = @import("fuzz.zig");
    _ = @import("gate.zig");
    _ = @import("header_test.zig");
    _ = @import("inspect_test.zig");
    _ = @import("list.zig");
    _ = @import("lll.zig");
    _ = @import("patience.zig");
    _ = @import("pool.zig");
    _ = @import("port_test.zig");
    _ = @import("probe.zig");
    _ = @import("queue.zig");
    _ = @import("room.zig");
    _ = @import("scratch.zig");
    _ = @import("stress_test.zig");
    _ = @import("table.zig");
    _ = @import("uapi_quirks_test.zig");
    _ = @import("uapi_test.zig");
    _ = @import("waitq.zig");
    _ = @import("writers_test.zig");
}
