//! The log of `--log FILE`: one line for each open, each end, and the end of the program. It is unbuffered, so it is
//! complete even if the supervisor is killed.

const std = @import("std");
const os = @import("os.zig");

pub const Log = struct {
    /// Negative without `--log`.
    fd: i32 = -1,

    pub fn line(log: Log, comptime format: []const u8, values: anytype) void {
        if (log.fd < 0) return;
        var buffer: [256]u8 = undefined;
        // The longest line has some 150 bytes; a longer one is cut off.
        os.files.write(log.fd, std.fmt.bufPrint(&buffer, format ++ "\n", values) catch &buffer);
    }
};
