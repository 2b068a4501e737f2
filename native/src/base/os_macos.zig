//! os.zig on macOS: calls of libSystem, the only interface that Apple keeps from release to release.
//!
//! Untested: it is compiled, but was never run.

const std = @import("std");
const c = std.c;

// `__ulock_wait2` and `__ulock_wake` are not in the headers, but in libSystem since macOS 11; its condition variables
// sleep on them. Both return a negative errno.

pub fn futexWait(word: *const u32, expected: u32, timeout_ns: ?u64) void {
    // 0 means forever; a very large number would overflow the kernel's sum.
    const ns = if (timeout_ns) |ns| std.math.clamp(ns, 1, 1 << 62) else 0;
    _ = c.__ulock_wait2(.{ .op = .COMPARE_AND_WAIT, .NO_ERRNO = true }, word, expected, ns, 0);
}

pub fn futexWake(word: *const u32, count: u31) void {
    const operation: c.UL = .{ .op = .COMPARE_AND_WAIT, .NO_ERRNO = true, .WAKE_ALL = count != 1 };
    while (true) {
        const result = c.__ulock_wake(operation, word, 0);
        // Interrupted: not done. Any other error means that no thread sleeps there.
        if (result != -@as(c_int, @backingInt(c.E.INTR))) return;
    }
}

/// The same clock that the timeout of `futexWait` uses.
pub fn now() u64 {
    return clock_gettime_nsec_np(.UPTIME_RAW);
}

extern "c" fn clock_gettime_nsec_np(clock: c.CLOCK) u64;

/// A process that another thread starts during this inherits the pair: no call makes a pair that is closed on exec.
pub fn socketPair() ?[2]i32 {
    var pair: [2]i32 = undefined;
    if (c.socketpair(c.AF.UNIX, c.SOCK.STREAM, 0, &pair) != 0) return null;
    for (pair) |socket| if (!prepare(socket)) {
        for (pair) |it| close(it);
        return null;
    };
    return pair;
}

fn prepare(socket: i32) bool {
    const nonblocking: u32 = @bitCast(c.O{ .ACCMODE = .RDWR, .NONBLOCK = true });
    const on: c_int = 1;
    return c.fcntl(socket, c.F.SETFD, @as(c_int, c.FD_CLOEXEC)) == 0 and
        c.fcntl(socket, c.F.SETFL, nonblocking) == 0 and
        // Linux has a flag for each call instead.
        c.setsockopt(socket, c.SOL.SOCKET, c.SO.NOSIGPIPE, &on, @sizeOf(c_int)) == 0;
}

pub fn sendByte(socket: i32) void {
    const byte: u8 = 1;
    _ = c.send(socket, &byte, 1, c.MSG.DONTWAIT);
}

/// Identifies the file that a descriptor stands for. The sockets of pairs have inodes of their own, on a device without files.
pub const Identity = struct {
    device: i32,
    inode: u64,

    pub fn of(fd: i32) ?Identity {
        var status: c.Stat = undefined;
        return if (c.fstat(fd, &status) == 0) .{ .device = status.dev, .inode = status.ino } else null;
    }
};

pub fn close(fd: i32) void {
    _ = c.close(fd);
}

pub fn random() u64 {
    var value: u64 = undefined;
    c.arc4random_buf(std.mem.asBytes(&value), @sizeOf(u64));
    return value;
}
