//! The system calls that start a program.

const linux = @import("std").os.linux;

/// Executes another program in place of this process. Returns only on failure, a negative errno.
pub fn execute(path: [*:0]const u8, arguments: [:null]const ?[*:0]const u8, environment: [:null]const ?[*:0]const u8) i32 {
    // The runtimes ignore these signals, and programs would inherit that.
    const ignored = [_]linux.SIG{ .PIPE, .XFSZ };
    const default: linux.Sigaction = .{ .handler = .{ .handler = linux.SIG.DFL }, .mask = linux.sigemptyset(), .flags = 0 };
    var before: [ignored.len]linux.Sigaction = undefined;
    for (ignored, &before) |signal, *old| _ = linux.sigaction(signal, &default, old);
    // Node.js sets close-on-exec on its standard streams.
    var flags: [3]usize = undefined;
    for (&flags, 0..) |*old, fd| {
        old.* = linux.fcntl(@intCast(fd), linux.F.GETFD, 0);
        _ = linux.fcntl(@intCast(fd), linux.F.SETFD, 0);
    }
    const result: isize = @bitCast(linux.execve(path, arguments, environment));
    for (flags, 0..) |old, fd| _ = linux.fcntl(@intCast(fd), linux.F.SETFD, old & linux.FD_CLOEXEC);
    for (ignored, &before) |signal, *old| _ = linux.sigaction(signal, old, null);
    return @intCast(result);
}
