//! What src/uapi/mod.ts calls: descriptors and ioctls as they are, on any device. The rules of abi.zig hold, but for
//! one: `bus1_ioctl` lets the kernel follow whatever pointers stand in the caller's bytes. That is what it is for.
//!
//! Descriptors are passed as u32: the bits of an `int`.

const std = @import("std");
const linux = std.os.linux;
const fds = @import("../device/fd.zig");
const slice = @import("abi.zig").slice;
const types = @import("../base/uapi_types.zig");
const Errno = @import("../base/errno.zig").Errno;

/// Facts that TypeScript must know; each becomes a constant there.
pub const constants = struct {
    pub const BUS1_INVALID = types.BUS1_INVALID;
    pub const BUS1_MANAGED = types.BUS1_MANAGED;
    pub const BUS1_TRANSFER_FLAG_CREATE: comptime_int = types.BUS1_TRANSFER_FLAG_CREATE;
    pub const BUS1_MESSAGE_TYPE_USER: comptime_int = types.BUS1_MESSAGE_TYPE_USER;
    pub const BUS1_MESSAGE_TYPE_NODE_RELEASE: comptime_int = types.BUS1_MESSAGE_TYPE_NODE_RELEASE;
    pub const BUS1_MESSAGE_TYPE_HANDLE_RELEASE: comptime_int = types.BUS1_MESSAGE_TYPE_HANDLE_RELEASE;
    pub const BUS1_CMD_TRANSFER = types.BUS1_CMD_TRANSFER;
    pub const BUS1_CMD_RELEASE = types.BUS1_CMD_RELEASE;
    pub const BUS1_CMD_SEND = types.BUS1_CMD_SEND;
    pub const BUS1_CMD_RECV = types.BUS1_CMD_RECV;
    pub const bus1_cmd_transfer = types.CmdTransfer;
    pub const bus1_cmd_release = types.CmdRelease;
    pub const bus1_cmd_send = types.CmdSend;
    pub const bus1_cmd_recv = types.CmdRecv;
    pub const bus1_transfer = types.Transfer;
    pub const bus1_metadata = types.Metadata;
    pub const bus1_message = types.Message;
    pub const iovec = types.Vector;

    // Flags of `bus1_fd_open`.
    pub const O_RDONLY = bits(.{ .ACCMODE = .RDONLY });
    pub const O_WRONLY = bits(.{ .ACCMODE = .WRONLY });
    pub const O_RDWR = bits(.{ .ACCMODE = .RDWR });
    pub const O_NONBLOCK = bits(.{ .NONBLOCK = true });
    pub const O_CLOEXEC = bits(.{ .CLOEXEC = true });
    pub const O_PATH = bits(.{ .PATH = true });

    // Events of `bus1_fd_poll`.
    pub const POLLIN = linux.POLL.IN;
    pub const POLLOUT = linux.POLL.OUT;
    pub const POLLERR = linux.POLL.ERR;
    pub const POLLHUP = linux.POLL.HUP;
    pub const POLLNVAL = linux.POLL.NVAL;
    pub const pollfd = linux.pollfd;
};

fn bits(flags: linux.O) comptime_int {
    return @as(u32, @bitCast(flags));
}

fn descriptor(number: u32) i32 {
    return @bitCast(number);
}

/// Opens the file at a path that holds no zero. Answers a descriptor.
pub fn bus1_fd_open(path: ?[*]u8, n_path: u32, flags: u32) callconv(.c) i32 {
    var terminated: fds.Path = undefined;
    const name = fds.terminate(&terminated, slice(u8, path, n_path)) orelse return Errno.ENAMETOOLONG.negative();
    return fds.open(name, flags);
}

pub fn bus1_fd_close(fd: u32) callconv(.c) i32 {
    return fds.close(descriptor(fd));
}

/// Answers another descriptor of the same open file.
pub fn bus1_fd_dup(fd: u32) callconv(.c) i32 {
    return fds.dup(descriptor(fd));
}

/// Waits until one of the `pollfd`s is ready, and writes what is into them. Answers how many are.
pub fn bus1_fd_poll(pollfds: ?[*]u32, n: u32, timeout_ms: f64) callconv(.c) i32 {
    const polled: [*]linux.pollfd = @ptrCast(pollfds orelse return 0);
    return fds.poll(polled[0..n], .in(timeout_ms));
}

/// Gives a copy of a descriptor to another process, at the address of a unix socket; see fd.zig.
pub fn bus1_fd_send(address: ?[*]u8, n_address: u32, fd: u32, timeout_ms: f64) callconv(.c) i32 {
    const at = fds.Address.of(slice(u8, address, n_address)) catch |e| return badAddress(e);
    return fds.give(&at, descriptor(fd), .in(timeout_ms));
}

/// Takes a descriptor that another process gives. Answers its number.
pub fn bus1_fd_recv(address: ?[*]u8, n_address: u32, timeout_ms: f64) callconv(.c) i32 {
    const at = fds.Address.of(slice(u8, address, n_address)) catch |e| return badAddress(e);
    return fds.take(&at, .in(timeout_ms));
}

fn badAddress(e: error{ Invalid, TooLong }) i32 {
    const errno: Errno = switch (e) {
        error.Invalid => .EINVAL,
        error.TooLong => .ENAMETOOLONG,
    };
    return errno.negative();
}

/// An ioctl whose argument points to the caller's bytes.
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
