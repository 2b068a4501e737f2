//! Imports every file with tests, so that one program runs them all.

test {
    _ = @import("abi/exec.zig");
    _ = @import("test/acct_test.zig");
    _ = @import("test/bus_test.zig");
    _ = @import("test/exhaustion_abi_test.zig");
    _ = @import("test/exhaustion_capi_test.zig");
    _ = @import("test/exhaustion_uapi_test.zig");
    _ = @import("explore/mutate.zig");
    _ = @import("fuzz.zig");
    _ = @import("bus/gate.zig");
    _ = @import("test/header_test.zig");
    _ = @import("test/inspect_test.zig");
    _ = @import("base/device_faults.zig");
    _ = @import("base/list.zig");
    _ = @import("base/lll.zig");
    _ = @import("bus/spin.zig");
    _ = @import("bus/pool.zig");
    _ = @import("test/wake_socket_test.zig");
    _ = @import("device/probe.zig");
    _ = @import("bus/queue.zig");
    _ = @import("bus/queue_limit.zig");
    _ = @import("device/scratch.zig");
    _ = @import("test/stress_test.zig");
    _ = @import("base/records.zig");
    _ = @import("base/table.zig");
    _ = @import("test/uapi_quirks_test.zig");
    _ = @import("test/uapi_test.zig");
    _ = @import("bus/waitq.zig");
    _ = @import("test/room_waiters_test.zig");
}
