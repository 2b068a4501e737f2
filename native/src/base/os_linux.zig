//! os.zig on Linux: raw system calls, so that the library needs no libc.

const std = @import("std");
const linux = std.os.linux;

pub fn futexWait(word: *const u32, expected: u32, timeout_ns: ?u64) void {
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

pub fn futexWake(word: *const u32, count: u31) void {
    _ = linux.futex_3arg(word, .{ .cmd = .WAKE, .private = true }, count);
}

pub fn now() u64 {
    var time: linux.timespec = undefined;
    // The plain system call: finding the faster one of the vDSO takes a libc.
    _ = linux.syscall2(.clock_gettime, @backingInt(linux.CLOCK.MONOTONIC), @intFromPtr(&time));
    return @as(u64, @intCast(time.sec)) * std.time.ns_per_s + @as(u64, @intCast(time.nsec));
}

pub fn socketPair() ?[2]i32 {
    var pair: [2]i32 = undefined;
    const flags = linux.SOCK.STREAM | linux.SOCK.CLOEXEC | linux.SOCK.NONBLOCK;
    const result = linux.socketpair(linux.AF.UNIX, flags, 0, &pair);
    return if (linux.errno(result) == .SUCCESS) pair else null;
}

pub fn sendByte(socket: i32) void {
    const byte = [1]u8{1};
    _ = linux.sendto(socket, &byte, 1, linux.MSG.NOSIGNAL | linux.MSG.DONTWAIT, null, 0);
}

/// Identifies the file that a descriptor stands for.
pub const Identity = struct {
    device: u64,
    inode: u64,

    pub fn of(fd: i32) ?Identity {
        var status: linux.Statx = undefined;
        const result = linux.statx(fd, "", linux.AT.EMPTY_PATH, .{ .INO = true }, &status);
        if (linux.errno(result) != .SUCCESS) return null;
        return .{ .device = @as(u64, status.dev_major) << 32 | status.dev_minor, .inode = status.ino };
    }
};

pub fn close(fd: i32) void {
    _ = linux.close(fd);
}

pub fn random() u64 {
    var value: u64 = undefined;
    const bytes = std.mem.asBytes(&value);
    // A request of up to 256 bytes is never cut short, and fails only before the kernel has initialized its pool.
    while (linux.getrandom(bytes, bytes.len, 0) != bytes.len) {}
    return value;
}

/// The signals that a thread does not get.
pub const SignalMask = linux.sigset_t;

/// Blocks all signals of the calling thread, except those by which a C library tells all its threads something, and waits
/// for them. Returns what was blocked before.
pub fn blockSignals() SignalMask {
    const internal: u64 = 0b111 << (32 - 1); // the first three of the real-time signals
    const all: SignalMask = @splat(@truncate(~internal));
    var before: SignalMask = undefined;
    _ = linux.sigprocmask(linux.SIG.BLOCK, &all, &before);
    return before;
}

pub fn restoreSignals(before: SignalMask) void {
    _ = linux.sigprocmask(linux.SIG.SETMASK, &before, null);
}
