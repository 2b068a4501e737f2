//! bus1-supervisor: runs a program, and gives it and its descendants a /dev/bus1. `cli run` executes it.
//!
//! Three processes, and each has a file in supervisor/: the front is what the user started; it forks the server, which
//! serves the device; that forks the program. The kernel stops the system calls in question and tells the server
//! (seccomp user notification); see filter.zig for which, call.zig for what becomes of them, device.zig for how
//! descriptors of the device come about, uapi.zig for what the ioctls do. No privilege is needed, and none can be gained:
//! programs under it run without set-user-id.
//!
//! Usage: bus1-supervisor QUIRKS LOG COMMAND [ARGUMENT...]. QUIRKS is `none` or `rfc`, LOG a file or empty.

const std = @import("std");
const front = @import("supervisor/front.zig");
const sys = @import("supervisor/os.zig");
const uapi = @import("uapi/server.zig");
const Log = @import("supervisor/log.zig").Log;

pub const std_options: std.Options = .{
    // The program is to find signals as they were.
    .signal_stack_size = null,
    .enable_segfault_handler = false,
};

pub fn main(init: std.process.Init.Minimal) noreturn {
    sys.occupyStandardFiles();
    const arguments = init.args.vector;
    const quirks = if (arguments.len > 3) std.meta.stringToEnum(uapi.Quirks, std.mem.span(arguments[1])) else null;
    if (quirks == null) {
        sys.complain("usage: bus1-supervisor none|rfc LOG COMMAND [ARGUMENT...]", .{});
        sys.exit(2);
    }
    var log: Log = .{};
    if (arguments[2][0] != 0) {
        log.fd = sys.openLog(arguments[2]);
        if (log.fd < 0) {
            sys.complain("the log {s} cannot be opened: E{t}", .{ arguments[2], sys.errno(log.fd) });
            sys.exit(1);
        }
    }
    const command: [*:null]const ?[*:0]const u8 = @ptrCast(arguments.ptr + 3);
    front.run(.{
        .command = .{
            .arguments = command[0 .. arguments.len - 3 :null],
            .environment = @ptrCast(init.environ.block.slice),
            .signal_mask = sys.blockSignals(),
        },
        .quirks = quirks.?,
        .log = log,
    });
}
