//! Socket pairs, and the epoll set that reports closed ends.

const std = @import("std");
const linux = std.os.linux;
const results = @import("results.zig");
const signed = results.signed;
const small = results.small;

/// Creates a pair of connected stream sockets.
pub fn createPair(pair: *[2]i32, nonblocking: bool) i32 {
    const flags: u32 = linux.SOCK.STREAM | linux.SOCK.CLOEXEC | if (nonblocking) @as(u32, linux.SOCK.NONBLOCK) else 0;
    return small(linux.socketpair(linux.AF.UNIX, flags, 0, pair));
}

/// Makes all later writes to the other end fail.
pub fn refuseBytes(socket: i32) void {
    _ = linux.shutdown(socket, linux.SHUT.RD);
}

/// Returns a number that identifies a socket until the machine is rebooted; null if the descriptor is not a socket.
pub fn cookieOf(socket: i32) ?u64 {
    var cookie: u64 = undefined;
    var size: linux.socklen_t = @sizeOf(u64);
    const result = linux.getsockopt(socket, linux.SOL.SOCKET, linux.SO.COOKIE, std.mem.asBytes(&cookie), &size);
    return if (results.succeeded(result)) cookie else null;
}

/// Sends one byte. Returns false if the buffer is full.
pub fn sendByte(socket: i32) bool {
    return linux.sendto(socket, "", 1, linux.MSG.NOSIGNAL | linux.MSG.DONTWAIT, null, 0) == 1;
}

/// Reads up to `count` bytes and drops them.
pub fn dropBytes(socket: i32, count: usize) void {
    var buffer: [512]u8 = undefined;
    _ = linux.recvfrom(socket, &buffer, @min(count, buffer.len), linux.MSG.DONTWAIT, null, null);
}

pub fn createEpoll() i32 {
    return small(linux.epoll_create1(linux.EPOLL.CLOEXEC));
}

/// Makes `hungUp` report the socket when its other end is closed.
pub fn watchHangUp(set: i32, socket: i32, userdata: usize) i32 {
    var event: linux.epoll_event = .{ .events = 0, .data = .{ .ptr = userdata } };
    return small(linux.epoll_ctl(set, linux.EPOLL.CTL_ADD, socket, &event));
}

/// Returns the userdata of the watched sockets that have hung up.
pub fn hungUp(set: i32, buffer: []usize) []usize {
    var events: [64]linux.epoll_event = undefined;
    const result = signed(linux.epoll_wait(set, &events, @intCast(@min(buffer.len, events.len)), 0));
    const count: usize = @intCast(@max(result, 0));
    for (buffer[0..count], events[0..count]) |*userdata, event| userdata.* = event.data.ptr;
    return buffer[0..count];
}
