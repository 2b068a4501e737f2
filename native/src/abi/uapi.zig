//! The functions under src/uapi/mod.ts: descriptors and ioctls as they are, on any device. The rules of abi.zig hold,
//! with one exception: `bus1_ioctl` lets the kernel follow the pointers in the caller's bytes. That is its purpose.
//!
//! Descriptors are passed as u32: the bits of an `int`.

const std = @import("std");
const linux = std.os.linux;
const fds = @import("../device/fd.zig");
const slice = @import("convert.zig").slice;
const Errno = @import("../base/errno.zig").Errno;

fn descriptor(number: u32) i32 {
    return @bitCast(number);
}

/// Opens the file at a path that holds no zero. Returns a descriptor.
pub fn bus1_fd_open(path: ?[*]u8, n_path: u32, flags: u32) callconv(.c) i32 {
    var terminated: fds.Path = undefined;
    const name = fds.terminate(&terminated, slice(u8, path, n_path)) orelse return Errno.ENAMETOOLONG.negative();
    return fds.open(name, flags);
}

pub fn bus1_fd_close(fd: u32) callconv(.c) i32 {
    return fds.close(descriptor(fd));
}

/// Returns another descriptor of the same open file.
pub fn bus1_fd_dup(fd: u32) callconv(.c) i32 {
    return fds.dup(descriptor(fd));
}

/// Waits until one of the `pollfd`s is ready, and writes their events into them. Returns how many are ready.
pub fn bus1_fd_poll(pollfds: ?[*]u32, n: u32, timeout_ms: f64) callconv(.c) i32 {
    const polled: [*]linux.pollfd = @ptrCast(pollfds orelse return 0);
    return fds.poll(polled[0..n], .in(timeout_ms));
}

/// Passes a copy of a descriptor to another process, at the address of a unix socket; see fd.zig.
pub fn bus1_fd_send(address: ?[*]u8, n_address: u32, fd: u32, timeout_ms: f64) callconv(.c) i32 {
    const at = fds.Address.of(slice(u8, address, n_address)) catch |e| return badAddress(e);
    return fds.send(&at, descriptor(fd), .in(timeout_ms));
}

/// Receives a descriptor that another process passes. Returns its number.
pub fn bus1_fd_recv(address: ?[*]u8, n_address: u32, timeout_ms: f64) callconv(.c) i32 {
    const at = fds.Address.of(slice(u8, address, n_address)) catch |e| return badAddress(e);
    return fds.receive(&at, .in(timeout_ms));
}

fn badAddress(e: error{ Invalid, TooLong }) i32 {
    const errno: Errno = switch (e) {
        error.Invalid => .EINVAL,
        error.TooLong => .ENAMETOOLONG,
    };
    return errno.negative();
}

/// An ioctl with a pointer to the caller's bytes.
pub fn bus1_ioctl(fd: u32, request: u32, argument: ?[*]u8) callconv(.c) i32 {
    return fds.ioctl(descriptor(fd), request, @intFromPtr(argument));
}

/// An ioctl with any argument, in two halves.
pub fn bus1_ioctl_value(fd: u32, request: u32, high: u32, low: u32) callconv(.c) i32 {
    return fds.ioctl(descriptor(fd), request, @as(usize, high) << 32 | low);
}

/// Writes the address of the bytes, in two halves: `out[0]` the high one.
pub fn bus1_address_of(bytes: ?[*]u8, out: ?[*]u32) callconv(.c) void {
    const address = @intFromPtr(bytes);
    const halves = out orelse return;
    halves[0] = @truncate(address >> 32);
    halves[1] = @truncate(address);
}
