//! What the server tells the front: over a socket, as records of one size.

const std = @import("std");
const sys = @import("os.zig");

pub const Report = extern struct {
    kind: Kind,
    value: u32 = 0,

    pub const Kind = enum(u32) {
        /// The program can start, when this is acknowledged. The value: a descriptor of the server that names it.
        started,
        /// The program has ended, and the server ends too. The value: the program's status, as `wait` gives it.
        ended,
        /// The program has ended, and some of its descendants live on, whom the server serves. The value: as above.
        left,
        /// Somebody else serves the calls of this process already. Nothing was started.
        nested,
        /// It could not be; the reason is said.
        failed,
    };

    pub fn send(report: Report, socket: i32) void {
        sys.write(socket, std.mem.asBytes(&report));
    }

    pub fn acknowledge(socket: i32) void {
        sys.write(socket, "!");
    }

    pub fn isAcknowledged(socket: i32) bool {
        var byte: [1]u8 = undefined;
        return sys.read(socket, &byte);
    }

    /// Null if the server is gone.
    pub fn receive(socket: i32) ?Report {
        var report: Report = undefined;
        return if (sys.read(socket, std.mem.asBytes(&report))) report else null;
    }
};
