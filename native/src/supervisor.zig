//! bus1-supervisor: runs a program with an emulated /dev/bus1, which its descendants share. `cli run` executes it.
//!
//! There are three processes, each with a file in supervisor/. The front (front.zig) is the process that the user
//! started. It forks the server (server.zig), which serves the device, and the server forks the program (program.zig).
//! The kernel stops certain system calls and notifies the server (seccomp user notification):
//! - filter.zig selects the system calls;
//! - call.zig serves them;
//! - emulated_device.zig makes the descriptors of the device;
//! - uapi/server.zig serves the ioctls.
//!
//! The supervisor needs no privileges. Programs under it run without set-user-id, so they cannot gain any.
//!
//! Usage: bus1-supervisor QUIRKS LOG COMMAND [ARGUMENT...]. QUIRKS is `none` or `rfc`, LOG is a file or empty.

const std = @import("std");
const front = @import("supervisor/front.zig");
const os = @import("supervisor/os.zig");
const uapi = @import("uapi/server.zig");
const Log = @import("supervisor/log.zig").Log;

pub const std_options: std.Options = .{
    // The program inherits the signal handling of this process, so this process must not change it.
    .signal_stack_size = null,
    .enable_segfault_handler = false,
};

pub fn main(init: std.process.Init.Minimal) noreturn {
    os.files.occupyStandardFiles();
    const arguments = init.args.vector;
    const quirks = if (arguments.len > 3) std.meta.stringToEnum(uapi.Quirks, std.mem.span(arguments[1])) else null;
    if (quirks == null) {
        os.files.complain("usage: bus1-supervisor none|rfc LOG COMMAND [ARGUMENT...]", .{});
        os.processes.exit(2);
    }
    var log: Log = .{};
    if (arguments[2][0] != 0) {
        log.fd = os.files.openLog(arguments[2]);
        if (log.fd < 0) {
            os.files.complain("the log {s} cannot be opened: E{t}", .{ arguments[2], os.errno(log.fd) });
            os.processes.exit(1);
        }
    }
    const command: [*:null]const ?[*:0]const u8 = @ptrCast(arguments.ptr + 3);
    front.run(.{
        .command = .{
            .arguments = command[0 .. arguments.len - 3 :null],
            .environment = @ptrCast(init.environ.block.slice),
            .signal_mask = os.signals.block(),
        },
        .quirks = quirks.?,
        .log = log,
    });
}
