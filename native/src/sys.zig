//! What the bus asks the operating system for: futexes, socket pairs, randomness. No file asks but those named sys*.zig.
//!
//! Raw system calls, so that the library needs no libc. Nothing here blocks but `futexWait`.

const std = @import("std");
const linux = std.os.linux;
const atomic = @import("atomic.zig");

const Word = atomic.Value(u32);

/// Sleeps while `word` holds `expected`, until a `futexWake`, a signal, or the time-out. May return early.
pub fn futexWait(word: *const Word, expected: u32, timeout_ns: ?u64) void {
    if (atomic.exploring) return atomic.sleep(word, expected);
    const op: linux.FUTEX_OP = .{ .cmd = .WAIT, .private = true };
    if (timeout_ns) |ns| {
        const timeout: linux.timespec = .{
            .sec = @intCast(ns / std.time.ns_per_s),
            .nsec = @intCast(ns % std.time.ns_per_s),
        };
        _ = linux.futex_4arg(word, op, expected, &timeout);
    } else {
        _ = linux.futex_4arg(word, op, expected, null);
    }
}

/// Wakes up to `count` threads that sleep on `word`.
pub fn futexWake(word: *const Word, count: u31) void {
    if (atomic.exploring) return atomic.wake(word, count);
    _ = linux.futex_3arg(word, .{ .cmd = .WAKE, .private = true }, count);
}

/// Monotonic time in nanoseconds.
pub fn now() u64 {
    var time: linux.timespec = undefined;
    // The plain call: the faster one of the vDSO is found with the help of a libc.
    _ = linux.syscall2(.clock_gettime, @backingInt(linux.CLOCK.MONOTONIC), @intFromPtr(&time));
    return @as(u64, @intCast(time.sec)) * std.time.ns_per_s + @as(u64, @intCast(time.nsec));
}

/// A pair of connected stream sockets, closed on exec; null when descriptors or memory have run out.
pub fn socketPair() ?[2]i32 {
    var pair: [2]i32 = undefined;
    const flags = linux.SOCK.STREAM | linux.SOCK.CLOEXEC | linux.SOCK.NONBLOCK;
    const result = linux.socketpair(linux.AF.UNIX, flags, 0, &pair);
    return if (linux.errno(result) == .SUCCESS) pair else null;
}

/// Writes one byte to a socket. A full buffer already holds a wake, and a closed end needs none: no error
/// matters, and none is a signal.
pub fn sendByte(socket: i32) void {
    if (atomic.exploring) return @import("explore/stage.zig").sendByte(socket);
    const byte = [1]u8{1};
    _ = linux.sendto(socket, &byte, 1, linux.MSG.NOSIGNAL | linux.MSG.DONTWAIT, null, 0);
}

/// A socket that somebody else is to close, so that its number may come to mean something else.
pub const Socket = struct {
    fd: i32,
    inode: u64,

    pub fn of(fd: i32) Socket {
        return .{ .fd = fd, .inode = inodeOf(fd) orelse 0 };
    }

    /// Closes the socket, unless it was closed.
    pub fn closeIfSame(socket: Socket) void {
        if (inodeOf(socket.fd) == socket.inode) close(socket.fd);
    }

    fn inodeOf(fd: i32) ?u64 {
        var status: linux.Statx = undefined;
        const result = linux.statx(fd, "", linux.AT.EMPTY_PATH, .{ .INO = true, .TYPE = true }, &status);
        return if (linux.errno(result) == .SUCCESS) status.ino else null;
    }
};

pub fn close(fd: i32) void {
    _ = linux.close(fd);
}

/// 64 bits that nobody can guess.
pub fn random() u64 {
    var value: u64 = undefined;
    const bytes = std.mem.asBytes(&value);
    // A request of up to 256 bytes is never cut short, and fails only before the kernel has booted its pool.
    while (linux.getrandom(bytes, bytes.len, 0) != bytes.len) {}
    return value;
}
