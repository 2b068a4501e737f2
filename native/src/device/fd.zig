//! Descriptors, for the kernel interface: opening a device, ioctls, closing, waiting, and passing descriptors to other
//! processes.
//!
//! Raw system calls. A function returns what the kernel returns: a result, or a negative errno. No signal ends a wait early.

const std = @import("std");
const linux = std.os.linux;
const os = @import("../base/os.zig");

/// A buffer for a path.
pub const Path = [linux.PATH_MAX]u8;

/// Adds the final zero to a path that has none inside; null if it is too long.
pub fn terminate(buffer: *Path, path: []const u8) ?[*:0]const u8 {
    if (path.len >= buffer.len) return null;
    @memcpy(buffer[0..path.len], path);
    buffer[path.len] = 0;
    return buffer[0..path.len :0];
}

/// Opens a file. `flags` are those of open(2).
pub fn open(path: [*:0]const u8, flags: u32) i32 {
    // openat(2), since some architectures have no open(2).
    return resultOf(linux.openat(linux.AT.FDCWD, path, @bitCast(flags), 0));
}

pub fn close(fd: i32) i32 {
    return resultOf(linux.close(fd));
}

/// Makes another descriptor of the same open file, closed on exec.
pub fn dup(fd: i32) i32 {
    return resultOf(linux.fcntl(fd, linux.F.DUPFD_CLOEXEC, 0));
}

pub fn ioctl(fd: i32, request: u32, argument: usize) i32 {
    return resultOf(linux.ioctl(fd, request, argument));
}

/// Waits until one of `fds` is ready. Returns how many are.
pub fn poll(fds: []linux.pollfd, deadline: Deadline) i32 {
    while (true) {
        var rest = deadline.rest();
        const ready = resultOf(linux.ppoll(fds.ptr, fds.len, if (rest) |*time| time else null, null));
        if (!is(ready, .INTR)) return ready;
    }
}

/// When to stop waiting.
pub const Deadline = struct {
    /// As `os.now` counts; null: never.
    at: ?u64,

    /// A number of milliseconds from now; never, if it is infinite, negative or more than 2^62 nanoseconds.
    pub fn in(milliseconds: f64) Deadline {
        const nanoseconds = milliseconds * std.time.ns_per_ms;
        // Comparisons with NaN are false.
        if (!(nanoseconds >= 0 and nanoseconds < 1 << 62)) return .{ .at = null };
        return .{ .at = os.now() + @as(u64, @intFromFloat(nanoseconds)) };
    }

    fn rest(deadline: Deadline) ?linux.timespec {
        const ns = (deadline.at orelse return null) -| os.now();
        return .{ .sec = @intCast(ns / std.time.ns_per_s), .nsec = @intCast(ns % std.time.ns_per_s) };
    }

    fn isOver(deadline: Deadline) bool {
        return if (deadline.at) |at| at <= os.now() else false;
    }
};

/// The address of a unix socket.
pub const Address = struct {
    storage: linux.sockaddr.un,
    len: linux.socklen_t,

    /// A path, or, after a zero, a name in the abstract name space.
    pub fn of(name: []const u8) error{ Invalid, TooLong }!Address {
        if (name.len == 0) return error.Invalid;
        var address: Address = .{ .storage = .{ .path = @splat(0) }, .len = undefined };
        // A path ends with a zero; an abstract name has just its length.
        const len = if (name[0] == 0) name.len else name.len + 1;
        if (len > address.storage.path.len) return error.TooLong;
        @memcpy(address.storage.path[0..name.len], name);
        address.len = @intCast(@offsetOf(linux.sockaddr.un, "path") + len);
        return address;
    }

    /// Removes the socket's file.
    fn unlink(address: *const Address) void {
        if (address.storage.path[0] == 0) return;
        _ = linux.unlinkat(linux.AT.FDCWD, @ptrCast(&address.storage.path), 0);
    }
};

// A descriptor travels over a stream socket with one byte, and its arrival is confirmed by one byte. So the sender knows
// that it was received, and not left in the queue of a socket that the receiver has closed.

/// How long the sender waits before it looks again for a listener. Short beside the start of a process.
const pause_ms = 2;

/// Passes a copy of the descriptor to the process that calls `receive` at the address, and waits for that.
pub fn send(address: *const Address, fd: i32, deadline: Deadline) i32 {
    const flags = resultOf(linux.fcntl(fd, linux.F.GETFD, 0));
    if (flags < 0) return flags;
    while (true) {
        const sent = sendOnce(address, fd, deadline);
        switch (errnoOf(sent)) {
            // There is no listener yet; or it was busy with another sender, and has gone.
            .NOENT, .CONNREFUSED, .CONNRESET, .PIPE, .AGAIN => {},
            else => return sent,
        }
        if (deadline.isOver()) return negative(.TIMEDOUT);
        _ = poll(&.{}, .in(pause_ms));
    }
}

fn sendOnce(address: *const Address, fd: i32, deadline: Deadline) i32 {
    const socket = newSocket();
    if (socket < 0) return socket;
    defer _ = close(socket);
    const connected = resultOf(linux.connect(socket, &address.storage, address.len));
    if (connected < 0) return connected;
    const sent = sendFd(socket, fd);
    if (sent < 0) return sent;
    const ready = pollIn(socket, deadline);
    if (ready < 0) return ready;
    var byte: [1]u8 = undefined;
    const confirmed = resultOf(linux.read(socket, &byte, 1));
    if (confirmed < 0) return confirmed;
    return if (confirmed == 1) 0 else negative(.CONNRESET);
}

/// Receives one descriptor at the address, where no other process may listen. Returns its number; it is closed on exec.
pub fn receive(address: *const Address, deadline: Deadline) i32 {
    const listener = newSocket();
    if (listener < 0) return listener;
    const bound = resultOf(linux.bind(listener, @ptrCast(&address.storage), address.len));
    var connection: i32 = -1;
    const received = if (bound < 0) bound else receiveFrom(listener, &connection, deadline);
    // A later sender must not find this socket once this sender has its confirmation.
    if (bound >= 0) address.unlink();
    _ = close(listener);
    if (received >= 0) {
        os.sendByte(connection);
        _ = close(connection);
    }
    return received;
}

fn receiveFrom(listener: i32, connection: *i32, deadline: Deadline) i32 {
    const listening = resultOf(linux.listen(listener, 1));
    if (listening < 0) return listening;
    while (true) {
        const ready = pollIn(listener, deadline);
        if (ready < 0) return ready;
        const accepted = resultOf(linux.accept4(listener, null, null, linux.SOCK.CLOEXEC | linux.SOCK.NONBLOCK));
        if (accepted < 0) {
            if (is(accepted, .AGAIN) or is(accepted, .CONNABORTED)) continue; // the sender has gone
            return accepted;
        }
        if (pollIn(accepted, deadline) > 0) {
            if (receiveFd(accepted)) |fd| {
                connection.* = accepted;
                return fd;
            }
        }
        _ = close(accepted); // the sender brought no descriptor
    }
}

fn newSocket() i32 {
    const flags = linux.SOCK.STREAM | linux.SOCK.CLOEXEC | linux.SOCK.NONBLOCK;
    return resultOf(linux.socket(linux.AF.UNIX, flags, 0));
}

fn pollIn(fd: i32, deadline: Deadline) i32 {
    var fds = [1]linux.pollfd{.{ .fd = fd, .events = linux.POLL.IN }};
    const ready = poll(&fds, deadline);
    return if (ready == 0) negative(.TIMEDOUT) else ready;
}

/// The control message that carries one descriptor.
const Rights = extern struct {
    header: linux.cmsghdr = .{
        .len = @offsetOf(Rights, "fd") + @sizeOf(i32),
        .level = linux.SOL.SOCKET,
        .type = linux.SCM.RIGHTS,
    },
    fd: i32,
};

fn sendFd(socket: i32, fd: i32) i32 {
    const byte = [1]u8{0};
    const vector = [1]std.posix.iovec_const{.{ .base = &byte, .len = 1 }};
    const rights: Rights = .{ .fd = fd };
    const message: linux.msghdr_const = .{
        .name = null,
        .namelen = 0,
        .iov = &vector,
        .iovlen = vector.len,
        .control = &rights,
        .controllen = @sizeOf(Rights),
        .flags = 0,
    };
    return resultOf(linux.sendmsg(socket, &message, linux.MSG.NOSIGNAL));
}

fn receiveFd(socket: i32) ?i32 {
    var byte: [1]u8 = undefined;
    var vector = [1]std.posix.iovec{.{ .base = &byte, .len = 1 }};
    var rights: Rights = .{ .fd = -1 };
    var message: linux.msghdr = .{
        .name = null,
        .namelen = 0,
        .iov = &vector,
        .iovlen = vector.len,
        .control = &rights,
        .controllen = @sizeOf(Rights),
        .flags = 0,
    };
    const received = resultOf(linux.recvmsg(socket, &message, linux.MSG.CMSG_CLOEXEC));
    const whole = received == 1 and message.controllen >= rights.header.len and rights.header.type == linux.SCM.RIGHTS;
    return if (whole) rights.fd else null;
}

fn resultOf(result: usize) i32 {
    return @truncate(@as(isize, @bitCast(result)));
}

fn errnoOf(result: i32) linux.E {
    return linux.errno(@as(usize, @bitCast(@as(isize, result))));
}

fn is(result: i32, errno: linux.E) bool {
    return errnoOf(result) == errno;
}

fn negative(errno: linux.E) i32 {
    return -@as(i32, @backingInt(errno));
}
