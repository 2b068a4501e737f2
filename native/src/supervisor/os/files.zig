//! Files of this process: standard error, the log, and the descriptors that it inherited.

const std = @import("std");
const linux = std.os.linux;
const results = @import("results.zig");
const small = results.small;
const succeeded = results.succeeded;

pub const PollFd = linux.pollfd;
pub const POLL = linux.POLL;

pub const close = @import("../../base/os.zig").close;

/// Prints a line on standard error.
pub fn complain(comptime format: []const u8, values: anytype) void {
    var buffer: [4096 + 256]u8 = undefined; // a path and a sentence
    write(2, std.fmt.bufPrint(&buffer, "bus1: " ++ format ++ "\n", values) catch &buffer);
}

pub fn write(fd: i32, bytes: []const u8) void {
    _ = linux.write(fd, bytes.ptr, bytes.len);
}

/// Reads a record of exactly this size. Returns false at the end of the file.
pub fn read(fd: i32, bytes: []u8) bool {
    return linux.read(fd, bytes.ptr, bytes.len) == bytes.len;
}

/// Waits until a descriptor is ready.
pub fn poll(fds: []PollFd) void {
    for (fds) |*fd| fd.revents = 0;
    _ = linux.poll(fds.ptr, fds.len, -1);
}

/// Opens /dev/null in place of each standard file that is closed, so that no file opened later takes its number.
pub fn occupyStandardFiles() void {
    while (true) {
        const result = linux.openat(linux.AT.FDCWD, "/dev/null", .{ .ACCMODE = .RDWR }, 0);
        if (!succeeded(result)) return;
        if (result > 2) return close(@intCast(result));
    }
}

pub fn openLog(path: [*:0]const u8) i32 {
    const flags: linux.O = .{ .ACCMODE = .WRONLY, .CREAT = true, .APPEND = true, .CLOEXEC = true, .NOCTTY = true };
    return small(linux.openat(linux.AT.FDCWD, path, flags, 0o666));
}

pub fn canOpen(path: [*:0]const u8) bool {
    const result = linux.openat(linux.AT.FDCWD, path, .{ .ACCMODE = .RDWR, .CLOEXEC = true }, 0);
    if (!succeeded(result)) return false;
    close(@intCast(result));
    return true;
}

/// Whether standard error stays open.
pub const StandardError = enum { kept, closed };

/// Leaves the current folder and closes all inherited descriptors except `kept`, so that the supervisor holds no file
/// of the program open. Opens /dev/null in place of the standard files.
pub fn closeInherited(standard_error: StandardError, kept: []const i32) void {
    _ = linux.chdir("/");
    const nothing = linux.openat(linux.AT.FDCWD, "/dev/null", .{ .ACCMODE = .RDWR }, 0);
    const last: i32 = if (standard_error == .closed) 2 else 1;
    var fd: i32 = 0;
    while (fd <= last) : (fd += 1) {
        if (succeeded(nothing)) _ = linux.dup2(@intCast(nothing), fd) else _ = linux.close(fd);
    }
    var first: i32 = 3;
    while (true) {
        var next: i32 = std.math.maxInt(i32);
        for (kept) |k| {
            if (k >= first) next = @min(next, k);
        }
        if (next > first) _ = linux.close_range(first, next - 1, .{ .UNSHARE = false, .CLOEXEC = false });
        if (next == std.math.maxInt(i32)) return;
        first = next + 1;
    }
}
