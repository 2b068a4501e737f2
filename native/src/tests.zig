//! Every file with tests, so that one program runs them all.

test {
    _ = @import("acct_test.zig");
    _ = @import("bus_test.zig");
    _ = @import("gate.zig");
    _ = @import("header_test.zig");
    _ = @import("list.zig");
    _ = @import("lll.zig");
    _ = @import("patience.zig");
    _ = @import("queue.zig");
    _ = @import("stress_test.zig");
    _ = @import("table.zig");
    _ = @import("waitq.zig");
}
