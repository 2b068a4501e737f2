//! The log that `--log FILE` asks for: a line for each open, each end, and the program's end, unbuffered, so that it
//! says all that has happened even if the supervisor is killed.

const std = @import("std");
const sys = @import("os.zig");

pub const Log = struct {
    /// Negative: nobody asked for it.
    fd: i32 = -1,

    pub fn line(log: Log, comptime format: []const u8, values: anytype) void {
        if (log.fd < 0) return;
        var buffer: [256]u8 = undefined;
        // Cut short, if numbers should ever take more room than that.
        sys.write(log.fd, std.fmt.bufPrint(&buffer, format ++ "\n", values) catch &buffer);
    }
};
