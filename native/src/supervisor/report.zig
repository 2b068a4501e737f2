//! The reports of the server to the front: records of one size, over a socket.

const std = @import("std");
const os = @import("os.zig");

pub const Report = extern struct {
    kind: Kind,
    value: u32 = 0,

    pub const Kind = enum(u32) {
        /// The program starts as soon as this is acknowledged. The value is the server's descriptor of the program.
        started,
        /// The program has ended, and the server ends too. The value is the program's status, as `wait` returns it.
        ended,
        /// The program has ended, and the server continues to serve its descendants. The value is the status.
        left,
        /// Another supervisor serves the calls of this process already. Nothing was started.
        nested,
        /// The start failed, and the server has printed the reason.
        failed,
    };

    pub fn send(report: Report, socket: i32) void {
        os.files.write(socket, std.mem.asBytes(&report));
    }

    pub fn acknowledge(socket: i32) void {
        os.files.write(socket, "!");
    }

    pub fn isAcknowledged(socket: i32) bool {
        var byte: [1]u8 = undefined;
        return os.files.read(socket, &byte);
    }

    /// Waits for the next report; null if the server has died.
    pub fn receive(socket: i32) ?Report {
        var report: Report = undefined;
        return if (os.files.read(socket, std.mem.asBytes(&report))) report else null;
    }
};
