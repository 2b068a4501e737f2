//! What the server tells the front: over a pipe, as records of one size.

const std = @import("std");
const sys = @import("../sys_supervisor.zig");

pub const Report = extern struct {
    kind: Kind,
    value: u32 = 0,

    pub const Kind = enum(u32) {
        /// The program starts. The value: a descriptor of the server that names it.
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

    pub fn send(report: Report, pipe: i32) void {
        sys.write(pipe, std.mem.asBytes(&report));
    }

    /// Null if the server is gone.
    pub fn receive(pipe: i32) ?Report {
        var report: Report = undefined;
        return if (sys.read(pipe, std.mem.asBytes(&report))) report else null;
    }
};
